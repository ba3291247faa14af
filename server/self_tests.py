"""Self-tests: asked for from here, done by laptops, failing ones read first, signed by the head (R83)."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, func, insert, select

from policies import orders
from policies.device_records import SELF_TEST_PARTS as PARTS
from server import changes
from server.case_entries import new_id
from server.device_tables import self_test_orders, self_test_signs, self_tests
from server.devices import check_room
from server.errors import Invalid, NotFound
from server.media_answers import NO_DEVICE
from server.media_tables import media_orders
from server.tables import devices

ASKED_FOR = timedelta(days=7)
"""A laptop that is off tests itself when it comes, within this time."""
LONGEST_DAYS = 400
"""A head signs at most a year at a time."""


class Result(NamedTuple):
    """One self-test of one laptop."""

    device: str
    hostname: str
    room: str
    at: datetime | None
    """When the server heard it; None: it never tested itself."""
    order: str
    """The order that asked; empty where the timetable did."""
    results: dict[str, str]
    problems: dict[str, str]
    signatures_at: datetime | None

    @property
    def failed(self) -> list[str]:
        """The parts that failed, in their usual order."""
        return [part for part in PARTS if self.results.get(part) == "failed"]


class Asked(NamedTuple):
    """A self-test that was asked for, and how many did it."""

    order: str
    device: str
    hostname: str
    room: str
    """Neither device nor room: the whole school."""
    at: datetime
    until: datetime
    by: str
    answered: int
    asked: int


class Failing(NamedTuple):
    """One laptop on which a part failed in a period."""

    device: str
    hostname: str
    room: str
    at: str
    """ISO instant of the last time."""
    parts: tuple[str, ...]
    mended: bool
    """A later test in the period passed."""


class Figures(NamedTuple):
    """What a head signs: a period's results, in numbers and with what failed."""

    from_day: str
    until_day: str
    laptops: int
    """Active at the time of signing."""
    tested: int
    """Of those, how many tested themselves in the period."""
    tests: int
    parts: dict[str, dict[str, int]]
    """Part to result to count."""
    failing: tuple[Failing, ...]


class Sign(NamedTuple):
    """A head's signature under a period's results."""

    id: int
    at: datetime
    by: str
    note: str
    figures: Figures


def order(connection: Connection, *, device: str = "", room: str = "", by: str, now: datetime) -> str:
    """Ask one laptop, a room or (naming neither) every laptop to test itself. Raises NotFound, Invalid."""
    if device:
        row = connection.execute(select(devices.c.state).where(devices.c.id == device)).first()
        if row is None or row.state != "active":
            raise NotFound(f"there is no active laptop {device!r}")
    elif room:
        check_room(room)
    made, until = new_id(), now + ASKED_FOR
    said = orders.SelfTest(device=NO_DEVICE, order=made, by=by, expires_at=until)
    connection.execute(
        insert(media_orders).values(
            order_id=made, device=device, room=room, until=until, body=msgspec.json.encode(said).decode()
        )
    )
    connection.execute(
        insert(self_test_orders).values(
            order_id=made, device=device, room=room, at=now, until=until, by_name=by[:120]
        )
    )
    changes.bump(connection, changes.MEDIA)
    return made


def list_newest(connection: Connection, *, room: str = "") -> list[Result]:
    """Return the last self-test of every active laptop, failing ones first, then those that never did one."""
    query = (
        select(devices.c.id, devices.c.hostname, devices.c.room, *_COLUMNS)
        .select_from(
            devices.outerjoin(self_tests, (self_tests.c.device == devices.c.id) & self_tests.c.newest)
        )
        .where(devices.c.state == "active")
    )
    if room:
        query = query.where(devices.c.room == room)
    return sorted((_result(row) for row in connection.execute(query)), key=decide_place)


def decide_place(result: Result) -> tuple[int, int, str, str]:
    """Return what orders results: failing, never tested, lacking something, all well. Pure."""
    if result.failed:
        rank = 0
    elif result.at is None:
        rank = 1
    else:
        rank = 2 if "lacking" in result.results.values() else 3
    return rank, -len(result.failed), result.room.casefold(), result.hostname.casefold()


def history(connection: Connection, device: str, limit: int = 20) -> list[Result]:
    """Return a laptop's self-tests, newest first."""
    query = (
        select(devices.c.id, devices.c.hostname, devices.c.room, *_COLUMNS)
        .join(self_tests, self_tests.c.device == devices.c.id)
        .where(devices.c.id == device)
        .order_by(self_tests.c.received_at.desc(), self_tests.c.seq.desc())
        .limit(limit)
    )
    return [_result(row) for row in connection.execute(query)]


