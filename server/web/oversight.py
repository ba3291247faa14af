"""Oversight: who looked at whom, at which case or list; the head's word that it was read (R68, R69).

Nobody can remove a line. Looks at a case show its number to whoever may know that there is such a case.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import accounts, devices, officers, oversight, people, reviews, state
from server.oversight import CaseLook, LookEntry
from server.tables import from_ms, to_ms
from server.web import common, doors, safeguarding_view
from server.web.common import Asked

ROWS_PER_PAGE = 200
KINDS = ("people", "labs", "lists", "cases")
LISTS = frozenset({"devices", "media", "oversight", *oversight.REGISTERS})


class Filter(NamedTuple):
    """What the address asks for."""

    by: str
    room: str
    kind: str
    until: datetime | None


def read_filter(query: dict[str, str]) -> Filter:
    """Return the filter in an address; what makes no sense counts as not asked for."""
    before = query.get("before", "")
    until = from_ms(int(before)) if before.isascii() and before.isdigit() and len(before) < 15 else None
    kind = query.get("kind", "")
    return Filter(
        query.get("by", "").strip()[:120],
        query.get("room", "").strip()[:80],
        kind if kind in KINDS else "",
        until,
    )


def kind_of(look: LookEntry) -> str:
    """Return which of KINDS a look is; a laptop's page and help given count as people. Pure."""
    if look.person or look.what in ("person", "helped", "device"):
        return "people"
    return "labs" if look.what == "lab" else "lists"


def _reader(connection: Connection, viewer: doors.Viewer) -> reviews.Reader:
    keys = officers.keys_ever_of(connection, viewer.id)
    return reviews.Reader(viewer.id, viewer.name, keys, "head" in viewer.roles)


def _lines(
    connection: Connection, viewer: doors.Viewer, wanted: Filter, limit: int, since: datetime | None = None
) -> list[LookEntry | CaseLook]:
    """Return looks of every kind together, newest first."""
    found: list[LookEntry | CaseLook] = []
    if wanted.kind != "cases":
        found += [
            look
            for look in oversight.list_looks(
                connection,
                by=wanted.by or None,
                room=wanted.room or None,
                limit=limit if not wanted.kind else 20 * limit,
                until=wanted.until,
                since=since,
            )
            if not wanted.kind or kind_of(look) == wanted.kind
        ]
    if wanted.kind in ("", "cases") and not wanted.room:
        found += oversight.list_case_looks(
            connection,
            keys=officers.keys_ever_of(connection, viewer.id),
            head="head" in viewer.roles,
            by=wanted.by or None,
            until=wanted.until,
            since=since,
            limit=limit,
        )
    return sorted(found, key=lambda look: look.at, reverse=True)


def _page_of(found: list[LookEntry | CaseLook]) -> tuple[list[LookEntry | CaseLook], datetime | None]:
    """Return one page and where the next begins; looks of one instant are never torn apart. Pure."""
    if len(found) <= ROWS_PER_PAGE:
        return found, None
    last = found[ROWS_PER_PAGE - 1].at
    shown = [look for look in found[: 2 * ROWS_PER_PAGE] if look.at >= last]
    rest = found[len(shown) :]
    return shown, rest[0].at if rest else None


def _context(connection: Connection, viewer: doors.Viewer, wanted: Filter, now: datetime) -> dict[str, Any]:
    shown, next_at = _page_of(_lines(connection, viewer, wanted, 2 * ROWS_PER_PAGE + 1))
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
        "later_page": wanted.until is not None,
        "older": "/oversight?" + urlencode({**kept, "before": to_ms(next_at)}) if next_at else "",
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
