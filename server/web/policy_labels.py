"""Words of the pages about settings: units, mistakes, how a proposal or a rollout stands."""

from server.wording.places import WEEKDAY_WORDS


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "unit": {
        "seconds": _("seconds"),
        "minutes": _("minutes"),
        "hours": _("hours"),
        "days": _("days"),
        "B": "B",
        "MB": "MB",
        "GB": "GB",
        "TB": "TB",
    },
    "setting-error": {
        "no-number": _("Write a number, such as 5 or 1.5."),
        "not-whole": _("This is not a whole number of what the setting counts. Choose a rounder one."),
        "unit": _("Choose what the number counts."),
        "choose-one": _("Choose one."),
        "choose-some": _("Choose at least one."),
        "day-missing": _("Choose the day from which it holds, or empty the line."),
        "app-twice": _("One app stands there twice. Empty one of the two lines."),
        "name-missing": _("Write a name, or empty the line."),
        "not-taken": _("This value is not taken here. Look at the example beside the field."),
    },
    "settings-problem": {
        "countdown": _("The countdown is longer than the time until the lock. Change one of them."),
        "days": _("Each day can stand there once, in the order of the calendar."),
        "contradiction": _(
            "Two places of the same rank say different things for one laptop. Make them the same, or "
            "set it for the laptop itself."
        ),
        "too-many": _("Too many tiers and times meet on one laptop. Set fewer."),
        "consequences": _("Write what happens when the rules are broken, in each language that is offered."),
        "number": _(
            "A word in braces stands for no number. Take it out, or choose one of those named there."
        ),
        "reports": _("Reports need two officers with keys and a recovery sheet first: page Reporting."),
        "other": _("These settings do not go together as they are."),
    },
    "proposal-refusal": {
        "no-reason": _("Write why: the head and the governors can read it."),
        "no-risk-note": _("Write a sentence: this change weakens a protection."),
        "no-words": _("Write why not: whoever proposed it reads it."),
        "no-change": _("Nothing is different from what holds now."),
        "no-office": _("Your offices do not change settings."),
        "own": _("You cannot approve your own change. Somebody else has to."),
        "command-line": _("A change is approved here, by an adult who is signed in."),
        "needs-technical": _("One of the two has to be a technician: ask one to look at it."),
        "needs-educational": _("One of the two has to be the head or a safeguarding lead: ask one of them."),
        "not-open": _("This was decided already."),
        "not-yours": _("Only whoever proposed it takes it back."),
        "rollout-runs": _("Settings are still going out. Let that finish or stop it, then send this one."),
        "overlaps": _("Both changes touch the same setting. Look at both and propose it anew."),
        "settings": _("Nothing was saved. These settings do not go together."),
        "plan": _("Nothing was saved: a ring has no laptop of its own. Choose another way."),
        "outdated": _("Nothing was saved."),
    },
    "proposal-state": {
        "ready": _("Ready to go out"),
        "waiting": _("Waits for a second approver"),
        "outdated": _("Others saved meanwhile"),
        "applied": _("Applied"),
        "refused": _("Refused"),
        "withdrawn": _("Withdrawn"),
    },
    "rollout-state": {
        "running": _("Going out"),
        "paused": _("Paused"),
        "done": _("Done"),
        "stopped": _("Stopped, taken back"),
        "overtaken": _("Overtaken by newer settings"),
    },
    "ring-state": {
        "waiting": _("Not begun"),
        "open": _("Going out"),
        "closed": _("Begun"),
        "skipped": _("Skipped: no laptop is in it any more"),
    },
    "stop-reason": {
        "rejected": _("It stopped by itself: laptops refused the settings."),
        "silent": _("It stopped by itself: laptops fell silent."),
        "broken": _("It stopped by itself: something broke on laptops."),
        "": _("Somebody stopped it."),
    },
    "file-refusal": {
        "no-file": _("Choose a zip file first."),
        "file": _("The file was not taken."),
    },
    "revision-kind": {
        "published": _("Published"),
        "applied": _("Changed"),
        "rollback": _("Went back"),
        "stopped": _("Taken back"),
    },
    "weekday": {str(day): words for day, words in WEEKDAY_WORDS.items()},
    "answer-word": {"yes": _("Approved"), "no": _("Refused"), "withdrawn": _("Withdrawn")},
}

PROPOSAL_CHIPS = {
    "ready": ("info", "info"),
    "waiting": ("wait", "glass"),
    "outdated": ("stop", "octagon"),
    "applied": ("ok", "tick"),
    "refused": ("off", "ring"),
    "withdrawn": ("off", "ring"),
}
ROLLOUT_CHIPS = {
    "running": ("wait", "glass"),
    "paused": ("off", "ring"),
    "done": ("ok", "tick"),
    "stopped": ("stop", "octagon"),
    "overtaken": ("off", "ring"),
}
