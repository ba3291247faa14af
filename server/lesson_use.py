"""What a class used in a lesson, out of what laptops recorded: over time and by app, with nobody's name.

Small counts are not shown: a figure about four pupils is soon a figure about one (R65). Whoever needs a name
asks for it with a reason, and the pupils are told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, func, select

from policies.records import AppUsed
from server import help_calls
from server.app_intake import key_of
from server.desk_tables import app_entries, app_names
from server.masking import Cell
from server.tables import devices, logins, looks, people, records

LONGEST = timedelta(hours=6)
OLDEST = timedelta(days=14)
LOGIN_MAY_LAST = timedelta(hours=14)
MOST_LOGINS = 500
MOST_OF_LAPTOP = 40
"""Logins of one laptop in a lesson: one that invents them crowds nobody out."""
MOST_RECORDS = 40_000
"""Each laptop has the same share of them."""
MOST_PLOTTED = 8
MOST_APPS = 60
MOST_FEW_OF_PUPIL = 12
"""Of the apps that few used, so many of one pupil: windows with invented names hide nobody else's."""
MOST_HELP = 1000
MOST_HELP_OF_LOGIN = 60
ONE_CALL = timedelta(minutes=5)
"""Pressing again within this time is the same call."""
ROUGH = 5
LEAST_OF_SLOT = 60.0
"""Seconds: so long an app was in front, or it does not count for that stretch of the plot."""
_app: msgspec.json.Decoder[AppUsed] = msgspec.json.Decoder(AppUsed)


class Lesson(NamedTuple):
    """A stretch of time in one room."""

    room: str
    since: datetime
    until: datetime


class Sitting(NamedTuple):
    """One login during the lesson."""

    device: str
    hostname: str
    login: str
    os_user: str
    person: str
    shown: str

    @property
    def pupil(self) -> str:
        """Who it is: the school's id, or the account of somebody who is not on the list."""
        return self.person or self.os_user


class Stretch(NamedTuple):
    """One app in front of one pupil, cut to the lesson."""

    pupil: str
    app: str
    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long."""
        return (self.until - self.since).total_seconds()


class AppLine(NamedTuple):
    """One app as it may be shown."""

    app: str
    pupils: Cell
    minutes: int | None
    """All pupils' together, to five; None where so few used it that it would tell of one."""
    strip: tuple[Cell, ...]
    """Pupils in front of it slot by slot, rounded down to fives; empty where so few used it at all."""


class Use(NamedTuple):
    """A lesson as it may be shown to its teacher."""

    pupils: int
    slots: tuple[datetime, ...]
    """When each begins."""
    slot: timedelta
    lines: tuple[AppLine, ...]
    more: int
    """Apps that are not listed because there are so many."""


# ---- reading ----


def sittings_in(connection: Connection, lesson: Lesson) -> list[Sitting]:
    """Return who was logged in on the room's laptops during the lesson."""
    newest = func.row_number().over(partition_by=logins.c.device, order_by=logins.c.started_at.desc())
    there = (
        select(
            logins.c.device,
            devices.c.hostname,
            logins.c.login,
            logins.c.os_user,
            logins.c.person,
            logins.c.started_at,
            newest.label("place"),
        )
        .join(devices, devices.c.id == logins.c.device)
        .where(
            devices.c.room == lesson.room,
            logins.c.started_at > lesson.since - LOGIN_MAY_LAST,
            logins.c.started_at < lesson.until,
            logins.c.ended_at.is_(None) | (logins.c.ended_at > lesson.since),
            logins.c.tier.is_(None) | (logins.c.tier != "adult"),
        )
        .subquery()
    )
    query = (
        select(there, people.c.display_name)
        .outerjoin(people, (people.c.os_user == there.c.os_user) & (people.c.person == there.c.person))
        .where(there.c.place <= MOST_OF_LAPTOP)
        .order_by(there.c.place, there.c.started_at.desc())
        .limit(MOST_LOGINS)
    )
    return [
        Sitting(
            row.device,
            row.hostname,
            row.login,
            row.os_user,
            row.person or "",
            row.display_name or row.os_user,
        )
        for row in connection.execute(query)
    ]


