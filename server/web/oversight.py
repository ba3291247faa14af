"""Oversight: who looked at whom, at which case or list; the head's word that it was read (R68, R69).

Nobody can remove a line. Looks at a case show its number to whoever may know that there is such a case.
"""

import heapq
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import accounts, devices, officers, oversight, people, reviews, state
from server.oversight import CaseLook, LookEntry
from server.web import common, doors, safeguarding_view
from server.web.common import Asked

ROWS_PER_PAGE = 200
_NEVER = 10**14
KindOrAny = Literal["", "people", "labs", "lists", "cases"]
KINDS: tuple[Literal["people", "labs", "lists", "cases"], ...] = ("people", "labs", "lists", "cases")


class Filter(NamedTuple):
    """What the address asks for."""

    by: str
    room: str
    kind: KindOrAny
    before: tuple[int, int] | None
    """The page ends before these entries, of looks and of looks at cases."""


def read_filter(query: dict[str, str]) -> Filter:
    """Return the filter in an address; what makes no sense counts as not asked for."""
    before = re.fullmatch(r"(\d{1,15})-(\d{1,15})", query.get("before", ""), re.ASCII)
    kind: KindOrAny = next((each for each in KINDS if each == query.get("kind")), "")
    return Filter(
        query.get("by", "").strip()[:120],
        query.get("room", "").strip()[:80],
        kind,
        (int(before[1]), int(before[2])) if before else None,
    )


def _reader(connection: Connection, viewer: doors.Viewer) -> reviews.Reader:
    keys = officers.keys_ever_of(connection, viewer.id)
    return reviews.Reader(viewer.id, viewer.name, keys, "head" in viewer.roles)


def _lines(
    connection: Connection, viewer: doors.Viewer, wanted: Filter, limit: int, since: datetime | None = None
) -> list[LookEntry | CaseLook]:
    """Return looks of every kind together, newest first."""
    found: list[LookEntry | CaseLook] = []
    of_cases: list[LookEntry | CaseLook] = []
    if wanted.kind != "cases":
        found += oversight.list_looks(
            connection,
            by=wanted.by or None,
            room=wanted.room or None,
            kind=wanted.kind or None,
            limit=limit,
            before_id=wanted.before[0] if wanted.before else None,
            since=since,
        )
    if wanted.kind in ("", "cases") and not wanted.room:
        of_cases += oversight.list_case_looks(
            connection,
            keys=officers.keys_ever_of(connection, viewer.id),
            head="head" in viewer.roles,
            by=wanted.by or None,
            before_id=wanted.before[1] if wanted.before else None,
            since=since,
            limit=limit,
        )
    # Each keeps its own order, which is that of writing: a clock set back must not hide a line between pages.
    return list(heapq.merge(found, of_cases, key=lambda look: look.at, reverse=True))


def _page_of(
    found: list[LookEntry | CaseLook], before: tuple[int, int] | None
) -> tuple[list[LookEntry | CaseLook], tuple[int, int] | None]:
    """Return one page, and before which entries the next one ends. Pure."""
    shown = found[:ROWS_PER_PAGE]
    if len(found) <= ROWS_PER_PAGE:
        return shown, None
    newest = before or (_NEVER, _NEVER)
    looks = min([look.id for look in shown if isinstance(look, LookEntry)], default=newest[0])
    of_cases = min([look.id for look in shown if isinstance(look, CaseLook)], default=newest[1])
    return shown, (looks, of_cases)


def _context(connection: Connection, viewer: doors.Viewer, wanted: Filter, now: datetime) -> dict[str, Any]:
    shown, after = _page_of(_lines(connection, viewer, wanted, ROWS_PER_PAGE + 1), wanted.before)
    month = _lines(connection, viewer, Filter("", "", "", None), 10_000, now - timedelta(days=30))
    everybody = accounts.list_staff(connection)
    signed = reviews.list_sign_offs(connection)
    heads = frozenset(one.id for one in everybody if "head" in one.roles)
    kept = {"by": wanted.by, "room": wanted.room, "kind": wanted.kind}
    kept = {key: value for key, value in kept.items() if value}
    facts = common.policy_facts(connection)
    return {
        "lines": shown,
        "is_case": lambda look: isinstance(look, CaseLook),
        "names": people.names_of(connection),
        "laptops": {device.id: device.hostname for device in devices.list_devices(connection)},
        "offices": {one.display_name: sorted(one.roles) for one in everybody},
        "adults": sorted({look.by for look in month}),
        "rooms": devices.list_rooms(connection),
        "wanted": wanted,
        "kinds": KINDS,
        "later_page": wanted.before is not None,
        "older": "/oversight?" + urlencode({**kept, "before": f"{after[0]}-{after[1]}"}) if after else "",
        "sums": {
            "lab": sum(isinstance(look, LookEntry) and look.what == "lab" for look in month),
            "list": sum(isinstance(look, LookEntry) and look.what in oversight.REGISTERS for look in month),
            "person": sum(isinstance(look, LookEntry) and bool(look.person) for look in month),
            "case": sum(isinstance(look, CaseLook) for look in month),
        },
        "standing": reviews.standing(connection, now, heads, _reader(connection, viewer)),
        "signed": signed[:12],
        "is_head": "head" in viewer.roles,
        "doubles": [
            (double, reviews.second_wanted(double, signed, now))
            for double in reviews.decide_overlaps(everybody)
        ],
        "stale": safeguarding_view.stale_for(viewer, facts),
        "checked": facts.report.helplines_checked,
    }


@get("/oversight", guards=[common.opens("oversight")], sync_to_thread=True)
def show_oversight(request: Asked) -> Response[str]:
    """Show the looks, newest first, by adult, room or kind; looking here is a look too."""
    viewer, now, house = common.must_view(request), datetime.now(UTC), state.of(request)
    with house.db.write() as connection:
        common.note_look(connection, viewer, "oversight")
    with house.db.read() as connection:
        context = _context(connection, viewer, read_filter(dict(request.query_params)), now)
    return common.show(request, "oversight.html", "oversight", context)


@post("/oversight/sign-off", guards=[common.opens("oversight")], status_code=303, sync_to_thread=True)
def sign_off(request: Asked, data: common.Form) -> Redirect:
    """Write that this adult has read everything so far."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    with state.of(request).db.write() as connection:
        note = common.text_of(data, "note", 400)
        reviews.sign_off(connection, _reader(connection, viewer), note, now)
    return common.go("/oversight#review")


ROUTES = [show_oversight, sign_off]
