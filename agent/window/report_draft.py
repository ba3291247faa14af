"""From what was picked to a ReportDraft and back, and who would read it. Pure."""

import json
from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from agent.link import pages
from agent.window.report_choices import talk_options
from agent.words import Say
from policies.drafts import MAX_WORDS_LETTERS, Harm, Naming, ReportDraft, Subject, Where, Whom
from policies.settings import Language

MOST_ADDRESSES = 10
MAX_ADDRESS_LETTERS = 500
MAX_PROBLEM_LETTERS = 200
MAX_TALK_LETTERS = 120
_HARMS: tuple[Harm, ...] = get_args(Harm)
_CIRCLES: dict[Subject, tuple[tuple[str, ...], ...]] = {
    "head": (("alternate",), ("lead", "deputy")),
    "staff": (("head",), ("alternate",)),
}
_USUAL: tuple[tuple[str, ...], ...] = (("lead", "deputy"), ("head",), ("alternate",))


class Picked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands in the window, as its script sends it: checked like anything from outside."""

    harms: tuple[str, ...] = ()
    subject: str = ""
    readers: tuple[str, ...] = ()
    """Ids of the adults it is about, or `head`."""
    whom: str = ""
    where: str = ""
    naming: str = ""
    words: str = ""
    addresses: tuple[str, ...] = ()
    talk_to: str = ""
    talk_other: str = ""
    danger: bool = False
    problem: Literal["", "virus", "broken", "filter", "other"] = ""
    problem_words: str = ""


def draft_of(page: pages.ReportPage, picked: Picked, language: Language) -> ReportDraft:
    """Return the report these choices are; whatever is not one of the answers counts as not given."""
    harms = tuple(harm for harm in _HARMS if harm in picked.harms) or ("other",)
    subject = _subject(page, picked)
    about = {reader.id for reader in page.readers} & set(picked.readers)
    whom: Whom = picked.whom if picked.whom in get_args(Whom) else _usual_whom(page)  # type: ignore[assignment]
    where: Where = picked.where if picked.where in get_args(Where) else "here"  # type: ignore[assignment]
    naming: Naming = picked.naming if picked.naming in get_args(Naming) else "named"  # type: ignore[assignment]
    talk_to = picked.talk_other if picked.talk_to == "other" else picked.talk_to
    addresses = (address.strip()[:MAX_ADDRESS_LETTERS] for address in picked.addresses)
    return ReportDraft(
        harms=harms,
        subject=subject,
        not_to=tuple(sorted(about)) if subject in ("staff", "head") else (),
        whom=whom,
        where=where,
        urgency="danger" if picked.danger else "soon",
        words=_sound(picked.words)[:MAX_WORDS_LETTERS],
        addresses=tuple(_sound(address) for address in addresses if address)[:MOST_ADDRESSES],
        talk_to=_sound(talk_to.strip())[:MAX_TALK_LETTERS],
        naming=naming,
        by_pictures=page.tier == "early",
        language=language,
    )


def _usual_whom(page: pages.ReportPage) -> Whom:
    usual: dict[str, Whom] = {"adult": "staff-self", "visitor": "visitor"}
    return usual.get(page.tier, "me")


def _subject(page: pages.ReportPage, picked: Picked) -> Subject:
    if picked.subject != "staff":
        known: dict[str, Subject] = {"pupil": "pupil", "outside": "outside"}
        return known.get(picked.subject, "nobody-known")
    heads = {reader.id for reader in page.readers if reader.role == "head"} | {"head"}
    return "head" if heads & set(picked.readers) else "staff"


def _sound(words: str) -> str:
    """Return the words without halves of letters, which no UTF-8 can carry."""
    return words.encode("utf-8", "replace").decode("utf-8")


def picked_of(page: pages.ReportPage) -> Picked:
    """Return what stands in the window at first: nothing chosen, or the draft offered again."""
    draft = page.draft
    if draft is None:
        return Picked(subject="nobody-known", whom=_usual_whom(page), where="here", naming="named")
    readers = list(draft.not_to)
    heads = {reader.id for reader in page.readers if reader.role == "head"}
    if draft.subject == "head" and not heads & set(draft.not_to):
        readers.append("head")
    is_listed = draft.talk_to in {option.value for option in talk_options(page, Say(page.language))}
    return Picked(
        harms=draft.harms,
        subject="staff" if draft.subject == "head" else draft.subject,
        readers=tuple(readers),
        whom=draft.whom,
        where=draft.where,
        naming=draft.naming,
        words=draft.words,
        addresses=draft.addresses,
        talk_to=draft.talk_to if is_listed else "other",
        talk_other="" if is_listed else draft.talk_to,
        danger=draft.urgency == "danger",
    )


def picked_json(page: pages.ReportPage) -> str:
    """Return `picked_of` as the script reads it: in ASCII, so that no letter is lost on the way."""
    return json.dumps(msgspec.to_builtins(picked_of(page)))


def decide_readers(
    readers: Sequence[pages.Reader], subject: Subject, not_to: Sequence[str]
) -> tuple[pages.Reader, ...]:
    """Return who would read it, as `policies.reports.route` decides it on the laptop; empty for nobody."""
    for circle in _CIRCLES.get(subject, _USUAL):
        chosen = tuple(reader for reader in readers if reader.role in circle and reader.id not in not_to)
        if chosen:
            return chosen
    return ()
