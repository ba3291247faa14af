"""The second step of signing in: codes of an authenticator (RFC 6238), and recovery codes on paper.

The authenticator's secret is sealed with a key that is not in the database. A code counts once, one step
early or late is forgiven (RFC 6238, 5.2). Recovery codes carry 59 bits and are kept as keyed hashes.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from server.errors import Invalid
from server.sign_in_tables import recovery_codes, second_steps

STEP_SECONDS = 30
DRIFT_STEPS = 1
DIGITS = 6
CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Thirty-one signs, without i, l, o, 0 and 1, which are misread on paper."""
_NONCE_BYTES = 12


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """
    Return the thirty-second step this code belongs to, if it may count now. Pure.

    None for a wrong code, one too far from now, and one that is not newer than the last that was taken.
    """
    digits = "".join(code.split())
    if len(digits) != DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        right = hmac.compare_digest(totp.generate_otp(step), digits)
        if right and step >= 0 and (last_step is None or step > last_step):
            return step
    return None


def address_of(secret: str, account: str, school: str) -> str:
    """Return the `otpauth://` address that an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=f"Gatepost {school}".strip())


def begin(connection: Connection, key: bytes, staff: int, now: datetime) -> str:
    """Make a fresh secret, which counts once a code from it was seen. Raises Invalid if one is set."""
    if is_set(connection, staff):
        raise Invalid("a second step is set already: take it away first")
    connection.execute(delete(second_steps).where(second_steps.c.staff == staff))
    secret = pyotp.random_base32(32)
    connection.execute(
        insert(second_steps).values(staff=staff, sealed=_seal(key, staff, secret), made_at=now)
    )
    return secret


def pending(connection: Connection, key: bytes, staff: int) -> str | None:
    """Return the secret that was shown and not yet confirmed."""
    row = _row(connection, staff)
    return None if row is None or row.confirmed_at is not None else _open(key, staff, row.sealed)


def confirm(connection: Connection, key: bytes, staff: int, code: str, now: datetime) -> list[str] | None:
    """Switch the second step on with its first code; returns new recovery codes, or None for a wrong code."""
    secret = pending(connection, key, staff)
    step = step_of(secret, code, now, None) if secret else None
    if step is None:
        return None
    connection.execute(
        update(second_steps).where(second_steps.c.staff == staff).values(confirmed_at=now, last_step=step)
    )
    return new_codes(connection, key, staff, now)


def is_set(connection: Connection, staff: int) -> bool:
    """Say whether this account asks for a second step."""
    row = _row(connection, staff)
    return row is not None and row.confirmed_at is not None


def set_at(connection: Connection) -> dict[int, datetime]:
    """Return since when accounts ask for a second step, by account."""
    query = select(second_steps.c.staff, second_steps.c.confirmed_at).where(
        second_steps.c.confirmed_at.is_not(None)
    )
    return {row.staff: row.confirmed_at for row in connection.execute(query)}


def take_code(connection: Connection, key: bytes, staff: int, code: str, now: datetime) -> bool:
    """Say whether this code is right, and spend it: the same one never counts again."""
    row = _row(connection, staff)
    if row is None or row.confirmed_at is None:
        return False
    step = step_of(_open(key, staff, row.sealed), code, now, row.last_step)
    if step is None:
        return False
    newer = or_(second_steps.c.last_step.is_(None), second_steps.c.last_step < step)
    spent = connection.execute(
        update(second_steps).where(second_steps.c.staff == staff, newer).values(last_step=step)
    )
    return bool(spent.rowcount == 1)


def remove(connection: Connection, staff: int) -> None:
    """Take the second step and its recovery codes away."""
    connection.execute(delete(second_steps).where(second_steps.c.staff == staff))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.staff == staff))


# ---- recovery codes ----


def new_codes(connection: Connection, key: bytes, staff: int, now: datetime) -> list[str]:
    """Make a new set, shown this once; the codes before it count no more."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.staff == staff))
    made = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(CODES)
    ]
    connection.execute(
        insert(recovery_codes),
        [{"staff": staff, "code_hash": _hash(key, staff, code), "made_at": now} for code in made],
    )
    return made


def take_recovery_code(connection: Connection, key: bytes, staff: int, code: str, now: datetime) -> bool:
    """Say whether this is an unused recovery code of the account, and spend it."""
    spent = connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.staff == staff,
            recovery_codes.c.code_hash == _hash(key, staff, code),
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(spent.rowcount == 1)


def codes_left(connection: Connection, staff: int) -> int:
    """Return how many recovery codes are unused."""
    query = select(func.count()).where(recovery_codes.c.staff == staff, recovery_codes.c.used_at.is_(None))
    return int(connection.execute(query).scalar_one())


def plain_code(code: str) -> str:
    """Return a recovery code as it is compared: however it was typed."""
    return "".join(sign for sign in code.casefold() if sign.isalnum())


def _hash(key: bytes, staff: int, code: str) -> bytes:
    said = b"gatepost/recovery-code/v1\0%d\0" % staff + plain_code(code).encode(errors="replace")[:200]
    return hmac.digest(key, said, hashlib.sha256)


def _row(connection: Connection, staff: int) -> Any:
    return connection.execute(select(second_steps).where(second_steps.c.staff == staff)).first()


def _bound(staff: int) -> bytes:
    return b"gatepost/second-step/v1\0%d" % staff


def _seal(key: bytes, staff: int, secret: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound(staff))


def _open(key: bytes, staff: int, sealed: bytes) -> str:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(staff)).decode()
    except InvalidTag as problem:
        raise Invalid(
            "keys/sign-in.key is not the one that sealed the second steps: restore it from the backup, or "
            "take them away one by one with `gatepost-server sign-in reset NAME`"
        ) from problem
