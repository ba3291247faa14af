"""Words for what is recorded about a person: one entry is what happened, when, and details."""

from datetime import datetime, timedelta
from typing import NamedTuple

from agent.link.pages import Entry, RecordPage
from agent.words import Say


class EntryWords(NamedTuple):
    """One row of *What is recorded about me*."""

    what: str
    when: str
    details: str


def moment_of(written: str) -> datetime | None:
    """Return the instant written in ISO 8601, or None if it is not one."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def moment_words(say: Say, written: str, now: datetime) -> str:
    """Return the day and time in words, in the zone of `now`; what cannot be read is shown as it is."""
    at = moment_of(written)
    if at is None:
        return written
    local = at.astimezone(now.tzinfo)
    return f"{say.day(local.date(), now.date())}, {say.time(local)}"


def entry_words(say: Say, entry: Entry, now: datetime) -> EntryWords:
    """Return the row for one entry."""
    return EntryWords(what_words(say, entry), _when(say, entry, now), details_words(say, entry))


def what_words(say: Say, entry: Entry) -> str:
    """Return what happened; an app is called by its own name."""
    if entry.kind == "app-used":
        return entry.detail or say("An app without a name")
    words = {
        "login-started": say("Signed in"),
        "login-ended": say("Signed out"),
        "agreement-answered": say("Answer to the rules"),
        "session-lost": say("A part of Gatepost stopped"),
        "screen-locked": say("Screen locked"),
        "screen-unlocked": say("Screen unlocked"),
        "help-asked": say.you("You asked for help"),
        "problem-reported": say.you("You said that something does not work"),
        "app-asked": say.you("You asked to use an app"),
        "app-handled": _app_words(say, entry.detail),
        "message-answered": say.you("You answered a teacher’s message"),
        "supervision-lapsed": say("Nobody was checked in for the room"),
        "media-plugged": say("Memory stick plugged in"),
        "media-seen": say("Memory stick looked at"),
        "media-requested": say.you("You asked for a memory stick"),
        "media-withdrawn": say.you("You stopped asking for a memory stick"),
        "media-decided": say("Answer about a memory stick"),
        "media-scanned": say("Memory stick checked"),
        "media-released": say("Memory stick opened"),
        "media-shut": say("Memory stick stays shut"),
        "media-unplugged": say("Memory stick taken out"),
        "media-detection": say("Something harmful on a memory stick"),
    }
    return words.get(entry.kind, entry.kind)


def _app_words(say: Say, detail: str) -> str:
    """Return what became of an app that is on the school's list."""
    words = {
        "notified": say("An app of the school’s list was in front"),
        "put-away": say("An app was put aside"),
        "closed": say("An app was closed"),
        "allowed": say("A teacher allowed an app"),
        "denied": say("A teacher did not allow an app"),
        "withdrawn": say.you("You stopped asking for an app"),
    }
    return words.get(detail.partition(" ")[0], say("An app of the school’s list was in front"))


def details_words(say: Say, entry: Entry) -> str:
    """Return the details: known reasons and answers in words, anything else as it came."""
    detail = entry.detail.partition(" ")[2] if entry.kind == "app-handled" else entry.detail
    said = [] if entry.kind == "app-used" else [_known(say).get((entry.kind, detail), detail)]
    if entry.seconds is not None:
        length = say.duration(entry.seconds)
        if entry.kind == "app-used":
            said.append(say("{length} in front", length=length))
        elif entry.kind == "screen-unlocked":
            said.append(say("after {length}", length=length))
        elif entry.kind == "agreement-answered":
            said.append(say("read for {length}", length=length))
    return ", ".join(part for part in said if part)


def period_words(say: Say, page: RecordPage) -> str:
    """Return of what time the entries are."""
    if page.looks_days:
        return say.you("Kept since you signed in, and from your other logins on this laptop today.")
    return say.you("Kept since you signed in. Earlier logins are not shown here.")


def looks_words(say: Say, page: RecordPage) -> str:
    """Return of what time the looks are, or that nobody looked in it."""
    if not page.online:
        return say("This can be asked only with a connection to the school.")
    if page.looks_days:
        if not page.looks:
            return say.many("Nobody in the last {n} day.", "Nobody in the last {n} days.", page.looks_days)
        return say.many("In the last {n} day:", "In the last {n} days:", page.looks_days)
    return say.you("Since you signed in:") if page.looks else say.you("Nobody since you signed in.")


