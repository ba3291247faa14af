"""What a report may say, to whom it goes, and what the server may know of it.

Everything that names the pupil or tells the story is in `ReportWords`, sealed to the officers whom `route`
gives. The server sees `ReportSent` (policies/records.py): a coarse kind, the urgency, the year group, a time.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies import sealing
from policies.drafts import (
    MAX_WORDS_LETTERS,
    Coarse,
    Harm,
    Naming,
    Origin,
    ReportDraft,
    Subject,
    Urgency,
    Where,
    Whom,
    Words,
)
from policies.officers import Key, Officer, OfficersList
from policies.record_base import LoginId, Moment, Short
from policies.settings import Tier

ENVELOPE_KIND = "report"
"""`kind` in the envelope's header; notes of officers use "note", staff reports "staff-report"."""
MAX_REPLY_BYTES = 8 * 1024


class ActivityApp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One app of an activity that is passed on."""

    app: Short
    minutes: Annotated[int, Meta(ge=0)] | None = None
    """None: so few used it that the teacher was not told."""
    pupils: Annotated[int, Meta(ge=0)] | None = None
    """Of a lesson; None: fewer than the school shows, or one pupil's own login."""


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a teacher passed on (R39): which login or lesson, and what they were shown of it."""

    kind: Literal["seat", "lesson"]
    room: Short
    device: Short = ""
    hostname: Short = ""
    login: Short = ""
    name: Short = ""
    since: Moment
    until: Moment
    apps: Annotated[tuple[ActivityApp, ...], Meta(max_length=60)] = ()
    """Empty also where the teacher had not opened the detail: the reader opens it themselves."""


class ReportWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The sealed payload, as JSON. The reader compares id, device and the plain fields with the outside."""

    v: Literal[1] = 1
    report: LoginId
    origin: Origin = "pupil"
    device: Short
    """The laptop's id; for a report written at the server, "staff"."""
    at: Moment
    draft: ReportDraft
    tier: Tier
    year: Short = ""
    room: Short = ""
    person: Short | None = None
    """None also when `naming` is "unnamed"."""
    display_name: Short = ""
    os_user: Short = ""
    reply_key: Key | None = None
    """X25519: an answer is sealed to it, and only that laptop can open it. None: no answer can reach them."""
    activity: Activity | None = None
    """Only in a teacher's concern: sealed with it, so that no table says whom a case is about."""


class ReplyWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An adult's answer, sealed to the report's reply key."""

    v: Literal[1] = 1
    report: LoginId
    at: Moment
    by: Short
    """The officer's name as pupils know it."""
    words: Annotated[str, Meta(max_length=1000)]


def route(
    listed: OfficersList, *, harms: Sequence[Harm], subject: Subject, not_to: Sequence[str] = ()
) -> tuple[Officer, ...]:
    """
    Return everybody to whom such a report is sealed, in the order of the list; empty if nobody is left.

    About staff, and extremism where staff are concerned: the head (R50, R51). About the head: the alternate,
    else the safeguarding leads, never the head. Everything else: lead and deputies. Whoever it is about
    (`not_to`) is left out, and if that leaves nobody the next circle is asked; the recovery sheet is
    always in.
    """
    excluded = set(not_to)
    circles: tuple[tuple[str, ...], ...]
    if subject == "head":
        circles = (("alternate",), ("lead", "deputy"))
    elif subject == "staff":
        circles = (("head",), ("alternate",))
    else:
        circles = (("lead", "deputy"), ("head",), ("alternate",))
    for circle in circles:
        chosen = {who.id for who in listed.officers if who.role in circle and who.id not in excluded}
        if chosen:
            return tuple(
                who
                for who in listed.officers
                if who.id in chosen or (who.role == "recovery" and who.id not in excluded)
            )
    return ()


def coarse(harms: Sequence[Harm], subject: Subject) -> Coarse:
    """Return the one word the server may know: staff, contact, conduct or content."""
    if subject in ("staff", "head"):
        return "staff"
    if any(harm in ("contact", "exploitation", "sexual-image") for harm in harms):
        return "contact"
    if any(harm in ("bullying", "harassment", "conduct", "offensive-message", "hate") for harm in harms):
        return "conduct"
    return "content"


def reply_bound(report: str, device: str) -> bytes:
    """Return the HPKE info of a reply."""
    return sealing.bind("reply", report, device)


def reply_signed(report: str, device: str, sealed: bytes) -> bytes:
    """Return what the officer signs of a reply."""
    return sealing.bind("reply-signature", report, device, sealed)


__all__ = [
    "ENVELOPE_KIND",
    "MAX_REPLY_BYTES",
    "MAX_WORDS_LETTERS",
    "Coarse",
    "Harm",
    "Naming",
    "Origin",
    "ReplyWords",
    "ReportDraft",
    "ReportWords",
    "Subject",
    "Urgency",
    "Where",
    "Whom",
    "Words",
    "coarse",
    "reply_bound",
    "reply_signed",
    "route",
]
