"""Who opens the pages about memory sticks ahead of time, their history, and the app register."""

from server.web.doors_row import Cell, Row, pair, row

_MEDIA: dict[str, Cell] = {"teacher": "yes", "technician": "yes", "head": "yes"}
_READERS: dict[str, Cell] = {"teacher": "yes", "technician": "yes", "head": "yes"}
_KEEPERS: dict[str, Cell] = {"technician": "yes", "head": "yes"}

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Memory sticks, ahead and back": (
        *pair("/media/standing/new", "allow a stick without a request", "allow it", technician="yes"),
        *pair("/media/standing/list", "allow a whole list of sticks", "try it, allow it", technician="yes"),
        row("GET", "/media/standing.csv", "what is allowed, as a file", **_KEEPERS),
        row("GET", "/media/history", "every stick that was plugged in", **_MEDIA),
        row("GET", "/media/history.csv", "the same as a file", **_MEDIA),
        row("GET", "/media/found", "everything harmful that was found", **_MEDIA),
    ),
    "Apps": (
        row("GET", "/apps", "the register of apps", **_READERS),
        row("GET", "/apps/register.csv", "the same as a file", **_READERS),
        row("GET", "/apps/{entry}", "one app", **_READERS),
        *pair("/apps/new", "a new entry", "add it", **_KEEPERS),
        row("POST", "/apps/{entry}", "change it", **_KEEPERS),
        row("POST", "/apps/{entry}/remove", "take it out", **_KEEPERS),
        *pair("/apps/list", "take in a whole list", "try it, take it in", **_KEEPERS),
    ),
}
