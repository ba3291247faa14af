"""Self-tests of all laptops: the failing ones first, asked for by room, and signed by the head (R83)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from policies.device_records import SELF_TEST_PARTS
from server import access, groups, self_tests, state
from server.errors import Invalid
from server.web import common, device_view, render
from server.web.common import Asked

ROWS = 200


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _page(
    request: Asked, problems: list[tuple[str, str]] | None = None, given: dict[str, str] | None = None
) -> Response[str]:
    now, today = datetime.now(UTC), _today()
    room = request.query_params.get("room", "").strip()[:80]
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        newest = self_tests.list_newest(connection, room=room)
        asked = self_tests.list_asked(connection, now)
        rooms = [each.name for each in groups.list_rooms(connection)]
        signs = self_tests.list_signs(connection)
    context: dict[str, Any] = {
        **device_view.shared("self-tests"),
        "tests": newest[:ROWS],
        "count": len(newest),
        "failing": sum(bool(one.failed) for one in newest),
        "never": sum(one.at is None for one in newest),
        "parts": SELF_TEST_PARTS,
        "asked": asked,
        "rooms": rooms,
        "room": room,
        "signs": signs,
        "is_head": "head" in viewer.roles,
        "problems": problems or [],
        "wrong": dict(problems or []),
        "given": {
            "from": (today - timedelta(days=30)).isoformat(),
            "until": today.isoformat(),
            **(given or {}),
        },
    }
    return common.show(request, "self_tests.html", "devices", context, 400 if problems else 200)


@get("/devices/self-tests", guards=[common.opens("devices")], sync_to_thread=True)
def show_tests(request: Asked) -> Response[str]:
    """Show each laptop's last test, the failing ones first."""
    return _page(request)


@post("/devices/self-tests", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def ask_tests(request: Asked, data: common.Form) -> Redirect:
    """Ask a room, or every laptop, to test itself."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        room = common.text_of(data, "room", 80)
        if room not in {"", *(each.name for each in groups.list_rooms(connection))}:
            return common.go("/devices/self-tests")
        self_tests.order(connection, room=room, by=viewer.name, now=datetime.now(UTC))
    return common.go("/devices/self-tests#asked")


@get("/devices/self-tests/period", guards=[common.opens("devices")], sync_to_thread=True)
def show_period(request: Asked) -> Response[str]:
    """Show what came of a period's tests: what a head signs, and what can be printed."""
    given = {key: request.query_params.get(key, "")[:10] for key in ("from", "until")}
    viewer = common.must_view(request)
    try:
        first, last = self_tests.read_period(given["from"], given["until"], _today())
    except Invalid:
        said = render.words_of(request, viewer).say(
            "Choose two days: the first before the last, none of them in the future, at most a year apart."
        )
        return _page(request, [("from", said)], given)
    with state.of(request).db.read() as connection:
        figures = self_tests.figures_of(connection, first, last)
    return _show_figures(request, figures, None)


def _show_figures(
    request: Asked, figures: self_tests.Figures, signed: self_tests.Sign | None
) -> Response[str]:
    context = {
        **device_view.shared("self-tests"),
        "figures": figures,
        "signed": signed,
        "first": date.fromisoformat(figures.from_day),
        "last": date.fromisoformat(figures.until_day),
        "parts": SELF_TEST_PARTS,
        "is_head": "head" in common.must_view(request).roles,
        "moment_at": datetime.fromisoformat,
    }
    return common.show(request, "self_tests_period.html", "devices", context)


@post("/devices/self-tests/sign", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def sign(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Write the head's signature under a period's results."""
    viewer = common.must_view(request)
    if "head" not in viewer.roles:
        raise access.NotAllowed
    given = {key: common.text_of(data, key, 10) for key in ("from", "until")}
    with state.of(request).db.write() as connection:
        try:
            first, last = self_tests.read_period(given["from"], given["until"], _today())
        except Invalid:
            return common.go("/devices/self-tests")
        figures = self_tests.figures_of(connection, first, last)
        number = self_tests.sign(
            connection,
            figures,
            staff=viewer.id,
            by=viewer.name,
            note=common.text_of(data, "note", 400),
            now=datetime.now(UTC),
        )
    return common.go(f"/devices/self-tests/signed/{number}")


@get("/devices/self-tests/signed/{number:int}", guards=[common.opens("devices")], sync_to_thread=True)
def show_signed(request: Asked, number: int) -> Response[str]:
    """Show what was signed, as it was then."""
    with state.of(request).db.read() as connection:
        signed = self_tests.get_sign(connection, number)
    return _show_figures(request, signed.figures, signed)


ROUTES = [show_tests, ask_tests, show_period, sign, show_signed]
