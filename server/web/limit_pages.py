"""Limits for a while (R16) and re-signing after a meeting (R10): lists, one person's, and what adults set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from policies.windows import WEEKDAYS, Window
from server import access, people, state
from server.errors import NotFound
from server.individual import resigning, restricting
from server.individual.common import Refused
from server.web import common, doors, individual_view, people_view, render
from server.web.arrangement_pages import address_of, day_of, refusal
from server.web.common import Asked

SCHOOL_DAYS = WEEKDAYS[:5]
LIMIT_FIELDS = {"reason": "reason", "day": "until", "hours": "starts", "why": "why"}
MEETING_FIELDS = {"reason": "reason", "day": "met_on", "with": "met_with", "why": "why"}


def _must_set(viewer: doors.Viewer, roles: frozenset[str]) -> None:
    if not viewer.roles & roles:
        raise access.NotAllowed


@get("/limits", guards=[common.opens("limits")], sync_to_thread=True)
def list_limits(request: Asked) -> Response[str]:
    """Show whose logins are limited and whose meeting is waited for; a teacher finds their own rooms'."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    words = render.words_of(request, viewer)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "limits")
        known = {each.person: each for each in people.list_people(connection)}
        mine = {who: each for who, each in known.items() if individual_view.is_theirs(viewer, each.room)}
        limits = [each for each in restricting.in_force(connection, now) if each.person in mine]
        waiting = [each for each in resigning.waiting(connection) if each.person in mine]
    context = {
        "limits": [(mine[each.person], each, individual_view.limit_words(words, each)) for each in limits],
        "waiting": [(mine[each.person], each) for each in waiting],
        "address": address_of,
        "sets": restricting.may_restrict(viewer.roles),
    }
    return common.show(request, "limits.html", "limits", context)


# ---- one person's limits ----


def _limit_page(
    request: Asked, person: str, given: dict[str, Any], problems: list[tuple[str, str]], status: int = 200
) -> Response[str]:
    viewer, now = common.must_view(request), datetime.now(UTC)
    words = render.words_of(request, viewer)
    with state.of(request).db.write() as connection:
        entry = individual_view.must_find(connection, person)
        common.note_look(connection, viewer, "person", person=entry.person)
        limits = restricting.limits_of(connection, entry.person)
    context = {
        "entry": entry,
        "held": [(each, individual_view.limit_words(words, each)) for each in limits if each.holds(now)],
        "past": [(each, individual_view.limit_words(words, each)) for each in limits if not each.holds(now)],
        "given": {
            "scope": "all",
            "days": list(SCHOOL_DAYS),
            "starts": "08:30",
            "ends": "15:30",
            "until": "",
            "reason": "",
            **given,
        },
        "problems": problems,
        "wrong": dict(problems),
        "today": now.astimezone().date(),
        "weekdays": WEEKDAYS,
        "address": address_of(entry.person, "limit"),
    }
    return common.show(request, "limit.html", "limits", context, status)


@get("/people/{person:str}/limit", guards=[common.opens("limits")], sync_to_thread=True)
def show_limits(request: Asked, person: str) -> Response[str]:
    """Show a person's limits and why they were set."""
    person = people_view.id_of(person)
    _must_set(common.must_view(request), restricting.MAY_RESTRICT)
    return _limit_page(request, person, {}, [])


def read_window(data: dict[str, Any]) -> Window | None:
    """Return the hours of a form, None for not at all; raises Refused for hours that never are."""
    if common.text_of(data, "scope") != "hours":
        return None
    given = {
        "days": [day for day in WEEKDAYS if day in common.texts_of(data, "days")],
        "starts": common.text_of(data, "starts"),
        "ends": common.text_of(data, "ends"),
    }
    try:
        return msgspec.convert(given, Window)
    except msgspec.ValidationError as problem:
        raise Refused("hours", str(problem)) from problem


