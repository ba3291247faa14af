"""Reading about memory sticks: what was plugged in where, who asks, which approvals hold, what was found.

Everything a stick says of itself comes from whoever made it: pages show it as hostile text.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, Select, Table, and_, case, func, or_, select

from policies.media import Identity, Terms
from server.errors import NotFound
from server.media_tables import (
    media_approvals,
    media_plugs,
    media_requests,
    order_outcomes,
)
from server.tables import devices, people

WAITS = timedelta(hours=24)
"""A request that nobody answered in this time is over; its person asks again."""
OPEN_STATES = ("waiting", "half")
_terms = msgspec.json.Decoder(Terms)


class Plug(NamedTuple):
    """One device between one plugging in and its removal."""

    device: str
    plug: str
    hostname: str
    room: str
    at: datetime
    received_at: datetime
    os_user: str
    person: str | None
    display_name: str
    year: str
    tier: str
    media_class: str
    vendor: str
    model: str
    serial: str
    descriptors: str
    interfaces: str
    maker: str
    product: str
    size_bytes: int | None
    encryption: str
    mode: str
    target: str
    state: str
    reason: str
    outcome: str
    files: int | None
    scanned: int | None
    access: str | None
    until: datetime | None
    answer: str
    gone_at: datetime | None
    answered_by: str
    """Who said yes or no, if anybody."""

    @property
    def identity(self) -> Identity:
        """Return what an approval of it is tied to."""
        return Identity(
            vendor=self.vendor,
            model=self.model,
            serial=self.serial,
            descriptors=self.descriptors,
            interfaces=self.interfaces,
        )


class Wanted(NamedTuple):
    """What of the history somebody wants to see. Empty: all of it."""

    needle: str = ""
    """A part of a person, stick, laptop or room."""
    room: str = ""
    what: str = ""
    """harmful, opened or shut."""
    since: datetime | None = None
    before: datetime | None = None


EVERYTHING = Wanted()


class Request(NamedTuple):
    """Somebody asks, and what an adult needs to know to answer."""

    device: str
    request: str
    at: datetime
    received_at: datetime
    reason: str
    pupil_data: bool
    state: str
    answered_by: str
    answer_reason: str
    approval: str | None
    plug: Plug
    seen_before: int
    """How often this school met a device that gives the same serial number, before this plug."""
    harmful_before: int


class Approval(NamedTuple):
    """One yes: half given (the head decides too), live, or ended for good."""

    id: str
    place: str
    device: str
    hostname: str
    room: str
    request: str | None
    person: str | None
    display_name: str
    terms: Terms
    product: str
    note: str
    standing: bool
    until: datetime
    state: str
    given_at: datetime
    given_by: str
    given_staff: int | None
    head_by: str
    ended_at: datetime | None
    ended_by: str
    confirmed: int
    """Laptops that say they hold it."""


def list_plugs(
    connection: Connection,
    *,
    rooms: Collection[str] | None = None,
    since: datetime | None = None,
    device: str | None = None,
    wanted: Wanted = EVERYTHING,
    limit: int = 200,
    offset: int = 0,
) -> list[Plug]:
    """Return what was plugged in, newest first, narrowed by what is given."""
    query = _narrowed(_plugs(), rooms=rooms, since=since, device=device, wanted=wanted)
    query = query.order_by(media_plugs.c.received_at.desc(), media_plugs.c.plug).limit(limit).offset(offset)
    return [_plug(row) for row in connection.execute(query)]


def count_plugs(
    connection: Connection, *, rooms: Collection[str] | None = None, wanted: Wanted = EVERYTHING
) -> int:
    """Return how many `list_plugs` would find without a limit."""
    query = _narrowed(_plugs(), rooms=rooms, wanted=wanted).subquery()
    return connection.execute(select(func.count()).select_from(query)).scalar_one()


def list_waiting(
    connection: Connection, now: datetime, *, rooms: Collection[str] | None = None, limit: int = 200
) -> list[Request]:
    """Return the requests that an adult can still answer, longest waiting first."""
    query = (
        _requests()
        .where(media_requests.c.state.in_(OPEN_STATES), media_requests.c.received_at > now - WAITS)
        .order_by(media_requests.c.received_at, media_requests.c.request)
        .limit(limit)
    )
    if rooms is not None:
        query = query.where(devices.c.room.in_(list(rooms)))
    return [_request(row) for row in connection.execute(query)]


def count_waiting(
    connection: Connection,
    now: datetime,
    *,
    rooms: Collection[str] | None = None,
    states: tuple[str, ...] = OPEN_STATES,
) -> int:
    """Return how many requests wait; `states` narrows it to those that wait for one office."""
    query = (
        select(func.count())
        .select_from(media_requests.join(devices, devices.c.id == media_requests.c.device))
        .where(media_requests.c.state.in_(states), media_requests.c.received_at > now - WAITS)
    )
    if rooms is not None:
        query = query.where(devices.c.room.in_(list(rooms)))
    return connection.execute(query).scalar_one()


def get_request(connection: Connection, device: str, request: str) -> Request:
    """Return one request; raise NotFound, also where its plug was never told."""
    query = _requests().where(media_requests.c.device == device, media_requests.c.request == request)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("there is no such request")
    return _request(row)


def list_approvals(
    connection: Connection, now: datetime, *, standing: bool | None = None, limit: int = 500
) -> list[Approval]:
    """Return approvals that hold or wait for the head, the soonest to end first."""
    query = _approvals().where(media_approvals.c.state.in_(("live", "half")), media_approvals.c.until > now)
    if standing is not None:
        query = query.where(media_approvals.c.standing == standing)
    query = query.order_by(media_approvals.c.until, media_approvals.c.id).limit(limit)
    return [_approval(row) for row in connection.execute(query)]


def count_half(connection: Connection, now: datetime) -> int:
    """Return how many sticks, allowed without a request, wait for the head's yes."""
    query = select(func.count()).select_from(media_approvals)
    half = (media_approvals.c.state == "half", media_approvals.c.request.is_(None))
    return connection.execute(query.where(*half, media_approvals.c.until > now)).scalar_one()


