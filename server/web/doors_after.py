"""Who opens one pupil's detail, what a class used, and what was passed on to safeguarding."""

from server.web.doors_row import Row, every, pair, row

SECTIONS: dict[str, tuple[Row, ...]] = {
    "After the lesson": (
        row("GET", "/lab/{room}/seat/{device}", "who sits there; what they used", teacher="own"),
        row("POST", "/lab/{room}/seat/{device}", "give the reason; the pupil is told", teacher="own"),
        row("POST", "/lab/{room}/seat/{device}/thanks", "thank this one pupil", teacher="own"),
        row("GET", "/lab/{room}/after", "what the class used, nobody's name in it", teacher="own"),
        row("GET", "/lab/{room}/after.csv", "the same as a file", teacher="own"),
        row("POST", "/lab/{room}/after", "names, with a reason; each is told", teacher="own"),
        row("GET", "/oversight/passed-on", "who passed what on; no pupil", safeguarding="yes", head="yes"),
        row(
            "POST", "/oversight/passed-on/{number}/lift", "let them look again",
            safeguarding="yes", head="yes",
        ),
        every("GET", "/reports/api/activity", "what a concern is about; only of own rooms"),
        *pair(
            "/reports/activity", "activity that was passed on", "say what one looks for",
            safeguarding="yes", head="yes",
        ),
    ),
}  # fmt: skip
