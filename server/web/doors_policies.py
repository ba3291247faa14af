"""Who opens the pages about settings."""

from server.web.doors_row import Cell, Row, row

_ALL: dict[str, Cell] = {"technician": "yes", "safeguarding": "yes", "head": "yes"}


def _all(method: str, path: str, what: str) -> Row:
    return row(method, path, what, **_ALL)


SECTIONS: dict[str, tuple[Row, ...]] = {
    "Policies": (
        _all("GET", "/policies", "the settings that hold, what waits, what goes out"),
        _all("GET", "/policies/history", "every state they have been in"),
        _all("GET", "/policies/revisions/{number}", "one of them"),
        _all("POST", "/policies/revisions/{number}/back", "propose to go back to it"),
        _all("GET", "/policies/setting", "where one setting is set"),
        _all("GET", "/policies/change", "settings of one place, to be changed"),
        _all("POST", "/policies/change", "see what a change does, or propose it"),
        _all("GET", "/policies/school", "the school's own words, to be changed"),
        _all("POST", "/policies/school", "see what a change does, or propose it"),
        _all("GET", "/policies/files", "the settings as a zip file"),
        _all("GET", "/policies/files/bring", "ask for a zip file"),
        _all("POST", "/policies/files/bring", "propose what is in it"),
        _all("GET", "/policies/proposals/{number}", "one proposed change"),
        _all("POST", "/policies/proposals/{number}/approve", "be the second adult who says yes"),
        _all("POST", "/policies/proposals/{number}/refuse", "be the second adult who says no"),
        _all("POST", "/policies/proposals/{number}/withdraw", "take one's own back"),
        _all("POST", "/policies/proposals/{number}/apply", "let one go out that weakens nothing"),
        _all("POST", "/policies/proposals/{number}/again", "make an outdated one anew"),
        _all("GET", "/policies/rollouts/{number}", "how far settings have come"),
        _all("GET", "/policies/rollouts/{number}/live", "news of the same"),
        _all("POST", "/policies/rollouts/{number}/pause", "open no further ring"),
        _all("POST", "/policies/rollouts/{number}/on", "go on, or open the next ring"),
        _all("POST", "/policies/rollouts/{number}/stop", "stop, and back to the last good settings"),
        _all("GET", "/devices/{device}/settings", "every setting of one laptop, and where it comes from"),
        row(
            "GET", "/policies/review", "who approved the settings, and the next review",
            technician="yes", safeguarding="yes", head="yes", governor="yes",
        ),
    ),
}  # fmt: skip
