"""What every page handler needs: who asks, whether the door is open, and the frame around the page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Body
from litestar.response import Redirect
from sqlalchemy import Connection, select

from policies.numbers_in_texts import fill_school
from policies.settings import (
    LANGUAGES,
    AgreementSettings,
    Contact,
    ReportSettings,
    SelfTestSettings,
    UsbSettings,
)
from server import (
    access,
    accounts,
    cases,
    countersigning,
    duties,
    isolating,
    media,
    media_health,
    officers,
    oversight,
    problems,
    publishing,
    sessions,
    state,
)
from server.accounts import Staff
from server.individual.common import By
from server.tables import looks
from server.web import doors, help_view, policy_counts, render, sign_in_view

Asked = Request[Any, Any, Any]
Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
SAME_LOOK = timedelta(minutes=10)
"""Turning pages and filtering a list within this time is one look, not twenty."""


class PolicyFacts(NamedTuple):
    """What pages need of the policy in force."""

    school: str
    records_apps: bool
    school_year_starts: str
    usb: UsbSettings
    report: ReportSettings
    contacts: tuple[Contact, ...]
    number: int
    """Of the policy; 0 before the first."""
    self_test: SelfTestSettings = SelfTestSettings()
    staff_countersigned: bool = False


_facts: dict[str, PolicyFacts] = {}
"""By the policy body's hash: reading a whole policy for its title would cost more than the page."""


def viewer_for(house: state.ServerState, staff: Staff) -> doors.Viewer:
    """Return an account as the pages know it."""
    answers = holds = False
    lab_rooms: frozenset[str] = frozenset()
    if staff.roles & {"teacher", "governor"}:
        with house.db.read() as connection:
            if "teacher" in staff.roles:
                lab_rooms = frozenset(duties.duties_of(connection, staff.id, state.utc_now()))
            answers = "teacher" in staff.roles and "teacher" in policy_facts(connection).usb.approvers
            holds = "governor" in staff.roles and officers.reader_of(connection, staff) is not None
    rooms = frozenset(staff.rooms)
    return doors.Viewer(
        staff.id, staff.display_name, staff.roles, rooms, staff.language, answers, holds, lab_rooms
    )


def viewer_of(connection: ASGIConnection[Any, Any, Any, Any]) -> doors.Viewer | None:
    """Return the signed-in adult as the pages know them, or None."""
    staff = access.current_staff(connection)
    if staff is None:
        return None
    return viewer_for(state.of(connection), staff)


def must_view(connection: ASGIConnection[Any, Any, Any, Any]) -> doors.Viewer:
    """Return the signed-in adult; raise NotSignedIn."""
    access.signed_in(connection)
    viewer = viewer_of(connection)
    assert viewer is not None
    return viewer


def opens(page: doors.Page) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """Return the guard of one page, as the table in `doors` says."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not doors.may_open(must_view(connection), page):
            raise access.NotAllowed

    return guard


def only(
    page: doors.Page, roles: frozenset[str]
) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """Return the guard of what only some of a page's readers may do; it stands before the body is read."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        viewer = must_view(connection)
        if not doors.may_open(viewer, page) or not viewer.roles & roles:
            raise access.NotAllowed

    return guard


def policy_facts(connection: Connection) -> PolicyFacts:
    """Return the school's name and whether apps are recorded, as the newest policy says."""
    newest = publishing.newest_number(connection)
    if newest is None:
        return PolicyFacts(
            "", True, AgreementSettings().school_year_starts, UsbSettings(), ReportSettings(), (), 0
        )
    if newest[1] not in _facts:
        published = publishing.current(connection)
        assert published is not None
        body = published.body
        settings = body.settings
        _facts[newest[1]] = PolicyFacts(
            body.school.name,
            settings.usage.record_apps,
            settings.agreement.school_year_starts,
            settings.usb,
            settings.report,
            fill_school(body.school, settings).contacts,
            newest[0],
            settings.self_test,
            settings.agreement.staff_countersigned,
        )
    return _facts[newest[1]]


def school_name(request: Asked) -> str:
    """Return the school's name; empty before the first policy."""
    with state.of(request).db.read() as connection:
        return policy_facts(connection).school