def list_asked(connection: Connection, now: datetime, *, device: str = "", limit: int = 20) -> list[Asked]:
    """Return what was asked for and may still come, newest first."""
    query = (
        select(self_test_orders, func.coalesce(devices.c.hostname, "").label("hostname"))
        .outerjoin(devices, devices.c.id == self_test_orders.c.device)
        .where(self_test_orders.c.until > now)
        .order_by(self_test_orders.c.at.desc())
        .limit(limit)
    )
    if device:
        query = query.where(self_test_orders.c.device == device)
    found = []
    for row in connection.execute(query).all():
        count = select(func.count(self_tests.c.device.distinct())).where(
            self_tests.c.order_id == row.order_id
        )
        asked = select(func.count()).select_from(devices).where(devices.c.state == "active")
        if row.room:
            asked = asked.where(devices.c.room == row.room)
        found.append(
            Asked(
                row.order_id,
                row.device,
                row.hostname,
                row.room,
                row.at,
                row.until,
                row.by_name,
                connection.execute(count).scalar_one(),
                1 if row.device else connection.execute(asked).scalar_one(),
            )
        )
    return found


def read_period(from_day: str, until_day: str, today: date) -> tuple[date, date]:
    """Return a period's days. Raises Invalid for one that is no period, not over or too long."""
    try:
        first, last = date.fromisoformat(from_day), date.fromisoformat(until_day)
    except ValueError:
        raise Invalid("write both days as YEAR-MONTH-DAY") from None
    if last < first:
        raise Invalid("the period ends before it begins")
    if last > today:
        raise Invalid("the period is not over yet")
    if (last - first).days >= LONGEST_DAYS:
        raise Invalid(f"a period has at most {LONGEST_DAYS} days")
    return first, last


def figures_of(connection: Connection, first: date, last: date) -> Figures:
    """Return what came of all self-tests between two days, both included, by the server's clock."""
    since = datetime.combine(first, datetime.min.time()).astimezone()
    until = datetime.combine(last + timedelta(days=1), datetime.min.time()).astimezone()
    query = (
        select(devices.c.id, devices.c.hostname, devices.c.room, devices.c.state, *_COLUMNS)
        .join(self_tests, self_tests.c.device == devices.c.id)
        .where(self_tests.c.received_at >= since, self_tests.c.received_at < until)
        .order_by(self_tests.c.received_at, self_tests.c.seq)
    )
    rows = connection.execute(query).all()
    active = select(func.count()).select_from(devices).where(devices.c.state == "active")
    return add_up(
        [_result(row) for row in rows],
        first,
        last,
        laptops=connection.execute(active).scalar_one(),
        tested=len({row.id for row in rows if row.state == "active"}),
    )


def add_up(results: Sequence[Result], first: date, last: date, *, laptops: int, tested: int) -> Figures:
    """Return the figures of results that come oldest first. Pure."""
    counts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
    failing: dict[str, Failing] = {}
    for one in results:
        for part, result in one.results.items():
            if part in counts:
                counts[part][result] += 1
        if one.failed:
            at = one.at.isoformat() if one.at else ""
            failing[one.device] = Failing(
                one.device, one.hostname, one.room, at, tuple(one.failed), mended=False
            )
        elif one.device in failing:
            failing[one.device] = failing[one.device]._replace(mended=True)
    return Figures(
        first.isoformat(),
        last.isoformat(),
        laptops,
        tested,
        len(results),
        {part: dict(count) for part, count in counts.items()},
        tuple(sorted(failing.values(), key=lambda one: (one.mended, one.room, one.hostname))),
    )


def sign(
    connection: Connection, figures: Figures, *, staff: int | None, by: str, note: str, now: datetime
) -> int:
    """Write a head's signature under these figures, as they were shown. It is never changed."""
    made = connection.execute(
        insert(self_test_signs).values(
            from_day=figures.from_day,
            until_day=figures.until_day,
            at=now,
            staff=staff,
            by_name=by[:120],
            figures=msgspec.json.encode(figures).decode(),
            note=note[:400],
        )
    )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def list_signs(connection: Connection, limit: int = 24) -> list[Sign]:
    """Return the signatures, newest first."""
    query = select(self_test_signs).order_by(self_test_signs.c.id.desc()).limit(limit)
    return [_sign(row) for row in connection.execute(query)]


def get_sign(connection: Connection, number: int) -> Sign:
    """Return one signature; raise NotFound."""
    row = connection.execute(select(self_test_signs).where(self_test_signs.c.id == number)).first()
    if row is None:
        raise NotFound("there is no such signature")
    return _sign(row)


_COLUMNS = (
    self_tests.c.received_at,
    self_tests.c.order_id,
    self_tests.c.results,
    self_tests.c.problems,
    self_tests.c.signatures_at,
)


def _result(row: Any) -> Result:
    return Result(
        row.id,
        row.hostname,
        row.room,
        row.received_at,
        row.order_id or "",
        json.loads(row.results or "{}"),
        json.loads(row.problems or "{}"),
        row.signatures_at,
    )


def _sign(row: Row[Any]) -> Sign:
    figures = msgspec.json.decode(row.figures, type=Figures)
    return Sign(row.id, row.at, row.by_name, row.note, figures)
