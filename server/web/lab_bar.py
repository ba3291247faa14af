"""What was ordered in a room, how far it got, and what pupils answered: read, summed up and drawn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from policies.lab_settings import LabSettings
from server import lab_answers
from server.lab_answers import Answer
from server.lab_book import Given
from server.lab_states import Standing
from server.web import render
from server.web.lab_asking import Asking
from server.web.lab_map import Tile
from server.web.lab_read import Room
from server.web.words import Words

Label = Callable[[str, str], str]
MOST_LINES = 4
MOST_MESSAGES = 3
FRESH = timedelta(minutes=2)
"""What is over for longer needs nobody any more, whoever did not confirm it."""
ANSWERS = ("help", "not-yet", "ok")
"""Whoever needs somebody is named first."""


class Form(NamedTuple):
    """Which form of the bar stands open, and what was wrong with what was sent."""

    rules: LabSettings
    do: str = ""
    problem: str = ""
    typed: Mapping[str, object] = {}
    own_device: str = ""
    """The laptop at which this adult sits, if one shows their name."""


class Failure(NamedTuple):
    """A seat that an order did not reach."""

    number: int
    person: str
    why: str
    problem: str


class Line(NamedTuple):
    """One order as the page says it."""

    given: Given
    where: str
    """Which seats, if not the whole room."""
    holds: bool
    confirmed: int
    of: int
    failed: tuple[Failure, ...]

    @property
    def done(self) -> bool:
        """Say whether everybody who is there confirmed it."""
        return self.of > 0 and self.confirmed == self.of


class MessageLine(NamedTuple):
    """One message and its answers."""

    given: Given
    where: str
    confirmed: int
    of: int
    answers: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def answered(self) -> bool:
        """Say whether anybody answered."""
        return any(people for _, people in self.answers)


def draw_orders(asking: Asking) -> str:
    """Return what holds here and what was ordered a moment ago."""
    lines = decide_lines(asking.seen, asking.words, asking.now)
    return render.fragment(
        asking.words.language,
        "lab_bar.html",
        "orders",
        lines=lines,
        address=f"/lab/{quote(asking.room)}",
        csrf=asking.csrf,
        now=asking.now,
    )


def draw_messages(asking: Asking) -> str:
    """Return the newest messages and who answered what."""
    sent = [each for each in asking.seen.standings if each.given.kind == "message"][:MOST_MESSAGES]
    if not sent:
        return ""
    with asking.house.db.read() as connection:
        given = lab_answers.answers(connection, [each.given.order for each in sent])
    tiles = {tile.device: tile for tile in asking.seen.tiles}
    lines = [decide_message(each, given.get(each.given.order, []), tiles, asking.words) for each in sent]
    return render.fragment(asking.words.language, "lab_bar.html", "messages", lines=lines, now=asking.now)


def decide_lines(seen: Room, words: Words, now: datetime) -> list[Line]:
    """
    Return the orders that are shown: all that go on, then the newest that were over a moment ago. Pure.

    What is over does not stand above the map for long, nor a lock that was taken back.
    """
    tiles = {tile.device: tile for tile in seen.tiles}
    orders = [each for each in seen.standings if each.given.kind not in ("message", "thanks")]
    unlocks = [each.given for each in orders if each.given.kind == "unlock"]
    shown = [each for each in orders if _goes_on(each.given, now)]
    shown += [
        each
        for each in orders
        if each not in shown and _is_fresh(each.given, now) and not _taken_back(each.given, unlocks)
    ][: max(0, MOST_LINES - len(shown))]
    return [
        Line(
            each.given,
            _where(each.given, tiles, words),
            each.given.holds(now),
            each.confirmed,
            each.of,
            _failures(each, tiles),
        )
        for each in shown
    ]


def decide_message(
    standing: Standing, answers: Sequence[Answer], tiles: Mapping[str, Tile], words: Words
) -> MessageLine:
    """Return one message with the names behind each answer. Pure."""
    by_answer = tuple(
        (kind, tuple(answer.shown for answer in answers if answer.answer == kind)) for kind in ANSWERS
    )
    where = _where(standing.given, tiles, words)
    return MessageLine(standing.given, where, standing.confirmed, standing.of, by_answer)


def say_orders(before: Mapping[str, Line], lines: Sequence[Line], words: Words, label: Label) -> str:
    """Return what became of orders, for the live region: once when all confirmed, and who did not. Pure."""
    told = []
    for line in lines:
        was = before.get(line.given.order)
        if not line.holds or (was is not None and (was.done, was.failed) == (line.done, line.failed)):
            continue
        if not line.done and not line.failed:
            continue
        count = words.count(
            "%(done)s of %(num)s confirmed",
            "%(done)s of %(num)s confirmed",
            line.of,
            done=words.number(line.confirmed),
        )
        seats = words.join(words.number(each.number) for each in line.failed[:5])
        missing = words.say("Not confirmed: seat %(numbers)s", numbers=seats) if seats else ""
        told.append(f"{label('lab-order', line.given.kind)}: {count}. {missing}".strip())
    return " ".join(told)


def _goes_on(given: Given, now: datetime) -> bool:
    return given.kind in ("attention", "pause") and given.holds(now)


def _is_fresh(given: Given, now: datetime) -> bool:
    return now - (given.ended_at or min(given.until, now)) < FRESH


def _taken_back(given: Given, unlocks: Sequence[Given]) -> bool:
    """Say whether a later Unlock was meant for every laptop of this lock."""
    return given.kind == "lock" and any(
        unlock.given_at > given.given_at and set(given.devices) <= set(unlock.devices) for unlock in unlocks
    )


def _failures(standing: Standing, tiles: Mapping[str, Tile]) -> tuple[Failure, ...]:
    found = []
    for device, why in standing.failed:
        tile = tiles.get(device)
        seat = standing.seats[device]
        person = _whose(tile, seat.logins) if tile else ""
        problem = seat.problem if why == "problem" else ""
        found.append(Failure(tile.number if tile else 0, person, why, problem))
    return tuple(sorted(found))


def _whose(tile: Tile, logins: frozenset[str] | None) -> str:
    """Return whom a failure is about: never somebody who only sits there now."""
    people = [face.seat.person for face in tile.faces if logins is None or face.seat.login in logins]
    return people[0] if people else ""


def _where(given: Given, tiles: Mapping[str, Tile], words: Words) -> str:
    if given.whole_room:
        return ""
    numbers = sorted(tiles[device].number for device in given.devices if device in tiles)
    if not numbers:
        return ""
    if len(numbers) > 5:
        return words.count("%(num)s seat", "%(num)s seats", len(numbers))
    told = words.join([words.number(number) for number in numbers])
    return (
        words.say("seat %(number)s", number=told)
        if len(numbers) == 1
        else words.say("seats %(numbers)s", numbers=told)
    )
