"""After the lesson: what the class used, over time and by app, with nobody's name; who asked for help.

Opening it is a look that every pupil of the room finds on their own page. Names come with a reason, and each
pupil named is told. What the adult passed on to safeguarding is in none of it (R39).
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from sqlalchemy import Connection, select

from server import (
    access,
    concern_marks,
    duties,
    duty_past,
    lesson_time,
    lesson_use,
    oversight,
    refusals,
    state,
)
from server.lesson_time import Asked as Written
from server.lesson_time import Refusal, Span
from server.lesson_use import Lesson, Sitting, Stretch
from server.spreadsheets import write_csv
from server.tables import looks
from server.web import after_plot, common, cover_over, doors, render
from server.web.common import Asked
from server.web.media_history import file_of

REASONS = ("work", "odd", "rules", "other")
LONGEST_WORDS = 160


class Shown(NamedTuple):
    """A lesson as this adult may see it."""

    lesson: Lesson
    sittings: list[Sitting]
    stretches: list[Stretch]
    hidden: bool
    """Something of it was passed on by this adult, and is not in here."""


def address_of(room: str, span: Span | None = None, page: str = "after") -> str:
    """Return the address of a room's looking back."""
    base = f"/lab/{quote(room, safe='')}/{page}"
    return f"{base}?{query_of(span)}" if span else base


def query_of(span: Span) -> str:
    """Return a stretch of time as it stands in an address."""
    day, starts, ends = lesson_time.written(span)
    return urlencode({"day": day, "from": starts, "to": ends})


def must_have_room(request: Asked, room: str) -> doors.Viewer:
    """Return the teacher if the room is theirs at some time; which lesson they see is decided after that."""
    viewer = common.must_view(request)
    if not doors.may_open(viewer, "lab"):
        raise access.NotAllowed
    if room not in viewer.rooms | viewer.rooms_now:
        house = state.of(request)
        ended = cover_over.find(house, viewer, room)
        if ended is not None:
            raise cover_over.CoverOver(ended)
        with house.db.write() as connection:
            refusals.note_refusal(connection, viewer.id, viewer.name, room, state.utc_now())
        raise access.NotAllowed
    return viewer


def was_theirs(connection: Connection, viewer: doors.Viewer, room: str, span: Span) -> bool:
    """Say whether the room was this adult's the whole time: their own lessons, or covers."""
    had = duty_past.read_had(connection, viewer.id, span.since)
    return duty_past.decide_throughout(had, room, span.since, span.until)


def _offered(connection: Connection, viewer: doors.Viewer, room: str, now: datetime) -> list[Span]:
    windows = [each.window for each in duties.hours_of(connection, viewer.id) if each.room == room]
    return lesson_time.last_lessons(windows, now)


def read_shown(
    house: state.ServerState, connection: Connection, viewer: doors.Viewer, lesson: Lesson
) -> Shown:
    """Return who was there and what they used, without the pupils whom this adult passed on."""
    marks = concern_marks.marks_of(connection, viewer.id)
    everybody = lesson_use.sittings_in(connection, lesson)
    sittings = [
        each
        for each in everybody
        if not marks
        or marks.isdisjoint(concern_marks.marks_for(house.sign_in_key, viewer.id, each.person, each.os_user))
    ]
    stretches = lesson_use.stretches_of(connection, lesson, sittings)
    return Shown(lesson, sittings, stretches, len(sittings) < len(everybody))


def _pupils(sittings: Collection[Sitting]) -> set[str]:
    return {each.pupil for each in sittings}


def asked_span(
    request: Asked, connection: Connection, viewer: doors.Viewer, room: str, now: datetime
) -> tuple[Written, Span | Refusal, list[Span]]:
    """Return what stands in the form, the lesson or why it is none, and the lessons to choose from."""
    query = request.query_params
    offered = _offered(connection, viewer, room, now)
    if "day" in query:
        typed = Written(query.get("day", "")[:10], query.get("from", "")[:5], query.get("to", "")[:5])
        found = lesson_time.read_span(typed, now)
    else:
        found = lesson_time.usual_span(offered, now)
        typed = lesson_time.written(found)
    if not isinstance(found, str) and not was_theirs(connection, viewer, room, found):
        found = "not-yours"
    return typed, found, offered


def note_look(connection: Connection, viewer: doors.Viewer, room: str, span: Span, now: datetime) -> None:
    """Write that this adult looks back at this lesson; loading it again within ten minutes is the same."""
    reason = "{} {}–{}".format(*lesson_time.written(span))
    query = select(looks.c.id).where(
        looks.c.what == "after",
        looks.c.staff == viewer.id,
        looks.c.room == room,
        looks.c.reason == reason,
        looks.c.at >= now - common.SAME_LOOK,
    )
    if connection.execute(query.limit(1)).first() is None:
        oversight.write_look(
            connection, at=now, staff=viewer.id, by=viewer.name, what="after", room=room, reason=reason
        )


