"""Every line of Oversight in the reader's words: looks, supervision, orders in rooms, duties, refusals.

Each source keeps its own numbers, which grow with writing; a page ends before one number of each.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from server import (
    covers,
    devices,
    duty_log,
    lab_actions,
    officers,
    oversight,
    people,
    refusals,
    supervision_log,
)
from server.covers import Cover
from server.duty_log import Entry
from server.lab_actions import Action
from server.oversight import CaseLook, LookEntry
from server.refusals import Refusal
from server.web import doors, duty_words, labels
from server.web.words import Words

Kind = Literal["people", "labs", "lists", "cases", "supervision", "orders", "duties", "refused"]
KINDS: tuple[Kind, ...] = (
    "people",
    "labs",
    "lists",
    "cases",
    "supervision",
    "orders",
    "duties",
    "refused",
)
SOURCES = ("looks", "cases", "supervision", "orders", "duties", "refused")
NEVER = 10**14
LOOKS: tuple[Kind, ...] = ("people", "labs", "lists")


class Wanted(NamedTuple):
    """What is asked for."""

    by: str = ""
    room: str = ""
    kind: Kind | Literal[""] = ""
    before: tuple[int, ...] | None = None
    """The page ends before these numbers, one of each of SOURCES."""

    def end_of(self, source: str) -> int | None:
        """Return before which number a source's lines end."""
        return None if self.before is None else self.before[SOURCES.index(source)]


class Line(NamedTuple):
    """One line, ready to be shown; whatever came from people or laptops is still to be made harmless."""

    source: str
    id: int
    at: datetime
    by: str
    what: str
    room: str = ""
    person: str = ""
    device: str = ""
    details: str = ""
    told: str = ""
    """Who learns of it, in words; empty: nobody in particular."""
    code: str = ""


class Known(NamedTuple):
    """What lines are said with."""

    words: Words
    label: Callable[[str, str], str]
    names: Mapping[str, str]
    laptops: Mapping[str, str]
    covers: Mapping[tuple[str, str], Sequence[Cover]]
    """By who covers and which room."""


def know(connection: Connection, words: Words) -> Known:
    """Read the names that lines are said with."""
    covered: dict[tuple[str, str], list[Cover]] = {}
    for cover in covers.list_all(connection):
        covered.setdefault((cover.name, cover.room), []).append(cover)
    return Known(
        words,
        labels.bind(words),
        people.names_of(connection),
        {device.id: device.hostname for device in devices.list_devices(connection)},
        covered,
    )


def read_lines(
    connection: Connection,
    viewer: doors.Viewer,
    wanted: Wanted,
    known: Known,
    limit: int,
    since: datetime | None = None,
) -> list[Line]:
    """Return lines of every kind together, newest first, at most so many of each source."""
    found = []
    for source in SOURCES:
        if not _asks_for(source, wanted):
            continue
        named: dict[str, Any] = {
            "by": wanted.by or None,
            "before_id": wanted.end_of(source),
            "since": since,
            "limit": limit,
        }
        if source != "cases":
            named["room"] = wanted.room or None
        found.append(list(_READ[source](connection, viewer, wanted, known, named)))
    # Each keeps its own order, which is that of writing: a clock set back must not hide a line between pages.
    return list(heapq.merge(*found, key=lambda line: line.at, reverse=True))


def cut_page(found: Sequence[Line], before: tuple[int, ...] | None, rows: int) -> tuple[list[Line], str]:
    """Return one page, and before which numbers the next one ends; empty for the last. Pure."""
    shown = list(found[:rows])
    if len(found) <= rows:
        return shown, ""
    ends = before or (NEVER,) * len(SOURCES)
    return shown, "-".join(
        str(min([line.id for line in shown if line.source == source], default=end))
        for source, end in zip(SOURCES, ends, strict=True)
    )


def _asks_for(source: str, wanted: Wanted) -> bool:
    if source == "cases" and wanted.room:
        return False
    return not wanted.kind or wanted.kind == source or (source == "looks" and wanted.kind in LOOKS)


