"""Who looks after the lookers: sign-offs of Oversight, overlapping offices, entries for the governors."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from server import officers, oversight, people
from server.accounts import Staff
from server.case_tables import case_looks
from server.errors import Invalid
from server.report_tables import pack_entries, sign_offs
from server.tables import looks

EVERY = timedelta(days=31)
"""A head signs off at least this often (R68)."""
MAX_WORDS = 300
ENTRY_KINDS = ("lesson", "action", "training", "survey")
REVIEWERS = frozenset({"head", "safeguarding"})


class NamesSomebody(Invalid):
    """An entry for the governors holds the name of somebody on the school's list. Write it without."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is somebody on the school's list: write it without a name")
        self.name = name


class SignOff(NamedTuple):
    """Somebody said that they read who looked at what."""

    at: datetime
    staff: int | None
    by: str
    looks: int
    note: str
    last_look: int
    last_case_look: int


class Standing(NamedTuple):
    """How the review of Oversight stands."""

    last: SignOff | None
    unread: int
    """Looks since then, of people, lists and cases."""
    due_at: datetime | None
    """None while nobody has looked at anything."""
    overdue: bool


class Double(NamedTuple):
    """One adult with two offices, of which one looks after the other (R69)."""

    name: str
    staff: int
    pairs: tuple[tuple[str, str], ...]
    """Of offices."""
    reviewers: tuple[str, ...]
    """Others who could look at their lines; empty if there is nobody."""


class Entry(NamedTuple):
    """What a person entered for the governors."""

    id: int
    year: int
    kind: str
    words: str
    at: datetime
    by: str


def decide_overlaps(everybody: Sequence[Staff]) -> list[Double]:
    """Return who holds offices that look after one another, and who else could review them. Pure."""
    found = []
    for one in everybody:
        pairs = officers.overlaps_of(one.roles)
        if pairs:
            others = tuple(
                other.display_name for other in everybody if other.id != one.id and other.roles & REVIEWERS
            )
            found.append(Double(one.display_name, one.id, pairs, others))
    return found


class Reader(NamedTuple):
    """Who reads Oversight, and of which cases they may know (`oversight.may_know`)."""

    staff: int
    name: str
    keys: frozenset[str]
    head: bool


def sign_off(connection: Connection, reader: Reader, note: str, now: datetime) -> None:
    """Write that this adult read every look so far; nobody takes that back."""
    newest = [
        int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar() or 0)
        for table in (looks, case_looks)
    ]
    last = next((each for each in list_sign_offs(connection, 100) if each.staff == reader.staff), None)
    connection.execute(
        insert(sign_offs).values(
            at=now,
            staff=reader.staff,
            by_name=reader.name,
            last_look=newest[0],
            last_case_look=newest[1],
            looks=_unread(connection, last, reader),
            note=note[:400],
        )
    )


def list_sign_offs(connection: Connection, limit: int = 24) -> list[SignOff]:
    """Return the sign-offs, newest first."""
    query = select(sign_offs).order_by(sign_offs.c.id.desc()).limit(limit)
    return [
        SignOff(row.at, row.staff, row.by_name, row.looks, row.note, row.last_look, row.last_case_look)
        for row in connection.execute(query)
    ]


def standing(connection: Connection, now: datetime, heads: Set[int], reader: Reader) -> Standing:
    """Return when a head last signed off (in a school without one: anybody), and what came since."""
    last = next((each for each in list_sign_offs(connection, 100) if not heads or each.staff in heads), None)
    since = last.at if last else connection.execute(select(func.min(looks.c.at))).scalar()
    due_at = since + EVERY if since else None
    return Standing(last, _unread(connection, last, reader), due_at, due_at is not None and now > due_at)


def second_wanted(double: Double, signed: Sequence[SignOff], now: datetime) -> bool:
    """Say whether nobody else than this adult has signed off lately. Pure."""
    return not any(each.staff != double.staff and now - each.at <= EVERY for each in signed)


def months_signed(connection: Connection, since: datetime, until: datetime) -> int:
    """Return in how many months somebody signed off."""
    query = select(sign_offs.c.at).where(sign_offs.c.at >= since, sign_offs.c.at < until)
    return len({(at.astimezone().year, at.astimezone().month) for at in connection.execute(query).scalars()})


def _unread(connection: Connection, last: SignOff | None, reader: Reader) -> int:
    after, after_case = (last.last_look, last.last_case_look) if last else (0, 0)
    query = select(func.count()).select_from(looks).where(looks.c.id > after)
    of_cases = oversight.count_case_looks(connection, keys=reader.keys, head=reader.head, after_id=after_case)
    return int(connection.execute(query).scalar() or 0) + of_cases


def add_entry(connection: Connection, *, year: int, kind: str, words: str, by: str, now: datetime) -> None:
    """Enter one line for the governors. Raises Invalid; an older line is never changed."""
    if kind not in ENTRY_KINDS:
        raise Invalid(f"an entry is one of: {', '.join(ENTRY_KINDS)}")
    if not words.strip() or len(words) > MAX_WORDS or not words.isprintable():
        raise Invalid(f"write 1 to {MAX_WORDS} visible characters")
    named = names_in(connection, words)
    if named:
        raise NamesSomebody(named)
    connection.execute(
        insert(pack_entries).values(school_year=year, what=kind, value=words.strip(), at=now, by_name=by)
    )


def names_in(connection: Connection, words: str) -> str:
    """Return the first listed person whose name or account stands in a text; empty if there is none."""
    folded = f" {_spoken(words)} "
    for listed in people.list_people(connection):
        for name in (listed.display_name, listed.os_user, listed.person):
            if len(name) > 2 and f" {_spoken(name)} " in folded:
                return name
    return ""


def _spoken(text: str) -> str:
    return " ".join("".join(each if each.isalnum() else " " for each in text.casefold()).split())


def list_entries(connection: Connection, year: int) -> list[Entry]:
    """Return what was entered for a school year, oldest first."""
    query = select(pack_entries).where(pack_entries.c.school_year == year).order_by(pack_entries.c.id)
    return [
        Entry(row.id, row.school_year, row.what, row.value, row.at, row.by_name)
        for row in connection.execute(query)
    ]
