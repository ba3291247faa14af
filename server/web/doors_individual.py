"""Rows of `doors_table` about what is set for one person, lessons, and countersignatures."""

from server.web.doors_row import Cell, Row, pair, row

_SETS: dict[str, Cell] = {"safeguarding": "yes", "head": "yes"}
_ARRANGES: dict[str, Cell] = {**_SETS, "specialist": "yes"}
_TEACHES: dict[str, Cell] = {"teacher": "own", **_SETS}
_SEES: dict[str, Cell] = {"teacher": "yes", **_SETS}
"""A list: a teacher finds the people of their own rooms in it."""

SECTIONS: dict[str, tuple[Row, ...]] = {
    "One person": (
        row("GET", "/arrangements", "who has an arrangement, and until when", **_ARRANGES),
        *pair("/people/{person}/arrangement", "what a person needs otherwise and why", "set it", **_ARRANGES),
        row("POST", "/people/{person}/arrangement/end", "end it", **_ARRANGES),
        row("GET", "/limits", "who is limited, who waits for a meeting; a teacher: own rooms", **_SEES),
        *pair("/people/{person}/limit", "limits of a person, and why", "set a limit", **_SETS),
        row("POST", "/people/{person}/limit/{number}/lift", "end a limit", **_SETS),
        row("GET", "/people/{person}/meeting", "re-signing after a meeting", **_TEACHES),
        row("POST", "/people/{person}/meeting", "ask for a meeting first", **_SETS),
        row("POST", "/people/{person}/meeting/held", "record that it was held", **_TEACHES),
        row("POST", "/people/{person}/meeting/withdraw", "take it back", **_SETS),
        row("POST", "/people/{person}/lesson", "record the lesson about safety", **_TEACHES),
        *pair("/lessons", "who had the lesson; a teacher: own rooms", "record it for a class", **_SEES),
    ),
    "Countersignatures": (
        *pair("/countersign", "adults’ acceptances that wait", "countersign", **_SETS),
        row("GET", "/countersign/print", "the list on paper", **_SETS),
    ),
}