def _context(request: Asked, viewer: doors.Viewer, room: str) -> dict[str, Any]:
    """Return everything the page shows; the look is written first."""
    house, now = state.of(request), datetime.now(UTC)
    with house.db.write() as connection:
        typed, found, offered = asked_span(request, connection, viewer, room, now)
        passed = not isinstance(found, str) and concern_marks.lesson_is_passed_on(
            connection, viewer.id, room, found.since, found.until
        )
        if not isinstance(found, str) and not passed:
            note_look(connection, viewer, room, found, now)
        if found == "not-yours" and "day" in request.query_params:
            refusals.note_refusal(connection, viewer.id, viewer.name, room, now)
        below = common.policy_facts(connection).report.mask_below
    context: dict[str, Any] = {
        "room": room,
        "typed": typed,
        "refusal": found if isinstance(found, str) else "",
        "span": None if isinstance(found, str) else found,
        "offered": offered,
        "address": address_of,
        "passed": passed,
        "below": below,
        "use": None,
        "reasons": REASONS,
        "named": None,
        "given": {"app": "", "reason": "", "words": ""},
        "problems": [],
        "wrong": {},
        "today": now.astimezone().date().isoformat(),
        "concern": "",
    }
    if isinstance(found, str) or passed:
        return context
    with house.db.read() as connection:
        shown = read_shown(house, connection, viewer, Lesson(room, *found))
        helped = lesson_use.helped_in(connection, shown.lesson, shown.sittings)
    use = lesson_use.decide_use(shown.lesson, _pupils(shown.sittings), shown.stretches, below)
    concern = urlencode({"what": "concern", "room": room}) + "&" + query_of(found)
    return {
        **context,
        "shown": shown,
        "use": use,
        "over_time": after_plot.draw_over_time(use),
        "by_app": after_plot.draw_by_app(use),
        "helped": helped,
        "concern": f"/reports/write?{concern}",
    }


@get("/lab/{room:str}/after", guards=[common.opens("lab")], sync_to_thread=True)
def show_after(request: Asked, room: str) -> Response[str]:
    """Show what a class used."""
    viewer = must_have_room(request, room)
    return common.show(request, "after.html", "lab", _context(request, viewer, room))


@get("/lab/{room:str}/after.csv", guards=[common.opens("lab")], sync_to_thread=True)
def download_after(request: Asked, room: str) -> Response[str]:
    """Give the same figures as a file."""
    viewer = must_have_room(request, room)
    words, context = render.words_of(request, viewer), _context(request, viewer, room)
    use, below = context["use"], context["below"]
    rows: list[list[object]] = [[words.say("App"), words.say("Pupils"), words.say("Minutes of all together")]]
    if use is not None:
        few = words.say("fewer than %(below)s pupils", below=below)
        rows[0] += [words.clock(at) for at in use.slots]
        for line in use.lines:
            cells = [few if cell == "few" else cell for cell in line.strip] or [""] * len(use.slots)
            rows.append([line.app, few if line.pupils == "few" else line.pupils, line.minutes, *cells])
    return file_of(write_csv(rows, bom=True), file_name(room, context["span"]))


def file_name(room: str, span: Span | None) -> str:
    """Return a name that says which room and day it is of, in letters every file system takes. Pure."""
    plain = "-".join(re.findall(r"[A-Za-z0-9]+", room)) or "room"
    day = f"-{span.since.astimezone():%Y-%m-%d-%H%M}" if span else ""
    return f"{plain[:40]}{day}.csv"


@post("/lab/{room:str}/after", guards=[common.opens("lab")], sync_to_thread=True, status_code=200)
def show_names(request: Asked, data: common.Form, room: str) -> Response[str]:
    """Say who used one app, with a reason; each of them is told."""
    viewer = must_have_room(request, room)
    house, now, words = state.of(request), datetime.now(UTC), render.words_of(request, viewer)
    context = _context(request, viewer, room)
    given = {
        "app": common.text_of(data, "app", 450),
        "reason": common.text_of(data, "reason", 16),
        "words": common.text_of(data, "words", 400),
    }
    use = context["use"]
    problems = []
    if use is None or given["app"] not in {line.app for line in use.lines}:
        problems.append(("app", words.say("Choose an app.")))
    if given["reason"] not in REASONS:
        problems.append(("reason-work", words.say("Choose what it is for.")))
    elif given["reason"] == "other" and not given["words"]:
        problems.append(("words", words.say("Write in a few words what it is for.")))
    elif len(given["words"]) > LONGEST_WORDS:
        problems.append(("words", words.say("At most %(most)s letters.", most=LONGEST_WORDS)))
    context |= {"given": given, "problems": problems, "wrong": dict(problems)}
    if problems or use is None:
        return common.show(request, "after.html", "lab", context, 400)
    label = render.labels_of(request, viewer)("after-reason", given["reason"])
    reason = f"{label}: {given['words']}" if given["words"] else label
    named = _named(context["shown"], given["app"])
    with house.db.write() as connection:
        for sitting, _ in named:
            oversight.write_look(
                connection,
                at=now,
                staff=viewer.id,
                by=viewer.name,
                what=f"named:{sitting.login}",
                room=room,
                person=sitting.person,
                device=sitting.device,
                reason=reason[:200],
            )
    context["named"] = named
    return common.show(request, "after.html", "lab", context)


def _named(shown: Shown, app: str) -> list[tuple[Sitting, float]]:
    """Return who had this app in front and for how long, by name."""
    seconds: dict[str, float] = {}
    for each in shown.stretches:
        if each.app == app:
            seconds[each.pupil] = seconds.get(each.pupil, 0.0) + each.seconds
    first: dict[str, Sitting] = {}
    for sitting in shown.sittings:
        first.setdefault(sitting.pupil, sitting)
    found = [(first[pupil], total) for pupil, total in seconds.items() if pupil in first]
    return sorted(found, key=lambda each: each[0].shown.casefold())


ROUTES = [show_after, download_after, show_names]
