"""What became of a room's orders, laptop by laptop: sent, confirmed, failed and why, or no word.

Only a laptop's own signed word confirms anything: its outcome of the order, or a newer status that says so.
Times are ours, never the laptop's. A cover that was confirmed and then lost is no longer confirmed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from policies import wire
from server import lab_failures
from server.lab_book import Given
from server.lab_failures import Stay
from server.lab_tables import lab_ends
from server.live import Heard, Live
from server.media_tables import order_outcomes
from server.tables import devices, logins, people

SILENT_AFTER = timedelta(seconds=40)
"""A laptop that works holds a connection all the time."""
ANSWERS_WITHIN = timedelta(seconds=15)
"""Then there is no answer, also where the connection stands."""
LOGIN_MAY_LAST = timedelta(hours=14)
MOST_PROBLEM = 200

State = Literal["sent", "confirmed", "failed", "silent", "free", "off", "over"]
"""silent: no answer. free: nobody is logged in there. off: it was away before, with nobody logged in. over: a
pause that has ended on the laptop."""
Why = Literal[
    "", "silent", "no-answer", "expired", "refused", "problem", "unsupervised", "no-adult", "own-lock"
]
"""no-adult: its screen waits until an adult checks in. own-lock: no order of an adult had locked it."""


class Seat(NamedTuple):
    """One order on one laptop."""

    state: State
    why: Why = ""
    at: datetime | None = None
    """When the server heard of it."""
    problem: str = ""
    """The laptop's own words; show them to a technician."""
    logins: frozenset[str] | None = None
    """The logins that it failed for. None: the laptop, whoever sits there."""


class Standing(NamedTuple):
    """One order and where it stands."""

    given: Given
    seats: dict[str, Seat]
    confirmed: int
    of: int
    """Laptops that have somebody to confirm it for."""

    @property
    def failed(self) -> list[tuple[str, Why]]:
        """The laptops that failed, or gave no answer, and why."""
        return [
            (device, seat.why) for device, seat in self.seats.items() if seat.state in ("failed", "silent")
        ]


class Outcome(NamedTuple):
    """What a laptop recorded of one order."""

    outcome: str
    problem: str
    at: datetime


class Laptop(NamedTuple):
    """What is known of one laptop now."""

    heard: Heard
    connected: bool
    last_seen_at: datetime | None
    occupied: bool
    """A login began there and is not known to have ended."""
    adults: frozenset[str] = frozenset()
    """Logins of adults: no cover is for them."""
    stays: Mapping[str, Stay] = {}
    """Logins of the last hours, where an order has failed."""


def standings(
    connection: Connection,
    live: Live,
    is_connected: Callable[[str], bool],
    given: Collection[Given],
    now: datetime,
) -> list[Standing]:
    """Return where each of these orders stands, in their order. Six queries, however many orders."""
    if not given:
        return []
    rooms = {each.room for each in given}
    meant = {device for each in given for device in each.devices}
    query = select(devices.c.id, devices.c.room, devices.c.last_seen_at).where(
        devices.c.state == "active", devices.c.id.in_(meant) | devices.c.room.in_(rooms)
    )
    rows = {row.id: row for row in connection.execute(query.order_by(devices.c.id))}
    adults = _adults(connection, live, rows)
    occupied = _occupied(connection, rows, now)
    heard = live.heard(rows)
    ids = [each.order for each in given]
    outcomes, ends = _outcomes(connection, ids), _ends(connection, ids)
    unhappy = {device for (_, device), outcome in outcomes.items() if outcome.outcome != "done"}
    stays = _stays(connection, unhappy, now) if unhappy else {}
    laptops = {
        device: Laptop(
            heard[device],
            is_connected(device),
            row.last_seen_at,
            device in occupied,
            adults.get(device, frozenset()),
            stays.get(device, {}),
        )
        for device, row in rows.items()
    }
    found = []
    for each in given:
        whose = [
            device
            for device, row in rows.items()
            if (row.room == each.room if each.whole_room else device in each.devices)
        ]
        covers = newer_covers(each, given, now)
        seats = {
            device: decide_seat(
                each,
                laptops[device],
                outcomes.get((each.order, device)),
                ends.get((each.order, device)),
                now,
                covers,
            )
            for device in whose
        }
        found.append(add_up(each, seats))
    return found


