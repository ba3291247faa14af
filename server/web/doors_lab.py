"""Rows of the table of who opens what: the lab of one room, and what a teacher orders from it."""

from server.web.doors_row import Row, pair, row

_ORDERS = {
    "attention": "eyes to the front",
    "attention/{order}/extend": "let it hold longer",
    "attention/{order}/end": "end it",
    "lock": "lock screens",
    "unlock": "unlock what was locked from here",
    "message": "send a sentence, answered by three buttons",
    "pause": "pause one laptop\u2019s idle lock",
    "pause/{order}/end": "end that",
}
SECTIONS: dict[str, tuple[Row, ...]] = {
    "Lab, one room": (
        row("GET", "/lab/{room}/projector", "the room without names, for the class to see", teacher="own"),
        *(row("POST", f"/lab/{{room}}/{path}", what, teacher="own") for path, what in _ORDERS.items()),
        *pair("/lab/{room}/arrange", "where laptops stand", "arrange the room", teacher="own"),
    ),
}
