"""The app register (R32): which apps were looked at, by whom, with what risk paper, for which ages; and which
programs laptops have seen that stand nowhere in it.

An app counts as known only if both what its window says it is and the program file behind it are names of
the register: a portable program that calls its window "firefox" is still a program nobody looked at.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from policies.records import short
from server.app_intake import key_of
from server.desk_tables import app_changes, app_entries, app_names, apps_seen
from server.errors import NotFound, ServerError
from server.tables import devices

Decision = Literal["approved", "refused", "open"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
MOST_NAMES = 40
YOUNGEST, OLDEST = 2, 99
Refusal = Literal[
    "no-name", "name-taken", "no-names", "too-many-names", "names-taken", "decision", "ages", "no-evaluator"
]
"""Why an entry is not taken: it has no name; another entry has it; it names no program; too many; a program
belongs to another entry; an unknown decision; ages that are none; decided without anybody who evaluated."""


class AppRefused(ServerError):
    """This entry is not taken, and nothing was changed. `kind` says why; `about` which name."""

    def __init__(self, kind: Refusal, about: str = "") -> None:
        super().__init__(f"{kind}: {about}" if about else kind)
        self.kind: Refusal = kind
        self.about = about


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody writes of one app."""

    name: str
    names: tuple[str, ...] = ()
    """As laptops tell it: window classes and program files."""
    decision: str = "open"
    evaluator: str = ""
    risk_reference: str = ""
    age_from: int | None = None
    age_to: int | None = None
    review_on: date | None = None
    note: str = ""


class Entry(NamedTuple):
    """One line of the register."""

    id: int
    name: str
    names: tuple[str, ...]
    decision: str
    evaluator: str
    risk_reference: str
    age_from: int | None
    age_to: int | None
    review_on: date | None
    note: str
    changed_at: datetime
    changed_by: str
    laptops: int = 0
    """Laptops that have seen it."""

    def is_due(self, today: date) -> bool:
        """Say whether it is to be looked at again."""
        return self.review_on is not None and self.review_on <= today


class Seen(NamedTuple):
    """One program that laptops have seen and nobody has looked at."""

    app: str
    program: str
    first_at: datetime
    last_at: datetime
    laptops: int
    rooms: int
    decision: str = ""
    """Of the entry that one of its names belongs to; empty: neither is known."""


def check_draft(draft: Draft) -> Draft:
    """Return the draft with every text in its limits and each name once; raise AppRefused. Pure."""
    name = short(draft.name.strip())[:120]
    if not name:
        raise AppRefused("no-name")
    names: dict[str, str] = {}
    for each in draft.names:
        if key_of(each):
            names.setdefault(key_of(each), short(each.strip()))
    if not names:
        raise AppRefused("no-names", name)
    if len(names) > MOST_NAMES:
        raise AppRefused("too-many-names", name)
    if draft.decision not in DECISIONS:
        raise AppRefused("decision", draft.decision[:40])
    ages = [age for age in (draft.age_from, draft.age_to) if age is not None]
    if any(not YOUNGEST <= age <= OLDEST for age in ages) or ages != sorted(ages):
        raise AppRefused("ages", name)
    evaluator = short(draft.evaluator.strip())[:120]
    if draft.decision != "open" and not evaluator:
        raise AppRefused("no-evaluator", name)
    return msgspec.structs.replace(
        draft,
        name=name,
        names=tuple(names.values()),
        evaluator=evaluator,
        risk_reference=short(draft.risk_reference.strip())[:120],
        note=short(draft.note.strip()),
    )


# ---- writing ----


def save(connection: Connection, draft: Draft, *, by: str, now: datetime, entry: int | None = None) -> Entry:
    """Add an entry, or change the one with this number; raise AppRefused or NotFound. Within `db.write()`."""
    draft = check_draft(draft)
    if entry is not None:
        get(connection, entry)
    key = key_of(draft.name)[:120]
    same = select(app_entries.c.id).where(app_entries.c.name_key == key, app_entries.c.id != (entry or 0))
    if connection.execute(same).first() is not None:
        raise AppRefused("name-taken", draft.name)
    keys = {key_of(name): name for name in draft.names}
    taken = connection.execute(
        select(app_names.c.name).where(app_names.c.key.in_(keys), app_names.c.entry != (entry or 0)).limit(1)
    ).scalar()
    if taken is not None:
        raise AppRefused("names-taken", taken)
    values = {
        "name": draft.name,
        "name_key": key,
        "decision": draft.decision,
        "evaluator": draft.evaluator,
        "risk_reference": draft.risk_reference,
        "age_from": draft.age_from,
        "age_to": draft.age_to,
        "review_on": draft.review_on,
        "note": draft.note,
        "changed_at": now,
        "changed_by": by[:120],
    }
    what = "added" if entry is None else "changed"
    if entry is None:
        made = connection.execute(insert(app_entries).values(**values).returning(app_entries.c.id))
        entry = int(made.scalar_one())
    else:
        connection.execute(update(app_entries).where(app_entries.c.id == entry).values(**values))
        connection.execute(delete(app_names).where(app_names.c.entry == entry))
    connection.execute(
        insert(app_names), [{"key": each, "entry": entry, "name": name} for each, name in keys.items()]
    )
    _log(connection, entry, what, msgspec.json.encode(draft).decode(), by, now)
    return get(connection, entry)


def remove(connection: Connection, entry: int, *, by: str, now: datetime) -> None:
    """Take an entry out; its programs count as not looked at again. Raises NotFound."""
    get(connection, entry)
    connection.execute(delete(app_names).where(app_names.c.entry == entry))
    connection.execute(delete(app_entries).where(app_entries.c.id == entry))
    _log(connection, entry, "removed", "", by, now)


