"""An import from the file to the changed list: read, compared, looked at, confirmed, applied.

Nothing changes before somebody confirms the comparison, and a comparison holds only for the list it was made
with: if that has changed since, it has to be made again. The file's people wait in the database, so that the
page and the command line speak of the same import; they are emptied once it is decided or a day old.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from policies.settings import TIERS, Tier
from server import spreadsheets
from server.errors import Invalid, NotFound
from server.people_tables import roster_imports
from server.roster import columns, oneroster, plain, rules, store
from server.roster.archives import Opened
from server.roster.comparing import Diff, decide_diff, needs_second_yes
from server.roster.drafts import Problem, Reading, is_unclear
from server.roster.finishing import Finished, Ground, finish
from server.roster.rules import Rules
from server.roster.store import By
from server.roster.values import clean
from server.tables import people

WAITS = timedelta(days=1)
"""A comparison older than this is made again from the file."""
MOST_PEOPLE = 100_000
Tell = Callable[[str, int], None]


class OldComparison(Invalid):
    """The list has changed since. Compare again, look at the difference, then confirm."""


class Unseen(OldComparison):
    """How the file is read was changed since this adult looked. Look again, then confirm."""


class SecondYes(Invalid):
    """Very many would leave. Look again whether it is the right file, then confirm that too."""


class CannotBeList(Invalid):
    """The file as a whole cannot be a list of people. `problems` say why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            "this file cannot be read as a list of people: " + ", ".join(p.code for p in problems)
        )
        self.problems = problems


class School(NamedTuple):
    """What of the school an import has to know."""

    year_began: date
    tiers: tuple[Tier, ...] = TIERS


class Waiting(NamedTuple):
    """An import that waits for its yes, or one that was decided."""

    id: int
    at: datetime
    by: str
    source: str
    file_name: str
    state: str
    rules: Rules
    files: Opened | None
    """What was uploaded, as long as it is not decided; the shell keeps none."""
    reading: Reading | None
    """None: not read yet, or decided."""
    mapping: dict[str, str]
    base: int
    counts: dict[str, int]


class Plan(NamedTuple):
    """What an import would do to the list as it stands."""

    waiting: Waiting
    diff: Diff
    finished: Finished
    here: int
    """How many people are listed now."""
    outdated: bool
    second: bool
    """To be asked twice: very many leave, or a line was left out and nobody knows whose it is."""

    @property
    def seen(self) -> str:
        """Return what stands for this difference: who confirms it has looked at this one and no other."""
        return hashlib.sha256(msgspec.msgpack.encode(self.diff)).hexdigest()


class _Body(msgspec.Struct, frozen=True):
    reading: Reading | None = None
    mapping: dict[str, str] = {}
    files: dict[str, bytes] = {}
    single: bool = False

    def opened(self) -> Opened | None:
        """Return the files as they were opened."""
        found = Opened(self.files)
        found.single = self.single
        return found if self.files else None

    def packed(self) -> bytes:
        """Return it as it is stored."""
        return zlib.compress(msgspec.msgpack.encode(self), 1)


_body = msgspec.msgpack.Decoder(_Body)


def read_mapping(data: bytes) -> dict[str, str]:
    """Return a school's own file of accounts, id of the person → user name. Raises Invalid."""
    table = spreadsheets.read_table(data, most_rows=MOST_PEOPLE)
    mapped = plain.map_columns(table.columns)
    if "person" not in mapped or "username" not in mapped:
        raise Invalid(
            "a file of accounts needs one column for the id of the person and one for the user name"
        )
    found: dict[str, str] = {}
    for number, cells in table.dicts():
        person, account = clean(cells[mapped["person"]]), clean(cells[mapped["username"]])
        if person in found and found[person] != account:
            raise Invalid(f"line {number}: {person!r} has two user names")
        found[person] = account
    return found


