"""Rows of the table of who opens what: supervision of a room, and who has which room when."""

from server.web.doors_row import Cell, Row, row

_GIVERS: dict[str, Cell] = {"technician": "own", "head": "own"}
SECTIONS: dict[str, tuple[Row, ...]] = {
    "Supervision": (
        row("GET", "/lab/{room}/supervision", "who supervises, and who did", teacher="own"),
        row(
            "POST",
            "/lab/{room}/supervision/{act}",
            "check in, confirm, hand over, take over, leave",
            teacher="own",
        ),
    ),
}
