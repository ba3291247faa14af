"""What the settings say of memory sticks where a stick is: a room may differ from the school's own.

A laptop judges by its own mode in any case. Here it is judged the same way, so that no page offers a yes
that the laptop would not take.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from policies.media import mode_on, next_change
from policies.settings import UsbSettings
from server import assigning, media, media_answers, policy_store
from server.media import Approval
from server.media_tables import media_plugs, media_requests
from server.tables import devices


def usb_of(connection: Connection, device: str) -> UsbSettings:
    """Return what one laptop is given."""
    return assigning.settings_of(connection, device).usb


def usb_school(connection: Connection) -> UsbSettings:
    """Return the school's own settings; the defaults before the first policy."""
    newest = policy_store.newest_number(connection)
    return UsbSettings() if newest is None else policy_store.settings_in(connection, newest[1]).usb


def list_rooms(connection: Connection, rooms: Collection[str] | None = None) -> list[str]:
    """Return the rooms in which a stick was plugged in, by name."""
    query = (
        select(devices.c.room)
        .where(devices.c.id.in_(select(media_plugs.c.device)), devices.c.room != "")
        .distinct()
        .order_by(devices.c.room)
    )
    found = connection.execute(query).scalars()
    return [room for room in found if rooms is None or room in rooms]


class Laptop(NamedTuple):
    """A laptop that something can be allowed on."""

    id: str
    hostname: str
    room: str


def list_laptops(connection: Connection) -> list[Laptop]:
    """Return every laptop in use, by room and name."""
    query = select(devices.c.id, devices.c.hostname, devices.c.room).where(devices.c.state == "active")
    return [Laptop(*row) for row in connection.execute(query.order_by(devices.c.room, devices.c.hostname))]


class Places:
    """What holds where, read once for many questions."""

    def __init__(self, connection: Connection) -> None:
        self._by_device = _by_device(connection)
        self._rooms = _rooms(connection)
        self._school = usb_school(connection)

    def usb_at(self, *, device: str = "", room: str = "") -> UsbSettings:
        """Return what holds on a laptop, or on most laptops of a room; else the school's own settings."""
        if device:
            return self._by_device.get(device, self._school)
        if room:
            here = [usb for each, usb in self._by_device.items() if self._rooms.get(each) == room]
            if here:
                return max(here, key=here.count)
        return self._school


def end_by_policy(connection: Connection, by: str, now: datetime) -> int:
    """
    End what was asked and given under a mode that holds nowhere it is for, for good; return how many.

    A policy that brings the old mode back finds none of them. Call it after `assigning.refresh`.
    """
    usb_by_device, rooms, school = _by_device(connection), _rooms(connection), usb_school(connection)
    ended = 0
    for approval in media.list_approvals(connection, now, limit=100_000):
        scope = [usb for device, usb in usb_by_device.items() if _is_for(approval, device, rooms)]
        if not any(holds_under(approval, usb, now) for usb in scope or [school]):
            media_answers.end(connection, approval, by, now)
            ended += 1
    _end_requests(connection, usb_by_device, school, now)
    return ended


def holds_under(approval: Approval, usb: UsbSettings, now: datetime) -> bool:
    """Say whether an approval stands under these settings: same mode, and no other one before its end."""
    mode = mode_on(usb, media.day_of(now))
    limit = next_change(usb, media.day_of(now))
    if mode in ("off", "forbid") or approval.terms.mode != mode:
        return False
    return limit is None or approval.until <= media.day_begins(limit)


def _is_for(approval: Approval, device: str, rooms: dict[str, str]) -> bool:
    if approval.place == "laptop":
        return approval.device == device
    return approval.place == "school" or rooms.get(device) == approval.room


def _end_requests(
    connection: Connection, usb_by_device: dict[str, UsbSettings], school: UsbSettings, now: datetime
) -> None:
    day = media.day_of(now)
    waiting = connection.execute(
        select(media_requests.c.device, media_requests.c.request, media_plugs.c.mode)
        .outerjoin(
            media_plugs,
            (media_plugs.c.device == media_requests.c.device) & (media_plugs.c.plug == media_requests.c.plug),
        )
        .where(media_requests.c.state.in_(media.OPEN_STATES))
    ).all()
    for device, request, mode in waiting:
        if mode != mode_on(usb_by_device.get(device, school), day):
            connection.execute(
                update(media_requests)
                .where(media_requests.c.device == device, media_requests.c.request == request)
                .values(state="ended", answered_at=now)
            )


def _by_device(connection: Connection) -> dict[str, UsbSettings]:
    """Return what each active laptop is given; equal bodies are read once."""
    bodies: dict[str, UsbSettings] = {}
    found = {}
    active = set(_rooms(connection))
    for device, given in assigning.list_assigned(connection).items():
        if device not in active:
            continue
        if given.body_hash not in bodies:
            bodies[given.body_hash] = policy_store.settings_in(connection, given.body_hash).usb
        found[device] = bodies[given.body_hash]
    return found


def _rooms(connection: Connection) -> dict[str, str]:
    query = select(devices.c.id, devices.c.room).where(devices.c.state == "active")
    return {row.id: row.room for row in connection.execute(query)}
