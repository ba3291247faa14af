"""A room's orders as they stand: what was ordered, when it ends, what may be. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from server.errors import NotFound, ServerError
from server.lab_tables import lab_orders, lab_targets

SHOWN_FOR = timedelta(minutes=10)
"""What was given stays in sight so long."""
MOST_SHOWN = 30
WORDS_CHARACTERS = 300
_DAY = timedelta(days=1)
_A_MOMENT = timedelta(milliseconds=1)

Kind = Literal["attention", "lock", "unlock", "pause", "message", "thanks"]
Refusal = Literal[
    "over", "no-words", "too-long", "messages-off", "too-many", "no-laptops", "not-here", "minutes"
]
"""It ended meanwhile; nothing written; more than 300 letters; the policy lets nobody send messages; more
orders in a minute than anybody gives; the room has no laptop; that login is not on that laptop; less than
one minute."""


class LabRefused(ServerError):
    """This order is not given and nothing was changed. `kind` says why; pages have the words."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(f"not ordered: {kind}")
        self.kind: Refusal = kind


class Giver(NamedTuple):
    """Who orders."""

    staff: int | None
    name: str
    """As pupils know them."""


class Given(NamedTuple):
    """One order as it stands."""

    order: str
    kind: Kind
    room: str
    whole_room: bool
    """Laptops that come later get it too."""
    devices: tuple[str, ...]
    """Whom it was meant for when it was given."""
    login: str
    by: str
    staff: int | None
    words: str
    locks: bool
    given_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str

    def holds(self, now: datetime) -> bool:
        """Say whether it is neither over nor ended."""
        return self.ended_at is None and now < self.until


def decide_until(minutes: int, longest_minutes: int, now: datetime) -> datetime:
    """Return when an order ends by itself, never past the policy's cap. Raises LabRefused. Pure."""
    if minutes < 1:
        raise LabRefused("minutes")
    return now + timedelta(minutes=min(minutes, longest_minutes))


def check_words(words: str, *, needed: bool) -> str:
    """Return a teacher's sentence as it is sent: one line, no control characters. Raises LabRefused. Pure."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words)
    line = " ".join(plain.split())
    if needed and not line:
        raise LabRefused("no-words")
    if len(line) > WORDS_CHARACTERS:
        raise LabRefused("too-long")
    return line


def running(connection: Connection, room: str, now: datetime) -> list[Given]:
    """
    Return what holds in this room or was given a moment ago, newest first.

    Of very many what holds for a while is never left out: a page that does not show it cannot end it.
    """
    since = now - SHOWN_FOR
    recent = or_(
        lab_orders.c.given_at > since,
        lab_orders.c.ended_at > since,
        lab_orders.c.ended_at.is_(None) & (lab_orders.c.until > now),
    )
    goes_on = (
        lab_orders.c.kind.in_(("attention", "pause"))
        & lab_orders.c.ended_at.is_(None)
        & (lab_orders.c.until > now)
    )
    query = (
        select(lab_orders)
        .where(lab_orders.c.room == room, lab_orders.c.given_at > now - _DAY, recent)
        .order_by(goes_on.desc(), lab_orders.c.issued_at.desc(), lab_orders.c.order_id)
        .limit(MOST_SHOWN)
    )
    rows = sorted(connection.execute(query).all(), key=lambda row: row.issued_at, reverse=True)
    return _read(connection, rows)


def holding(connection: Connection, room: str, kind: Kind, now: datetime) -> list[Given]:
    """Return every order of this kind that holds in this room, newest first."""
    query = (
        select(lab_orders)
        .where(
            lab_orders.c.room == room,
            lab_orders.c.kind == kind,
            lab_orders.c.given_at > now - _DAY,
            lab_orders.c.ended_at.is_(None),
            lab_orders.c.until > now,
        )
        .order_by(lab_orders.c.issued_at.desc())
    )
    return _read(connection, connection.execute(query).all())


def get(connection: Connection, room: str, order: str) -> Given:
    """Return one order of this room; raise NotFound."""
    query = select(lab_orders).where(lab_orders.c.order_id == order, lab_orders.c.room == room)
    found = _read(connection, connection.execute(query).all())
    if not found:
        raise NotFound("there is no such order in this room")
    return found[0]


def must_hold(connection: Connection, room: str, order: str, kind: Kind, now: datetime) -> Given:
    """Return an order that can be ended. Raises LabRefused if it is over, NotFound."""
    found = get(connection, room, order)
    if found.kind != kind:
        raise NotFound(f"there is no such {kind} in this room")
    if not found.holds(now):
        raise LabRefused("over")
    return found


def next_moment(connection: Connection, room: str, now: datetime) -> datetime:
    """Return an `issued_at` later than every one of this room, also where our clock was set back."""
    query = select(func.max(lab_orders.c.issued_at)).where(
        lab_orders.c.room == room, lab_orders.c.given_at > now - _DAY
    )
    newest = connection.execute(query).scalar_one()
    return now if newest is None else max(now, newest + _A_MOMENT)


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> list[Given]:
    ids = [row.order_id for row in rows]
    query = select(lab_targets).where(lab_targets.c.order_id.in_(ids)).order_by(lab_targets.c.device)
    meant: dict[str, list[str]] = {each: [] for each in ids}
    for target in connection.execute(query):
        meant[target.order_id].append(target.device)
    return [_given(row, tuple(meant[row.order_id])) for row in rows]


def _given(row: Row[Any], meant: tuple[str, ...]) -> Given:
    return Given(
        row.order_id, row.kind, row.room, row.whole_room, meant, row.login, row.by_name, row.staff,
        row.words, row.locks, row.given_at, row.until, row.ended_at, row.ended_by,
    )  # fmt: skip