def _looks(
    connection: Connection, _: doors.Viewer, wanted: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    kind = wanted.kind if wanted.kind in ("people", "labs", "lists") else None
    for look in oversight.list_looks(connection, kind=kind, **named):
        yield say_look(look, known)


def say_look(look: LookEntry, known: Known) -> Line:
    """Return a look; one at a room that was covered says so. Pure."""
    words, details = known.words, look.reason
    if look.what == "lab":
        given = known.covers.get((look.by, look.room), ())
        cover = next((each for each in given if _is_covering(each, look)), None)
        if cover is not None:
            details = words.say("as cover: %(reason)s", reason=cover.reason)
    told = look.what in labels.LABELS["told"]
    return Line(
        "looks",
        look.id,
        look.at,
        look.by,
        known.label("look", look.what),
        look.room,
        known.names.get(look.person, look.person),
        known.laptops.get(look.device, look.device),
        details,
        known.label("told", look.what) if told else "",
        look.what,
    )


def _is_covering(cover: Cover, look: LookEntry) -> bool:
    ends = cover.until if cover.ended_at is None else min(cover.until, cover.ended_at)
    return cover.from_at <= look.at < ends


def _cases(
    connection: Connection, viewer: doors.Viewer, _: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    keys = officers.keys_ever_of(connection, viewer.id)
    for look in oversight.list_case_looks(connection, keys=keys, head="head" in viewer.roles, **named):
        yield say_case(look, known.words)


def say_case(look: CaseLook, words: Words) -> Line:
    """Return a look at a case: its number, never what it is about. Pure."""
    said = {
        "printed": words.say("Case %(number)s, printed", number=look.number),
        "sheet": words.say("Case %(number)s, with the recovery sheet", number=look.number),
    }.get(look.what, words.say("Case %(number)s", number=look.number))
    told = words.say("nobody: the server does not know whose it is")
    return Line("cases", look.id, look.at, look.by, said, told=told, code="case")


def _supervision(
    connection: Connection, _: doors.Viewer, wanted: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    for line in supervision_log.list_check_ins(connection, **named):
        yield say_supervision(line, known)


def say_supervision(line: supervision_log.Line, known: Known) -> Line:
    """Return who supervised, handed over or left. Pure."""
    words = known.words
    until = words.say("until %(time)s", time=words.clock(line.until))
    details = {
        "in": until,
        "confirmed": until,
        "offered": words.say("asked %(name)s", name=line.other),
        "took-over": words.say(
            "from %(name)s, until %(time)s", name=line.other, time=words.clock(line.until)
        ),
        "ended": known.label("supervision-ended", line.why),
    }.get(line.what, "")
    said = words.say("Supervision: %(what)s", what=known.label("supervision-line", line.what))
    told = words.say("their colleague") if line.what == "offered" else words.say("on the room’s laptops")
    return Line("supervision", line.id, line.at, line.by, said, line.room, details=details, told=told)


def _orders(
    connection: Connection, _: doors.Viewer, wanted: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    for action in lab_actions.list_actions(connection, **named):
        yield say_action(action, known)


def say_action(action: Action, known: Known) -> Line:
    """Return what a teacher did in a room. Pure."""
    words = known.words
    parts = []
    if action.devices:
        parts.append(words.count("%(num)s laptop", "%(num)s laptops", action.devices))
    elif not action.device:
        parts.append(words.say("the whole room"))
    if action.until is not None:
        parts.append(words.say("until %(time)s", time=words.clock(action.until)))
    if action.words:
        parts.append(f"“{action.words}”")
    return Line(
        "orders",
        action.id,
        action.at,
        action.by,
        known.label("lab-action", action.what),
        action.room,
        device=known.laptops.get(action.device, action.device),
        details=", ".join(parts),
        told=words.say("on their screens"),
        code=action.what,
    )


def _duties(
    connection: Connection, _: doors.Viewer, wanted: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    for entry in duty_log.list_log(connection, **named):
        yield say_duty(entry, known)


def say_duty(entry: Entry, known: Known) -> Line:
    """Return who was given which room. Pure."""
    return Line(
        "duties",
        entry.id,
        entry.at,
        entry.by,
        known.label("duty-line", entry.what),
        entry.room,
        entry.name,
        details=duty_words.say_entry(known.words, entry),
        code=entry.what,
    )


def _refused(
    connection: Connection, _: doors.Viewer, wanted: Wanted, known: Known, named: dict[str, Any]
) -> Iterable[Line]:
    for refusal in refusals.list_refusals(connection, **named):
        yield say_refusal(refusal, known)


def say_refusal(refusal: Refusal, known: Known) -> Line:
    """Return how often somebody asked for a room that was not theirs. Pure."""
    words = known.words
    times = words.count("%(num)s time", "%(num)s times", refusal.times)
    last = words.say("last %(time)s", time=words.clock(refusal.last_at))
    return Line(
        "refused",
        refusal.id,
        refusal.first_at,
        refusal.by,
        known.label("room-refusal", refusal.why),
        refusal.room or words.say("a room that is not there"),
        details=times if refusal.times == 1 else f"{times}, {last}",
        told=words.say("nobody: nothing was shown"),
        code=refusal.why,
    )


_READ: dict[str, Callable[[Connection, doors.Viewer, Wanted, Known, dict[str, Any]], Iterable[Line]]] = {
    "looks": _looks,
    "cases": _cases,
    "supervision": _supervision,
    "orders": _orders,
    "duties": _duties,
    "refused": _refused,
}
