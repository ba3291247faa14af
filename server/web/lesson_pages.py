"""Lessons about safety: which pupils of a class had theirs, recorded for all at once or for one (R11)."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from server import people, publishing, state
from server.individual import arranging, inducting
from server.individual.common import Refused
from server.web import common, doors, individual_view, people_view
from server.web.arrangement_pages import day_of, refusal
from server.web.common import Asked
from server.web.lab_view import natural

FIELDS = {"day": "held_on", "none": "pupils"}
MOST_ROWS = 400


def _rooms(viewer: doors.Viewer, everybody: list[people.Person]) -> list[str]:
    mine = {each.room for each in everybody if each.room and individual_view.is_theirs(viewer, each.room)}
    return sorted(mine, key=natural)


def _page(
    request: Asked,
    wanted: str,
    problems: list[tuple[str, str]],
    *,
    day: str = "",
    done: int | None = None,
    status: int = 200,
) -> Response[str]:
    viewer, today = common.must_view(request), datetime.now(UTC).astimezone().date()
    with state.of(request).db.write() as connection:
        everybody = people.list_people(connection)
        rooms = _rooms(viewer, everybody)
        room = wanted if wanted in rooms else (rooms[0] if rooms else "")
        if room:
            common.note_look(connection, viewer, "lessons", room=room)
        held = inducting.dates(connection)
        otherwise = arranging.overrides(connection, today)
        published = publishing.current(connection)
    asked = published is not None and published.body.settings.login.induction == "required"
    tiers = {each.person: otherwise.get(each.person, (None, None))[0] or each.tier for each in everybody}
    pupils = {
        each.person: each
        for each in everybody
        if each.room == room and room and tiers[each.person] in inducting.PUPILS
    }
    rows = [(each, held.get(each.person)) for each in list(pupils.values())[:MOST_ROWS]]
    context = {
        "rooms": rooms,
        "room": room,
        "rows": rows,
        "missing": sum(day is None for _, day in rows),
        "asked": asked,
        "problems": problems,
        "wrong": dict(problems),
        "today": today,
        "day": day or today.isoformat(),
        "done": done,
    }
    return common.show(request, "lessons.html", "lessons", context, status)


@get("/lessons", guards=[common.opens("lessons")], sync_to_thread=True)
def show_lessons(request: Asked) -> Response[str]:
    """Show one class; the room stands in the address."""
    return _page(request, request.query_params.get("room", "").strip()[:80], [])


@post("/lessons", guards=[common.opens("lessons")], sync_to_thread=True, status_code=200)
def record_lessons(request: Asked, data: common.Form) -> Response[str]:
    """Record the lesson's day for the pupils that are ticked, or take it away."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    room, day = common.text_of(data, "room", 80), common.text_of(data, "held_on")
    chosen, takes_away = set(common.texts_of(data, "pupils")), common.text_of(data, "act") == "remove"
    try:
        held_on = None if takes_away else day_of(day)
        if held_on is None and not takes_away:
            raise Refused("day", "no day")
        with state.of(request).db.write() as connection:
            theirs = [
                each.person
                for each in people.list_people(connection, room)
                if each.person in chosen and individual_view.is_theirs(viewer, each.room)
            ]
            if not theirs:
                raise Refused("none", "nobody chosen")
            done = inducting.record(
                connection, theirs, held_on=held_on, by=individual_view.by_of(viewer), now=now
            )
    except Refused as refused:
        return _page(request, room, refusal(request, refused.code, FIELDS), day=day, status=400)
    state.of(request).notice_changes()
    return _page(request, room, [], day=day, done=done)


@post("/people/{person:str}/lesson", guards=[common.opens("lessons")], sync_to_thread=True, status_code=303)
def record_lesson(request: Asked, data: common.Form, person: str) -> Redirect:
    """Record one pupil's lesson from their own page; a day that cannot be changes nothing."""
    person = people_view.id_of(person)
    viewer, now = common.must_view(request), datetime.now(UTC)
    takes_away = common.text_of(data, "act") == "remove"
    day = None if takes_away else day_of(common.text_of(data, "held_on"))
    with state.of(request).db.write() as connection:
        entry = individual_view.must_be_theirs(connection, viewer, person)
        if takes_away or (day is not None and day <= now.astimezone().date()):
            by: Any = individual_view.by_of(viewer)
            inducting.record(connection, [entry.person], held_on=day, by=by, now=now)
    state.of(request).notice_changes()
    return common.go(individual_view.person_address(entry.person))


ROUTES = [show_lessons, record_lessons, record_lesson]
