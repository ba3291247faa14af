"""People: everybody by name, what does not fit, who has access (R7), and somebody new by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from policies.settings import LANGUAGES, TIERS
from server import devices, listing, offices, state
from server.people_tables import roster
from server.roster import correcting
from server.roster.correcting import CorrectionRefused
from server.roster.store import By
from server.web import common, people_view, render
from server.web.common import Asked

KEPT_DAYS = 400
"""How long an ended access stays in the printed register: a school year and a little."""
MOST_PRINTED = 10_000


def by_of(viewer: Any) -> By:
    """Return the viewer as the one who does it."""
    return By(viewer.name, viewer.id)


@get("/people", guards=[common.opens("people")], sync_to_thread=True)
def show_people(request: Asked) -> Response[str]:
    """Show everybody, or a teacher's own rooms; filter and page stand in the address."""
    viewer = common.must_view(request)
    wanted, rooms = people_view.read_wanted(dict(request.query_params)), people_view.rooms_of(viewer)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "people", room=wanted.room)
    with state.of(request).db.read() as connection:
        page = listing.list_page(connection, wanted, rooms=rooms)
        all_rooms, years = listing.choices(connection)
        tallies = listing.tallies(connection)
    kept = {key: value for key, value in wanted._asdict().items() if value and key != "page"}
    if kept.get("state") == "here":
        del kept["state"]
    context = {
        **people_view.shared(viewer, "list"),
        "found": page,
        "wanted": wanted,
        "whole": rooms is None,
        "filtered": bool(kept),
        "tallies": tallies,
        "rooms": all_rooms if rooms is None else sorted(rooms),
        "years": years if rooms is None else [],
        "tiers": TIERS,
        "states": listing.STATES,
        "link": lambda number: "/people?" + urlencode({**kept, "page": number}),
    }
    return common.show(request, "people.html", "people", context)


@get("/people/orphans", guards=[common.opens("people-lists")], sync_to_thread=True)
def show_orphans(request: Asked) -> Response[str]:
    """Show whom no account logs in, which accounts are nobody's, and which classes sit nowhere."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "people")
    with state.of(request).db.read() as connection:
        found = listing.find_orphans(connection, datetime.now(UTC))
    context = {
        **people_view.shared(viewer, "orphans"),
        "found": found,
        "most": listing.MOST_ORPHANS,
        "days": listing.SEEN_DAYS,
    }
    return common.show(request, "people_orphans.html", "people", context)


@get("/people/access", guards=[common.opens("people-access")], sync_to_thread=True)
def show_access(request: Asked) -> Response[str]:
    """Show who has access and had it: adults by office, people on laptops; made for paper (R7)."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    whom = request.query_params.get("whom", "adults")
    whom = whom if whom in ("adults", "pupils", "laptop-adults") else "adults"
    since = now - timedelta(days=KEPT_DAYS)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "access")
    with state.of(request).db.read() as connection:
        grants = offices.list_grants(connection, ended_since=since) if whom == "adults" else []
        kinds = ("pupil",) if whom == "pupils" else ("staff", "visitor")
        query = roster.select().where(
            roster.c.kind.in_(kinds), roster.c.left_at.is_(None) | (roster.c.left_at >= since)
        )
        query = query.order_by(roster.c.year, roster.c.display_name, roster.c.person).limit(MOST_PRINTED)
        people = list(connection.execute(query)) if whom != "adults" else []
    context = {
        **people_view.shared(viewer, "access"),
        "whom": whom,
        "grants": grants,
        "people": people,
        "kept_days": KEPT_DAYS,
        "most": MOST_PRINTED,
    }
    return common.show(request, "people_access.html", "people", context)


def _new(
    request: Asked, given: dict[str, str], problems: list[tuple[str, str]], status: int = 200
) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        rooms = devices.list_rooms(connection)
    context = {
        **people_view.shared(viewer, "list"),
        "given": given,
        "problems": problems,
        "wrong": dict(problems),
        "rooms": rooms,
        "tiers": TIERS,
        "choices_of_language": LANGUAGES,
    }
    return common.show(request, "people_new.html", "people", context, status)


BLANK = dict.fromkeys(("person", *correcting.FIELDS, "reason"), "")


@get("/people/new", guards=[common.opens("people-lists")], sync_to_thread=True)
def show_new(request: Asked) -> Response[str]:
    """Show the form for one more person."""
    return _new(request, {**BLANK, "tier": "junior", "language": LANGUAGES[0]}, [])


@post("/people/new", guards=[common.opens("people-lists")], sync_to_thread=True, status_code=200)
def add_person(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Put somebody on the list."""
    viewer = common.must_view(request)
    given = {name: common.text_of(data, name, 500) for name in BLANK}
    try:
        with state.of(request).db.write() as connection:
            correcting.add(
                connection,
                given["person"],
                {name: given[name] for name in correcting.FIELDS},
                reason=given["reason"],
                by=by_of(viewer),
                now=datetime.now(UTC),
            )
    except CorrectionRefused as refused:
        label = render.labels_of(request, viewer)
        return _new(request, given, [(refused.field, label("correction", refused.kind))], 400)
    return common.go(people_view.address_of(given["person"]))


ROUTES = [show_people, show_orphans, show_access, show_new, add_person]
