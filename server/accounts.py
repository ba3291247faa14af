"""Staff accounts: who may sign in, with which roles, for which rooms. Passwords are argon2id hashes."""

import functools
from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, insert, select, update

from server import changes, devices, duties, offices, sign_in_events, supervising
from server.errors import Invalid, NotFound
from server.sign_in_tables import (
    account_marks,
    api_tokens,
    invitations,
    known_browsers,
    provider_links,
    recovery_codes,
    second_steps,
    sign_in_steps,
)
from server.tables import sessions, staff, staff_roles, staff_rooms

ROLES = ("teacher", "technician", "safeguarding", "head", "governor", "specialist")
MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 256
NO_PASSWORD = "!"  # noqa: S105 - no password fits it
"""Kept in place of a hash while there is no password."""
_hasher = PasswordHasher()


@functools.cache
def _nobodys_hash() -> str:
    """Return a hash that nobody's password fits: whoever asks for an unknown name waits as long."""
    return _hasher.hash("nobody has this password")


class Staff(NamedTuple):
    """An adult who may sign in."""

    id: int
    name: str
    display_name: str
    roles: frozenset[str]
    rooms: tuple[str, ...]
    """A teacher's own rooms."""
    language: str
    active: bool


def check_password(name: str, password: str) -> None:
    """Return if the password is strong enough; raise Invalid saying what it lacks."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Invalid(f"a password has at least {MIN_PASSWORD_LENGTH} characters; a short sentence is good")
    folded = password.casefold()
    if len(name) >= 3 and name.casefold() in folded and len(folded) - len(name) < 8:
        raise Invalid("the password may not be the name with something added")
    if len(set(folded)) < 5:
        raise Invalid("the password repeats too few characters")


def add_staff(
    connection: Connection,
    *,
    name: str,
    display_name: str,
    roles: frozenset[str],
    password: str | None,
    now: datetime,
    rooms: tuple[str, ...] = (),
    language: str = "en",
    by: str = "",
) -> int:
    """
    Add an account and return its id. Raises Invalid for a taken name, unknown role or weak password.

    Without a password nobody signs in with one until an invitation was accepted.
    """
    name = name.strip().casefold()
    if not 2 <= len(name) <= 80 or not name.isprintable() or " " in name:
        raise Invalid("a sign-in name has 2 to 80 visible characters and no space")
    if not 1 <= len(display_name) <= 120 or not display_name.isprintable():
        raise Invalid("a display name has 1 to 120 visible characters")
    if password is not None:
        check_password(name, password)
    if connection.execute(select(staff.c.id).where(staff.c.name == name)).first():
        raise Invalid(f"{name} has an account already")
    made = connection.execute(
        insert(staff).values(
            name=name,
            display_name=display_name,
            password_hash=NO_PASSWORD if password is None else _hasher.hash(password),
            language=language,
            active=True,
            created_at=now,
        )
    )
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    set_roles(connection, number, roles, rooms, by=by, now=now)
    return number


def set_roles(
    connection: Connection,
    number: int,
    roles: frozenset[str],
    rooms: tuple[str, ...],
    *,
    by: str = "",
    now: datetime | None = None,
) -> None:
    """Give an account exactly these roles and rooms, and note who gave them (R7). Raises Invalid."""
    unknown = roles - set(ROLES)
    if unknown or not roles:
        raise Invalid(f"roles are: {', '.join(ROLES)}")
    for room in rooms:
        devices.check_room(room)
    before = duties.rooms_of(connection, number)
    connection.execute(delete(staff_roles).where(staff_roles.c.staff == number))
    connection.execute(delete(staff_rooms).where(staff_rooms.c.staff == number))
    connection.execute(insert(staff_roles), [{"staff": number, "role": role} for role in sorted(roles)])
    if rooms:
        connection.execute(insert(staff_rooms), [{"staff": number, "room": room} for room in set(rooms)])
    now = now or datetime.now(UTC)
    duties.rooms_changed(connection, number, before, rooms, by=by, now=now)
    supervising.end_without_duty(connection, number, now, closed="teacher" not in roles)
    _note(connection, number, roles, by, now)
    changes.bump(connection, changes.STAFF)


def _note(connection: Connection, number: int, roles: frozenset[str], by: str, now: datetime | None) -> None:
    row = connection.execute(select(staff.c.name, staff.c.display_name).where(staff.c.id == number)).first()
    if row is not None:
        offices.note_offices(
            connection,
            staff=number,
            name=row.name,
            display_name=row.display_name,
            roles=roles,
            by=by,
            now=now or datetime.now(UTC),
        )


def set_password(connection: Connection, name: str, password: str) -> None:
    """Change a password and end every session of that account. Raises NotFound, Invalid."""
    found = find_staff(connection, name)
    check_password(found.name, password)
    connection.execute(
        update(staff).where(staff.c.id == found.id).values(password_hash=_hasher.hash(password))
    )
    connection.execute(delete(sessions).where(sessions.c.staff == found.id))
    _end_proofs(connection, found.id)


def give_password(connection: Connection, name: str, password: str, *, by: str, now: datetime) -> None:
    """Give a colleague a new password; who did stays written. Raises NotFound, Invalid."""
    found = find_staff(connection, name)
    set_password(connection, found.name, password)
    sign_in_events.write(
        connection, at=now, staff_id=found.id, name=found.display_name, what="password-made", by=by
    )


def _end_proofs(connection: Connection, number: int) -> None:
    """End what stood in for the old password: half-done sign-ins, known browsers, a password given away."""
    for table in (sign_in_steps, known_browsers, account_marks):
        connection.execute(delete(table).where(table.c.staff == number))


def set_language(connection: Connection, number: int, language: str) -> None:
    """Remember which language an adult reads."""
    connection.execute(update(staff).where(staff.c.id == number).values(language=language))


def remove_staff(connection: Connection, name: str, *, by: str = "", now: datetime | None = None) -> None:
    """Close an account and its sessions; what it looked at stays in Oversight. Raises NotFound."""
    found = find_staff(connection, name)
    connection.execute(delete(sessions).where(sessions.c.staff == found.id))
    _end_proofs(connection, found.id)
    for table in (api_tokens, second_steps, recovery_codes, provider_links, invitations):
        connection.execute(delete(table).where(table.c.staff == found.id))
    connection.execute(update(staff).where(staff.c.id == found.id).values(active=False))
    supervising.end_without_duty(connection, found.id, now or datetime.now(UTC), closed=True)
    _note(connection, found.id, frozenset(), by, now)
    changes.bump(connection, changes.STAFF)


def list_staff(connection: Connection) -> list[Staff]:
    """Return the open accounts by name."""
    roles: dict[int, set[str]] = defaultdict(set)
    rooms: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(select(staff_roles)):
        roles[row.staff].add(row.role)
    for row in connection.execute(select(staff_rooms).order_by(staff_rooms.c.room)):
        rooms[row.staff].append(row.room)
    query = select(staff).where(staff.c.active).order_by(staff.c.name)
    return [
        Staff(
            row.id,
            row.name,
            row.display_name,
            frozenset(roles[row.id]),
            tuple(rooms[row.id]),
            row.language,
            row.active,
        )
        for row in connection.execute(query)
    ]


def find_staff(connection: Connection, name: str) -> Staff:
    """Return the open account with this sign-in name; raise NotFound."""
    wanted = name.strip().casefold()
    for account in list_staff(connection):
        if account.name == wanted:
            return account
    raise NotFound(f"there is no account {name!r}")


def get_staff(connection: Connection, number: int) -> Staff | None:
    """Return an open account by its number."""
    row = connection.execute(select(staff).where(staff.c.id == number, staff.c.active)).first()
    if row is None:
        return None
    roles = connection.execute(select(staff_roles.c.role).where(staff_roles.c.staff == number)).scalars()
    rooms = connection.execute(
        select(staff_rooms.c.room).where(staff_rooms.c.staff == number).order_by(staff_rooms.c.room)
    ).scalars()
    return Staff(row.id, row.name, row.display_name, frozenset(roles), tuple(rooms), row.language, row.active)


def password_hash_of(connection: Connection, name: str) -> tuple[int | None, str]:
    """Return an open account's number and hash; for anyone else a hash that costs the same to try."""
    wanted = name.strip().casefold()
    row = connection.execute(select(staff).where(staff.c.name == wanted, staff.c.active)).first()
    if row is None or row.password_hash == NO_PASSWORD:
        return None, _nobodys_hash()
    return row.id, row.password_hash


def has_password(connection: Connection, number: int) -> bool:
    """Say whether this account can sign in with a password at all."""
    stored = connection.execute(select(staff.c.password_hash).where(staff.c.id == number)).scalar()
    return stored is not None and stored != NO_PASSWORD


def is_password(stored: str, password: str) -> bool:
    """Say whether this is the password; takes some tens of milliseconds on purpose."""
    if len(password) > MAX_PASSWORD_LENGTH:
        return False
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
