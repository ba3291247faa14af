"""Coverage: which laptops the school's rules do not reach (R41), and the list of those it ought to have."""

from datetime import UTC, datetime
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from server import coverage, device_list, inventory, spreadsheets, state
from server.coverage import State
from server.device_list import Listed
from server.errors import Invalid
from server.spreadsheets import TableRefused
from server.web import common, device_view, render
from server.web.common import Asked

SHOWN = 100
"""Of each kind; the list has them all."""
KINDS: tuple[State, ...] = ("cloned", "twin", "fork", "rejected", "pending", "silent", "never")
"""States that are about coverage; whatever else is wrong with a laptop stands in the list."""
SILENT_CHOICES = (1, 15, 60, 240, 1440, 2880, 4320, 7200, 14_400)
"""Minutes; a day or more counts school days."""
MOST_LIST_BYTES = 8 * 1024 * 1024
ListForm = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


def _page(
    request: Asked, *, problems: list[tuple[str, str]] | None = None, read: inventory.Read | None = None
) -> Response[str]:
    house, now = state.of(request), datetime.now(UTC)
    with house.db.read() as connection:
        rule = device_view.rule_of(connection, now)
        minutes = inventory.silent_minutes(connection, coverage.DEFAULT_SILENT_MINUTES)
        facts = device_list.read_facts(connection, house.is_connected, now)
        refusals = device_list.refusals(connection)
        missing = inventory.list_missing(connection)
        expected = inventory.count_expected(connection)
        unlisted = inventory.list_unlisted(connection) if expected else []
    by_kind: dict[State, list[Listed]] = {kind: [] for kind in KINDS}
    covered = 0
    for one in facts:
        states = coverage.decide_coverage(one, rule)
        covered += one.state == "active" and not any(code in by_kind for code in states)
        for code in states:
            if code in by_kind:
                by_kind[code].append(Listed(one, states, False))
    for found in by_kind.values():
        found.sort(key=lambda it: (it.facts.seen_ms or 0, device_list.natural(it.facts.hostname)))
    words = render.words_of(request, common.must_view(request))
    context = {
        **device_view.shared("coverage"),
        "by_kind": [(kind, found[:SHOWN], len(found)) for kind, found in by_kind.items() if found],
        "refusals": refusals,
        "enrolled": sum(one.state == "active" for one in facts),
        "covered": covered,
        "missing": missing[:SHOWN],
        "missing_count": len(missing),
        "expected": expected,
        "unlisted": len(unlisted),
        "minutes": minutes,
        "choices": [(str(each), _span(words, each)) for each in sorted({*SILENT_CHOICES, minutes})],
        "problems": problems or [],
        "read": read,
    }
    return common.show(request, "devices_coverage.html", "devices", context, 400 if problems else 200)


def _span(words: Any, minutes: int) -> str:
    """Return so many minutes as people say them; whole days are school days."""
    if minutes % coverage.DAY_MINUTES == 0:
        days = minutes // coverage.DAY_MINUTES
        return str(words.count("%(num)s school day", "%(num)s school days", days))
    return str(words.span(minutes * 60))


@get("/devices/coverage", guards=[common.opens("devices")], sync_to_thread=True)
def show_coverage(request: Asked) -> Response[str]:
    """Show what is missing, silent or wrong; laptops that are fine are only counted."""
    return _page(request)


@post("/devices/coverage/silent", guards=[common.opens("devices")], status_code=303, sync_to_thread=True)
def set_silent(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Say after how long a laptop counts as silent."""
    viewer = common.must_view(request)
    given = common.text_of(data, "minutes", 8)
    minutes = int(given) if given.isascii() and given.isdigit() else 0
    try:
        with state.of(request).db.write() as connection:
            inventory.set_silent_minutes(
                connection, minutes, coverage.MOST_SILENT_MINUTES, viewer.name, datetime.now(UTC)
            )
    except Invalid:
        said = render.words_of(request, viewer).say("Choose a time from the list.")
        return _page(request, problems=[("minutes", said)])
    return common.go("/devices/coverage")


@post(
    "/devices/coverage/expected",
    guards=[common.opens("devices")],
    status_code=200,
    request_max_body_size=MOST_LIST_BYTES + 65_536,
)
async def import_expected(request: Asked, data: ListForm) -> Response[str]:
    """Read the school's own list of laptops: what stands in it and is not enrolled is missing."""
    sent = data.get("list")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    replace = data.get("replace") == "1"
    return await anyio.to_thread.run_sync(_take_list, request, content, replace)


def _take_list(request: Asked, content: bytes, replace: bool) -> Response[str]:
    viewer = common.must_view(request)
    words = render.words_of(request, viewer)
    try:
        table = spreadsheets.read_table(
            content, most_rows=inventory.MOST_EXPECTED, most_bytes=MOST_LIST_BYTES
        )
        read = inventory.read_expected(table)
        with state.of(request).db.write() as connection:
            inventory.take_expected(
                connection, read.laptops, by=viewer.name, now=datetime.now(UTC), replace=replace
            )
    except TableRefused as problem:
        line = words.say("Line %(line)s:", line=problem.line) + " " if problem.line else ""
        said = words.say("This file is not a table we can read. Save it as CSV (UTF-8) and try again.")
        return _page(request, problems=[("list", f"{line}{said}")])
    except Invalid:
        said = words.say("No column is called “serial”. Name the columns in the first line of the list.")
        return _page(request, problems=[("list", said)])
    return _page(request, read=read)


@get("/devices/coverage/missing.csv", guards=[common.opens("devices")], sync_to_thread=True)
def download_missing(request: Asked) -> Response[str]:
    """Give the missing laptops as a file, to walk through the school with."""
    with state.of(request).db.read() as connection:
        missing = inventory.list_missing(connection)
    rows: list[tuple[object, ...]] = [inventory.Expected._fields, *missing]
    return Response(
        spreadsheets.write_csv(rows, bom=True),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="missing-laptops.csv"'},
    )


ROUTES = [show_coverage, set_silent, import_expected, download_missing]