def _log(connection: Connection, entry: int, what: str, after: str, by: str, now: datetime) -> None:
    connection.execute(
        insert(app_changes).values(at=now, by_name=by[:120], entry=entry, what=what, after=after)
    )


# ---- reading ----


def get(connection: Connection, entry: int) -> Entry:
    """Return one entry; raise NotFound."""
    found = _entries(connection, [entry])
    if not found:
        raise NotFound("there is no such app in the register")
    return found[0]


def list_entries(connection: Connection, *, needle: str = "") -> list[Entry]:
    """Return the register by name, narrowed to what holds these letters."""
    found = _entries(connection)
    key = key_of(needle)
    if not key:
        return found
    return [each for each in found if key in " ".join(map(key_of, (each.name, each.note, *each.names)))]


def find_by_name(connection: Connection, name: str) -> int | None:
    """Return the number of the entry with this name."""
    key = key_of(name)[:120]
    return connection.execute(select(app_entries.c.id).where(app_entries.c.name_key == key)).scalar()


def list_unknown(connection: Connection, *, needle: str = "", limit: int = 500) -> list[Seen]:
    """Return programs that stand in no entry, or of which only half does; the newest first."""
    return [_seen(row) for row in connection.execute(_unknown(needle).limit(limit))]


def count_unknown(connection: Connection) -> int:
    """Return how many programs wait to be looked at."""
    return connection.execute(select(func.count()).select_from(_unknown("").subquery())).scalar_one()


def find_unknown(connection: Connection, app: str, program: str) -> Seen | None:
    """Return one such program by its names as laptops tell them."""
    query = _unknown("").where(apps_seen.c.app_key == key_of(app), apps_seen.c.program_key == key_of(program))
    row = connection.execute(query).first()
    return _seen(row) if row else None


def changes_of(connection: Connection, entry: int) -> list[tuple[datetime, str, str]]:
    """Return who changed an entry when, newest first: (at, by, what)."""
    query = select(app_changes.c.at, app_changes.c.by_name, app_changes.c.what).where(
        app_changes.c.entry == entry
    )
    return [tuple(row) for row in connection.execute(query.order_by(app_changes.c.id.desc()).limit(50))]


def _unknown(needle: str) -> Any:
    """Newest first. A program whose file is not known goes by its window alone."""
    by_app, by_program = app_names.alias("by_app"), app_names.alias("by_program")
    app_is_known, program_is_known = by_app.c.key.is_not(None), by_program.c.key.is_not(None)
    query = (
        select(
            func.min(apps_seen.c.app).label("app"),
            func.min(apps_seen.c.program).label("program"),
            func.min(apps_seen.c.first_at, type_=apps_seen.c.first_at.type).label("first_at"),
            func.max(apps_seen.c.last_at, type_=apps_seen.c.last_at.type).label("last_at"),
            func.count(apps_seen.c.device.distinct()).label("laptops"),
            func.count(devices.c.room.distinct()).label("rooms"),
            func.coalesce(func.max(app_entries.c.decision), "").label("decision"),
        )
        .select_from(
            apps_seen.outerjoin(by_app, by_app.c.key == apps_seen.c.app_key)
            .outerjoin(by_program, by_program.c.key == apps_seen.c.program_key)
            .outerjoin(app_entries, app_entries.c.id == func.coalesce(by_app.c.entry, by_program.c.entry))
            .outerjoin(devices, devices.c.id == apps_seen.c.device)
        )
        .where(or_(~app_is_known, (apps_seen.c.program_key != "") & ~program_is_known))
        .group_by(apps_seen.c.app_key, apps_seen.c.program_key)
        .order_by(func.min(apps_seen.c.first_at).desc(), apps_seen.c.app_key, apps_seen.c.program_key)
    )
    key = key_of(needle)
    if key:
        query = query.where(
            or_(
                apps_seen.c.app_key.contains(key, autoescape=True),
                apps_seen.c.program_key.contains(key, autoescape=True),
            )
        )
    return query


def _seen(row: Any) -> Seen:
    return Seen(**{name: row._mapping[name] for name in Seen._fields})


def _entries(connection: Connection, only: Sequence[int] | None = None) -> list[Entry]:
    query = select(app_entries).order_by(app_entries.c.name_key)
    if only is not None:
        query = query.where(app_entries.c.id.in_(only))
    rows = connection.execute(query).all()
    names = _names_by_entry(connection, only)
    seen = _laptops_by_entry(connection, only)
    return [
        Entry(
            **{
                field: row._mapping[field]
                for field in Entry._fields
                if field not in ("names", "laptops")
            },
            names=names.get(row.id, ()),
            laptops=seen.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip


def _names_by_entry(connection: Connection, only: Iterable[int] | None) -> dict[int, tuple[str, ...]]:
    query = select(app_names.c.entry, app_names.c.name).order_by(app_names.c.key)
    if only is not None:
        query = query.where(app_names.c.entry.in_(only))
    found: dict[int, tuple[str, ...]] = {}
    for entry, name in connection.execute(query):
        found[entry] = (*found.get(entry, ()), name)
    return found


def _laptops_by_entry(connection: Connection, only: Iterable[int] | None) -> dict[int, int]:
    query = (
        select(app_names.c.entry, func.count(apps_seen.c.device.distinct()))
        .select_from(app_names.join(apps_seen, apps_seen.c.app_key == app_names.c.key))
        .group_by(app_names.c.entry)
    )
    if only is not None:
        query = query.where(app_names.c.entry.in_(only))
    return {row[0]: row[1] for row in connection.execute(query)}
