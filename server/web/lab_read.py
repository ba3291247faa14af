"""One room as it is now: its laptops, who works at them, how it is arranged, and what a teacher ordered."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from server import devices, help_calls, lab_failures, lab_orders, lab_states, people, room_layouts, state
from server.lab_states import Standing
from server.room_layouts import Layout
from server.tables import devices as devices_table
from server.tables import logins
from server.web import common, lab_map, lab_view
from server.web.lab_map import Tile
from server.web.lab_view import Seat

LOGIN_MAY_LAST = timedelta(hours=14)
"""An older login without an end is a laptop that was carried away, not somebody at work."""
MOST_OPEN_LOGINS = 500


class Room(NamedTuple):
    """Everything a page of one lab is made of."""

    name: str
    seats: list[Seat]
    tiles: list[Tile]
    layout: Layout
    standings: list[Standing]
    """What a teacher ordered here and how far it got, newest first."""
    at: datetime

    @property
    def laptops(self) -> int:
        """Return how many laptops stand here."""
        return len(self.tiles)


def read_room(house: state.ServerState, room: str, since: datetime) -> Room:
    """Return the room as it is now; a status from before `since`, when this watch began, is not shown."""
    now = datetime.now(UTC)
    with house.db.read() as connection:
        known = devices.list_devices(connection, room=room, active_only=True)
        records_apps = common.policy_facts(connection).records_apps
        heard = house.live.heard([device.id for device in known])
        calls = help_calls.open_calls(connection, rooms=[room])
        said = [login for word in heard.values() if word.status for login in word.status.logins]
        answered = help_calls.answered_logins(connection, [one.login for one in said if one.help_asked])
        begun = _open_logins(connection, room, now - LOGIN_MAY_LAST)
        persons = {login.person for login in said if login.person} | {row[2] for row in begun if row[2]}
        names = people.names_for(connection, persons)
        laptops = {device.id: device.hostname for device in known}
        layout = room_layouts.read_layout(connection, room, laptops)
        given = lab_orders.running(connection, room, now)
        standings = lab_states.standings(connection, house.live, house.is_connected, given, now)
    open_logins: dict[str, list[tuple[str, str]]] = {}
    for device_id, login_id, person, os_user in begun:
        open_logins.setdefault(device_id, []).append((login_id, names.get(person or "") or os_user))
    seats: list[Seat] = []
    for device in known:
        laptop = lab_view.Laptop(
            device.id,
            device.hostname,
            device.last_seen_at,
            house.is_connected(device.id),
            not records_apps,
            tuple(open_logins.get(device.id, ())),
            tuple((call.login, call.shown, call.asked_at) for call in calls if call.device == device.id),
            answered,
        )
        seats += lab_view.decide_seats(laptop, heard[device.id], since, names, now)
    seats = lab_view.order_seats(seats)
    tiles = lab_map.decide_tiles(seats, layout, decide_failed(standings, now))
    return Room(room, seats, tiles, layout, standings, now)


def decide_failed(standings: list[Standing], now: datetime) -> dict[str, frozenset[str] | None]:
    """
    Return the laptops that what holds now did not reach, with the logins it failed for. Pure.

    `standings`: the newest first. Of Lock and Unlock only the last one counts for a laptop.
    """
    failed: dict[str, list[frozenset[str] | None]] = {}
    locks: set[str] = set()
    for standing in standings:
        given = standing.given
        if not given.holds(now) or given.kind in ("message", "thanks"):
            continue
        passed = locks if given.kind in ("lock", "unlock") else set()
        for device, _ in standing.failed:
            if device not in passed:
                failed.setdefault(device, []).append(standing.seats[device].logins)
        if given.kind in ("lock", "unlock"):
            locks |= set(standing.seats)
    return {device: lab_failures.join(whose) for device, whose in failed.items()}


def _open_logins(
    connection: Connection, room: str, since: datetime
) -> list[tuple[str, str, str | None, str]]:
    """Return (laptop, login, person, account) of logins that began and are not known to have ended."""
    query = (
        select(logins.c.device, logins.c.login, logins.c.person, logins.c.os_user)
        .join(devices_table, devices_table.c.id == logins.c.device)
        .where(devices_table.c.room == room, logins.c.started_at >= since, logins.c.ended_at.is_(None))
        .order_by(logins.c.started_at.desc())
        .limit(MOST_OPEN_LOGINS)
    )
    return [(row.device, row.login, row.person, row.os_user) for row in connection.execute(query)]
