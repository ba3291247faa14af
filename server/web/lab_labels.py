"""Words of the lab: what a seat's chip says, what a teacher ordered, and why it did not happen."""


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "seat": {
        "help": _("Needs help"),
        "failed": _("Not confirmed"),
        "stick-asks": _("Stick: asks"),
        "app-asks": _("App: asks"),
        "noticed": _("App: noted"),
        "silent": _("Silent"),
        "asked": _("Asked, no answer yet"),
        "gate": _("At the gate"),
        "unsupervised": _("No supervisor"),
        "locked": _("Locked"),
        "idle": _("Idle"),
        "stick-checking": _("Stick: being checked"),
        "stick-open": _("Stick: open"),
        "stick-shut": _("Stick: stays shut"),
        "paused": _("Lock pauses"),
    },
    "seat-state": {
        "help": _("Needs help"),
        "work": _("At work"),
        "idle": _("Idle"),
        "locked": _("Locked"),
        "gate": _("At the gate"),
        "silent": _("Silent"),
        "asked": _("Asked, no answer yet"),
        "free": _("Free"),
        "off": _("Off"),
        "gone": _("Signed out since"),
    },
    "ready": {
        "ready": _("Ready"),
        "locked": _("Locked"),
        "rules": _("Reading the rules"),
        "offline": _("Offline"),
        "wait": _("Asked"),
        "empty": _("Free"),
    },
    "front": {
        "top": _("At the top"),
        "bottom": _("At the bottom"),
        "left": _("On the left"),
        "right": _("On the right"),
    },
    "lab-order": {
        "attention": _("Eyes to the front"),
        "lock": _("Lock"),
        "unlock": _("Unlock"),
        "pause": _("The idle lock pauses"),
        "message": _("Message"),
        "thanks": _("Thanks"),
    },
    "lab-why": {
        "": _("not confirmed yet"),
        "silent": _("no answer"),
        "no-answer": _("no answer"),
        "expired": _("it came too late"),
        "refused": _("the laptop refused it"),
        "problem": _("the laptop could not do it"),
        "unsupervised": _("nobody supervises there now"),
        "no-adult": _("locked because no adult is checked in"),
        "own-lock": _("no adult locked it: its pupil’s own password opens it"),
    },
    "lab-try": {
        "": _("Wait a moment: it is on its way."),
        "silent": _(
            "See whether the laptop is on and has a network: it gets the order as soon as it is back."
        ),
        "no-answer": _("Go there: the laptop has a network, but what runs on it does not answer."),
        "expired": _("Give the order again."),
        "refused": _("Tell the technician: the laptop’s clock or its key may be wrong."),
        "problem": _("Go there, or ask the pupil to look up."),
        "unsupervised": _("Check in first, above on this page."),
        "no-adult": _(
            "Check in, above on this page. A screen that was locked only a moment ago then opens by itself;"
            " otherwise its pupil’s password opens it."
        ),
        "own-lock": "",
    },
    "lab-refusal": {
        "over": _("It has ended meanwhile. Nothing was changed."),
        "no-words": _("Write a sentence."),
        "too-long": _("Write at most 300 letters."),
        "messages-off": _("Your school’s policy has messages switched off."),
        "too-many": _("These are very many orders in one minute. Wait a moment, then try again."),
        "no-laptops": _("No laptop stands in this room."),
        "not-here": _("That pupil is no longer at that laptop."),
        "minutes": _("Choose for how many minutes, at least 1."),
        "nobody": _("Choose at least one seat."),
        "moved": _("One of these laptops is no longer in this room. Look at the map and choose again."),
        "unsupervised": _("Nobody supervises this room now. Check in first: a pause never runs without."),
        "closed": _("The room is closed now: the idle lock stays on."),
    },
    "message-answer": {
        "ok": _("OK"),
        "not-yet": _("Not yet"),
        "help": _("I need help"),
    },
    "lab-link": {
        "class": _("Accept as a class"),
        "arrange": _("Arrange the room"),
        "supervision": _("Who supervised"),
    },
}
