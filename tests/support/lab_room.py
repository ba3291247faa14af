"""A full room for the pages of a lab: pretended laptops of one class, each seat in a state of its own.

Everything here is in memory and by hand: no laptop runs. Two teachers have the room.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from policies import wire
from server import people
from server.state import ServerState
from server.tables import devices, logins, staff, staff_rooms
from tests.support import school

ROOM = "Lab 3"
SILENT_SEAT = 22
NAMES = (
    "Ada Yıldız", "Ben Hollis", "Cem Aksoy", "Dara Finch", "Ece Tan", "Finn Marlow", "Gül Şahin",
    "Hana Rowe", "Idris Cole", "Jale Öz", "Kit Warden", "Lara Çelik", "Mert Uysal", "Deniz Yalın",
    "Nell Hart", "Omar Reeve", "Pia Lund", "Rüya Koç", "Sam Thorne", "Tuna Eren", "Una Brook",
    "Vera Polat", "Will Ashe", "Yusuf Kaan", "Zoe Lamb", "Arda Güneş", "Bea Quill", "Can Toprak",
)  # fmt: skip
STATES: dict[int, dict[str, Any]] = {
    3: {"state": "idle"},
    5: {"help_asked": True, "app": "Web browser"},
    7: {"paused": True},
    8: {"app": "A very long application name indeed"},
    9: {"state": "locked", "app": ""},
    11: {"app_asked": "Video call"},
    12: {"media": "open"},
    14: {"media": "asks"},
    19: {"app_noticed": "Tux Racer"},
    25: {"unsupervised": True},
    27: {"state": "gate", "app": ""},
}
"""By seat: what is so there beside somebody at work."""


def device_of(seat: int) -> str:
    """Return the id of the laptop at this seat, counted from 1."""
    return f"{0xC000 + seat:016x}"


def login_of(seat: int) -> str:
    """Return the id of the login at this seat."""
    return f"{0x7000 + seat:032x}"


def make_room(folder: Path, laptops: int = 30, off: int = 0) -> ServerState:
    """Return a school with this room; the last `off` laptops have been away for days."""
    house = school.make_house(folder, hosts=("127.0.0.1",))
    now = datetime.now(UTC)
    with house.db.write() as connection:
        for name in ("l.demir", "j.reed"):
            number = connection.execute(select(staff.c.id).where(staff.c.name == name)).scalar_one()
            connection.execute(insert(staff_rooms).values(staff=number, room=ROOM))
        listed = people.list_people(connection)
        for place, name in enumerate(NAMES, 1):
            listed.append(
                people.Person(
                    os_user=f"u{place}", person=f"q{place}", display_name=name, tier="teen", room=ROOM
                )
            )
        people.replace_people(connection, listed)
        for seat in range(1, laptops + 1):
            gone = timedelta(minutes=4) if seat == SILENT_SEAT else timedelta()
            if seat > laptops - off:
                gone = timedelta(days=3)
            connection.execute(insert(devices).values(_laptop(seat, now, now - gone)))
        if laptops >= SILENT_SEAT:
            connection.execute(
                insert(logins).values(
                    device=device_of(SILENT_SEAT),
                    login=login_of(SILENT_SEAT),
                    os_user=f"u{SILENT_SEAT}",
                    person=f"q{SILENT_SEAT}",
                    tier="teen",
                    kind="x11",
                    granted="fresh",
                    started_at=now - timedelta(minutes=40),
                )
            )
    house.registry.forget_all()
    return house


def _laptop(seat: int, now: datetime, seen: datetime) -> dict[str, Any]:
    return {
        "id": device_of(seat),
        "device_key": (5000 + seat).to_bytes(32, "big"),
        "machine": f"{5000 + seat:064x}",
        "hostname": f"L3-{seat:02}",
        "os": "Debian GNU/Linux 12",
        "agent_version": "0.1.0",
        "room": ROOM,
        "state": "active",
        "enrolled_at": now - timedelta(days=30),
        "last_seen_at": seen,
        "capabilities": "{}",
    }


def says(house: ServerState, seat: int, **changes: Any) -> None:
    """Let one laptop say how its login is."""
    now = datetime.now(UTC)
    listed = seat <= len(NAMES)
    known = {
        "login": login_of(seat),
        "os_user": f"u{seat}",
        "person": f"q{seat}" if listed else None,
        "state": "active",
        "app": "Writer",
        "since_seconds": 60.0 * (seat * 7 % 25),
    }
    house.live.note_contact(device_of(seat), now)
    house.live.take(device_of(seat), wire.Status(logins=(wire.LoginStatus(**{**known, **changes}),)), now)


def all_say(house: ServerState, laptops: int = 30, *, quiet: Callable[[int], bool] = lambda _: False) -> None:
    """Let the whole class speak; two laptops are free, one is silent, and whoever is `quiet`."""
    for seat in range(1, laptops + 1):
        if seat == SILENT_SEAT or quiet(seat):
            continue
        if seat in (29, 30):
            now = datetime.now(UTC)
            house.live.note_contact(device_of(seat), now)
            house.live.take(device_of(seat), wire.Status(logins=()), now)
            continue
        says(house, seat, **STATES.get(seat, {}))
