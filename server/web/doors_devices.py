"""Who opens the pages about laptops: a part of `doors_table`."""

from server.web.doors_row import Cell, Row, pair, row

_KEEPERS: dict[str, Cell] = {"technician": "yes", "head": "yes"}

SECTIONS: dict[str, tuple[Row, ...]] = {
    "Devices": (
        row("GET", "/devices", "all laptops", **_KEEPERS),
        row("GET", "/devices/laptops.csv", "the same as a file", **_KEEPERS),
        row("POST", "/devices/change", "move, group, test or retire many", **_KEEPERS),
        row("GET", "/devices/coverage", "what is missing, silent or wrong", **_KEEPERS),
        row("POST", "/devices/coverage/silent", "say when one counts as silent", **_KEEPERS),
        row("POST", "/devices/coverage/expected", "read the school's own list", **_KEEPERS),
        row("GET", "/devices/coverage/missing.csv", "what is missing, as a file", **_KEEPERS),
        *pair("/devices/places", "rooms, sites and groups", "say which site a room belongs to", **_KEEPERS),
        row("GET", "/devices/data", "where data lives", **_KEEPERS),
        *pair("/devices/enrol", "enrolment codes", "make codes", **_KEEPERS),
        row("POST", "/devices/enrol/{code}/withdraw", "take a code back", **_KEEPERS),
        row("GET", "/devices/{device}", "one laptop", **_KEEPERS),
        row("POST", "/devices/{device}/place", "move it, group it", **_KEEPERS),
        row("POST", "/devices/{device}/self-test", "ask it to test itself", **_KEEPERS),
        row("POST", "/devices/{device}/notes", "write a note about it", **_KEEPERS),
        *pair("/devices/{device}/retire", "ask", "retire a laptop", **_KEEPERS),
    ),
    "Self-tests": (
        *pair("/devices/self-tests", "the last test of each laptop", "ask for tests", **_KEEPERS),
        row("GET", "/devices/self-tests/period", "a period's results", **_KEEPERS),
        row("POST", "/devices/self-tests/sign", "sign a period's results", head="yes"),
        row("GET", "/devices/self-tests/signed/{number}", "what was signed", **_KEEPERS),
    ),
    "Loans": (
        row("GET", "/devices/loans", "who has which laptop", **_KEEPERS),
        *pair("/devices/loans/new/{device}", "a loan's form", "write it down", **_KEEPERS),
        row("GET", "/devices/loans/{number}", "one loan", **_KEEPERS),
        row("GET", "/devices/loans/{number}/print", "its paper to sign", **_KEEPERS),
        row(
            *("POST", "/devices/loans/{number}/{step}", "take a step; each agrees for their own office only"),
            **_KEEPERS,
        ),
    ),
}