def get_approval(connection: Connection, approval: str) -> Approval:
    """Return one approval, ended ones too; raise NotFound."""
    row = connection.execute(_approvals().where(media_approvals.c.id == approval)).first()
    if row is None:
        raise NotFound("there is no such approval")
    return _approval(row)


def day_of(now: datetime) -> date:
    """Return the school's calendar day: the server's own time zone, as pages show times."""
    return now.astimezone().date()


def day_begins(day: date) -> datetime:
    """Return the first moment of a day in the server's own time zone."""
    return datetime.combine(day, time()).astimezone()


def _plugs() -> Select[Any]:
    """Every plug, with who was there when it came."""
    return _with_people(_plugs_of(media_plugs), media_plugs)


def _plugs_of(whose: Table) -> Select[Any]:
    by = select(media_approvals.c.given_by).where(media_approvals.c.id == media_plugs.c.answer)
    other = media_requests.alias("answered")
    no = (
        select(other.c.answered_by)
        .where(
            other.c.device == media_plugs.c.device,
            other.c.plug == media_plugs.c.plug,
            other.c.state.in_(("approved", "denied")),
        )
        .order_by(other.c.answered_at.desc())
        .limit(1)
    )
    return (
        select(
            *(column for column in media_plugs.c if column.name not in ("os_user", "person")),
            whose.c.os_user,
            whose.c.person,
            devices.c.hostname,
            devices.c.room,
            func.coalesce(people.c.display_name, "").label("display_name"),
            func.coalesce(people.c.year, "").label("year"),
            func.coalesce(people.c.tier, "").label("tier"),
            func.coalesce(by.scalar_subquery(), no.scalar_subquery(), "").label("answered_by"),
        )
        .select_from(media_plugs)
        .join(devices, devices.c.id == media_plugs.c.device)
    )