def stretches_of(connection: Connection, lesson: Lesson, sittings: Sequence[Sitting]) -> list[Stretch]:
    """Return what these logins had in front during the lesson."""
    by_login = {(each.device, each.login): each for each in sittings}
    names = names_in_register(connection)
    of_laptop: dict[str, list[str]] = defaultdict(list)
    for each in sittings:
        of_laptop[each.device].append(each.login)
    found = []
    for device, its_logins in of_laptop.items():
        query = (
            select(records.c.login, records.c.at, records.c.body)
            .where(
                records.c.login.in_(its_logins),
                records.c.device == device,
                records.c.type == "app-used",
                records.c.at < lesson.until,
                records.c.at > lesson.since - LOGIN_MAY_LAST,
            )
            .order_by(records.c.at.desc())
            .limit(MOST_RECORDS // len(of_laptop))
        )
        for login, at, body in connection.execute(query):
            used = _app.decode(body)
            lasted = timedelta(seconds=min(used.focused_seconds, LOGIN_MAY_LAST.total_seconds()))
            since, until = max(at, lesson.since), min(at + lasted, lesson.until)
            if until > since:
                app = app_name(names, used.app, used.program)
                found.append(Stretch(by_login[device, login].pupil, app, since, until))
    return found


def names_in_register(connection: Connection) -> dict[str, str]:
    """Return by what a laptop tells (folded) the name an app has in the school's register."""
    query = select(app_names.c.key, app_entries.c.name).join(
        app_entries, app_entries.c.id == app_names.c.entry
    )
    return {row.key: row.name for row in connection.execute(query)}


def app_name(names: Mapping[str, str], app: str, program: str) -> str:
    """
    Return what to call an app. Pure.

    Only if window and program both belong to one entry it has the register's name: a game whose window says
    "firefox" is not the browser.
    """
    by_app, by_program = names.get(key_of(app)), names.get(key_of(program))
    if by_app is not None and (not program or by_program == by_app):
        return by_app
    if not app or not program or key_of(app) == key_of(program):
        return app or program
    return f"{app} ({program})"


# ---- deciding ----


def decide_slots(since: datetime, until: datetime) -> tuple[tuple[datetime, ...], timedelta]:
    """Return when the plot's slots begin, on the clock's fives or quarters, and how long each is. Pure."""
    step = timedelta(minutes=5 if until - since <= timedelta(hours=2) else 15)
    first = since - (since - datetime.min.replace(tzinfo=since.tzinfo)) % step
    count = -((first - until) // step)
    return tuple(first + number * step for number in range(count)), step


def decide_use(lesson: Lesson, pupils: Collection[str], stretches: Iterable[Stretch], below: int) -> Use:
    """
    Return what may be shown of a lesson: no count below `below`, and nothing that gives it away. Pure.

    Where fewer pupils were there at all, even the name of an app says who used it: then none stands here.
    """
    slots, step = decide_slots(lesson.since, lesson.until)
    if len(pupils) < below:
        return Use(len(pupils), slots, step, (), 0)
    seconds: dict[str, float] = defaultdict(float)
    users: dict[str, set[str]] = defaultdict(set)
    of_pupil: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    in_slot: dict[tuple[int, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each in stretches:
        if each.pupil not in pupils:
            continue
        seconds[each.app] += each.seconds
        users[each.app].add(each.pupil)
        of_pupil[each.pupil][each.app] += each.seconds
        for number in range((each.since - slots[0]) // step, len(slots)):
            begins = slots[number]
            if begins >= each.until:
                break
            inside = min(each.until, begins + step) - max(each.since, begins)
            in_slot[number, each.pupil][each.app] += inside.total_seconds()
    fronts = _fronts(in_slot)
    shown = [app for app in users if len(users[app]) >= below]
    shown.sort(key=lambda app: (-len(users[app]), -seconds[app], app.casefold()))
    few = _few(of_pupil, set(users) - set(shown))
    lines = [
        AppLine(
            app,
            len(users[app]),
            5 * round(seconds[app] / 300),
            tuple(_cell(fronts.get((number, app), 0), below) for number in range(len(slots))),
        )
        for app in shown
    ]
    lines += [AppLine(app, "few", None, ()) for app in few]
    return Use(len(pupils), slots, step, tuple(lines[:MOST_APPS]), len(users) - len(lines[:MOST_APPS]))


def _few(of_pupil: Mapping[str, Mapping[str, float]], apps: Collection[str]) -> list[str]:
    """Return the apps that few used, by the alphabet; of one pupil's many those in front longest. Pure."""
    found: set[str] = set()
    for seconds in of_pupil.values():
        theirs = sorted((app for app in seconds if app in apps), key=lambda app: (-seconds[app], app))
        found.update(theirs[:MOST_FEW_OF_PUPIL])
    return sorted(found, key=str.casefold)


def _fronts(in_slot: Mapping[tuple[int, str], Mapping[str, float]]) -> dict[tuple[int, str], int]:
    """Count for each slot and app the pupils who had it in front longest."""
    fronts: dict[tuple[int, str], int] = defaultdict(int)
    for (number, _), apps in in_slot.items():
        app = max(apps, key=lambda name: (apps[name], name))
        if apps[app] >= LEAST_OF_SLOT:
            fronts[number, app] += 1
    return fronts


def _cell(count: int, below: int) -> Cell:
    """
    Return a slot's count, rounded down.

    Everybody who works has one app in front: exact counts beside the class's size would tell how many have
    another one.
    """
    return "few" if 0 < count < below else max(count // ROUGH * ROUGH, min(count, below))


# ---- who needed help ----


class Helped(NamedTuple):
    """Somebody asked for help in the lesson."""

    sitting: Sitting
    at: datetime
    went: str
    """Who said that they went; empty: nobody did."""


def helped_in(connection: Connection, lesson: Lesson, sittings: Sequence[Sitting]) -> list[Helped]:
    """Return who asked for help when, oldest first, each login once in five minutes, and who went."""
    by_login = {(each.device, each.login): each for each in sittings}
    first = func.row_number().over(
        partition_by=(records.c.device, records.c.login), order_by=records.c.received_at
    )
    calls = (
        select(records.c.device, records.c.login, records.c.received_at, first.label("place"))
        .where(
            records.c.login.in_([each.login for each in sittings]),
            records.c.device.in_({each.device for each in sittings}),
            records.c.type == "help-asked",
            records.c.received_at >= lesson.since,
            records.c.received_at < lesson.until,
        )
        .subquery()
    )
    asked = (
        select(calls.c.device, calls.c.login, calls.c.received_at)
        .where(calls.c.place <= MOST_HELP_OF_LOGIN)
        .order_by(calls.c.received_at)
        .limit(MOST_HELP)
    )
    went: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    codes = [help_calls.answer_code(each.login) for each in sittings]
    query = select(looks.c.what, looks.c.at, looks.c.by_name).where(looks.c.what.in_(codes))
    for what, at, by in connection.execute(query.order_by(looks.c.id)):
        went[what.partition(":")[2]].append((at, by))
    found: list[Helped] = []
    newest: dict[tuple[str, str], datetime] = {}
    for device, login, at in connection.execute(asked):
        sitting = by_login.get((device, login))
        before = newest.get((device, login))
        if sitting is None or (before is not None and at - before < ONE_CALL):
            continue
        newest[device, login] = at
        found.append(Helped(sitting, at, next((by for when, by in went[login] if when >= at), "")))
    return found
