"""What somebody may choose and write in *Something's wrong*, as it leaves the window.

Apart from `reports`, so that the windows and the session need no cryptography to speak of a report.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.record_base import KeyId
from policies.settings import Language

MAX_WORDS_LETTERS = 4000

Harm = Literal[
    "content",
    "contact",
    "conduct",
    "bullying",
    "sexual-image",
    "harassment",
    "exploitation",
    "hate",
    "extremism",
    "illegal",
    "filter-breach",
    "offensive-message",
    "other",
]
"""What pupils' simple words mean (R47). virus and technical things are no report: see `ProblemReported`."""
Subject = Literal["nobody-known", "pupil", "outside", "staff", "head"]
"""Whom it is about, as coarse as routing needs (R50, R51)."""
Coarse = Literal["staff", "contact", "conduct", "content"]
"""All that the server may know of what a report is about."""
Urgency = Literal["danger", "soon", "when-you-can"]
Where = Literal["here", "home", "phone", "elsewhere"]
Whom = Literal["me", "friend", "somebody", "staff-self", "visitor"]
Naming = Literal["named", "lead-only", "unnamed"]
"""named: the adults who help may know. lead-only: only who opens this. unnamed: the words carry no name; the
laptop, the time and the login may still tell who it was, and the window says so."""
Origin = Literal["pupil", "staff"]

Words = Annotated[str, Meta(max_length=MAX_WORDS_LETTERS)]


class ReportDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody chose and wrote in the window, before anything is added. Kept in memory only."""

    harms: Annotated[tuple[Harm, ...], Meta(min_length=1, max_length=13)]
    subject: Subject = "nobody-known"
    not_to: Annotated[tuple[KeyId, ...], Meta(max_length=12)] = ()
    """Officers whom the report is about: it is never sealed to them."""
    whom: Whom = "me"
    where: Where = "here"
    urgency: Urgency = "soon"
    words: Words = ""
    addresses: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=10)] = ()
    talk_to: Annotated[str, Meta(max_length=120)] = ""
    """Whom they would like to talk to (R60)."""
    naming: Naming = "named"
    by_pictures: bool = False
    """Made by the youngest with pictures alone: no words are expected."""
    language: Language = "en"