def _with_people(query: Select[Any], whose: Table) -> Select[Any]:
    return query.outerjoin(people, people.c.os_user == whose.c.os_user)


def _narrowed(
    query: Select[Any],
    *,
    rooms: Collection[str] | None = None,
    since: datetime | None = None,
    device: str | None = None,
    wanted: Wanted = EVERYTHING,
) -> Select[Any]:
    if rooms is not None:
        query = query.where(devices.c.room.in_(list(rooms)))
    if since is not None:
        query = query.where(media_plugs.c.received_at >= since)
    if device is not None:
        query = query.where(media_plugs.c.device == device)
    if wanted.room:
        query = query.where(devices.c.room == wanted.room)
    if wanted.since is not None:
        query = query.where(media_plugs.c.received_at >= wanted.since)
    if wanted.before is not None:
        query = query.where(media_plugs.c.received_at < wanted.before)
    harmful = or_(media_plugs.c.outcome == "harmful", media_plugs.c.reason == "harmful")
    match wanted.what:
        case "harmful":
            query = query.where(harmful)
        case "opened":
            query = query.where(media_plugs.c.access.is_not(None))
        case "shut":
            query = query.where(media_plugs.c.access.is_(None), ~harmful)
    if wanted.needle:
        found = [
            column.contains(wanted.needle, autoescape=True)
            for column in (
                people.c.display_name,
                media_plugs.c.os_user,
                media_plugs.c.serial,
                media_plugs.c.product,
                devices.c.hostname,
                devices.c.room,
            )
        ]
        query = query.where(or_(*found))
    return query


def _requests() -> Select[Any]:
    """Every request; its plug is that of whoever asks: the stick may have been in before they came."""
    before = media_plugs.alias("before")
    same = and_(
        before.c.serial == media_plugs.c.serial,
        before.c.serial != "",
        before.c.vendor == media_plugs.c.vendor,
        before.c.model == media_plugs.c.model,
        before.c.received_at < media_plugs.c.received_at,
    )
    met = select(func.count()).select_from(before).where(same)
    harmful = select(func.coalesce(func.sum(case((before.c.outcome == "harmful", 1), else_=0)), 0)).where(
        same
    )
    asked = [
        media_requests.c[name].label(f"asked_{name}")
        for name in ("request", "at", "received_at", "reason", "pupil_data", "state", "answered_by",
                     "answer_reason", "approval")
    ]  # fmt: skip
    joined = and_(
        media_requests.c.device == media_plugs.c.device, media_requests.c.plug == media_plugs.c.plug
    )
    return _with_people(_plugs_of(media_requests).join(media_requests, joined), media_requests).add_columns(
        *asked,
        met.scalar_subquery().label("seen_before"),
        harmful.scalar_subquery().label("harmful_before"),
    )


def _approvals() -> Select[Any]:
    holding = select(func.count()).where(
        order_outcomes.c.order_id == media_approvals.c.id, order_outcomes.c.outcome == "done"
    )
    name = select(people.c.display_name).where(people.c.person == media_approvals.c.person).limit(1)
    return select(
        media_approvals,
        func.coalesce(devices.c.hostname, "").label("hostname"),
        func.coalesce(name.scalar_subquery(), "").label("display_name"),
        holding.scalar_subquery().label("confirmed"),
    ).outerjoin(devices, devices.c.id == media_approvals.c.device)


def _plug(row: Row[Any]) -> Plug:
    return Plug(**{name: row._mapping[name] for name in Plug._fields})


def _request(row: Row[Any]) -> Request:
    got = row._mapping
    asked = {name: got[f"asked_{name}"] for name in Request._fields if f"asked_{name}" in got}
    return Request(
        **asked,
        device=got["device"],
        plug=_plug(row),
        seen_before=got["seen_before"],
        harmful_before=got["harmful_before"],
    )


def _approval(row: Row[Any]) -> Approval:
    given = {name: row._mapping[name] for name in Approval._fields}
    given["terms"] = _terms.decode(row.terms)
    return Approval(**given)
