"""What laptops are told of a room's orders: each order as the signed word it becomes, and for how long."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, insert, select

from policies import lab_orders as said
from policies import orders
from server import changes
from server.lab_book import Given
from server.media_answers import NO_DEVICE
from server.media_tables import media_orders

Word = orders.LabOrder | orders.LockNow


def tell(
    connection: Connection,
    word: Word,
    until: datetime,
    *,
    device: str = "",
    room: str = "",
) -> None:
    """
    Have one laptop, or every laptop of a room, told this until then; signed for each when it is told.

    Of an order that holds for a while only its last word is told.
    """
    _insert(connection, word, until, [device], room)


def tell_all(connection: Connection, given: Given, word: Word, *, also: list[str] | None = None) -> None:
    """
    Tell everybody an order is for, and laptops that have left the room since.

    As long as any of its words could be remembered: a laptop that was away must not go on by an older one.
    """
    query = select(func.max(media_orders.c.until)).where(media_orders.c.order_id == given.order)
    longest = connection.execute(query).scalar_one()
    until = given.until if longest is None else max(given.until, longest)
    if given.whole_room:
        _insert(connection, word, until, [""], given.room)
        if also:
            _insert(connection, word, until, also, "")
    else:
        _insert(connection, word, until, list(given.devices), "")


def word_of(given: Given, issued_at: datetime, *, on: bool = True) -> Word:
    """Return an order as it is told, before it names a laptop."""
    match given.kind:
        case "attention":
            return said.Attention(
                device=NO_DEVICE,
                order=given.order,
                on=on,
                by=given.by,
                words=given.words,
                locks=given.locks,
                issued_at=issued_at,
                until=given.until,
            )
        case "pause":
            return said.PauseLock(
                device=NO_DEVICE,
                order=given.order,
                on=on,
                by=given.by,
                issued_at=issued_at,
                until=given.until,
            )
        case "lock":
            return orders.LockNow(device=NO_DEVICE, order=given.order, by=given.by, expires_at=given.until)
        case "unlock":
            return said.Unlock(device=NO_DEVICE, order=given.order, by=given.by, expires_at=given.until)
        case "message" | "thanks":
            return said.LabMessage(
                device=NO_DEVICE,
                order=given.order,
                kind=given.kind,
                by=given.by,
                words=given.words,
                login=given.login or None,
                expires_at=given.until,
            )


def _insert(
    connection: Connection,
    word: Word,
    until: datetime,
    devices: list[str],
    room: str,
) -> None:
    body = msgspec.json.encode(word).decode()
    rows = [
        {"order_id": word.order, "device": device, "room": room, "until": until, "body": body}
        for device in devices
    ]
    connection.execute(insert(media_orders), rows)
    changes.bump(connection, changes.MEDIA)
