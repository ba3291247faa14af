"""A change of settings in words: "Room 4: lock after 10 minutes instead of 5. Weakens protection."

The command line says it in English, the pages in the reader's language.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from policies.comparing import Change
from server.wording.entries import Entry
from server.wording.entries import mark as _
from server.wording.places import say_layer
from server.wording.school import EVERYTHING
from server.wording.values import ENGLISH, Speaker, clean, differing, say_pair, say_value

_NO_NAMES: Mapping[str, str] = {}


class ChangeWords(NamedTuple):
    """One change as it is shown."""

    where: str
    """Room 4, for Early, Mon–Fri"""
    setting: str
    """Lock after"""
    before: str
    after: str
    sentence: str
    """All of it in one sentence, without the mark for weakening."""
    weakens: bool
    why: str
    """Why it weakens; empty if it does not."""


def entry_of(setting: str) -> Entry:
    """Return what a setting is called; one that nobody named is called as in the files."""
    return EVERYTHING.get(setting) or Entry(clean(setting), f"{clean(setting)}: %(value)s", "text")


def say_change(
    change: Change, speaker: Speaker = ENGLISH, hostnames: Mapping[str, str] = _NO_NAMES
) -> ChangeWords:
    """Return one change in words. `hostnames`: what laptops are called, by id."""
    entry = entry_of(change.setting)
    where = say_layer(change.scope, change.name, change.tiers, change.when, speaker, hostnames)
    before, after = differing(entry, change.before, change.after)
    pair = say_pair(entry, before, after, speaker)
    return ChangeWords(
        where=where,
        setting=speaker.say(entry.name),
        before=say_value(entry, before, speaker),
        after=say_value(entry, after, speaker),
        sentence=f"{where}: {speaker.say(entry.said, value=pair)}.",
        weakens=change.weakens,
        why=say_why(change.why_weakens, speaker) if change.weakens else "",
    )


def sentences(
    changes: Iterable[Change], speaker: Speaker = ENGLISH, hostnames: Mapping[str, str] = _NO_NAMES
) -> list[str]:
    """Return each change as one line, with the mark for weakening."""
    return [say_line(say_change(change, speaker, hostnames), speaker) for change in changes]


def say_line(said: ChangeWords, speaker: Speaker = ENGLISH) -> str:
    """Return a change and what it does to protection as one line."""
    weaker = speaker.say(_("Weakens protection."))
    return f"{said.sentence} {weaker}" if said.weakens else said.sentence


WHY: dict[str, str] = {
    "language-removed": _("Somebody may no longer read the rules in their language."),
    "read-less": _("A reading is believed that cannot have been one."),
    "asked-at-another-time": _("Moved at the wrong moment, a year passes without asking."),
    "countersigning-off": _("No head looks at what adults accept."),
    "opens-without-agreement": _("A login opens though nobody was asked."),
    "locks-later": _("An unattended screen stays open longer."),
    "film-holds-lock-longer": _("A film keeps the screen open longer."),
    "signs-out-later": _("A locked login is left behind for longer."),
    "killed-agent-only-locks": _("Who ends Gatepost’s program keeps the login."),
    "records-change": _("More is kept about people, or less is seen: that is for two to decide."),
    "unknown-accounts-let-in": _("An account on no list gets a desktop."),
    "offline-longer": _("Whoever left the school can log in for longer."),
    "induction-off": _("A pupil is let in without an induction."),
    "sticks-easier": _("Memory sticks open to more people, or with less checking."),
    "more-may-approve": _("More people can open a stick."),
    "approvals-longer": _("A yes to a stick holds for longer."),
    "writing-first": _("Sticks open for writing unless somebody says otherwise."),
    "pupil-data-without-head": _("Pupil data leaves the school without the head."),
    "older-signatures": _("A check with older signatures finds less."),
    "reports-off": _("Nobody can report from a laptop."),
    "answers-later": _("A pupil waits longer for an answer."),
    "passed-on-later": _("A report lies unread for longer."),
    "helpline-removed": _("Help outside school is shown to fewer, or its number leads elsewhere."),
    "ceop-off": _("One way to report is no longer shown."),
    "agency-removed": _("The officers’ checklist names fewer."),
    "looks-untold": _("Pupils are not told who looked."),
    "small-counts-shown": _("A small count can point at a child."),
    "opens-at-other-times": _("Pupils are let in at more times."),
    "supervised-less": _("Pupils are let in with fewer eyes on them."),
    "unsupervised-longer": _("Nobody watches for longer before anything follows."),
    "unsupervised-only-locks": _("A login is kept though nobody watches."),
    "app-list-easier": _("An app opens more easily than before."),
    "unlisted-apps-easier": _("Apps that nobody looked at open."),
    "app-yes-longer": _("One yes to an app holds for longer."),
    "looks-without-reason": _("A teacher looks at one pupil without saying why."),
    "attention-only-covers": _("A cover is no lock."),
    "attention-longer": _("A class is held from its work for longer."),
    "pause-longer": _("A screen stays open longer while nobody is at it."),
    "connection-moves": _("Laptops can lose their server."),
    "tested-less": _("A fault is found later."),
    "tier-removed": _("Some people no longer have an agreement."),
    "contact-removed": _("Pupils see one person fewer to turn to."),
    "contact-moved": _("Somebody pupils turn to is reached another way."),
    "consequences-removed": _("The agreement no longer says what happens when rules are broken."),
    "review-put-off": _("The settings are looked at later than was promised."),
}
"""Code of `policies.comparing` → sentence."""


def say_why(code: str, speaker: Speaker = ENGLISH) -> str:
    """Return why a change weakens protection."""
    words = WHY.get(code)
    return speaker.say(words) if words is not None else clean(code)
