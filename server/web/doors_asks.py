"""Rows of the table of who opens what: apps that pupils asked for, and consents of parents."""

from server.web.doors_row import Cell, Row, pair, row

_TOO: dict[str, Cell] = {"teacher": "yes", "technician": "yes", "safeguarding": "yes", "head": "yes"}
_OWN: dict[str, Cell] = {"teacher": "own", "technician": "yes", "safeguarding": "yes", "head": "yes"}

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Apps that pupils ask for": (
        row("GET", "/lab/{room}/asks", "who asks for an app", teacher="own"),
        row("POST", "/lab/{room}/asks/{number}", "say yes or no", teacher="own"),
    ),
    "Consents of parents": (
        *pair("/people/consents", "who has one; a teacher: own rooms", "record consents", **_TOO),
        row("POST", "/people/{person}/consents/{number}/back", "take one back", **_OWN),
    ),
}
