"""Officers' keys: made in their browsers, kept here wrapped, listed under the school's root key.

The server holds what is useless without a passphrase, checks what it is given, and publishes lists that it
could not have signed itself. Losing a passphrase is a ceremony: it is written down and the head sees it.
"""

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from policies import sealing
from policies.decoding import UNREADABLE
from policies.envelopes import key_id
from policies.officers import OfficerRole, OfficersRefused, Pin, SignedOfficers, take_officers
from server import accounts, changes, officer_lists, publishing
from server.accounts import Staff
from server.errors import Invalid
from server.report_tables import ceremonies, officer_keys

OFFICES: dict[str, frozenset[str]] = {
    "lead": frozenset({"safeguarding"}),
    "deputy": frozenset({"safeguarding"}),
    "head": frozenset({"head"}),
    "alternate": frozenset({"governor"}),
}
"""Which office of the server's accounts may hold which place on the list."""
HOLDERS = frozenset({"safeguarding", "head", "governor"})
LISTERS = frozenset({"safeguarding", "head"})
"""Who may hand in a list; whether it counts, the root key's signature says."""
MAX_RECORD_LETTERS = 8192
MAX_ROOT_BOX_BYTES = 1024
FEWEST_ITERATIONS = 600_000
CEREMONY_HOLDS = timedelta(hours=1)
"""So long after "lost-passphrase" a new key may take the place of the old one."""
NO_SIGN_KEY = bytes(32)
OVERLAPS: tuple[tuple[str, str], ...] = (
    ("head", "safeguarding"),
    ("technician", "safeguarding"),
    ("technician", "head"),
    ("governor", "safeguarding"),
    ("governor", "head"),
    ("technician", "governor"),
)
"""Offices that watch over one another; held by one person, a second reviewer is asked for (R69)."""
State = Literal["none", "waiting", "listed", "left"]


class Held(NamedTuple):
    """The key an account holds now."""

    staff: int
    key_id: str
    key: bytes
    sign_key: bytes
    record: str
    made_at: datetime


class Reader(NamedTuple):
    """A signed-in adult whose key stands on the list in force, in an office they still hold."""

    staff: int
    name: str
    roles: frozenset[str]
    place: OfficerRole
    key_id: str
    sign_key: bytes
    opens: str
    """The key whose cases they see: their own, or for an hour the recovery sheet's."""


class Standing(NamedTuple):
    """One adult who holds, may hold or held a key."""

    staff: int
    name: str
    roles: tuple[str, ...]
    state: State
    place: str
    """On the list in force; empty if on none."""
    held: Held | None
    overlaps: tuple[tuple[str, str], ...]


