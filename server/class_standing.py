"""What a class's sitting comes to, from its history: who is here, who answered, whether it counts (R4)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from policies.settings import Language

OPEN_FOR = timedelta(hours=8)
"""A sitting is witnessed on the day it was held, or it counts for nothing."""
Answer = Literal["accepted", "declined", "help"]
ANSWERS: tuple[Answer, ...] = ("accepted", "help", "declined")
What = Literal[
    "here",
    "away",
    "accepted",
    "declined",
    "help",
    "undone",
    "handed",
    "back",
    "witnessed",
    "dropped",
    "withdrawn",
]


class Sitting(NamedTuple):
    """One class on one day."""

    id: int
    at: datetime
    staff: int
    by_name: str
    lab: str
    room: str
    year: str
    tier: str
    language: Language
    version: int
    text_hash: str


class Event(NamedTuple):
    """One line of a sitting's history."""

    at: datetime
    what: What
    person: str
    picture: str
    by_name: str


class Standing(NamedTuple):
    """What a sitting's history comes to."""

    here: frozenset[str]
    answers: dict[str, Event]
    """The newest answer of each who is here."""
    handed: bool
    """The tablet goes round."""
    ended: Literal["", "witnessed", "dropped"]
    witnessed_by: str
    withdrawn: dict[str, Event]
    """Acceptances an adult took back after they had witnessed them."""

    @property
    def counts(self) -> dict[str, int]:
        """Return how many gave each answer."""
        given = [event.what for event in self.answers.values()]
        return {answer: given.count(answer) for answer in ANSWERS}


def decide_standing(events: Iterable[Event]) -> Standing:
    """Return what a history comes to. Pure; a line that cannot be at its place changes nothing."""
    here: set[str] = set()
    given: dict[str, Event] = {}
    withdrawn: dict[str, Event] = {}
    handed, ended, by = False, "", ""
    for event in events:
        if ended:
            if event.what == "withdrawn" and event.person in given:
                withdrawn[event.person] = event
            continue
        match event.what:
            case "here":
                here.add(event.person)
            case "away":
                here.discard(event.person)
                given.pop(event.person, None)
            case "accepted" | "declined" | "help" if event.person in here:
                given[event.person] = event
            case "undone":
                given.pop(event.person, None)
            case "handed":
                handed = True
            case "back":
                handed = False
            case "witnessed" | "dropped":
                handed, ended, by = False, event.what, event.by_name
            case _:
                pass
    return Standing(frozenset(here), given, handed, ended, by, withdrawn)  # type: ignore[arg-type]


def is_open(sitting: Sitting, standing: Standing, now: datetime) -> bool:
    """Say whether it still takes ticks and taps. Pure."""
    return not standing.ended and now - sitting.at < OPEN_FOR