@post("/people/{person:str}/limit", guards=[common.opens("limits")], sync_to_thread=True, status_code=200)
def set_limit(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Set a limit; it ends by itself after its last day."""
    person = people_view.id_of(person)
    viewer, now = common.must_view(request), datetime.now(UTC)
    _must_set(viewer, restricting.MAY_RESTRICT)
    day, reason = day_of(common.text_of(data, "until")), common.text_of(data, "reason", 5000)
    try:
        only_in = read_window(data)
        if day is None:
            raise Refused("day", "no day")
        after = datetime.combine(day, datetime.min.time()).astimezone() + timedelta(days=1)
        with state.of(request).db.write() as connection:
            entry = individual_view.must_find(connection, person)
            restricting.restrict(
                connection,
                entry.person,
                until=after.astimezone(UTC),
                only_in=only_in,
                reason=reason,
                by=individual_view.by_of(viewer),
                now=now,
            )
    except (Refused, OverflowError) as refused:
        given: dict[str, Any] = {
            name: common.text_of(data, name) for name in ("scope", "starts", "ends", "until")
        }
        given |= {"days": common.texts_of(data, "days"), "reason": reason}
        code = refused.code if isinstance(refused, Refused) else "day"
        return _limit_page(request, person, given, refusal(request, code, LIMIT_FIELDS), 400)
    state.of(request).notice_changes()
    return common.go(address_of(person, "limit"))


@post(
    "/people/{person:str}/limit/{number:int}/lift",
    guards=[common.opens("limits")],
    sync_to_thread=True,
    status_code=200,
)
def lift_limit(request: Asked, data: common.Form, person: str, number: int) -> Response[str] | Redirect:
    """End a limit before its day."""
    person = people_view.id_of(person)
    viewer = common.must_view(request)
    _must_set(viewer, restricting.MAY_RESTRICT)
    try:
        with state.of(request).db.write() as connection:
            entry = individual_view.must_find(connection, person)
            restricting.lift(
                connection,
                number,
                person=entry.person,
                why=common.text_of(data, "why", 5000),
                by=individual_view.by_of(viewer),
                now=datetime.now(UTC),
            )
    except Refused as refused:
        return _limit_page(request, person, {}, refusal(request, refused.code, LIMIT_FIELDS), 400)
    except NotFound:
        return _limit_page(request, person, {}, refusal(request, "ended", {}), 400)
    state.of(request).notice_changes()
    return common.go(address_of(person, "limit"))


# ---- one person's meetings ----


def _meeting_page(
    request: Asked, person: str, given: dict[str, str], problems: list[tuple[str, str]], status: int = 200
) -> Response[str]:
    viewer, now = common.must_view(request), datetime.now(UTC)
    with state.of(request).db.write() as connection:
        entry = individual_view.must_be_theirs(connection, viewer, person)
        common.note_look(connection, viewer, "person", person=entry.person)
        history = resigning.history(connection, entry.person)
    context = {
        "entry": entry,
        "waits": next((each for each in history if each.waits), None),
        "history": [each for each in history if not each.waits],
        "demands": bool(viewer.roles & resigning.MAY_DEMAND),
        "given": {"reason": "", "met_on": "", "met_with": "", "why": "", **given},
        "problems": problems,
        "wrong": dict(problems),
        "today": now.astimezone().date(),
        "address": address_of(entry.person, "meeting"),
    }
    return common.show(request, "meeting.html", "limits", context, status)


@get("/people/{person:str}/meeting", guards=[common.opens("limits")], sync_to_thread=True)
def show_meeting(request: Asked, person: str) -> Response[str]:
    """Show whether a meeting is waited for; why, to those who asked for it."""
    person = people_view.id_of(person)
    return _meeting_page(request, person, {}, [])


def _change_meeting(request: Asked, data: dict[str, Any], person: str, act: str) -> Response[str] | Redirect:
    viewer, now = common.must_view(request), datetime.now(UTC)
    given = {name: common.text_of(data, name, 5000) for name in ("reason", "met_on", "met_with", "why")}
    by = individual_view.by_of(viewer)
    try:
        with state.of(request).db.write() as connection:
            entry = individual_view.must_be_theirs(connection, viewer, person)
            match act:
                case "demand":
                    resigning.demand(connection, entry.person, reason=given["reason"], by=by, now=now)
                case "held":
                    day = day_of(given["met_on"])
                    if day is None:
                        raise Refused("day", "no day")
                    resigning.record_meeting(
                        connection, entry.person, met_on=day, met_with=given["met_with"], by=by, now=now
                    )
                case _:
                    resigning.withdraw(connection, entry.person, why=given["why"], by=by, now=now)
    except Refused as refused:
        problems = refusal(request, refused.code, MEETING_FIELDS)
        return _meeting_page(request, person, given, problems, 400)
    except NotFound:
        return _meeting_page(request, person, given, refusal(request, "ended", {}), 400)
    state.of(request).notice_changes()
    return common.go(address_of(person, "meeting"))


@post("/people/{person:str}/meeting", guards=[common.opens("limits")], sync_to_thread=True, status_code=200)
def demand_meeting(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Let them in only after a meeting."""
    person = people_view.id_of(person)
    _must_set(common.must_view(request), resigning.MAY_DEMAND)
    return _change_meeting(request, data, person, "demand")


@post(
    "/people/{person:str}/meeting/held",
    guards=[common.opens("limits")],
    sync_to_thread=True,
    status_code=200,
)
def meeting_held(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Record when it was held and with whom; the gate asks anew from then on."""
    person = people_view.id_of(person)
    return _change_meeting(request, data, person, "held")


@post(
    "/people/{person:str}/meeting/withdraw",
    guards=[common.opens("limits")],
    sync_to_thread=True,
    status_code=200,
)
def withdraw_meeting(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Take a demand back."""
    person = people_view.id_of(person)
    _must_set(common.must_view(request), resigning.MAY_DEMAND)
    return _change_meeting(request, data, person, "withdraw")


ROUTES = [
    list_limits,
    show_limits,
    set_limit,
    lift_limit,
    show_meeting,
    demand_meeting,
    meeting_held,
    withdraw_meeting,
]
