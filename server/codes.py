"""Enrolment codes: made by a technician, typed once on a laptop. Only a hash of the secret is kept."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from policies import enrolment
from server import devices
from server.errors import DeviceRefused, Invalid
from server.tables import codes

MAX_USES = 500
MAX_HOURS = 24 * 14
MOST_ROOMS = 60
"""So many codes fit on sheets that somebody really hands out."""


class NewCode(NamedTuple):
    """A code just made. `text` is shown once and cannot be read again."""

    id: int
    text: str
    room: str
    uses: int
    expires_at: datetime


class Code(NamedTuple):
    """A code in the list, without its secret."""

    id: int
    room: str
    max_uses: int
    used: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    open: bool
    """Whether a laptop could still enrol with it."""


def new_code(
    connection: Connection,
    ca_der: bytes,
    *,
    room: str,
    by: str,
    now: datetime,
    uses: int = 1,
    hours: int = 24,
) -> NewCode:
    """Make a code for laptops that will stand in this room. Raises Invalid."""
    devices.check_room(room)
    if not 1 <= uses <= MAX_USES or not 1 <= hours <= MAX_HOURS:
        raise Invalid(f"a code serves 1 to {MAX_USES} laptops for 1 to {MAX_HOURS} hours")
    secret = enrolment.new_secret()
    expires_at = now + timedelta(hours=hours)
    made = connection.execute(
        insert(codes).values(
            secret_hash=_hash(secret),
            room=room,
            max_uses=uses,
            created_by=by[:200],
            created_at=now,
            expires_at=expires_at,
        )
    )
    assert made.inserted_primary_key is not None
    text = enrolment.make_code(ca_der, secret)
    return NewCode(made.inserted_primary_key[0], text, room, uses, expires_at)


def new_codes(
    connection: Connection,
    ca_der: bytes,
    *,
    rooms: Sequence[str],
    by: str,
    now: datetime,
    uses: int = 1,
    hours: int = 24,
) -> list[NewCode]:
    """Make a code for each room, in order. Raises Invalid, and then there is none for any room."""
    if not 1 <= len(rooms) <= MOST_ROOMS:
        raise Invalid(f"codes are made for 1 to {MOST_ROOMS} rooms at a time")
    for room in rooms:
        devices.check_room(room)
    return [new_code(connection, ca_der, room=room, by=by, now=now, uses=uses, hours=hours) for room in rooms]


def list_codes(connection: Connection, now: datetime) -> list[Code]:
    """Return every code, newest first."""
    return [
        Code(
            id=row.id,
            room=row.room,
            max_uses=row.max_uses,
            used=row.used,
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            open=row.used < row.max_uses and now < row.expires_at,
        )
        for row in connection.execute(select(codes).order_by(codes.c.id.desc()))
    ]


def revoke_code(connection: Connection, code: int) -> None:
    """Take a code back; a laptop that tries it is told it is unknown."""
    connection.execute(delete(codes).where(codes.c.id == code))


class UsedCode(NamedTuple):
    """A code that has just served."""

    id: int
    room: str


def is_code(connection: Connection, code: int | None, secret: str) -> bool:
    """Say whether this is that code's secret."""
    found = connection.execute(select(codes.c.id).where(codes.c.secret_hash == _hash(secret))).scalar()
    return found is not None and found == code


def use_code(connection: Connection, secret: str, now: datetime) -> UsedCode:
    """Count one use and return the code; raise DeviceRefused if it is unknown, used up or too old."""
    row = connection.execute(select(codes).where(codes.c.secret_hash == _hash(secret))).first()
    if row is None:
        raise DeviceRefused(
            403, "code-unknown", "This server does not know the code. Check each letter, or make a new one."
        )
    if now >= row.expires_at:
        raise DeviceRefused(403, "code-expired", "The code is too old. Make a new one on the server.")
    if row.used >= row.max_uses:
        raise DeviceRefused(403, "code-used", "The code has been used already. Make a new one on the server.")
    connection.execute(update(codes).where(codes.c.id == row.id).values(used=row.used + 1))
    return UsedCode(row.id, row.room)


def _hash(secret: str) -> bytes:
    # 80 random bits need no slow hash.
    return hashlib.sha256(b"gatepost/code/v1\0" + secret.encode(errors="surrogatepass")).digest()
