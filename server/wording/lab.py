"""What the settings of a room are called: its hours and supervision, its app lists, what a teacher may do."""

from server.wording.entries import Entry
from server.wording.entries import mark as _

APP_ANSWERS = {
    "allow": _("opens"),
    "notify": _("opens, and the teacher sees it"),
    "ask": _("waits for a teacher’s yes"),
    "close": _("is closed"),
}
"""What follows when an app comes to the front."""

HOURS: dict[str, Entry] = {
    "hours.session": Entry(
        _("What kind of time it is"),
        _("what kind of time it is: %(value)s"),
        "one",
        _(
            "Usually another for some days and times: choose them at the top of this page. A club opens"
            " only while an adult is checked in. Adults can always log in."
        ),
        {
            "lesson": _("a lesson, open for pupils"),
            "club": _("a club, open while an adult is checked in"),
            "closed": _("closed for pupils"),
        },
    ),
    "hours.supervision": Entry(
        _("Whose eyes pupils need"),
        _("whose eyes pupils need: %(value)s"),
        "one",
        _("Teachers check in at the top of the page Lab. It can differ by age: set it for Early alone."),
        {
            "general": _("adults are about, nobody checks in"),
            "supervised": _("an adult is checked in for the room"),
            "direct": _("an adult is checked in and confirms it again and again"),
            "adult_demo": _("adults show, pupils watch"),
        },
    ),
    "hours.lapse_warn_seconds": Entry(
        _("Warning when the adult leaves or the time is over"),
        _("pupils are warned for %(value)s when nobody supervises or the time is over"),
        "seconds",
        _("Time to save one’s work. What follows is the next setting."),
    ),
    "hours.lapse_then": Entry(
        _("After the warning"),
        _("after the warning: %(value)s"),
        "one",
        _(
            "A locked screen goes on where it was when an adult checks in: by itself at first,"
            " later with the pupil’s password."
        ),
        {"lock": _("the screen locks"), "end": _("the pupil is signed out")},
    ),
    "hours.direct_confirm_minutes": Entry(
        _("The adult confirms every"),
        _("the adult confirms that they are there every %(value)s"),
        "minutes",
        _("Only where an adult has to confirm. Without it the check-in is over."),
    ),
    "hours.longest_check_in_minutes": Entry(
        _("Longest check-in"),
        _("a check-in holds for at most %(value)s"),
        "minutes",
        _("Nobody stays a supervisor by forgetting. A teacher can check in again."),
    ),
}
APPS: dict[str, Entry] = {
    "apps.rules": Entry(
        _("Apps with an answer of their own"),
        _("apps with an answer of their own: %(value)s"),
        "app-rules",
        _(
            "Named as the register on the page Apps names the program. The same game can open in the club"
            " and be seen in the lesson."
        ),
        APP_ANSWERS,
    ),
    "apps.unlisted": Entry(
        _("Every other app, in lessons"),
        _("every other app in lessons: %(value)s"),
        "one",
        _("For the youngest, choose what they may open and close the rest."),
        APP_ANSWERS,
    ),
    "apps.unlisted_in_club": Entry(
        _("Every other app, in clubs"),
        _("every other app in clubs: %(value)s"),
        "one",
        "",
        APP_ANSWERS,
    ),
    "apps.ask_allows_minutes": Entry(
        _("A teacher’s yes to an app holds for"),
        _("a teacher’s yes to an app holds for %(value)s"),
        "minutes",
        _("Then the pupil asks again."),
    ),
    "apps.review_on": Entry(
        _("These lists are looked at again on"),
        _("these lists are looked at again on %(value)s"),
        "day",
        _("The page Apps says when that day has come."),
    ),
}
LAB: dict[str, Entry] = {
    "lab.detail_needs_reason": Entry(
        _("Before a teacher sees one pupil’s detail"),
        _("before a teacher sees one pupil’s detail, %(value)s"),
        "switch",
        _("Either way the look is written down, and the pupil can read who looked."),
        {"true": _("they write why"), "false": _("nothing is asked")},
    ),
    "lab.attention_locks": Entry(
        _("“Eyes to the front”"),
        _("“Eyes to the front” %(value)s"),
        "switch",
        _("A cover goes when the teacher ends it. A lock is opened with the pupil’s own password."),
        {"true": _("covers the screens and locks them"), "false": _("covers the screens")},
    ),
    "lab.attention_longest_minutes": Entry(
        _("“Eyes to the front” ends by itself after"),
        _("“Eyes to the front” ends by itself after %(value)s"),
        "minutes",
        _("A teacher can extend it and can end it at any time."),
    ),
    "lab.pause_longest_minutes": Entry(
        _("The lock pauses for a presentation for at most"),
        _("the lock pauses for a presentation for at most %(value)s"),
        "minutes",
        _("Never while nobody supervises. Every other lock works meanwhile."),
    ),
    "lab.messages": Entry(
        _("Messages of a teacher to pupils"),
        _("messages of a teacher to pupils are %(value)s"),
        "switch",
        _("A sentence, answered with one of three buttons. No chat."),
        {"true": _("allowed"), "false": _("not used")},
    ),
}
