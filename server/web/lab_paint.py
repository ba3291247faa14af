"""The parts of an open lab as HTML, and of them only what changed since the last time."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from server import access, state
from server.web import doors, lab_bar, lab_boxes, lab_map, lab_read, lab_view, labels, render
from server.web.common import Asked
from server.web.lab_asking import Asking
from server.web.lab_map import Face, Tile
from server.web.lab_read import Room
from server.web.lab_view import Seat
from server.web.words import Words

View = Literal["map", "list", "projector", "seat"]
"""seat: the page of one seat keeps the room open, and is drawn by itself."""


class Drawn(NamedTuple):
    """One state of the room as HTML."""

    seats: dict[str, Seat]
    order: list[str]
    tiles: dict[str, str]
    parts: dict[str, str]
    """What stands around the tiles, by the id of its place."""


class Painter:
    """Draws one page's room again and again; a tile that is as it was is not drawn again."""

    def __init__(self, request: Asked, room: str, words: Words, view: View) -> None:
        self._house = state.of(request)
        self._csrf = access.csrf_token(request)
        self._room = room
        self._words = words
        self._view: View = view
        self._kept: dict[str, tuple[object, str]] = {}
        self._before: Drawn | None = None
        self._lines: dict[str, lab_bar.Line] = {}

    def news(self, viewer: doors.Viewer, since: datetime, watching: str) -> dict[str, Any] | None:
        """Return what changed since the last call; None if nothing did. Blocks: call it in a thread."""
        if self._view == "seat":
            return None
        seen = lab_read.read_room(self._house, self._room, since)
        before, drawn = self._before, self._draw(viewer, seen)
        self._before = drawn
        if before is not None and before[1:] == drawn[1:]:
            return None
        had = before.tiles if before else {}
        around = before.parts if before else {}
        says = self._say(before, drawn, seen)
        return {
            "at": self._words.clock(datetime.now(UTC), seconds=True),
            "watching": "" if self._view == "projector" else watching,
            "order": drawn.order,
            "tiles": {key: html for key, html in drawn.tiles.items() if had.get(key) != html},
            "parts": {key: html for key, html in drawn.parts.items() if around.get(key) != html},
            "says": says,
        }

    def _say(self, before: Drawn | None, drawn: Drawn, seen: Room) -> str:
        """Return one sentence for who cannot see what changed; a page that was just opened is read itself."""
        if self._view == "projector":
            return ""
        lines = lab_bar.decide_lines(seen, self._words, seen.at)
        known, self._lines = self._lines, {line.given.order: line for line in lines}
        if before is None:
            return ""
        seats = lab_view.say_changes(before.seats, list(drawn.seats.values()), self._words)
        orders = lab_bar.say_orders(known, lines, self._words, labels.bind(self._words))
        return " ".join(each for each in (orders, seats) if each)

    def _draw(self, viewer: doors.Viewer, seen: Room) -> Drawn:
        module = render.module(self._words.language, "lab_parts.html", seen.at)
        if self._view == "projector":
            return self._draw_beamed(module, seen)
        asking = Asking(self._house, viewer, self._room, self._words, self._csrf, seen.at, seen)
        parts = {
            "totals": str(module.totals(lab_view.sum_up(seen.seats))).strip(),
            "needs": str(
                module.needs([tile for tile in seen.tiles if tile.needs], self._room, seen.at)
            ).strip(),
            "calls": lab_boxes.draw_calls(asking),
        }
        parts |= {f"box-{name}": html for name, html in lab_boxes.draw_boxes(asking).items()}
        seats = {seat.key: seat for seat in seen.seats}
        if self._view == "list":
            pairs = [(tile, face) for tile in seen.tiles for face in tile.faces]
            rows = {
                face.seat.key: str(module.seat_row(tile, face, self._room, seen.at)).strip()
                for tile, face in pairs
            }
            return Drawn(seats, list(rows), rows, parts)
        tiles = {tile.device: self._tile(module, tile, seen) for tile in seen.tiles}
        return Drawn(seats, list(tiles), tiles, parts)

    def _draw_beamed(self, module: Any, seen: Room) -> Drawn:
        beamed = [lab_map.decide_beamed(tile) for tile in seen.tiles]
        totals = str(module.beamed_totals(lab_map.sum_up_beamed(beamed))).strip()
        tiles = {str(seat.number): str(module.beamed(seat)).strip() for seat in beamed}
        return Drawn({}, list(tiles), tiles, {"totals": totals})

    def _tile(self, module: Any, tile: Tile, seen: Room) -> str:
        known = lab_map.rounded(tile)
        kept = self._kept.get(tile.device)
        if kept is not None and kept[0] == known and not _shows_age(tile.face):
            return kept[1]
        html = str(module.tile(tile, self._room, seen.at)).strip()
        self._kept[tile.device] = (known, html)
        return html


def _shows_age(face: Face) -> bool:
    """Say whether the tile tells how long ago something was: then it changes by itself."""
    return (face.seat.under or face.seat.state) in ("silent", "off", "gone")


def encode(news: dict[str, Any]) -> str:
    """Return a message of the live channel as JSON."""
    return msgspec.json.encode(news).decode()
