"""When a teacher is in which of their rooms, and rooms they cover for a while: set by who keeps accounts."""

import functools
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from policies.windows import WEEKDAYS, Window
from server import accounts, covers, duties, duty_log, state, supervising
from server.accounts import Staff
from server.duty_log import Giver
from server.errors import Invalid
from server.web import common, duty_words, lab_view, render, staff
from server.web.common import Asked
from server.web.individual_view import window_words

SCHOOL_DAYS = WEEKDAYS[:5]
MOST_LINES = 30
_OPENS = [common.opens("staff")]


def address_of(account: Staff) -> str:
    """Return the address of somebody's lessons and covers."""
    return f"/staff/{account.name}/duties"


@get("/staff/{name:str}/duties", guards=_OPENS, sync_to_thread=True)
def show_duties(request: Asked, name: str) -> Response[str]:
    """Show somebody's lessons and covers."""
    return _page(request, staff.changeable(request, name), {}, [])


@post("/staff/{name:str}/duties", guards=_OPENS, sync_to_thread=True, status_code=200)
def change_hours(request: Asked, data: common.Form, name: str) -> Response[str] | Redirect:
    """Add a lesson to a room of theirs, or take one away."""
    account, viewer = staff.changeable(request, name), common.must_view(request)
    room, gone = common.text_of(data, "room", 80), common.text_of(data, "gone", 200)
    try:
        fresh = None if gone else read_lesson(data)
        with state.of(request).db.write() as connection:
            held = [each.window for each in duties.hours_of(connection, account.id) if each.room == room]
            wanted = [each for each in held if duties.say_window(each) != gone]
            duties.set_hours(
                connection,
                account.id,
                room,
                [*wanted, *([] if fresh is None else [fresh])],
                by=Giver(viewer.id, viewer.name),
                now=state.utc_now(),
            )
    except Invalid:
        words = render.words_of(request, viewer)
        said = words.say("Choose a room of theirs, at least one day, and an end that comes after the begin.")
        return _page(request, account, dict(data), [("lesson-room", said)], 400)
    state.of(request).notice_changes()
    return common.go(address_of(account))


@post("/staff/{name:str}/cover", guards=_OPENS, sync_to_thread=True, status_code=200)
def give_cover(request: Asked, data: common.Form, name: str) -> Response[str] | Redirect:
    """Give somebody a room for a while."""
    account, viewer = staff.changeable(request, name), common.must_view(request)
    words = render.words_of(request, viewer)
    span = read_span(data)
    problems = []
    if span is None:
        problems.append(
            ("day", words.say("Write the day, and when it begins and ends; the end comes later."))
        )
    elif len(common.text_of(data, "reason", 400)) < 3:
        problems.append(("reason", words.say("Write why, in a few words: it stands in Oversight.")))
    else:
        try:
            with state.of(request).db.write() as connection:
                covers.give_cover(
                    connection,
                    account.id,
                    common.text_of(data, "cover-room", 80),
                    from_at=span[0],
                    until=span[1],
                    reason=common.text_of(data, "reason", 400),
                    by=Giver(viewer.id, viewer.name),
                    now=state.utc_now(),
                )
        except Invalid:
            problems.append(("cover-room", _why_not(request, account)))
    if problems:
        return _page(request, account, dict(data), problems, 400)
    state.of(request).notice_changes()
    return common.go(address_of(account))


@post("/staff/{name:str}/cover/{grant:int}/end", guards=_OPENS, sync_to_thread=True, status_code=303)
def end_cover(request: Asked, name: str, grant: int) -> Redirect:
    """End a cover now; whoever supervised by it is checked out."""
    account, viewer = staff.changeable(request, name), common.must_view(request)
    house, now = state.of(request), state.utc_now()
    with house.db.write() as connection:
        if grant in {each.id for each in covers.list_covers(connection, now, account.id)}:
            supervising.end_cover(connection, grant, by=Giver(viewer.id, viewer.name), now=now)
    house.notice_changes()
    house.live.wake()
    return common.go(address_of(account))


def read_lesson(data: dict[str, Any]) -> Window:
    """Return the lesson of a form; raises Invalid."""
    given = {
        "days": [day for day in WEEKDAYS if day in common.texts_of(data, "days")],
        "starts": common.text_of(data, "starts"),
        "ends": common.text_of(data, "ends"),
    }
    try:
        return msgspec.convert(given, Window)
    except msgspec.ValidationError as problem:
        raise Invalid("this is no lesson") from problem


def read_span(data: dict[str, Any]) -> tuple[datetime, datetime] | None:
    """Return from when until when a cover is wanted, by the school's own clock; None for what is none."""
    day, last = common.text_of(data, "day", 10), common.text_of(data, "last-day", 10)
    try:
        begins = _local(day, common.text_of(data, "from", 5))
        ends = _local(last or day, common.text_of(data, "until", 5))
    except (ValueError, OverflowError, OSError):
        return None
    return (begins, ends) if begins < ends else None


def _local(day: str, clock: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock)).astimezone().astimezone(UTC)


def _why_not(request: Asked, account: Staff) -> str:
    viewer = common.must_view(request)
    words = render.words_of(request, viewer)
    if viewer.id == account.id:
        return words.say("Somebody else gives you a cover: ask the head or the technician.")
    if "teacher" not in account.roles:
        return words.say("Only a teacher covers. Give them this office first.")
    return words.say("Choose a room, and an end in the future, at most 31 days after the begin.")


def _page(
    request: Asked,
    account: Staff,
    typed: dict[str, Any],
    problems: list[tuple[str, str]],
    status: int = 200,
) -> Response[str]:
    viewer, now = common.must_view(request), state.utc_now()
    words, local = render.words_of(request, viewer), now.astimezone()
    with state.of(request).db.read() as connection:
        account = accounts.get_staff(connection, account.id) or account
        hours = duties.hours_of(connection, account.id)
        known = sorted(duty_log.known_rooms(connection), key=lab_view.natural)
        held = covers.list_covers(connection, now, account.id)
        lines = duty_log.list_log(connection, of=account.id, limit=MOST_LINES)
    shown = [
        (
            room,
            [
                (duties.say_window(each.window), window_words(words, each.window))
                for each in hours
                if each.room == room
            ],
        )
        for room in account.rooms
    ]
    context = {
        "account": account,
        "rooms": shown,
        "known": known,
        "covers": held,
        "times": functools.partial(duty_words.say_times, words),
        "lines": [(each, duty_words.say_entry(words, each)) for each in lines],
        "weekdays": WEEKDAYS,
        "problems": problems,
        "wrong": dict(problems),
        "mine": viewer.id == account.id,
        "given": {
            "room": common.text_of(typed, "room", 80),
            "days": common.texts_of(typed, "days") if typed else list(SCHOOL_DAYS),
            "starts": common.text_of(typed, "starts", 8) or "09:00",
            "ends": common.text_of(typed, "ends", 8) or "10:00",
            "cover-room": common.text_of(typed, "cover-room", 80),
            "day": common.text_of(typed, "day", 10) or local.date().isoformat(),
            "from": common.text_of(typed, "from", 8) or f"{local:%H:%M}",
            "last-day": common.text_of(typed, "last-day", 10),
            "until": common.text_of(typed, "until", 8),
            "reason": common.text_of(typed, "reason", 400),
        },
    }
    return common.show(request, "staff_duties.html", "staff", context, status)


ROUTES = [show_duties, change_hours, give_cover, end_cover]