def add_up(given: Given, seats: dict[str, Seat]) -> Standing:
    """Count. Pure."""
    counted = [seat for seat in seats.values() if seat.state not in ("free", "off")]
    confirmed = sum(seat.state in ("confirmed", "over") for seat in counted)
    return Standing(given, seats, confirmed, len(counted))


def newer_covers(given: Given, others: Iterable[Given], now: datetime) -> frozenset[str]:
    """Return the attentions whose cover lies over this one's: newer ones that hold. Pure."""
    return frozenset(
        each.order
        for each in others
        if each.kind == given.kind == "attention"
        and each.room == given.room
        and each.holds(now)
        and each.given_at >= given.given_at
    )


def decide_seat(
    given: Given,
    laptop: Laptop,
    outcome: Outcome | None,
    ended: Outcome | None,
    now: datetime,
    covers: Collection[str] = (),
) -> Seat:
    """Return where one order stands on one laptop. Pure."""
    if ended is not None:
        if ended.outcome == "unsupervised":
            return Seat("failed", "unsupervised", ended.at)
        return Seat("over", "", ended.at)
    status, said_at = _newer_status(given, laptop)
    seen = None
    if status is not None:
        seen = _decide_seen(given, status, laptop.adults, said_at, {given.order, *covers})
    if seen is not None and (outcome is None or _outweighs(seen, said_at, outcome)):
        return seen
    if outcome is not None:
        return _decide_outcome(given, outcome, laptop, status, said_at)
    return seen if seen is not None else _decide_waiting(given, laptop, now)


def _newer_status(given: Given, laptop: Laptop) -> tuple[wire.Status | None, datetime]:
    """Return what the laptop said since the order was given, if anything."""
    heard = laptop.heard
    if heard.status is None or heard.status_at is None or heard.status_at < given.given_at:
        return None, given.given_at
    return heard.status, heard.status_at


def _outweighs(seen: Seat, said_at: datetime, outcome: Outcome) -> bool:
    """
    Say whether what the screens show now counts for more than what was recorded once.

    A record may come late, and tells of a moment; "not yet" from before it is overtaken by it.
    """
    return seen.state != "sent" or said_at >= outcome.at


def _decide_seen(
    given: Given, status: wire.Status, adults: Collection[str], said_at: datetime, covers: Collection[str]
) -> Seat | None:
    """Return what the screens of a laptop show of this order; None where a status says nothing about it."""
    if given.kind == "attention":
        kept = [one for one in status.logins if one.login not in adults]
        return _decide_cover(given, kept, said_at, covers)
    here = [login for login in status.logins if login.state != "gate"]
    if given.kind == "pause" and any(login.paused for login in here):
        return Seat("confirmed", "", said_at)
    if given.kind == "lock" and here and all(login.state == "locked" for login in here):
        return Seat("confirmed", "", said_at)
    if given.kind == "unlock" and here and all(login.state != "locked" for login in here):
        return Seat("confirmed", "", said_at)
    return None


def _decide_cover(
    given: Given, logins: Iterable[wire.LoginStatus], said_at: datetime, covers: Collection[str]
) -> Seat | None:
    if given.ended_at is not None:
        return None
    here = [login for login in logins if login.state != "gate"]
    if not here:
        return Seat("free", "", said_at)
    failed = [login for login in here if login.attention_problem and login.attention in ("", *covers)]
    if failed:
        whose = frozenset(login.login for login in failed)
        return Seat("failed", "problem", said_at, failed[0].attention_problem[:MOST_PROBLEM], whose)
    if all(login.attention in covers for login in here):
        return Seat("confirmed", "", said_at)
    return Seat("sent", "", said_at)


