"""Words about what is set for one person: for adults who tell families the same."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "day-name": {
        "mon": _("Monday"),
        "tue": _("Tuesday"),
        "wed": _("Wednesday"),
        "thu": _("Thursday"),
        "fri": _("Friday"),
        "sat": _("Saturday"),
        "sun": _("Sunday"),
    },
    "individual-refused": {
        "reason": _("Write the reason in a sentence, 1,000 letters at most."),
        "why": _("Write why in a few words, 400 letters at most."),
        "with": _("Write who was there, such as the pupil’s mother and Ms Demir."),
        "title": _("Write the job title of everybody you choose."),
        "nothing": _("Nothing would be otherwise. Choose at least one thing."),
        "value": _("Choose one of the offered values."),
        "day": _("Choose another day: it lies too early or too late."),
        "hours": _("Choose at least one day, and an end after the beginning."),
        "person": _("A limit is set by a person, under their name."),
        "many": _("Eight limits hold already. End one first."),
        "waits": _("A meeting is waited for already."),
        "gone": _("The list has changed meanwhile. Look at it again; nothing was signed."),
        "own": _("Nobody countersigns their own, and only the head countersigns for others."),
        "none": _("Choose at least one person."),
        "ended": _("It has ended meanwhile."),
    },
    "countersign": {
        "pending": _("Waits for the head"),
        "due": _("Has not accepted"),
        "countersigned": _("Countersigned"),
    },
}
