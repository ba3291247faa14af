"""Lines about duties and supervision in the reader's words, for Oversight and the pages about them."""

from datetime import datetime

from server import duties
from server.duty_log import Entry
from server.errors import Invalid
from server.web.individual_view import window_words
from server.web.words import Words


def say_entry(words: Words, entry: Entry) -> str:
    """Return what a line about a duty says beside its kind, its room and its names."""
    if entry.what == "cover" and entry.from_at is not None and entry.until is not None:
        return f"{say_times(words, entry.from_at, entry.until)}: {entry.reason}"
    if entry.what == "hours":
        return say_lessons(words, entry.reason)
    return entry.reason


def say_times(words: Words, since: datetime, until: datetime) -> str:
    """Return from when until when; the day only once if it is the same."""
    same = since.astimezone().date() == until.astimezone().date()
    return (
        f"{words.stamp(since)}–{words.clock(until)}"
        if same
        else f"{words.stamp(since)} – {words.stamp(until)}"
    )


def say_lessons(words: Words, written: str) -> str:
    """Return lessons as people say them; what was cut off in the log ends in an ellipsis."""
    if not written:
        return words.say("at any time")
    said = []
    for each in written.split("; "):
        try:
            said.append(window_words(words, duties.read_window(each)))
        except Invalid:
            said.append("…")
    return words.join(said)
