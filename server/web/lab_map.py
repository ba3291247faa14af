"""The map of a lab: one tile per seat, where it stands, and the one chip that is most urgent. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from server.room_layouts import Layout, Place
from server.web.lab_view import Seat

ChipCode = Literal[
    "",
    "help",
    "failed",
    "stick-asks",
    "app-asks",
    "noticed",
    "silent",
    "asked",
    "gate",
    "unsupervised",
    "locked",
    "idle",
    "stick-checking",
    "stick-open",
    "stick-shut",
    "paused",
]
URGENCY: tuple[ChipCode, ...] = (
    "help",
    "failed",
    "stick-asks",
    "app-asks",
    "noticed",
    "silent",
    "asked",
    "gate",
    "unsupervised",
    "locked",
    "idle",
    "stick-checking",
    "stick-open",
    "stick-shut",
    "paused",
    "",
)
"""Of everything that is so at a seat, the first of these is said; a tile never wears two chips."""
NEEDS: frozenset[ChipCode] = frozenset({"help", "failed", "stick-asks", "app-asks"})
"""Where a person has to do something: on a phone these stand first."""
Readiness = Literal["ready", "locked", "rules", "offline", "wait", "empty"]


class Face(NamedTuple):
    """What a tile says of one login, or of a laptop without one."""

    seat: Seat
    chip: ChipCode


class Tile(NamedTuple):
    """One seat of the room."""

    device: str
    number: int
    laptop: str
    row: int
    track: int
    face: Face
    """The most urgent login of this laptop."""
    others: tuple[Face, ...] = ()

    @property
    def faces(self) -> tuple[Face, ...]:
        """Return every login here, the most urgent first."""
        return (self.face, *self.others)

    @property
    def needs(self) -> bool:
        """Say whether somebody has to do something here."""
        return self.face.chip in NEEDS


class Beamed(NamedTuple):
    """A seat as the whole class may see it: a number and whether it is ready. Nobody's name fits in here."""

    number: int
    row: int
    track: int
    readiness: Readiness


class BeamedSums(NamedTuple):
    """The totals above the projected room."""

    ready: int
    rules: int


def decide_chip(seat: Seat, failed: bool) -> ChipCode:
    """Return the one chip of a seat. `failed`: an order of a teacher did not reach it."""
    under = seat.under or seat.state
    true: set[str] = {seat.state, under}
    if failed and under not in ("off", "free"):
        true.add("failed")
    if seat.media:
        true.add(f"stick-{seat.media}")
    for name, so in (
        ("app-asks", seat.app_asked),
        ("noticed", seat.app_noticed),
        ("unsupervised", seat.unsupervised),
        ("paused", seat.paused),
    ):
        if so:
            true.add(name)
    return next((code for code in URGENCY if code in true), "")


def decide_tiles(
    seats: Sequence[Seat], layout: Layout, failed: Mapping[str, frozenset[str] | None]
) -> list[Tile]:
    """
    Return one tile per laptop of the room, counted from the front.

    `failed`: by laptop the logins that an order failed for; None is whoever sits there.
    """
    by_device: dict[str, list[Face]] = {}
    for seat in seats:
        whose = failed.get(seat.device, frozenset())
        chip = decide_chip(seat, whose is None or seat.login in whose)
        by_device.setdefault(seat.device, []).append(Face(seat, chip))
    numbers = layout.numbers()
    tiles = []
    for device, faces in by_device.items():
        place = layout.places.get(device, Place(layout.rows + 1, 1))
        faces.sort(key=lambda face: (URGENCY.index(face.chip), face.seat.state != "work", face.seat.key))
        tiles.append(
            Tile(
                device,
                numbers.get(device, 0),
                faces[0].seat.laptop,
                place.row,
                layout.track_of(place),
                faces[0],
                tuple(faces[1:]),
            )
        )
    return sorted(tiles, key=lambda tile: (tile.number or len(tiles) + 1, tile.row, tile.track))


def decide_beamed(tile: Tile) -> Beamed:
    """Return a seat for the projector: a raised hand, an app and a name are left out here, not in a page."""
    order: tuple[Readiness, ...] = ("rules", "locked", "ready", "wait", "offline", "empty")
    found = {_readiness(face.seat) for face in tile.faces}
    return Beamed(tile.number, tile.row, tile.track, next(each for each in order if each in found))


def sum_up_beamed(beamed: Sequence[Beamed]) -> BeamedSums:
    """Return the projector's totals."""
    states = [each.readiness for each in beamed]
    return BeamedSums(states.count("ready"), states.count("rules"))


def _readiness(seat: Seat) -> Readiness:
    told: dict[str, Readiness] = {
        "work": "ready",
        "idle": "ready",
        "locked": "locked",
        "gate": "rules",
        "silent": "offline",
        "off": "offline",
        "gone": "empty",
        "free": "empty",
        "asked": "wait",
    }
    return told.get(seat.under or seat.state, "ready")


def rounded(tile: Tile) -> Tile:
    """Return the tile without what changes and is not shown: equal tiles need no drawing again."""
    return tile._replace(face=_rounded(tile.face), others=tuple(_rounded(face) for face in tile.others))


def _rounded(face: Face) -> Face:
    seat = face.seat
    at = seat.under or seat.state
    seen: datetime | None = seat.last_seen_at if at in ("silent", "off") else None
    return face._replace(
        seat=seat._replace(since_seconds=float(int(seat.since_seconds) // 60 * 60), last_seen_at=seen)
    )


_SEAT = re.compile(r"(?:[^\W\d_]+ )?([0-9]+)")
"""A seat's number, also with the word for it: *4*, *seat 4*, *yer 4*."""


def find(tiles: Sequence[Tile], words: str) -> frozenset[str]:
    """Return the laptops whose number, name or people hold these words; all of them for no words."""
    wanted = _folded(words).strip()
    asked = _SEAT.fullmatch(wanted)
    if asked:
        return frozenset(tile.device for tile in tiles if str(tile.number) == asked[1])
    return frozenset(
        tile.device
        for tile in tiles
        if wanted in _folded(tile.laptop) or any(wanted in _folded(face.seat.person) for face in tile.faces)
    )


def _folded(text: str) -> str:
    """Return a text as it is looked for: YILDIZ, yildiz and Yıldız are one name, Gül and gul another."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("ı", "i"))
    return "".join(each for each in plain if not unicodedata.combining(each))
