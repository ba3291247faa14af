"""What laptops are, what the school's own list says ought to be there, and notes about them (R41)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from policies.records import short
from server.device_intake import fold_serial
from server.device_tables import device_notes, device_options, expected_laptops, inventory
from server.errors import Invalid, NotFound
from server.spreadsheets import Table
from server.tables import devices

MOST_EXPECTED = 50_000
MOST_NOTE = 400
SILENT_MINUTES = "silent-minutes"
HEADS: dict[str, tuple[str, ...]] = {
    "serial": ("serial", "serial number", "serialnumber", "service tag", "s/n", "seri no", "seri numarası"),
    "name": ("name", "hostname", "asset", "asset tag", "label", "ad", "etiket", "demirbaş no"),
    "maker": ("maker", "make", "manufacturer", "vendor", "marka", "üretici"),
    "model": ("model",),
    "room": ("room", "location", "place", "oda", "sınıf", "yer"),
}
"""What the first row of a list may call its columns, without regard to case."""


class Inventory(NamedTuple):
    """What one laptop last said it is."""

    at: datetime
    maker: str
    model: str
    serial: str
    os: str
    hostname: str
    agent_version: str
    disk_encryption: str
    memory_bytes: int
    battery_percent: int | None


class Expected(NamedTuple):
    """One line of the school's own list."""

    serial: str
    name: str = ""
    maker: str = ""
    model: str = ""
    room: str = ""


class Problem(NamedTuple):
    """A line of a list that is not taken, and why: a code, for the page and the shell to say."""

    line: int
    """As a person counts them, the heads being line 1."""
    why: str
    """no-serial, twice, too-long or unreadable."""
    words: str


class Read(NamedTuple):
    """A list as it was understood."""

    laptops: tuple[Expected, ...]
    problems: tuple[Problem, ...]


class Note(NamedTuple):
    """What an adult wrote about a laptop."""

    at: datetime
    by: str
    words: str


def inventory_of(connection: Connection, device: str) -> Inventory | None:
    """Return what a laptop last said it is, if it ever did."""
    row = connection.execute(select(inventory).where(inventory.c.device == device)).first()
    if row is None:
        return None
    return Inventory(**{name: row._mapping[name] for name in Inventory._fields})


def read_expected(table: Table) -> Read:
    """
    Return a table as a list of laptops, and the lines that are not taken. Pure.

    One of the columns has to be the serial number. Raises Invalid without it.
    """
    places = _columns(table.columns)
    if "serial" not in places:
        raise Invalid("no column is called `serial`: name the columns in the first line of the list")
    laptops: dict[str, Expected] = {}
    problems: list[Problem] = []
    for line, row in table.rows:
        cells = {name: " ".join(row[place].split()) for name, place in places.items()}
        key = fold_serial(cells["serial"])
        why = ""
        if not key:
            why = "no-serial"
        elif key in laptops:
            why = "twice"
        elif any(len(cell) > (80 if name == "room" else 200) for name, cell in cells.items()):
            why = "too-long"
        elif not all(cell.isprintable() for cell in cells.values()):
            why = "unreadable"
        if why:
            problems.append(Problem(line, why, short(cells["serial"])[:60]))
        else:
            laptops[key] = Expected(**cells)
    return Read(tuple(laptops.values()), tuple(problems))


def take_expected(
    connection: Connection, laptops: Sequence[Expected], *, by: str, now: datetime, replace: bool = False
) -> tuple[int, int]:
    """
    Keep a list of laptops that ought to be enrolled; return how many are new and how many went.

    `replace`: what is not in this list is no longer expected.
    """
    wanted = {fold_serial(one.serial): one for one in laptops}
    there = set(connection.execute(select(expected_laptops.c.serial_key)).scalars())
    if len(there | set(wanted)) > MOST_EXPECTED and not replace:
        raise Invalid(f"at most {MOST_EXPECTED} laptops can be expected")
    gone = there - set(wanted) if replace else set()
    if gone:
        connection.execute(
            delete(expected_laptops).where(expected_laptops.c.serial_key == bindparam("which")),
            [{"which": key} for key in sorted(gone)],
        )
    put = upsert(expected_laptops)
    put = put.on_conflict_do_update(
        index_elements=["serial_key"],
        set_={name: put.excluded[name] for name in ("serial", "name", "maker", "model", "room")},
    )
    if wanted:
        connection.execute(
            put,
            [
                {"serial_key": key, "added_at": now, "added_by": by[:120], **one._asdict()}
                for key, one in wanted.items()
            ],
        )
    return len(set(wanted) - there), len(gone)


