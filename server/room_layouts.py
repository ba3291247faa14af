"""How a room is arranged: where each laptop stands, where the aisles are, and which side is the front.

A room that nobody arranged is shown in rows of six, by the laptops' names. A laptop that came later stands
behind the others until somebody moves it. Nobody's name is in here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from policies.decoding import UNREADABLE
from server.device_list import natural
from server.errors import Invalid
from server.lab_tables import room_layouts

Front = Literal["top", "bottom", "left", "right"]
FRONTS: tuple[Front, ...] = ("top", "bottom", "left", "right")
MOST_COLUMNS = 12
MOST_ROWS = 30
USUAL_COLUMNS = 6
USUAL_AISLE = 3
COLUMN_TRACKS = 4
"""One seat is so many tracks of the map's grid wide, an aisle one."""


class LayoutMoved(Invalid):
    """Somebody else arranged the room meanwhile. Show theirs, and let this adult arrange it again."""


class Place(NamedTuple):
    """Where one laptop stands, from 1, as the map is drawn: row from above, column from the start."""

    row: int
    column: int


class Layout(NamedTuple):
    """One room's arrangement, with every laptop that stands in it now."""

    columns: int
    aisles: frozenset[int]
    """An aisle is behind each of these columns."""
    front: Front
    places: dict[str, Place]
    number: int = 0
    """Grows with every change; 0: nobody arranged it yet."""
    changed_at: datetime | None = None
    changed_by: str = ""

    def number_of(self, device: str) -> int:
        """Return the seat's number as the map shows it, counted from the front; 0 if it is not here."""
        return self.numbers().get(device, 0)

    def numbers(self) -> dict[str, int]:
        """Return every seat's number, counted row by row from the front."""
        order = sorted(self.places, key=lambda device: _from_front(self.front, self.places[device]))
        return {device: number for number, device in enumerate(order, 1)}

    def track_of(self, place: Place) -> int:
        """Return the first grid track of a place."""
        return 1 + (place.column - 1) * COLUMN_TRACKS + sum(aisle < place.column for aisle in self.aisles)

    @property
    def rows(self) -> int:
        """Return the last row that somebody sits in."""
        return max((place.row for place in self.places.values()), default=1)


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of a layout."""

    columns: Annotated[int, Meta(ge=1, le=MOST_COLUMNS)]
    aisles: Annotated[tuple[int, ...], Meta(max_length=MOST_COLUMNS)]
    front: Front
    places: dict[str, tuple[int, int]]


_decoder = msgspec.json.Decoder(_Stored)


def read_layout(connection: Connection, room: str, laptops: Mapping[str, str]) -> Layout:
    """Return how this room is arranged; `laptops` (id to host name) are those that stand in it now."""
    row = connection.execute(select(room_layouts).where(room_layouts.c.room == room)).first()
    if row is None:
        return usual_layout(laptops)
    try:
        stored = _decoder.decode(row.body)
    except UNREADABLE:
        return usual_layout(laptops)._replace(number=row.number)
    kept = Layout(
        stored.columns,
        frozenset(stored.aisles),
        stored.front,
        {device: Place(*place) for device, place in stored.places.items() if device in laptops},
        row.number,
        row.changed_at,
        row.changed_by,
    )
    return fill_in(kept, laptops)


def usual_layout(laptops: Mapping[str, str]) -> Layout:
    """Return rows of six with an aisle in the middle, by name. Pure."""
    few = len(laptops) <= USUAL_AISLE
    columns = max(1, len(laptops)) if few else USUAL_COLUMNS
    return fill_in(Layout(columns, frozenset() if few else frozenset({USUAL_AISLE}), "top", {}), laptops)


def fill_in(layout: Layout, laptops: Mapping[str, str]) -> Layout:
    """Return the layout with laptops that have no place yet behind the others, by name. Pure."""
    places = dict(layout.places)
    taken = set(places.values())
    row = max((place.row for place in places.values()), default=0)
    free = (Place(r, c) for r in range(row + 1, row + len(laptops) + 2) for c in range(1, layout.columns + 1))
    for device in sorted(laptops, key=lambda each: (natural(laptops[each]), each)):
        if device not in places:
            places[device] = next(place for place in free if place not in taken)
    return layout._replace(places=places)


def check_layout(layout: Layout) -> Layout:
    """Return a layout if it can be drawn. Raises Invalid with a sentence that says which seat is wrong."""
    if not 1 <= layout.columns <= MOST_COLUMNS:
        raise Invalid(f"a row has 1 to {MOST_COLUMNS} seats")
    if layout.front not in FRONTS:
        raise Invalid("the front is at the top, the bottom, the left or the right")
    if any(not 1 <= aisle < layout.columns for aisle in layout.aisles):
        raise Invalid("an aisle is between two columns")
    seen: dict[Place, str] = {}
    for device, place in layout.places.items():
        if not (1 <= place.row <= MOST_ROWS and 1 <= place.column <= layout.columns):
            raise Invalid(f"rows go from 1 to {MOST_ROWS}, columns from 1 to {layout.columns}")
        if place in seen:
            raise Invalid(f"two laptops stand in row {place.row}, column {place.column}")
        seen[place] = device
    return layout


def save_layout(
    connection: Connection, room: str, layout: Layout, *, by: str, now: datetime, seen_number: int
) -> int:
    """
    Keep this arrangement and return its number; `seen_number` is the one it was made from.

    Raises Invalid if it cannot be drawn, LayoutMoved if somebody else was faster.
    """
    check_layout(layout)
    held = connection.execute(select(room_layouts.c.number).where(room_layouts.c.room == room)).scalar()
    if (held or 0) != seen_number:
        raise LayoutMoved("somebody else arranged this room meanwhile")
    body = _Stored(layout.columns, tuple(sorted(layout.aisles)), layout.front, dict(layout.places))
    values = {
        "number": seen_number + 1,
        "body": msgspec.json.encode(body).decode(),
        "changed_at": now,
        "changed_by": by,
    }
    fresh = insert(room_layouts).values(room=room, **values)
    connection.execute(fresh.on_conflict_do_update(index_elements=["room"], set_=values))
    return seen_number + 1


def in_order(layout: Layout, devices: Iterable[str]) -> list[str]:
    """Return these laptops as the map is read: row by row from above."""
    return sorted(devices, key=lambda each: layout.places.get(each, Place(MOST_ROWS + 1, 1)))


def _from_front(front: Front, place: Place) -> tuple[int, int]:
    """Return what seats are counted by: nearest to the front first, then along the row."""
    along = {
        "top": (place.row, place.column),
        "bottom": (-place.row, place.column),
        "left": (place.column, place.row),
        "right": (-place.column, place.row),
    }
    return along[front]
