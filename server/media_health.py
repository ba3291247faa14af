"""What scanners found and how they stand: the part of memory sticks that is about harm, not permission."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select, update

from server.errors import NotFound
from server.media_tables import media_detections, scanners
from server.tables import devices, people


class Detection(NamedTuple):
    """Something harmful was found."""

    device: str
    seq: int
    hostname: str
    room: str
    received_at: datetime
    os_user: str
    display_name: str
    signature: str
    files: int
    seen_at: datetime | None
    seen_by: str


class Scanner(NamedTuple):
    """How one laptop's scanner stands."""

    at: datetime
    scanner: str
    state: str
    signatures_at: datetime | None


def list_detections(
    connection: Connection,
    *,
    unseen_only: bool = False,
    rooms: Collection[str] | None = None,
    device: str | None = None,
    limit: int = 100,
) -> list[Detection]:
    """Return what was found harmful, newest first."""
    query = (
        select(
            media_detections,
            devices.c.hostname,
            devices.c.room,
            func.coalesce(people.c.display_name, "").label("display_name"),
        )
        .join(devices, devices.c.id == media_detections.c.device)
        .outerjoin(people, people.c.os_user == media_detections.c.os_user)
        .order_by(media_detections.c.received_at.desc(), media_detections.c.seq.desc())
        .limit(limit)
    )
    if unseen_only:
        query = query.where(media_detections.c.seen_at.is_(None))
    if rooms is not None:
        query = query.where(devices.c.room.in_(list(rooms)))
    if device is not None:
        query = query.where(media_detections.c.device == device)
    return [
        Detection(**{name: row._mapping[name] for name in Detection._fields})
        for row in connection.execute(query)
    ]


def mark_seen(connection: Connection, device: str, seq: int, by: str, now: datetime) -> None:
    """Note who took a detection up; the first stands. Raises NotFound."""
    here = and_(media_detections.c.device == device, media_detections.c.seq == seq)
    if connection.execute(select(media_detections.c.seq).where(here)).first() is None:
        raise NotFound("there is no such detection")
    connection.execute(
        update(media_detections)
        .where(here, media_detections.c.seen_at.is_(None))
        .values(seen_at=now, seen_by=by)
    )


def scanner_of(connection: Connection, device: str) -> Scanner | None:
    """Return what a laptop last said of its scanner, if it ever did."""
    row = connection.execute(select(scanners).where(scanners.c.device == device)).first()
    return None if row is None else Scanner(row.at, row.scanner, row.state, row.signatures_at)