def forget_expected(connection: Connection, serial: str) -> None:
    """Take one laptop off the school's list. Raises NotFound."""
    key = fold_serial(serial)
    done = connection.execute(delete(expected_laptops).where(expected_laptops.c.serial_key == key))
    if done.rowcount == 0:
        raise NotFound(f"no laptop with the serial number {serial!r} is expected")


def list_missing(connection: Connection) -> list[Expected]:
    """Return the expected laptops that no active laptop is: in the inventory, without an agent (R41)."""
    enrolled = (
        select(inventory.c.serial_key)
        .join(devices, (devices.c.id == inventory.c.device) & (devices.c.state == "active"))
        .where(inventory.c.serial_key != "")
    )
    query = (
        select(expected_laptops)
        .where(expected_laptops.c.serial_key.not_in(enrolled))
        .order_by(expected_laptops.c.room, expected_laptops.c.name, expected_laptops.c.serial)
    )
    return [_expected(row) for row in connection.execute(query)]


def count_expected(connection: Connection) -> int:
    """Return how many laptops the school's list has."""
    return connection.execute(select(func.count()).select_from(expected_laptops)).scalar_one()


def list_unlisted(connection: Connection) -> list[str]:
    """Return the ids of active laptops whose serial number the school's list does not have."""
    known = select(expected_laptops.c.serial_key)
    query = (
        select(devices.c.id)
        .join(inventory, inventory.c.device == devices.c.id)
        .where(devices.c.state == "active", inventory.c.serial_key.not_in(known))
    )
    return list(connection.execute(query).scalars())


def silent_minutes(connection: Connection, default: int) -> int:
    """Return after how long a laptop counts as silent."""
    query = select(device_options.c.value).where(device_options.c.name == SILENT_MINUTES)
    found = connection.execute(query).scalar()
    return default if found is None else int(found)


def set_silent_minutes(connection: Connection, minutes: int, most: int, by: str, now: datetime) -> None:
    """Say after how long a laptop counts as silent. Raises Invalid."""
    if not 1 <= minutes <= most:
        raise Invalid(f"a laptop counts as silent after 1 minute to {most // 1440} days")
    put = upsert(device_options).values(name=SILENT_MINUTES, value=minutes, at=now, by_name=by[:120])
    connection.execute(
        put.on_conflict_do_update(
            index_elements=["name"], set_={"value": minutes, "at": now, "by_name": by[:120]}
        )
    )


def add_note(connection: Connection, device: str, words: str, by: str, now: datetime) -> None:
    """Write something about a laptop; an older note is never changed. Raises Invalid, NotFound."""
    words = " ".join(words.split())
    if not words or len(words) > MOST_NOTE or not words.isprintable():
        raise Invalid(f"write 1 to {MOST_NOTE} visible characters")
    if connection.execute(select(devices.c.id).where(devices.c.id == device)).first() is None:
        raise NotFound(f"there is no laptop {device!r}")
    connection.execute(insert(device_notes).values(device=device, at=now, by_name=by[:120], words=words))


def list_notes(connection: Connection, device: str, limit: int = 50) -> list[Note]:
    """Return what was written about a laptop, newest first."""
    query = (
        select(device_notes)
        .where(device_notes.c.device == device)
        .order_by(device_notes.c.id.desc())
        .limit(limit)
    )
    return [Note(row.at, row.by_name, row.words) for row in connection.execute(query)]


def _columns(head: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(head):
        said = cell.strip().casefold()
        for name, words in HEADS.items():
            if said in words and name not in places:
                places[name] = place
    return places


def _expected(row: object) -> Expected:
    mapping = row._mapping  # type: ignore[attr-defined]
    return Expected(**{name: mapping[name] for name in Expected._fields})