def _decide_outcome(
    given: Given, outcome: Outcome, laptop: Laptop, status: wire.Status | None, said_at: datetime
) -> Seat:
    nobody = outcome.outcome == "done" and outcome.problem != ""
    if nobody and given.kind in ("attention", "lock", "unlock", "message", "thanks"):
        return Seat("free", "", outcome.at)
    if outcome.outcome == "done":
        return Seat("confirmed", "", outcome.at)
    why: dict[str, Why] = {"expired": "expired", "refused": "refused", "failed": "problem"}
    found = why.get(outcome.outcome, "problem")
    problem = outcome.problem[:MOST_PROBLEM]
    if given.kind == "pause":  # a laptop's idle lock goes on for whoever sits there
        return Seat("failed", "unsupervised" if found == "refused" else found, outcome.at, problem)
    whose = lab_failures.decide_whose(given.kind, outcome.at, laptop.stays, status, said_at)
    if whose is not None and not whose:
        return Seat("free", "", outcome.at)
    if given.kind == "unlock" and found == "problem":
        logins = status.logins if status is not None else ()
        found = lab_failures.decide_unopened(outcome.problem, logins, whose)
    return Seat("failed", found, outcome.at, problem, whose)


def _decide_waiting(given: Given, laptop: Laptop, now: datetime) -> Seat:
    spoke = [at for at in (laptop.last_seen_at, laptop.heard.contact_at) if at is not None]
    last = now if laptop.connected else max(spoke, default=None)
    until = given.ended_at or given.until
    if last is None or now - last > SILENT_AFTER:
        if not laptop.occupied and (last is None or last < given.given_at):
            return Seat("off")
        return Seat("failed", "expired") if now >= until else Seat("silent", "silent", last)
    if now >= until:
        return Seat("failed", "expired")
    if now - given.given_at > ANSWERS_WITHIN:
        return Seat("silent", "no-answer", last)
    return Seat("sent")


def _adults(connection: Connection, live: Live, known: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the logins of adults by laptop: what one says of a login is never about another's."""
    said = {
        device: heard.status.logins for device, heard in live.heard(known).items() if heard.status is not None
    }
    persons = {login.person for each in said.values() for login in each if login.person}
    if not persons:
        return {}
    query = select(people.c.person).where(people.c.person.in_(persons), people.c.tier == "adult")
    adults = set(connection.execute(query).scalars())
    return {
        device: frozenset(login.login for login in each if login.person in adults)
        for device, each in said.items()
    }


def _occupied(connection: Connection, known: Iterable[str], now: datetime) -> frozenset[str]:
    query = (
        select(logins.c.device)
        .where(
            logins.c.device.in_(list(known)),
            logins.c.ended_at.is_(None),
            logins.c.started_at > now - LOGIN_MAY_LAST,
        )
        .distinct()
    )
    return frozenset(connection.execute(query).scalars())


def _stays(connection: Connection, known: Iterable[str], now: datetime) -> dict[str, dict[str, Stay]]:
    query = (
        select(logins.c.device, logins.c.login, logins.c.started_at, logins.c.ended_at)
        .where(logins.c.device.in_(list(known)), logins.c.started_at > now - LOGIN_MAY_LAST)
        .order_by(logins.c.started_at.desc())
        .limit(lab_failures.MOST_LOGINS)
    )
    found: dict[str, dict[str, Stay]] = {}
    for row in connection.execute(query):
        found.setdefault(row.device, {})[row.login] = Stay(row.started_at, row.ended_at)
    return found


def _outcomes(connection: Connection, ids: list[str]) -> Mapping[tuple[str, str], Outcome]:
    query = select(order_outcomes).where(order_outcomes.c.order_id.in_(ids))
    return {
        (row.order_id, row.device): Outcome(row.outcome, row.problem, row.at)
        for row in connection.execute(query)
    }


def _ends(connection: Connection, ids: list[str]) -> Mapping[tuple[str, str], Outcome]:
    query = select(lab_ends).where(lab_ends.c.order_id.in_(ids))
    return {(row.order_id, row.device): Outcome(row.reason, "", row.at) for row in connection.execute(query)}
