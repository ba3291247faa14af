"""The link a tablet is handed round with (R4): it opens one class's pictures, and nothing of an adult's.

Whoever holds it sees the class's pictures and first names, and may answer for a child, in front of the adult
who watches. It is a random token whose hash is kept; a newer one, the adult's word or two hours end it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server import classes, lab_actions
from server.class_lists import Child, children_of
from server.class_standing import Sitting, Standing, is_open
from server.individual.common import By, Refused
from server.lab_tables import class_events

LASTS = timedelta(hours=2)
TOKEN_LETTERS = 43
HELD = ("handed", "back")


class Hand(NamedTuple):
    """What a link opens."""

    sitting: Sitting
    standing: Standing
    children: list[Child]
    """Those who are here, by picture."""


def hash_of(token: str) -> bytes:
    """Return what is stored of a link."""
    return hashlib.sha256(b"gatepost/class/v1\0" + token.encode(errors="surrogatepass")).digest()


def hand_round(connection: Connection, number: int, *, by: By, now: datetime) -> str:
    """Make a link for this class; an older one opens nothing more. Raises Refused."""
    sitting = classes.find(connection, number)
    standing = classes.standing_of(connection, number)
    if sitting is None or not is_open(sitting, standing, now):
        raise Refused("over", "this is over: begin again")
    if not standing.here:
        raise Refused("nobody", "nobody is ticked")
    token = secrets.token_urlsafe(32)
    classes.add(connection, number, "handed", now, by=by, token_hash=hash_of(token))
    lab_actions.write(
        connection,
        at=now,
        staff=by.staff,
        by=by.name,
        room=sitting.lab,
        what="class-handed",
        words=sitting.year or sitting.room,
    )
    return token


def take_back(connection: Connection, number: int, *, now: datetime, by: By | None = None) -> None:
    """Say that the tablet is back with the adult: its link opens nothing more."""
    if classes.standing_of(connection, number).handed:
        classes.add(connection, number, "back", now, by=by)


def find(connection: Connection, token: str, now: datetime) -> Hand | None:
    """Return what a link opens, if it still opens anything."""
    if len(token) != TOKEN_LETTERS:
        return None
    query = select(class_events).where(class_events.c.token_hash == hash_of(token))
    handed = connection.execute(query).first()
    if handed is None or now - handed.at >= LASTS:
        return None
    newest = connection.execute(
        select(class_events.c.id)
        .where(class_events.c.sitting == handed.sitting, class_events.c.what.in_(HELD))
        .order_by(class_events.c.id.desc())
        .limit(1)
    ).scalar()
    sitting = classes.find(connection, handed.sitting)
    if newest != handed.id or sitting is None:
        return None
    standing = classes.standing_of(connection, sitting.id)
    if not is_open(sitting, standing, now):
        return None
    children = children_of(connection, sitting.room, sitting.year, now)
    here = [each for each in children if each.person in standing.here]
    return Hand(sitting, standing, sorted(here, key=lambda each: each.picture.code.split("-")[::-1]))