def look_words(say: Say, what: str) -> str:
    """Return what an adult looked at; a kind of look that is not known is shown as it came."""
    words = {
        "lab": say("Viewed the lab"),
        "seat": say.you("Looked at what you used in one login"),
        "named": say.you("Looked at who used an app you used in the lesson"),
        "after": say("Looked back at what the class used, without names"),
        "person": say.you("Looked at your record"),
        "device": say("Looked at this laptop"),
        "devices": say("Looked at the list of laptops"),
        "agreements": say("Looked at who agreed to the rules"),
        "agreements-print": say("Printed who agreed to the rules"),
        "agreements-csv": say("Saved who agreed to the rules"),
        "class": say("Looked at a class that answers to the rules together"),
        "class-accepted": say.you("Saw you say yes to the rules, with your class"),
        "class-declined": say.you("Saw you say not now to the rules, with your class"),
        "class-withdrawn": say.you("Took your answer in class back: you are asked once more"),
        "people": say("Looked at the school’s list of people"),
        "access": say("Looked at who may use the laptops"),
        "parents": say("Looked at which parents have the rules"),
        "consents": say("Looked at which parents agreed to an app"),
        "person-export": say.you("Made a copy of everything kept about you"),
    }
    return words.get(what, what)


def _known(say: Say) -> dict[tuple[str, str], str]:
    return {
        ("agreement-answered", "accepted"): say.you("You accepted"),
        ("agreement-answered", "declined"): say.you("You did not accept"),
        ("agreement-answered", "timed-out"): say("No answer in time"),
        ("login-ended", "signed-out"): say.you("By you"),
        ("login-ended", "declined"): say.you("You did not accept the rules"),
        ("login-ended", "timed-out"): say("No answer in time"),
        ("login-ended", "not-listed"): say("The account is not on the school’s list"),
        ("login-ended", "no-agreement"): say("The rules were not on this laptop"),
        ("login-ended", "gate-failed"): say("The rules could not be shown"),
        ("login-ended", "session-lost"): say("A part of Gatepost stopped"),
        ("login-ended", "locked-too-long"): say("Locked for too long"),
        ("login-ended", "locker-killed"): say("The lock was ended without the password"),
        ("login-ended", "quarantined"): say("The school closed this laptop for everybody"),
        ("login-ended", "restricted"): say("An adult at school had set this time"),
        ("login-ended", "closed"): say("The hours of the laptops were over"),
        ("login-ended", "unsupervised"): say("Nobody was checked in for the room"),
        ("login-ended", "vanished"): say("Not known how"),
        ("session-lost", "died"): say("It was ended"),
        ("session-lost", "silent"): say("It did not answer"),
        ("session-lost", "never-connected"): say("It did not start"),
        ("screen-locked", "idle"): say("Nobody used the laptop"),
        ("screen-locked", "asked"): say.you("By you"),
        ("screen-locked", "suspend"): say("The laptop went to sleep"),
        ("screen-locked", "session-lost"): say("A part of Gatepost stopped"),
        ("screen-locked", "locker-killed"): say("The lock was ended without the password"),
        ("screen-locked", "ordered"): say("By an adult"),
        ("screen-locked", "unsupervised"): say("Nobody was checked in for the room"),
        ("message-answered", "ok"): say("OK"),
        ("message-answered", "not-yet"): say("Not yet"),
        ("message-answered", "help"): say("I need help"),
        ("supervision-lapsed", "warned"): say.you("You were told"),
        ("supervision-lapsed", "locked"): say("The screen locked"),
        ("supervision-lapsed", "ended"): say.you("You were signed out"),
        ("supervision-lapsed", "returned"): say("A teacher was checked in again"),
        ("help-asked", "gate"): say("Before the rules were accepted"),
        ("help-asked", "panel"): say("From the Gatepost window"),
        ("help-asked", "launcher"): say("From the Gatepost window"),
    }


def _when(say: Say, entry: Entry, now: datetime) -> str:
    at = moment_of(entry.at)
    if at is None:
        return entry.at
    local = at.astimezone(now.tzinfo)
    begun = say.time(local)
    if entry.kind == "app-used" and entry.seconds is not None and entry.seconds >= 60:
        return f"{begun}–{say.time(local + timedelta(seconds=min(entry.seconds, 86_400)))}"
    return begun
