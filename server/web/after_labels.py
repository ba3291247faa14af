"""Words about one pupil's detail and about a lesson that is over. To adults."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "seat-reason": {
        "work": _("Help with the work"),
        "asked": _("They asked for help"),
        "odd": _("Something seemed wrong"),
        "other": _("Something else"),
    },
    "app-handled": {
        "asked": _("asked for it"),
        "notified": _("used; the list says to tell you"),
        "put-away": _("put away"),
        "closed": _("closed"),
        "allowed": _("allowed"),
        "denied": _("not allowed"),
        "withdrawn": _("asked, and took it back"),
    },
    "thanks-refusal": {
        "no-words": _("Write what you thank them for."),
        "too-long": _("This is too long. Write one sentence."),
        "messages-off": _("The school’s policy has messages switched off."),
        "too-many": _("Very many orders within a minute. Wait a little."),
        "no-laptops": _("There is no laptop here any more."),
        "not-here": _("They are no longer signed in on this laptop. Tell them in person."),
        "over": _("They are no longer signed in on this laptop. Tell them in person."),
    },
    "lesson-refusal": {
        "no-time": _("Choose a day, and when it began and ended."),
        "backwards": _("The lesson ends before it begins."),
        "too-long": _("At most 6 hours at a time."),
        "too-old": _("At most 14 days back."),
        "future": _("This has not been yet."),
        "not-yours": _("At this time the room was not yours. You see your own lessons here."),
    },
    "activity-purpose": {
        "concern": _("A teacher passed it on"),
        "report": _("A report"),
        "worried": _("Worry about this pupil"),
        "other": _("Something else"),
    },
    "after-reason": {
        "work": _("Help with the work"),
        "odd": _("Something seemed wrong"),
        "rules": _("Talk about the rules with them"),
        "other": _("Something else"),
    },
}
