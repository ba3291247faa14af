"""A row of the table of who opens what, and short ways to write one. Each part's rows: `doors_<part>.py`."""

from typing import Literal, NamedTuple

from server.web.doors import ROLES

Cell = Literal["", "yes", "own"]
"""own: only what is theirs (their rooms; cases that are sealed to their key)."""
COLUMNS = (*ROLES, "alternate")
"""alternate: a governor whose key is on the signed list, for reports about the head."""


class Row(NamedTuple):
    """One address and method."""

    method: str
    path: str
    what: str
    cells: dict[str, Cell]
    """By column; whoever is missing is refused."""
    without: bool = False
    """Opens to whoever has not signed in, too."""
    laptops: bool = False
    """For laptops, which sign what they ask; nobody's sign-in opens it."""


def row(method: str, path: str, what: str, **cells: Cell) -> Row:
    """Return a row by office; a governor's cell is the alternate's too, unless it is named."""
    if "governor" in cells:
        cells.setdefault("alternate", cells["governor"])
    return Row(method, path, what, dict(cells))


def pair(path: str, shown: str, done: str, **cells: Cell) -> tuple[Row, Row]:
    """Return the rows of a page and of its form."""
    return row("GET", path, shown, **cells), row("POST", path, done, **cells)


def every(method: str, path: str, what: str) -> Row:
    """Return a row that opens to everybody who is signed in."""
    return Row(method, path, what, dict.fromkeys(COLUMNS, "yes"))


def everybody(method: str, path: str, what: str) -> Row:
    """Return a row that opens without signing in, too."""
    return Row(method, path, what, dict.fromkeys(COLUMNS, "yes"), without=True)


def laptop(method: str, path: str, what: str) -> Row:
    """Return a row for laptops, below /device/v1/."""
    return Row(method, f"/device/v1/{path}", what, {}, laptops=True)
