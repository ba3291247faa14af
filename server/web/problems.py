"""Broken things: what needs a technician, and what to isolate: a place and no story (R54)."""

from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.response import Redirect

from server import isolating, problems, state
from server.case_entries import Who
from server.web import common
from server.web.common import Asked

OPENS = [common.opens("problems")]


@get("/problems", guards=OPENS, sync_to_thread=True)
def show_problems(request: Asked) -> Response[str]:
    """Show what waits first, then what was dealt with."""
    with state.of(request).db.read() as connection:
        listed = problems.list_problems(connection)
        places = isolating.list_isolate(connection)
    context = {
        "waiting": [each for each in listed if each.done_at is None],
        "settled": [each for each in listed if each.done_at is not None][:50],
        "to_isolate": [each for each in places if each.done_at is None],
        "isolated": [each for each in places if each.done_at is not None][:20],
    }
    return common.show(request, "problems.html", "problems", context)


@post(
    "/problems/{device:str}/{stream:str}/{seq:int}/done", guards=OPENS, status_code=303, sync_to_thread=True
)
def settle_problem(request: Asked, device: str, stream: str, seq: int) -> Redirect:
    """Say that it is dealt with."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        problems.settle(connection, device, stream, seq, viewer.name, datetime.now(UTC))
    return common.go("/problems")


@post("/problems/isolate/{task:str}/done", guards=OPENS, status_code=303, sync_to_thread=True)
def settle_isolate(request: Asked, task: str) -> Redirect:
    """Say that the place is cut off; whoever asked for it reads that in their case."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        isolating.settle(connection, task, Who(viewer.id, viewer.name), datetime.now(UTC))
    return common.go("/problems")


ROUTES = [show_problems, settle_problem, settle_isolate]
