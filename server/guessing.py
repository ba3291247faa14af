"""How often somebody may guess: counted before a password is tried, so that guesses at one instant count too.

Wrong guesses close the way for a name *from the place they came from*, for a time that doubles. Nobody can
keep a colleague out from elsewhere: another address has its own count, and a browser they have signed in with
before has one of its own wherever it is. Only very many wrong guesses from many places slow a name down for
browsers that were never seen.
"""

import ipaddress
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from server.tables import sign_in_failures

WINDOW = timedelta(minutes=15)
FREE = 5
"""Wrong guesses before the first wait."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
PER_ADDRESS = 30
PER_NAME = 100
"""From all addresses together, within the window."""
_KNOWN = "known:"


class Wait(NamedTuple):
    """How long to wait, and whether it is this name or this place that was tried too often."""

    seconds: int
    why: Literal["name", "place"]


def decide_wait(failed_at: Sequence[datetime], now: datetime, free: int = FREE) -> int:
    """Return the seconds to wait after these failures of one name from one place, oldest first. Pure."""
    recent = [at for at in failed_at if at > now - WINDOW]
    if len(recent) < free:
        return 0
    doublings: int = min(len(recent) - free, 10)
    wait = min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))
    return max(0, math.ceil((recent[-1] + wait - now).total_seconds()))


def place_of(host: str) -> str:
    """Return the place an address counts for: itself, or an IPv6 network, which one machine has all of."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if address.version == 6:
        mapped = address.ipv4_mapped
        if mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(mapped)
    return str(address)


def roughly(host: str) -> str:
    """Return the network an address is in: enough to know one's own school by, not a machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "?"
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def count_guess(
    connection: Connection, name: str, place: str, now: datetime, *, known: str = "", per_name: int = PER_NAME
) -> Wait | None:
    """
    Count one attempt as failed, until `forgive` says it was right.

    `known` is a browser's mark if this adult signed in with it before. Returns the wait if this was one too
    many.
    """
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.at <= now - WINDOW))
    bucket = _KNOWN + known[:32] if known else place
    query = (
        select(sign_in_failures.c.at)
        .where(sign_in_failures.c.name == name, sign_in_failures.c.address == bucket)
        .order_by(sign_in_failures.c.at)
    )
    seconds = decide_wait(list(connection.execute(query).scalars()), now)
    if seconds:
        return Wait(seconds, "name")
    if not known:
        for column, value, most, why in (
            (sign_in_failures.c.address, place, PER_ADDRESS, "place"),
            (sign_in_failures.c.name, name, per_name, "name"),
        ):
            counted = select(func.count(), func.min(sign_in_failures.c.at)).where(
                column == value, sign_in_failures.c.address.not_like(f"{_KNOWN}%")
            )
            count, oldest = connection.execute(counted).one()
            if count >= most:
                left = int((oldest + WINDOW - now).total_seconds()) + 1
                return Wait(max(1, left), "place" if why == "place" else "name")
    connection.execute(insert(sign_in_failures).values(name=name, address=bucket, at=now))
    return None


def forgive(connection: Connection, name: str, place: str, *, known: str = "") -> None:
    """Forget this name's failures from this place: the password was right."""
    bucket = _KNOWN + known[:32] if known else place
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.name == name, sign_in_failures.c.address == bucket)
    )