def overlaps_of(roles: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of offices that one person should not hold at once. Pure."""
    return tuple(pair for pair in OVERLAPS if roles >= set(pair))


def key_of(connection: Connection, staff: int) -> Held | None:
    """Return the key this account holds now."""
    query = select(officer_keys).where(officer_keys.c.staff == staff, officer_keys.c.replaced_at.is_(None))
    row = connection.execute(query).first()
    return None if row is None else _held(row)


def keys_ever_of(connection: Connection, staff: int) -> frozenset[str]:
    """Return the ids of every key this account ever held."""
    query = select(officer_keys.c.key_id).where(officer_keys.c.staff == staff)
    return frozenset(connection.execute(query).scalars())


def holds_key(connection: Connection, staff: int) -> bool:
    """Say whether this account's key stands on the list in force."""
    held, newest = key_of(connection, staff), officer_lists.newest(connection)
    return held is not None and newest is not None and held.key_id in {o.id for o in newest.listed.officers}


def reader_of(connection: Connection, staff: Staff) -> Reader | None:
    """Return the signed-in adult as a reader of cases; None without a listed key or the office for it."""
    held, newest = key_of(connection, staff.id), officer_lists.newest(connection)
    if held is None or newest is None:
        return None
    for officer in newest.listed.officers:
        if officer.id == held.key_id and officer.role in OFFICES and staff.roles & OFFICES[officer.role]:
            return _reader(staff, officer.role, held, held.key_id)
    return None


def sheet_reader_of(connection: Connection, staff: Staff, now: datetime) -> Reader | None:
    """
    Return a lead or the head as the holder of the recovery sheet, within an hour of saying so.

    What they sign, they sign with their own key, listed or still waiting for it.
    """
    held, newest = key_of(connection, staff.id), officer_lists.newest(connection)
    if held is None or newest is None or not staff.roles & LISTERS:
        return None
    if not used_sheet_lately(connection, staff.id, now):
        return None
    sheet = next(officer for officer in newest.listed.officers if officer.role == "recovery")
    return _reader(staff, "recovery", held, sheet.id)


def _reader(staff: Staff, place: OfficerRole, held: Held, opens: str) -> Reader:
    return Reader(staff.id, staff.display_name, staff.roles, place, held.key_id, held.sign_key, opens)


def standings(connection: Connection) -> list[Standing]:
    """Return everybody with an office that may hold a key, and whoever held one, by name."""
    newest = officer_lists.newest(connection)
    places = {o.id: o.role for o in newest.listed.officers} if newest else {}
    keys = {row.staff: _held(row) for row in connection.execute(_current())}
    ever = {officer.id for each in officer_lists.every(connection) for officer in each.listed.officers}
    found, seen = [], set()
    for person in accounts.list_staff(connection):
        held = keys.get(person.id)
        seen.add(person.id)
        if held is None and not person.roles & HOLDERS:
            continue
        place = places.get(held.key_id, "") if held else ""
        in_office = bool(person.roles & HOLDERS) and (
            not place or bool(person.roles & OFFICES.get(place, frozenset()))
        )
        found.append(
            Standing(
                person.id,
                person.display_name,
                tuple(sorted(person.roles)),
                decide_state(held, listed=bool(place), was_listed=bool(held and held.key_id in ever),
                             in_office=in_office),
                place,
                held,
                overlaps_of(person.roles),
            )
        )  # fmt: skip
    names = {o.id: o.name for o in newest.listed.officers} if newest else {}
    for staff, held in keys.items():
        if staff not in seen and held.key_id in places:
            place = places[held.key_id]
            found.append(Standing(staff, names[held.key_id], (), "left", place, held, ()))
    return sorted(found, key=lambda standing: standing.name.casefold())


def decide_state(held: Held | None, *, listed: bool, was_listed: bool, in_office: bool) -> State:
    """Return how somebody stands: left means that the next list has to do without them. Pure."""
    if held is None:
        return "none"
    if not in_office or (was_listed and not listed):
        return "left"
    return "listed" if listed else "waiting"


def put_key(
    connection: Connection,
    staff: Staff,
    *,
    record: str,
    key: bytes,
    sign_key: bytes,
    proof: bytes,
    now: datetime,
) -> str:
    """
    Keep a new key of this adult, wrapped, and return its id. Raises Invalid.

    An account with a key gets another only within an hour of a recorded lost passphrase.
    """
    if not staff.roles & HOLDERS:
        raise Invalid("only a safeguarding lead, the head or a governor holds a key")
    check_record(record, key, sign_key)
    try:
        sealing.seal(key, b"", b"")
        sealing.verify(sign_key, sealing.bind("officer-proof", str(staff.id), key), proof)
    except sealing.SealingError:
        raise Invalid("this key cannot be used, or its proof does not hold: make a new one") from None
    made = key_id(key)
    if _rewrap(connection, staff, record, made, sign_key, now):
        return made
    if connection.execute(
        select(officer_keys.c.id).where(
            (officer_keys.c.key_id == made) | (officer_keys.c.sign_key == sign_key)
        )
    ).first():
        raise Invalid("this key is known already: make a new one")
    before = key_of(connection, staff.id)
    if before is not None:
        if not _lost_lately(connection, staff.id, now):
            raise Invalid("you have a key already; say first that its passphrase is lost")
        connection.execute(
            update(officer_keys).where(officer_keys.c.key_id == before.key_id).values(replaced_at=now)
        )
    connection.execute(
        insert(officer_keys).values(
            staff=staff.id, key_id=made, key=key, sign_key=sign_key, record=record, made_at=now
        )
    )
    what = "key-made" if before is None else "key-replaced"
    officer_lists.note_ceremony(connection, what, staff=staff.id, by=staff.display_name, now=now)
    changes.bump(connection, changes.STAFF)
    return made


def _rewrap(
    connection: Connection, staff: Staff, record: str, key: str, sign_key: bytes, now: datetime
) -> bool:
    """Keep the present key under another passphrase or with another sheet, if it is the present key."""
    held = key_of(connection, staff.id)
    if held is None or (held.key_id, held.sign_key) != (key, sign_key):
        return False
    connection.execute(update(officer_keys).where(officer_keys.c.key_id == key).values(record=record))
    officer_lists.note_ceremony(connection, "key-rewrapped", staff=staff.id, by=staff.display_name, now=now)
    return True


def check_record(record: str, key: bytes, sign_key: bytes) -> None:
    """Return if this looks like wrapped keys of exactly these public halves; raise Invalid. Pure."""
    trouble = Invalid("this is not a wrapped key that the server may keep: make it on the page Keys")
    if len(record) > MAX_RECORD_LETTERS:
        raise trouble
    try:
        tree = msgspec.json.decode(record)
        kdf = tree["kdf"]
        same = (tree["v"], tree["key"], tree["sign_key"]) == (1, key.hex(), sign_key.hex())
        strong = kdf["name"] == "PBKDF2-SHA256" and int(kdf["iterations"]) >= FEWEST_ITERATIONS
        whole = all(isinstance(tree["wrapped"][name], str) for name in ("key", "sign_key"))
    except (*UNREADABLE, KeyError, TypeError, ValueError) as problem:
        raise trouble from problem
    if not (same and strong and whole):
        raise trouble


def note_recovery(connection: Connection, staff: Staff, what: str, note: str, now: datetime) -> None:
    """Write that a passphrase is lost, or that the recovery sheet was used. Raises Invalid."""
    if what not in ("lost-passphrase", "used-sheet"):
        raise Invalid("this is neither a lost passphrase nor a use of the sheet")
    officer_lists.note_ceremony(
        connection, what, staff=staff.id, by=staff.display_name, now=now, note=note.strip()
    )


def used_sheet_lately(connection: Connection, staff: int, now: datetime) -> bool:
    """Say whether this adult said within the hour that they hold the recovery sheet."""
    return _noted(connection, staff, "used-sheet", now - CEREMONY_HOLDS)


def put_list(
    connection: Connection, staff: Staff, signed: SignedOfficers, *, root_box: bytes | None, now: datetime
) -> int:
    """
    Take the next list, publish a policy that carries it, and return its number. Raises Invalid, saying why.
    """
    if not staff.roles & LISTERS:
        raise Invalid("only the head or a safeguarding lead hands in the list of officers")
    if root_box is not None and len(root_box) > MAX_ROOT_BOX_BYTES:
        raise Invalid("the sealed root key is too large")
    before = officer_lists.newest(connection)
    pin = None
    if before is not None:
        pin = Pin(before.signed.root, before.listed.seq, before.signed.list)
        if signed.changes[: len(before.signed.changes)] != before.signed.changes:
            raise Invalid("the earlier changes of the root key have to stay on the list")
    try:
        listed, _ = take_officers(signed, pin)
    except OfficersRefused as problem:
        raise Invalid(str(problem)) from problem
    if listed.seq != (before.listed.seq + 1 if before else 1):
        raise Invalid("somebody published another list meanwhile: load the page again")
    _check_holders(connection, listed.officers)
    if root_box is None and before is not None and before.signed.root == signed.root:
        root_box = before.root_box
    officer_lists.keep(
        connection, signed, listed.seq, root_box=root_box, staff=staff.id, by=staff.display_name, now=now
    )
    what = "root-changed" if before and before.signed.root != signed.root else "list-published"
    officer_lists.note_ceremony(
        connection, what, staff=staff.id, by=staff.display_name, now=now, note=f"list {listed.seq}"
    )
    publishing.republish(connection, by=staff.display_name, now=now, reason=f"officers, list {listed.seq}")
    changes.bump(connection, changes.STAFF)
    return listed.seq


def _check_holders(connection: Connection, officers: Any) -> None:
    """
    Raise Invalid unless every key is the present one of somebody in the office that the list names.

    A list says places, not offices, and laptops choose by places: so nobody who is the head may stand in a
    place that a report about the head goes to.
    """
    current = {row.key_id: _held(row) for row in connection.execute(_current())}
    holders: set[int] = set()
    has_alternate = any(officer.role == "alternate" for officer in officers)
    for officer in officers:
        if officer.role == "recovery":
            if officer.sign_key != NO_SIGN_KEY or officer.id in current:
                raise Invalid("the recovery sheet's key signs nothing and belongs to nobody")
            continue
        held = current.get(officer.id)
        person = accounts.get_staff(connection, held.staff) if held else None
        if held is None or person is None or held.sign_key != officer.sign_key:
            raise Invalid(f"the key of {officer.name!r} is not one that this person made here")
        if not person.roles & OFFICES[officer.role]:
            raise Invalid(f"{person.display_name} does not hold the office of {officer.role}")
        if officer.name != person.display_name:
            raise Invalid(f"{person.display_name} stands on the list under another name")
        if person.id in holders:
            raise Invalid(f"{person.display_name} stands on the list twice")
        if "head" in person.roles and officer.role == "alternate":
            raise Invalid(
                f"{person.display_name} is the head and cannot be the alternate as well: a report about the "
                "head would go to them"
            )
        if "head" in person.roles and officer.role in ("lead", "deputy") and not has_alternate:
            raise Invalid(
                f"{person.display_name} is the head: as {officer.role} they would receive a report about the "
                "head. Put a governor on the list as alternate, or list them as head"
            )
        holders.add(person.id)


def _lost_lately(connection: Connection, staff: int, now: datetime) -> bool:
    """Say whether the last that was done about this account's key is to call its passphrase lost."""
    query = (
        select(ceremonies.c.what, ceremonies.c.at)
        .where(
            ceremonies.c.staff == staff,
            ceremonies.c.what.in_(("key-made", "key-replaced", "lost-passphrase")),
        )
        .order_by(ceremonies.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return row is not None and row.what == "lost-passphrase" and row.at >= now - CEREMONY_HOLDS


def _noted(connection: Connection, staff: int, what: str, since: datetime) -> bool:
    query = select(ceremonies.c.id).where(
        ceremonies.c.staff == staff, ceremonies.c.what == what, ceremonies.c.at >= since
    )
    return connection.execute(query).first() is not None


def _current() -> Any:
    return select(officer_keys).where(officer_keys.c.replaced_at.is_(None))


def _held(row: Row[Any]) -> Held:
    return Held(row.staff, row.key_id, row.key, row.sign_key, row.record, row.made_at)
