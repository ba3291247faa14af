"""Reading what laptops have sent: one login's records, recent logins, apps used."""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from policies.records import AnyRecord, AppUsed
from server.tables import devices, logins, people, records

_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_app: msgspec.json.Decoder[AppUsed] = msgspec.json.Decoder(AppUsed)


class Login(NamedTuple):
    """One login of one person on one laptop."""

    device: str
    hostname: str
    room: str
    login: str
    os_user: str
    person: str
    display_name: str
    tier: str
    kind: str
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str


class AppTotal(NamedTuple):
    """One app over a while: how long it was in front, and how long somebody worked in it."""

    app: str
    program: str
    focused_seconds: float
    active_seconds: float


class KeptRecord(NamedTuple):
    """A record and what the server knows around it."""

    device: str
    stream: str
    seq: int
    at: datetime
    received_at: datetime
    record: AnyRecord


def records_of_login(connection: Connection, device: str, login: str, limit: int = 2000) -> list[KeptRecord]:
    """Return one login's records on one laptop, oldest first, at most so many of the newest."""
    query = (
        select(records)
        .where(records.c.login == login, records.c.device == device)
        .order_by(records.c.at.desc(), records.c.stream, records.c.seq.desc())
        .limit(limit)
    )
    return [_kept(row) for row in connection.execute(query)][::-1]


def records_of_device(
    connection: Connection, device: str, *, types: tuple[str, ...] = (), limit: int = 100
) -> list[KeptRecord]:
    """Return a laptop's newest records, of these types only if any are named, newest first."""
    query = select(records).where(records.c.device == device)
    if types:
        query = query.where(records.c.type.in_(types))
    query = query.order_by(records.c.received_at.desc(), records.c.seq.desc()).limit(limit)
    return [_kept(row) for row in connection.execute(query)]


def logins_of(
    connection: Connection,
    *,
    room: str | None = None,
    device: str | None = None,
    person: str | None = None,
    since: datetime | None = None,
    limit: int = 200,
) -> list[Login]:
    """Return logins, newest first, narrowed by what is given."""
    query = _logins().order_by(logins.c.started_at.desc()).limit(limit)
    for column, wanted in ((devices.c.room, room), (logins.c.device, device), (logins.c.person, person)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(logins.c.started_at >= since)
    return [_login(row) for row in connection.execute(query)]


def get_login(connection: Connection, device: str, login: str) -> Login | None:
    """Return one login of one laptop, if the server has heard of it."""
    row = connection.execute(_logins().where(logins.c.device == device, logins.c.login == login)).first()
    return _login(row) if row else None


def apps_used(connection: Connection, device: str, login: str) -> list[AppTotal]:
    """Return how long each app was used in one login, longest in front first."""
    query = select(records.c.body).where(
        records.c.login == login, records.c.device == device, records.c.type == "app-used"
    )
    totals: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (body,) in connection.execute(query):
        used = _app.decode(body)
        total = totals[used.app, used.program]
        total[0] += used.focused_seconds
        total[1] += used.active_seconds
    found = [AppTotal(app, program, *seconds) for (app, program), seconds in totals.items()]
    return sorted(found, key=lambda total: -total.focused_seconds)


def _logins() -> Any:
    return (
        select(logins, devices.c.hostname, devices.c.room, people.c.display_name)
        .join(devices, devices.c.id == logins.c.device)
        .outerjoin(people, (people.c.os_user == logins.c.os_user) & (people.c.person == logins.c.person))
    )


def _login(row: Row[Any]) -> Login:
    given = {name: row._mapping[name] for name in Login._fields}
    for name in ("person", "display_name", "tier", "kind", "end_reason"):
        given[name] = given[name] or ""
    return Login(**given)


def _kept(row: Row[Any]) -> KeptRecord:
    return KeptRecord(row.device, row.stream, row.seq, row.at, row.received_at, _decoder.decode(row.body))
