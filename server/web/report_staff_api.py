"""The officers' JSON API, fourth part: reports that staff write, and the activity a teacher passes on (R39).

A concern about a pupil carries its activity inside the seal. What the server notes beside it is only that
this adult looks at that pupil, or that lesson, no more; no table says whom a case is about.
"""

from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from litestar import Response, get, post
from msgspec import Meta
from sqlalchemy import Connection

from policies.record_base import LoginId
from policies.reports import Activity, ActivityApp
from server import (
    access,
    concern_marks,
    lesson_use,
    records_kept,
    seat_detail,
    staff_reports,
    state,
)
from server.case_rules import StaffWhat
from server.errors import Invalid, NotFound
from server.lesson_time import Span
from server.lesson_use import OLDEST, Lesson
from server.records_kept import Login
from server.staff_reports import Coarse, Urgency
from server.web import after_page, common, doors, report_api
from server.web.common import Asked
from server.web.report_api import Given
from server.web.report_keys_api import Hex32
from server.web.report_steps_api import Sealed

STAFF = [common.opens("concerns")]
Moment = Annotated[datetime, Meta(tz=True)]
Device = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]


class GivenActivity(Given, frozen=True, kw_only=True):
    """What is passed on: one login, or a lesson."""

    device: Device | None = None
    login: LoginId | None = None
    room: Annotated[str, Meta(max_length=80)] = ""
    since: Moment | None = None
    until: Moment | None = None


class GivenStaffReport(Given, frozen=True, kw_only=True):
    """A report that a member of staff wrote."""

    envelope: Sealed
    signer: Hex32
    coarse: Coarse
    urgency: Urgency
    year: Annotated[str, Meta(max_length=40)] = ""
    what: StaffWhat
    activity: GivenActivity | None = None
    """Of a concern, and only of it: the same as stands inside the seal."""


class Linked(NamedTuple):
    """What a concern is about, as the server may know it at this moment."""

    room: str
    since: datetime
    until: datetime
    pupil: str
    """Empty: a whole lesson."""
    login: Login | None


def _linked(connection: Connection, viewer: doors.Viewer, given: GivenActivity, now: datetime) -> Linked:
    """Return what is meant, if it is this teacher's to pass on. Raises NotFound, Invalid."""
    rooms = viewer.rooms | viewer.rooms_now if doors.may_open(viewer, "lab") else frozenset()
    if given.device and given.login:
        login = records_kept.get_login(connection, given.device, given.login)
        if login is None or login.room not in rooms:
            raise NotFound("there is no such login in your rooms")
        since = login.started_at or now
        if since < now - OLDEST - seat_detail.LOGIN_MAY_LAST:
            raise NotFound("this was too long ago")
        return Linked(login.room, since, login.ended_at or now, login.person or login.os_user, login)
    if not given.room or given.since is None or given.until is None:
        raise Invalid("say which login or which lesson is passed on")
    span = Span(given.since, min(given.until, now))
    if not now - OLDEST - timedelta(hours=1) <= span.since < span.until <= span.since + lesson_use.LONGEST:
        raise Invalid("this is no lesson of the last 14 days")
    if given.room not in rooms or not after_page.was_theirs(connection, viewer, given.room, span):
        raise NotFound("this is no lesson of yours")
    return Linked(given.room, span.since, span.until, "", None)


def _activity(
    house: state.ServerState, connection: Connection, viewer: doors.Viewer, linked: Linked, now: datetime
) -> Activity:
    """Return what goes inside the seal: nothing that this teacher has not been shown, or could not be."""
    if linked.login is None:
        return _lesson(house, connection, viewer, linked)
    login = linked.login
    apps: tuple[ActivityApp, ...] = ()
    passed = concern_marks.login_is_passed_on(
        connection,
        house.sign_in_key,
        viewer.id,
        login.room,
        person=login.person,
        os_user=login.os_user,
        since=linked.since,
        until=linked.until,
    )
    opened = seat_detail.reason_holds(connection, viewer.id, login.device, login.login, now)
    if opened and not passed:
        found = seat_detail.detail_of(connection, login).apps
        apps = tuple(ActivityApp(app=each.app[:200], minutes=round(each.seconds / 60)) for each in found)
    return Activity(
        kind="seat",
        room=linked.room,
        device=login.device,
        hostname=login.hostname,
        login=login.login,
        name=login.display_name or login.os_user,
        since=linked.since,
        until=linked.until,
        apps=apps,
    )


def _lesson(
    house: state.ServerState, connection: Connection, viewer: doors.Viewer, linked: Linked
) -> Activity:
    lesson = Lesson(linked.room, linked.since, linked.until)
    shown = after_page.read_shown(house, connection, viewer, lesson)
    below = common.policy_facts(connection).report.mask_below
    use = lesson_use.decide_use(lesson, {each.pupil for each in shown.sittings}, shown.stretches, below)
    apps = tuple(
        ActivityApp(
            app=line.app[:200],
            minutes=line.minutes,
            pupils=line.pupils if isinstance(line.pupils, int) else None,
        )
        for line in use.lines
    )
    return Activity(kind="lesson", room=linked.room, since=linked.since, until=linked.until, apps=apps)


@get("/activity", guards=STAFF, sync_to_thread=True)
def show_activity(request: Asked) -> Response[bytes]:
    """Give a teacher's page what it seals with their concern."""
    viewer, house, now = common.must_view(request), state.of(request), state.utc_now()
    query = request.query_params
    with house.db.write() as connection:
        if "room" in query:
            _, span, _ = after_page.asked_span(request, connection, viewer, query["room"][:80], now)
            if isinstance(span, str):
                raise NotFound("this is no lesson of yours")
            given = GivenActivity(room=query["room"][:80], since=span.since, until=span.until)
            _linked(connection, viewer, given, now)
            after_page.note_look(connection, viewer, given.room, span, now)
        else:
            given = GivenActivity(device=query.get("device", "")[:16], login=query.get("login", "")[:32])
        linked = _linked(connection, viewer, given, now)
        return report_api.answer(_activity(house, connection, viewer, linked, now))


@post("/staff-reports", guards=STAFF, sync_to_thread=True, status_code=200)
def take_staff_report(request: Asked, body: bytes) -> Response[bytes]:
    """Take a report that a member of staff wrote; answered only when it is on disk."""
    given, house, now = report_api.read(body, GivenStaffReport), state.of(request), state.utc_now()
    if (given.what == "concern") != (given.activity is not None):
        raise Invalid("a concern is raised from a seat or after a lesson")
    viewer = common.must_view(request)
    with house.db.write() as connection:
        linked = _linked(connection, viewer, given.activity, now) if given.activity else None
        report = staff_reports.take(
            connection,
            access.signed_in(request),
            given.envelope,
            bytes.fromhex(given.signer),
            what=given.what,
            coarse=given.coarse,
            urgency=given.urgency,
            year=given.year,
            now=now,
        )
        if linked is not None:
            concern_marks.pass_on(
                connection,
                secret=house.sign_in_key,
                staff=viewer.id,
                by=viewer.name,
                room=linked.room,
                since=linked.since,
                until=linked.until,
                pupil=linked.pupil,
                now=now,
            )
    return report_api.answer({"report": report})


ROUTES = [show_activity, take_staff_report]
