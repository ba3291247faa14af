"""For what a layer of settings holds, in words: the room, for whom, and when."""

from collections.abc import Mapping, Sequence

from policies.tree import Scope
from policies.variants import WEEKDAYS, Weekday, Window
from server.wording.entries import mark as _
from server.wording.settings import TIER_WORDS
from server.wording.values import ENGLISH, Speaker, clean

SCOPES: dict[Scope, str] = {
    "school": _("The school"),
    "site": _("Site"),
    "room": _("Room"),
    "group": _("Group"),
    "device": _("One laptop"),
}
WEEKDAY_WORDS: dict[Weekday, str] = {
    "mon": _("Mon"),
    "tue": _("Tue"),
    "wed": _("Wed"),
    "thu": _("Thu"),
    "fri": _("Fri"),
    "sat": _("Sat"),
    "sun": _("Sun"),
}
_NO_NAMES: Mapping[str, str] = {}


def say_place(
    scope: str, name: str, speaker: Speaker = ENGLISH, hostnames: Mapping[str, str] = _NO_NAMES
) -> str:
    """Return "Lab 2", "Group Loan laptops", "Laptop L-014" or "The school"."""
    shown = clean(name, 80)
    match scope:
        case "school":
            return speaker.say(_("The school"))
        case "site":
            return speaker.say(_("Site %(name)s"), name=shown)
        case "group":
            return speaker.say(_("Group %(name)s"), name=shown)
        case "device":
            return speaker.say(_("Laptop %(name)s"), name=clean(hostnames.get(name, name), 60))
    return shown


def say_tiers(tiers: Sequence[str], speaker: Speaker = ENGLISH) -> str:
    """Return "Early and Junior"; empty for everybody."""
    return speaker.join(speaker.say(TIER_WORDS.get(tier, tier)) for tier in tiers) if tiers else ""


def say_window(window: Window | None, speaker: Speaker = ENGLISH) -> str:
    """Return "Mon–Fri, 08:00–12:00, until 4 October 2026"; empty for always."""
    if window is None:
        return ""
    said = []
    if len(window.days) < len(WEEKDAYS):
        said.append(_days(window.days, speaker))
    if (window.starts, window.ends) != ("00:00", "24:00"):
        said.append(f"{window.starts}–{window.ends}")
    if window.from_day:
        said.append(speaker.say(_("from %(day)s"), day=speaker.date(window.from_day)))
    if window.until_day:
        said.append(speaker.say(_("until %(day)s"), day=speaker.date(window.until_day)))
    return ", ".join(said) or speaker.say(_("every day"))


def say_layer(
    scope: str,
    name: str,
    tiers: Sequence[str] = (),
    when: Window | None = None,
    speaker: Speaker = ENGLISH,
    hostnames: Mapping[str, str] = _NO_NAMES,
) -> str:
    """Return "Lab 2, for Early and Junior, Mon–Fri 08:00–12:00"."""
    said = [say_place(scope, name, speaker, hostnames)]
    if tiers:
        said.append(speaker.say(_("for %(tiers)s"), tiers=say_tiers(tiers, speaker)))
    if when is not None:
        said.append(say_window(when, speaker))
    return ", ".join(said)


def _days(days: Sequence[Weekday], speaker: Speaker) -> str:
    """Return "Mon–Fri" for days that follow one another, else each."""
    places = sorted(WEEKDAYS.index(day) for day in days)
    words = [speaker.say(WEEKDAY_WORDS[WEEKDAYS[place]]) for place in places]
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return f"{words[0]}–{words[-1]}"
    return speaker.join(words)
