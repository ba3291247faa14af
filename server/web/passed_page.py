"""What teachers passed on and look into no more; a lead or the head may open it to them again (R39).

No pupil stands here and no case: whoever reads a case knows whom it is about.
"""

from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.response import Redirect

from server import access, concern_marks, state
from server.errors import Invalid
from server.web import common
from server.web.common import Asked

OPENS = [common.opens("oversight")]


@get("/oversight/passed-on", guards=OPENS, sync_to_thread=True)
def show_passed(request: Asked) -> Response[str]:
    """Show who passed something on, newest first."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        passed = concern_marks.list_passed(connection)
    return common.show(request, "passed_on.html", "oversight", {"passed": passed, "own": viewer.id})


@post("/oversight/passed-on/{number:int}/lift", guards=OPENS, sync_to_thread=True, status_code=303)
def lift(request: Asked, number: int) -> Redirect:
    """Let the teacher look again; who did that stays in the line."""
    viewer = common.must_view(request)
    try:
        with state.of(request).db.write() as connection:
            concern_marks.lift(connection, number, by=viewer.name, now=datetime.now(UTC), staff=viewer.id)
    except Invalid:
        raise access.NotAllowed from None
    return common.go("/oversight/passed-on")


ROUTES = [show_passed, lift]
