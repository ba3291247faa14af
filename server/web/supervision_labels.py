"""Words about supervision and duties: kinds of time, what stands in the log, and why nothing was done."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "session": {"lesson": _("Lesson"), "club": _("Club"), "closed": _("Closed to pupils")},
    "supervision-line": {
        "in": _("checked in"),
        "confirmed": _("said they are still there"),
        "offered": _("asked to take over"),
        "took-over": _("took over"),
        "left": _("left"),
        "ended": _("checked out"),
    },
    "supervision-ended": {
        "duty": _("the room is theirs no longer"),
        "account": _("the account teaches no longer"),
    },
    "supervision-refusal": {
        "not-yours": _("This room is not yours at this time. Ask the head or the technician for a cover."),
        "not-in": _("You are not checked in here any more. Check in again."),
        "nobody": _(
            "They cannot take this room over now, or left meanwhile. Look who supervises, then choose."
        ),
        "too-many": _("That was very often in one minute. Wait a minute, then try again."),
    },
    "duty-line": {
        "cover": _("Cover given"),
        "cover-ended": _("Cover ended"),
        "room": _("Room given"),
        "room-ended": _("Room taken"),
        "hours": _("Lesson times set"),
    },
    "lab-action": {
        "attention": _("Eyes to the front"),
        "attention-extended": _("Eyes to the front, longer"),
        "attention-ended": _("Eyes to the front, ended"),
        "lock": _("Screens locked"),
        "unlock": _("Screens unlocked"),
        "pause": _("The idle lock pauses"),
        "pause-ended": _("The idle lock works again"),
        "message": _("Message to pupils"),
        "thanks": _("Thanks to a pupil"),
        "app-yes": _("An app allowed"),
        "app-no": _("An app not allowed"),
        "class-handed": _("Tablet handed round"),
        "class-witnessed": _("Acceptance in class, witnessed"),
        "class-withdrawn": _("Acceptance in class, taken back"),
    },
    "room-refusal": {
        "not-yours": _("Not their room: refused"),
        "not-now": _("Not their lesson: refused"),
    },
}
