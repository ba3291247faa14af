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
    "Lessons and covers": (
        row("GET", "/staff/{name}/duties", "a teacher\u2019s lessons and covers", **_GIVERS),
        row("POST", "/staff/{name}/duties", "add a lesson or take one away", **_GIVERS),
        row("POST", "/staff/{name}/cover", "give a room for a while, with a reason", **_GIVERS),
        row("POST", "/staff/{name}/cover/{grant}/end", "end that", **_GIVERS),
    ),
}