def read_files(opened: Opened, chosen: Rules, today: date, tell: Tell = lambda file, rows: None) -> Reading:
    """Return what the files say. Raises TableRefused, CannotBeList, Invalid."""
    if opened.single:
        name, data = next(iter(opened.items()))
        reading = plain.read_plain(data, chosen, name[:80], lambda rows: tell(name, rows))
    else:
        reading = oneroster.read_oneroster(opened, chosen, today, tell)
    stops = tuple(each for each in reading.problems if not each.line)
    if stops:
        raise CannotBeList(stops)
    if len(reading.drafts) > MOST_PEOPLE:
        raise Invalid(f"there are more than {MOST_PEOPLE} people in it")
    if not reading.drafts and not reading.gone:
        raise CannotBeList((Problem("nobody"), *reading.problems[:20]))
    return reading


def put(
    connection: Connection,
    reading: Reading | None,
    chosen: Rules,
    *,
    by: By,
    now: datetime,
    file_name: str,
    file_hash: str,
    mapping: Mapping[str, str] | None = None,
    files: Opened | None = None,
) -> int:
    """
    Keep what was read until somebody decides, remember the rules, and return the import's number.

    Without a reading `files` wait to be read by rules that are still to be chosen.
    """
    _empty_old(connection, now)
    body = _Body(reading, dict(mapping or {}), dict(files or {}), files.single if files else False)
    rules.write_rules(connection, chosen, by=by.name, now=now)
    made = connection.execute(
        insert(roster_imports).values(
            at=now,
            by_name=by.name[:120],
            staff=by.staff,
            source=reading.source[:24] if reading else "",
            file_name=file_name[:200],
            file_hash=file_hash,
            base=store.number_of(connection),
            state="waiting",
            rules=msgspec.json.encode(chosen).decode(),
            body=body.packed(),
        )
    )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def set_reading(
    connection: Connection,
    number: int,
    reading: Reading,
    chosen: Rules,
    *,
    by: By,
    now: datetime,
    mapping: Mapping[str, str],
) -> None:
    """Put what was read by these rules in the place of what was read before. Raises NotFound, Invalid."""
    waiting = get_import(connection, number)
    if waiting.state != "waiting":
        raise Invalid(f"import {number} is decided already")
    files = waiting.files or Opened()
    body = _Body(reading, dict(mapping), dict(files), files.single)
    rules.write_rules(connection, chosen, by=by.name, now=now)
    connection.execute(
        update(roster_imports)
        .where(roster_imports.c.id == number)
        .values(
            source=reading.source[:24],
            rules=msgspec.json.encode(chosen).decode(),
            base=store.number_of(connection),
            body=body.packed(),
        )
    )


def hash_of(opened: Opened) -> str:
    """Return one hash of all files, so that the same list is known again."""
    made = hashlib.sha256()
    for name in sorted(opened):
        made.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(opened[name]).digest())
    return made.hexdigest()


def _empty_old(connection: Connection, now: datetime) -> None:
    """Drop what nobody decided: these are children's names."""
    old = update(roster_imports).where(roster_imports.c.state == "waiting", roster_imports.c.at < now - WAITS)
    connection.execute(old.values(state="dropped", body=None, decided_at=now))


def get_import(connection: Connection, number: int) -> Waiting:
    """Return an import; raise NotFound."""
    row = connection.execute(select(roster_imports).where(roster_imports.c.id == number)).first()
    if row is None:
        raise NotFound(f"there is no import {number}")
    body = None if row.body is None else _body.decode(zlib.decompress(row.body))
    return Waiting(
        row.id,
        row.at,
        row.by_name,
        row.source,
        row.file_name,
        row.state,
        msgspec.json.decode(row.rules, type=Rules),
        body.opened() if body else None,
        body.reading if body else None,
        body.mapping if body else {},
        row.base,
        msgspec.json.decode(row.counts, type=dict[str, int]),
    )


def list_imports(connection: Connection, limit: int = 20) -> list[Waiting]:
    """Return the newest imports, without what they hold."""
    query = select(roster_imports).order_by(roster_imports.c.id.desc()).limit(limit)
    return [
        Waiting(
            row.id,
            row.at,
            row.by_name,
            row.source,
            row.file_name,
            row.state,
            msgspec.json.decode(row.rules, type=Rules),
            None,
            None,
            {},
            row.base,
            msgspec.json.decode(row.counts, type=dict[str, int]),
        )
        for row in connection.execute(query)
    ]


