"""From a draft to a sealed report: whose name is in it, to whom it is sealed, what stays outside. Pure."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from policies import envelopes, reports
from policies.officers import Officer
from policies.record_base import short
from policies.records import ReportSent
from policies.reports import ReportDraft, ReportWords
from policies.settings import Tier


class Teller(NamedTuple):
    """Who tells, as far as the laptop knows."""

    person: str | None
    display_name: str
    os_user: str
    tier: Tier
    year: str


def clean(text: str) -> str:
    """
    Return what somebody wrote without control characters, but with its line breaks.

    Letters of every script stay, and so do the marks that order them: who reads it shows text as text.
    """
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter) != "Cc" else " " for letter in text
    ).strip()


def words_of(
    draft: ReportDraft, teller: Teller, *, report: str, device: str, at: datetime, reply_key: bytes | None
) -> ReportWords:
    """Return what is sealed; where the teller wants no name, none stands in it."""
    named = draft.naming != "unnamed"
    draft = msgspec.structs.replace(
        draft,
        words=clean(draft.words),
        talk_to=clean(draft.talk_to),
        addresses=tuple(filter(None, map(clean, draft.addresses))),
    )
    return ReportWords(
        report=report,
        device=device,
        at=at,
        draft=draft,
        tier=teller.tier,
        year=short(teller.year),
        person=teller.person if named else None,
        display_name=short(teller.display_name) if named else "",
        os_user=short(teller.os_user) if named else "",
        reply_key=reply_key,
    )


def seal_report(
    words: ReportWords, readers: Sequence[Officer], *, device_private: bytes, list_seq: int
) -> ReportSent:
    """Return the record that travels; raises SealingError for a list with an unusable key."""
    envelope = envelopes.seal_envelope(
        device_private,
        [reader.key for reader in readers],
        msgspec.json.encode(words),
        envelope_id=words.report,
        device=words.device,
        kind=reports.ENVELOPE_KIND,
    )
    return ReportSent(
        at=words.at,
        report=words.report,
        coarse=reports.coarse(words.draft.harms, words.draft.subject),
        urgency=words.draft.urgency,
        year=words.year,
        list_seq=list_seq,
        envelope=envelope,
    )
