"""Oversight: who looked at what, who supervised, ordered and was given a room; the head's word that it was
read (R68, R69).

Nobody can remove a line. Looks at a case show its number to whoever may know that there is such a case.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import accounts, devices, officers, oversight, reviews, state
from server.web import common, doors, oversight_lines, render, safeguarding_view
from server.web.common import Asked
from server.web.oversight_lines import KINDS, SOURCES, Kind, Wanted
from server.web.words import Words

ROWS_PER_PAGE = 200
_BEFORE = re.compile("-".join([r"(\d{1,15})"] * len(SOURCES)), re.ASCII)


def read_filter(query: dict[str, str]) -> Wanted:
    """Return the filter in an address; what makes no sense counts as not asked for."""
    before = _BEFORE.fullmatch(query.get("before", ""))
    kind: Kind | None = next((each for each in KINDS if each == query.get("kind")), None)
    return Wanted(
        query.get("by", "").strip()[:120],
        query.get("room", "").strip()[:80],
        kind or "",
        tuple(int(each) for each in before.groups()) if before else None,
    )


def _reader(connection: Connection, viewer: doors.Viewer) -> reviews.Reader:
    keys = officers.keys_ever_of(connection, viewer.id)
    return reviews.Reader(viewer.id, viewer.name, keys, "head" in viewer.roles)


def _context(
    connection: Connection, viewer: doors.Viewer, wanted: Wanted, words: Words, now: datetime
) -> dict[str, Any]:
    known = oversight_lines.know(connection, words)
    found = oversight_lines.read_lines(connection, viewer, wanted, known, ROWS_PER_PAGE + 1)
    shown, after = oversight_lines.cut_page(found, wanted.before, ROWS_PER_PAGE)
    since = now - timedelta(days=30)
    month = oversight_lines.read_lines(connection, viewer, Wanted(), known, 10_000, since)
    everybody = accounts.list_staff(connection)
    signed = reviews.list_sign_offs(connection)
    heads = frozenset(one.id for one in everybody if "head" in one.roles)
    kept = {"by": wanted.by, "room": wanted.room, "kind": wanted.kind}
    kept = {key: value for key, value in kept.items() if value}
    facts = common.policy_facts(connection)
    looks = [line for line in month if line.source == "looks"]
    return {
        "lines": shown,
        "offices": {one.display_name: sorted(one.roles) for one in everybody},
        "adults": sorted({line.by for line in month if line.by}),
        "rooms": devices.list_rooms(connection),
        "wanted": wanted,
        "kinds": KINDS,
        "later_page": wanted.before is not None,
        "older": "/oversight?" + urlencode({**kept, "before": after}) if after else "",
        "sums": {
            "lab": sum(line.code == "lab" for line in looks),
            "list": sum(line.code in oversight.REGISTERS for line in looks),
            "person": sum(bool(line.person) or line.code == "seat" for line in looks),
            "case": sum(line.source == "cases" for line in month),
            "orders": sum(line.source == "orders" for line in month),
            "refused": sum(line.source == "refused" for line in month),
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
    words, wanted = render.words_of(request, viewer), read_filter(dict(request.query_params))
    with house.db.read() as connection:
        context = _context(connection, viewer, wanted, words, now)
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
