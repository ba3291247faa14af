"""Words for the codes that stand in records: what a technician or a teacher calls them."""

from collections.abc import Callable

from server.web import (
    after_labels,
    app_labels,
    class_labels,
    device_labels,
    individual_labels,
    lab_labels,
    media_labels,
    people_labels,
    policy_labels,
    safeguarding_labels,
    supervision_labels,
)
from server.web.names import harmless
from server.web.words import Words


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


LABELS: dict[str, dict[str, str]] = {
    "page": {
        "lab": _("Lab"),
        "reports": _("Reports"),
        "keys": _("Your key"),
        "devices": _("Devices"),
        "problems": _("Broken things"),
        "media": _("Media"),
        "apps": _("Apps"),
        "policies": _("Policies"),
        "agreements": _("Agreements"),
        "people": _("People"),
        "arrangements": _("Arrangements"),
        "limits": _("Limits and meetings"),
        "lessons": _("Lessons about safety"),
        "countersign": _("Countersign"),
        "concerns": _("Concerns"),
        "governors": _("Governors"),
        "reporting": _("Reporting"),
        "oversight": _("Oversight"),
        "staff": _("Staff"),
    },
    "role": {
        "teacher": _("Teacher"),
        "technician": _("Technician"),
        "safeguarding": _("Safeguarding lead"),
        "head": _("Head"),
        "governor": _("Governor"),
        "specialist": _("Learning support"),
    },
    "theme": {"system": _("As the system"), "light": _("Light"), "dark": _("Dark")},
    "tier": {
        "early": _("Early"),
        "junior": _("Junior"),
        "teen": _("Teen"),
        "adult": _("Adult"),
        "visitor": _("Visitor"),
    },
    "answer": {
        "accepted": _("Accepted"),
        "declined": _("Said no, signed out"),
        "timed-out": _("Gave no answer, signed out"),
        "due": _("Not asked yet"),
        "lapsed": _("Accepted an older text"),
    },
    "capability": {
        "logins": _("Knowing who logs in"),
        "login-end": _("Ending a login"),
        "lock": _("Screen lock"),
        "suspend-lock": _("Lock before sleep"),
        "unlock": _("Opening what an adult locked"),
        "speech": _("Reading aloud"),
        "session-start": _("Gate before the desktop"),
        "idle": _("Idle clock"),
        "apps": _("App usage"),
        "inhibitors": _("Films hold the lock off"),
        "tray": _("Tray icon"),
        "web-view": _("Windows drawn as pages"),
        "usb": _("Memory sticks kept shut"),
        "hide-key": _("Keys that hide the screen"),
        "reports": _("Sealed reports"),
        "quarantine": _("Open for use"),
    },
    "capability-lacking": {
        "logins": _("The system does not list its logins. A login by another way may go unseen."),
        "login-end": _("The agent cannot end a login here. A refusal at the gate locks the screen instead."),
        "lock": _("No locker is installed. An unattended screen stays open; end idle logins instead."),
        "suspend-lock": _("The system does not announce sleep. The screen locks when it wakes, not before."),
        "unlock": _(
            "This system opens its lock only to its user’s own password. A teacher’s Unlock says failed."
        ),
        "speech": _("No voice is installed. The youngest need an adult to read the agreement to them."),
        "session-start": _("The gate cannot stand before the desktop here. It comes up right after it."),
        "idle": _(
            "The desktop does not tell how long nobody has touched it. Screens do not lock by themselves."
        ),
        "apps": _(
            "The desktop does not tell which app is in front. Nothing is recorded; the pupil’s page says so."
        ),
        "inhibitors": _("The desktop does not tell that a film is running. The screen may lock during one."),
        "tray": _("There is no tray in this desktop. A launcher stands in."),
        "web-view": _("No web view is installed. The plain window asks the same questions."),
        "usb": _("The agent cannot shut sticks here, whatever the policy says. Any stick opens as usual."),
        "hide-key": _("The desktop gives these keys to no program. The window still has its own button."),
        "reports": _(
            "Reporting is off by the policy, or it carries no list of officers. Pupils call for help."
        ),
        "quarantine": _("Kept for evidence: logins and sticks are shut until the lead or the head lifts it."),
    },
    "language": {"en": "English", "tr": "Türkçe"},
    "answer-choice": {
        "accepted": _("Accepted"),
        "declined": _("Said no"),
        "timed-out": _("Gave no answer"),
        "due": _("To be asked"),
    },
    "reach-word": {"works": _("works"), "lacking": _("lacking"), "broken": _("broken")},
    "reach": {"works": _("Works"), "lacking": _("Lacking"), "broken": _("Broken")},
    "look": {
        "lab": _("Lab"),
        "devices": _("Devices"),
        "device": _("One laptop"),
        "media": _("Memory sticks"),
        "agreements": _("Register of agreements"),
        "agreements-print": _("Register of agreements, printed"),
        "agreements-csv": _("Register of agreements, downloaded"),
        "person": _("One person"),
        "person-export": _("Everything held of one person, downloaded"),
        "people": _("List of people"),
        "access": _("Who has access, listed"),
        "parents": _("Parents’ copies"),
        "consents": _("Parents’ consents"),
        "oversight": _("Oversight"),
        "reports": _("List of reports"),
        "arrangements": _("Arrangements"),
        "limits": _("Limits and meetings"),
        "lessons": _("Lessons about safety"),
        "countersign": _("Adults’ acceptances"),
        "helped": _("Somebody went to help"),
        "seat": _("One pupil’s detail"),
        "after": _("What a class used"),
        "named": _("Who used one app"),
        "class": _("A class that accepts together"),
    },
    "told": {
        "helped": _("nobody was looked at; help was asked for"),
        "lab": _("on their laptops, while it lasted"),
        "person": _("on their own page"),
        "seat": _("on their own page"),
        "after": _("on their own page"),
        "named": _("on their own page"),
    },
}
LABELS.update(after_labels.LABELS)
LABELS.update(class_labels.LABELS)
LABELS.update(device_labels.LABELS)
LABELS.update(media_labels.LABELS)
LABELS.update(people_labels.LABELS)
LABELS.update(app_labels.LABELS)
LABELS.update(individual_labels.LABELS)
LABELS.update(lab_labels.LABELS)
LABELS.update(policy_labels.LABELS)
LABELS.update(safeguarding_labels.LABELS)
LABELS.update(supervision_labels.LABELS)


def bind(words: Words) -> Callable[[str, str], str]:
    """Return the lookup `label(kind, code)` in one language; an unknown code is shown as it is, harmless."""

    def label(kind: str, code: str) -> str:
        known = LABELS[kind].get(code)
        return words.say(known) if known is not None else harmless(code)

    return label