def show(
    request: Asked, template: str, here: str, context: Mapping[str, object] | None = None, status: int = 200
) -> Response[str]:
    """Return a page inside the frame of whoever is signed in."""
    viewer = viewer_of(request)
    calls, told = help_view.Told(), sign_in_view.Told()
    if viewer is not None:
        _remember_language(request, viewer)
        with state.of(request).db.read() as connection:
            calls = help_view.told_to(connection, viewer)
            told = sign_in_view.told_to(connection, viewer, here, datetime.now(UTC))
    return render.render(
        request,
        template,
        {"here": here, "sign_in_told": told, "counts": _counts(request, viewer), **(context or {})},
        viewer=viewer,
        csrf=access.csrf_token(request),
        school=school_name(request),
        status=status,
        calls=calls,
    )


def _counts(request: Asked, viewer: doors.Viewer | None) -> dict[str, int]:
    """Return what waits for this adult, by page: requests to answer, and harm that nobody took up."""
    if viewer is None:
        return {}
    counts = {}
    staff = access.current_staff(request)
    if staff is not None and doors.may_open(viewer, "reports"):
        with state.of(request).db.read() as connection:
            reader = officers.reader_of(connection, staff)
            counts["reports"] = cases.count_new(connection, reader.opens) if reader else 0
    if doors.may_open(viewer, "problems"):
        with state.of(request).db.read() as connection:
            counts["problems"] = problems.count_open(connection) + sum(
                each.done_at is None for each in isolating.list_isolate(connection)
            )
    if staff is not None and doors.may_open(viewer, "countersign"):
        with state.of(request).db.read() as connection:
            facts, today = policy_facts(connection), datetime.now(UTC).astimezone().date()
            if facts.staff_countersigned:
                by = By(viewer.id, viewer.name, viewer.roles)
                counts["agreements"] = countersigning.count_waiting_for(
                    connection, by, staff.name, today, facts.school_year_starts
                )
    if doors.may_open(viewer, "policies"):
        with state.of(request).db.read() as connection:
            counts["policies"] = policy_counts.count_waiting_for(connection, viewer.id, viewer.roles)
    if not doors.may_open(viewer, "media"):
        return counts
    rooms = doors.media_rooms(viewer)
    only_head = not viewer.roles & {"technician", "teacher"}
    states = ("half",) if only_head else media.OPEN_STATES
    with state.of(request).db.read() as connection:
        waiting = media.count_waiting(connection, datetime.now(UTC), rooms=rooms, states=states)
        found = media_health.list_detections(connection, unseen_only=True, rooms=rooms)
        halves = media.count_half(connection, datetime.now(UTC)) if "head" in viewer.roles else 0
    return {**counts, "media": waiting + len(found) + halves}


def _remember_language(request: Asked, viewer: doors.Viewer) -> None:
    """Keep a language chosen by hand with the account, so that the next browser begins in it."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES and asked != viewer.language:
        with state.of(request).db.write() as connection:
            accounts.set_language(connection, viewer.id, asked)


def go(address: str) -> Redirect:
    """Answer a finished form with the page that shows its result."""
    return Redirect(address, status_code=303)


def note_look(
    connection: Connection, viewer: doors.Viewer, what: str, *, room: str = "", person: str = ""
) -> None:
    """Write that this adult looks at a list of people; turning its pages is not a new look."""
    now = datetime.now(UTC)
    same = select(looks.c.id).where(
        looks.c.at >= now - SAME_LOOK,
        looks.c.staff == viewer.id,
        looks.c.what == what,
        looks.c.room == room,
        looks.c.person == person,
    )
    if connection.execute(same.limit(1)).first() is not None:
        return
    oversight.write_look(
        connection, at=now, staff=viewer.id, by=viewer.name, what=what, room=room, person=person
    )


def still_viewer(request: Asked) -> doors.Viewer | None:
    """Read the session again: a stream must end when its adult signs out or loses an office."""
    token = request.cookies.get(access.COOKIE)
    if not token:
        return None
    with state.of(request).db.read() as connection:
        session = sessions.find_session(connection, token, datetime.now(UTC))
    return viewer_for(state.of(request), session.staff) if session else None


def text_of(form: Mapping[str, object], key: str, longest: int = 200) -> str:
    """Return one text field of a posted form, trimmed; empty if it is missing or not a text."""
    value = form.get(key, "")
    return value.strip()[:longest] if isinstance(value, str) else ""


def texts_of(form: Mapping[str, object], key: str) -> list[str]:
    """Return every value of a repeated field, such as ticked boxes."""
    value = form.get(key, [])
    values = value if isinstance(value, list) else [value]
    return [one.strip()[:200] for one in values if isinstance(one, str)]
