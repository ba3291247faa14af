"""Rows of `doors_table` about the staff API: a token does what its owner may; no cookie opens it."""

from server.web.doors_row import Cell, Row, every, row

_LAPTOPS: dict[str, Cell] = {"technician": "yes", "head": "yes"}
_MEDIA: dict[str, Cell] = {"teacher": "yes", **_LAPTOPS}
_SETTINGS: dict[str, Cell] = {"technician": "yes", "safeguarding": "yes", "head": "yes"}


def _at(method: str, path: str, what: str, **cells: Cell) -> Row:
    return row(method, f"/api/v1/{path}", what, **cells)


SECTIONS: dict[str, tuple[Row, ...]] = {
    "For programs, with a token": (
        every("GET", "/api/v1/openapi.json", "the description of these"),
        every("GET", "/api/v1/me", "whom the token stands for"),
        _at("GET", "devices", "laptops", **_LAPTOPS),
        _at("GET", "devices/{device}", "one laptop", **_LAPTOPS),
        _at("PUT", "devices/{device}/groups", "its groups", **_LAPTOPS),
        _at("GET", "groups", "groups", **_LAPTOPS),
        _at("GET", "self-tests", "last self-tests", **_LAPTOPS),
        _at("POST", "self-tests", "ask for one", **_LAPTOPS),
        _at("GET", "codes", "enrolment codes", **_LAPTOPS),
        _at("POST", "codes", "make codes", **_LAPTOPS),
        _at("DELETE", "codes/{code}", "take a code back", **_LAPTOPS),
        _at("GET", "policy", "settings as files", **_SETTINGS),
        _at("POST", "policy/check", "could laptops take them", **_SETTINGS),
        _at("POST", "policy/diff", "what they would change", **_SETTINGS),
        _at("GET", "policy/proposals", "changes", **_SETTINGS),
        _at("POST", "policy/proposals", "propose one; nobody approves here", **_SETTINGS),
        _at("POST", "policy/proposals/{number}/apply", "apply one that is ready", **_SETTINGS),
        _at("POST", "policy/proposals/{number}/withdraw", "take back one's own", **_SETTINGS),
        _at("GET", "policy/rollouts", "rollouts", **_SETTINGS),
        _at("GET", "policy/rollouts/{number}", "one rollout", **_SETTINGS),
        _at("GET", "media/requests", "who waits; a teacher: own rooms", **_MEDIA),
        _at("POST", "media/requests/{device}/{number}/approve", "say yes, as on the page", **_MEDIA),
        _at("POST", "media/requests/{device}/{number}/deny", "say no, as on the page", **_MEDIA),
        _at("POST", "people/imports", "compare a list", **_LAPTOPS),
        _at("GET", "people/imports/{number}", "what it would change", **_LAPTOPS),
        _at("POST", "people/imports/{number}/apply", "make the list so", **_LAPTOPS),
        _at("DELETE", "people/imports/{number}", "drop it", **_LAPTOPS),
    ),
}