def plan(connection: Connection, number: int, school: School) -> Plan:
    """Return what a waiting import would do to the list as it stands. Raises NotFound, Invalid."""
    waiting = get_import(connection, number)
    if waiting.reading is None:
        raise Invalid(f"import {number} is decided already, or was not read yet: read the file again")
    return _plan(connection, waiting, waiting.reading, school)


def _plan(connection: Connection, waiting: Waiting, reading: Reading, school: School) -> Plan:
    known = store.known_people(connection)
    former = select(people.c.os_user, people.c.person).where(people.c.left_at.is_not(None))
    ground = Ground(
        known,
        {row.os_user: row.person for row in connection.execute(former)},
        school.year_began,
        waiting.mapping,
        school.tiers,
    )
    finished = finish(reading, waiting.rules, ground)
    whole = waiting.rules.whole and reading.whole
    diff = decide_diff(known, finished.entries, held=finished.held, gone=reading.gone, whole=whole)
    here = sum(each.left_at is None for each in known.values())
    unclear = bool(diff.leaves) and is_unclear(finished.problems)
    return Plan(
        waiting,
        diff,
        finished,
        here,
        store.number_of(connection) != waiting.base,
        needs_second_yes(diff, here) or unclear,
    )


def apply(
    connection: Connection,
    number: int,
    school: School,
    *,
    by: By,
    now: datetime,
    second: bool = False,
    seen: str | None = None,
) -> Diff:
    """
    Make the list what a waiting import says. Raises OldComparison, SecondYes, Invalid, NotFound.

    `seen`: the `Plan.seen` that somebody looked at; a colleague may have had the file read otherwise since.
    The caller's transaction is the whole of it: either everybody is changed or nobody.
    """
    made = plan(connection, number, school)
    if made.outdated:
        raise OldComparison("the list has changed since this comparison was made: compare again")
    if now - made.waiting.at > WAITS:
        raise OldComparison("this comparison is more than a day old: read the file again")
    if seen is not None and seen != made.seen:
        raise Unseen("the file is read otherwise than when you looked: look at the difference again")
    if made.second and not second:
        raise SecondYes(f"{len(made.diff.leaves)} of {made.here} people would leave: confirm that too")
    source = "csv" if made.waiting.source == "csv" else "oneroster"
    store.apply_diff(
        connection, made.diff, by=By(by.name, by.staff, number), now=now, source=source, reason=""
    )
    _decide(connection, number, "applied", made.diff.counts(), by, now)
    return made.diff


def compare_again(connection: Connection, number: int) -> None:
    """Make a waiting import's comparison one with the list as it stands. Raises NotFound, Invalid."""
    if get_import(connection, number).state != "waiting":
        raise Invalid(f"import {number} is decided already")
    here = store.number_of(connection)
    connection.execute(update(roster_imports).where(roster_imports.c.id == number).values(base=here))


def drop(connection: Connection, number: int, *, by: By, now: datetime) -> None:
    """Leave the list as it is. Raises NotFound, Invalid."""
    if get_import(connection, number).state != "waiting":
        raise Invalid(f"import {number} is decided already")
    _decide(connection, number, "dropped", {}, by, now)


def _decide(
    connection: Connection, number: int, state: str, counts: dict[str, int], by: By, now: datetime
) -> None:
    connection.execute(
        update(roster_imports)
        .where(roster_imports.c.id == number)
        .values(
            state=state,
            body=None,
            counts=msgspec.json.encode(counts).decode(),
            decided_at=now,
            decided_by=by.name[:120],
        )
    )


def columns_of(opened: Opened, chosen: Rules) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return a CSV's columns with their first cells, and which of our fields they are."""
    table = spreadsheets.read_table(next(iter(opened.values())), encoding=chosen.encoding or None)
    first = table.rows[0].cells if table.rows else ("",) * len(table.columns)
    return list(zip(table.columns, first, strict=True)), plain.map_columns(table.columns, chosen.columns)


FIELDS = tuple(columns.ALIASES)
"""What a column of a plain CSV can be."""
