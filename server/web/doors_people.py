"""Rows of `doors_table` about people: the list, imports, one person, parents' copies, who has access."""

from server.web.doors_row import Cell, Row, pair, row

_OFFICE: dict[str, Cell] = {"technician": "yes", "head": "yes"}
_ALL: dict[str, Cell] = {"technician": "yes", "safeguarding": "yes", "head": "yes"}
_TOO: dict[str, Cell] = {"teacher": "yes", **_ALL}
"""A list: a teacher finds the people of their own rooms in it."""
_OWN: dict[str, Cell] = {"teacher": "own", **_ALL}
_SAFETY: dict[str, Cell] = {"safeguarding": "yes", "head": "yes"}

SECTIONS: dict[str, tuple[Row, ...]] = {
    "People": (
        row("GET", "/people", "everybody; a teacher: own rooms", **_TOO),
        *pair("/people/new", "put somebody on the list", "do it", **_OFFICE),
        row("GET", "/people/orphans", "what does not fit", **_OFFICE),
        row("GET", "/people/access", "who has access, since when, until when", **_ALL),
        row("GET", "/people/{person}", "one person; it is a look", **_OWN),
        *pair("/people/{person}/correct", "set a person right", "do it, with a reason", **_ALL),
        row("POST", "/people/{person}/end", "let somebody leave", **_ALL),
        row("POST", "/people/{person}/back", "let somebody in again", **_ALL),
        *pair("/people/{person}/login/{device}/{login}", "whose login it was", "note it", **_SAFETY),
        *pair("/people/{person}/export", "everything held of a person", "download it", **_SAFETY),
    ),
    "Lists of people": (
        *pair("/people/import", "bring a list", "upload it", **_OFFICE),
        *pair("/people/import/{number}/rules", "how it is read", "read it so", **_OFFICE),
        row("GET", "/people/import/{number}", "what it would change", **_OFFICE),
        row("GET", "/people/import/{number}/diff.csv", "the same as a file", **_OFFICE),
        row("POST", "/people/import/{number}/apply", "make the list so", **_OFFICE),
        row("POST", "/people/import/{number}/again", "compare again", **_OFFICE),
        row("POST", "/people/import/{number}/drop", "leave the list as it is", **_OFFICE),
    ),
    "Parents’ copies": (
        *pair("/people/parents", "who lacks it; a teacher: own rooms", "record acknowledgements", **_TOO),
        row("GET", "/people/parents/copy/{tier}", "the copy for parents, on paper", **_TOO),
        row("POST", "/people/{person}/parents/{number}/back", "take a line back", **_OWN),
    ),
}
