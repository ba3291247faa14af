"""Which way a setting weakens protection. One row per setting; the reason stands beside it.

`weakens` compares two values. A code says why, for the page to put in words:
what is not in the table of ordered settings is either without a direction, or counts as weakening whichever
way it is changed, where that is the honest answer.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from policies.app_rules import opens_more
from policies.lab_settings import AppRule
from policies.setting_names import TYPES, get_value
from policies.settings import Settings

Rule = Literal["longer", "fewer", "order", "removed", "added", "any", "timetable", "lists", "none"]
"""longer: a greater number is weaker (nothing at all the weakest). fewer: a smaller one. order: an earlier
choice is weaker. removed, added: something less, or more, in the list. any: every change. timetable: modes
by the day. lists: rows of apps."""


class Direction(NamedTuple):
    """How one setting is judged."""

    rule: Rule
    code: str
    """Why it weakens; empty with rule none."""
    because: str
    order: tuple[Any, ...] = ()
    """From the weakest to the strictest."""


_SWITCH = (False, True)
DIRECTIONS: dict[str, Direction] = {
    "agreement.languages": Direction(
        "removed", "language-removed", "someone may no longer read the rules in their language"
    ),
    "agreement.answer_within_seconds": Direction(
        "none", "", "the desktop stays shut until the answer, however long it takes"
    ),
    "agreement.read_at_least_seconds": Direction(
        "fewer", "read-less", "a reading is believed that cannot have been one"
    ),
    "agreement.school_year_starts": Direction(
        "any", "asked-at-another-time", "moved at the wrong moment, a year passes without asking"
    ),
    "agreement.staff_countersigned": Direction(
        "order", "countersigning-off", "no head looks at adults' acceptances", _SWITCH
    ),
    "agreement.if_gate_fails": Direction(
        "order", "opens-without-agreement", "a login opens though nobody was asked", ("open", "end")
    ),
    "lock.idle_after_seconds": Direction("longer", "locks-later", "an unattended screen stays open longer"),
    "lock.countdown_seconds": Direction("none", "", "it lies inside the idle time"),
    "lock.inhibit_cap_seconds": Direction("longer", "film-holds-lock-longer", "a film holds the lock off"),
    "lock.sign_out_after_seconds": Direction("longer", "signs-out-later", "a locked login is left behind"),
    "lock.if_session_lost": Direction(
        "order", "killed-agent-only-locks", "who kills the agent keeps the login", ("lock", "end")
    ),
    "usage.record_apps": Direction(
        "any", "records-change", "more is kept about people, or less is seen: both are for two to decide"
    ),
    "usage.active_within_seconds": Direction("none", "", "it only says what counts as use"),
    "usage.send_after_records": Direction("none", "", "nothing is lost by sending later"),
    "usage.send_after_seconds": Direction("none", "", "nothing is lost by sending later"),
    "login.unknown_login": Direction(
        "order", "unknown-accounts-let-in", "an account nobody listed gets a desktop", ("visitor", "refuse")
    ),
    "login.offline_days": Direction("longer", "offline-longer", "who left can log in for longer"),
    "login.induction": Direction(
        "order", "induction-off", "a pupil is let in without an induction", ("off", "required")
    ),
    "usb.mode": Direction(
        "order",
        "sticks-easier",
        "memory sticks open to more people, or with less checking",
        ("off", "approve_then_scan", "copy", "staff_encrypted_approved", "forbid"),
    ),
    "usb.later": Direction("timetable", "sticks-easier", "on some day a weaker mode holds than before"),
    "usb.approvers": Direction("added", "more-may-approve", "more people can open a stick"),
    "usb.longest_approval_days": Direction("longer", "approvals-longer", "a yes holds for longer"),
    "usb.read_only_first": Direction("order", "writing-first", "data leaves by default", _SWITCH),
    "usb.pupil_data_needs_head": Direction(
        "order", "pupil-data-without-head", "pupil data leaves without the head", _SWITCH
    ),
    "usb.phones_and_cameras": Direction("none", "", "they stay shut either way"),
    "usb.scan.most_files": Direction("none", "", "what is beyond a limit stays shut"),
    "usb.scan.most_bytes": Direction("none", "", "what is beyond a limit stays shut"),
    "usb.scan.most_file_bytes": Direction("none", "", "what is beyond a limit stays shut"),
    "usb.scan.deepest_archive": Direction("none", "", "what is beyond a limit stays shut"),
    "usb.scan.longest_seconds": Direction("none", "", "what is beyond a limit stays shut"),
    "usb.scan.signatures_max_age_hours": Direction(
        "longer", "older-signatures", "a check with old signatures finds less"
    ),
    "report.enabled": Direction("order", "reports-off", "nobody can report from a laptop", _SWITCH),
    "report.shortcut": Direction("none", "", "other keys hide the screen as well"),
    "report.answer_within_hours": Direction("longer", "answers-later", "a pupil waits longer"),
    "report.danger_minutes": Direction("longer", "passed-on-later", "danger lies unread for longer"),
    "report.soon_minutes": Direction("longer", "passed-on-later", "a report lies unread for longer"),
    "report.helplines": Direction(
        "removed", "helpline-removed", "help outside school is shown to fewer, or its number leads elsewhere"
    ),
    "report.helplines_checked": Direction("none", "", "it says what somebody did, not what holds"),
    "report.ceop": Direction("order", "ceop-off", "one way to report is no longer shown", _SWITCH),
    "report.agencies": Direction("removed", "agency-removed", "the checklist names fewer"),
    "report.tell_about_looks": Direction("order", "looks-untold", "pupils are not told of looks", _SWITCH),
    "report.mask_below": Direction("fewer", "small-counts-shown", "a small count points at a child"),
    "connection.server": Direction("any", "connection-moves", "laptops can lose their server"),
    "connection.ca_pem": Direction("any", "connection-moves", "laptops can lose, or wrongly trust, a server"),
    "connection.grace_minutes": Direction("none", "", "everything else holds meanwhile"),
    "self_test.every_days": Direction("longer", "tested-less", "a fault is found later"),
    "self_test.at": Direction("none", "", "the time of day finds the same faults"),
    "hours.session": Direction(
        "order", "opens-at-other-times", "pupils are let in at more times", ("lesson", "club", "closed")
    ),
    "hours.supervision": Direction(
        "order",
        "supervised-less",
        "pupils are let in with fewer eyes on them",
        ("general", "supervised", "direct", "adult_demo"),
    ),
    "hours.lapse_warn_seconds": Direction("longer", "unsupervised-longer", "nobody watches for longer"),
    "hours.lapse_then": Direction(
        "order", "unsupervised-only-locks", "the login is kept though nobody watches", ("lock", "end")
    ),
    "hours.direct_confirm_minutes": Direction(
        "longer", "unsupervised-longer", "a supervisor who left is missed later"
    ),
    "hours.longest_check_in_minutes": Direction(
        "longer", "unsupervised-longer", "a forgotten check-in holds for longer"
    ),
    "apps.rules": Direction("lists", "app-list-easier", "an app opens more easily"),
    "apps.unlisted": Direction(
        "order", "unlisted-apps-easier", "apps nobody looked at open", ("allow", "notify", "ask", "close")
    ),
    "apps.unlisted_in_club": Direction(
        "order", "unlisted-apps-easier", "apps nobody looked at open", ("allow", "notify", "ask", "close")
    ),
    "apps.ask_allows_minutes": Direction("longer", "app-yes-longer", "one yes holds for longer"),
    "apps.review_on": Direction("none", "", "it says when somebody looks, not what holds"),
    "lab.detail_needs_reason": Direction(
        "order", "looks-without-reason", "a teacher looks at one pupil without saying why", _SWITCH
    ),
    "lab.attention_locks": Direction("order", "attention-only-covers", "a cover is no lock", _SWITCH),
    "lab.attention_longest_minutes": Direction(
        "longer", "attention-longer", "a class is held from its work for longer"
    ),
    "lab.pause_longest_minutes": Direction("longer", "pause-longer", "a screen stays open longer"),
    "lab.messages": Direction("none", "", "no protection hangs on it"),
}


def strictness(name: str, value: Any) -> float | None:
    """Return a number that grows as the value gets stricter; None where values have no such order."""
    direction = DIRECTIONS.get(name)
    match direction:
        case Direction(rule="longer"):
            return -_length(name, value)
        case Direction(rule="fewer"):
            return float(value)
        case Direction(rule="order", order=order) if value in order:
            return float(order.index(value))
        case Direction(rule="added"):
            return -float(len(value))
        case Direction(rule="removed"):
            return float(len(value))
    return None


def protects(name: str) -> bool:
    """Say whether some value of this setting protects more than another."""
    return DIRECTIONS[name].rule != "none"


def _length(name: str, value: Any) -> float:
    """Never is the longest of all; a self-test every 0 days is one that never comes."""
    never = value is None or (name == "self_test.every_days" and value == 0)
    return float("inf") if never else float(value)


def weakens(name: str, before: Any, after: Any, settings: tuple[Settings, Settings] | None = None) -> str:
    """
    Return why going from one value to the other weakens protection, as a code; empty if it does not.

    Values as JSON writes them. `settings` are those before and after as a whole, which the days of
    `usb.later` and the rows of `apps.rules` are judged by; without them any change of those counts.
    """
    direction = DIRECTIONS[name]
    if before == after or direction.rule == "none":
        return ""
    weaker = _JUDGED[direction.rule](name, before, after)
    if direction.rule == "timetable" and settings is not None:
        weaker = _weaker_on_a_day(*settings)
    if direction.rule == "lists" and settings is not None:
        old, new = (msgspec.convert(each, tuple[AppRule, ...]) for each in (before, after))
        weaker = opens_more(old, new, settings[0].apps)
    return direction.code if weaker else ""


def _less_strict(name: str, before: Any, after: Any) -> bool:
    was, now = strictness(name, before), strictness(name, after)
    return was is None or now is None or now < was


def _removed(name: str, before: Any, after: Any) -> bool:
    """Something is no longer there; a helpline also with another number, for fewer or less urgently."""
    if name != "report.helplines":
        return any(each not in after for each in before)
    return any(not any(_serves_as_well(new, old) for new in after) for old in before)


def _serves_as_well(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """A child in danger dials what stands there: another number is for two to check."""
    same = new["name"] == old["name"] and old["how"] in ("", new["how"])
    return same and set(old["tiers"]) <= set(new["tiers"]) and new["emergency"] >= old["emergency"]


def _added(_name: str, before: Any, after: Any) -> bool:
    return any(each not in before for each in after)


def _any(_name: str, _before: Any, _after: Any) -> bool:
    return True


_JUDGED: dict[str, Callable[[str, Any, Any], bool]] = {
    "longer": _less_strict,
    "fewer": _less_strict,
    "order": _less_strict,
    "removed": _removed,
    "added": _added,
    "any": _any,
    "timetable": _any,
    "lists": _any,
}


def _weaker_on_a_day(before: Settings, after: Settings) -> bool:
    """Compare the modes of every stretch of days, from before the first change on."""
    days = {change.from_day for settings in (before, after) for change in settings.usb.later}
    first = min(days, default=date(2024, 1, 2))
    stretches = [first - timedelta(days=1) if first > date.min else first, *sorted(days)]
    return any(_less_strict("usb.mode", _mode_on(before, day), _mode_on(after, day)) for day in stretches)


def _mode_on(settings: Settings, day: date) -> str:
    mode: str = settings.usb.mode
    for change in settings.usb.later:
        if change.from_day <= day:
            mode = change.mode
    return mode


def markdown() -> str:
    """Return the table for people: docs/what-weakens.md."""
    how = {
        "longer": "a greater number",
        "fewer": "a smaller number",
        "removed": "something taken out",
        "added": "something added",
        "any": "every change",
        "timetable": "a weaker mode on any day",
        "lists": "a row that allows more, or one taken out",
        "none": "never",
    }
    lines = [
        "# What weakens protection",
        "",
        "A change that weakens needs a second approver and a note of its risk. Made from",
        "`policies/directions.py`; a test compares them.",
        "",
        "| Setting | By itself | Weakens | Because |",
        "|---|---|---|---|",
    ]
    for name in TYPES:
        row = DIRECTIONS[name]
        weaker = how.get(row.rule) or "towards " + " < ".join(_shown(each) for each in row.order)
        default = _shown(get_value(Settings(), name))
        lines.append(f"| `{name}` | {default} | {weaker} | {row.because} |")
    lines += [
        "",
        "Also: an agreement (tier) or a contact taken out, a contact reached another way, a language of the",
        "consequences taken out, a review put off or taken out. A layer that is taken out is compared with",
        "what then holds.",
        "",
    ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return "never" if value is None else str(value) or "empty"
