"""Rows of `doors_table` about classes that accept the agreement together (R4)."""

from server.web.doors_row import Row, everybody, row

_LAB = "/lab/{room}/class"
SECTIONS: dict[str, tuple[Row, ...]] = {
    "Accepting as a class": (
        row("GET", _LAB, "classes that are asked together", teacher="own"),
        row("POST", _LAB, "begin with one", teacher="own"),
        row("GET", _LAB + "/{number}", "read it aloud, tick, confirm", teacher="own"),
        row("GET", _LAB + "/{number}/pictures", "the children’s pictures on paper", teacher="own"),
        row("POST", _LAB + "/{number}/here", "tick who is here", teacher="own"),
        row("POST", _LAB + "/{number}/tablet", "make the tablet’s link", teacher="own"),
        row("POST", _LAB + "/{number}/back", "close it", teacher="own"),
        row("POST", _LAB + "/{number}/undo", "take one answer back", teacher="own"),
        row("POST", _LAB + "/{number}/witness", "confirm what was seen", teacher="own"),
        everybody("GET", "/class/{token}", "a class’s pictures, for who holds the tablet’s link"),
        everybody("POST", "/class/{token}", "close that link"),
        everybody("GET", "/class/{token}/{picture}", "one child’s picture, and the answers"),
        everybody("POST", "/class/{token}/{picture}", "a child’s answer"),
    ),
}
