"""Whether somebody is asked, let in or sent away, and whether an answer is believed. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from agent.link.messages import GateAnswered
from agent.service.limits import StopNotice, decide_stop
from agent.service.policy_store import Policy
from agent.service.supervision import lacks_lesson, opens_at, presence_of, supervisor_among
from policies.agreements import Agreement, text_hash
from policies.orders import Accepted, LoginGrant, Supervised
from policies.settings import Language, Settings, Tier
from policies.variants import settings_at


class Person(NamedTuple):
    """Who stands at the gate, as far as the school knows."""

    person: str | None
    display_name: str
    tier: Tier
    language: Language
    source: Literal["fresh", "cached", "none"]
    year: str = ""


class Ask(NamedTuple):
    """Show this agreement and wait."""

    person: Person
    agreement: Agreement


class Open(NamedTuple):
    """It was accepted already, this very version, this school year."""

    person: Person
    accepted: Accepted


class Refuse(NamedTuple):
    """Help and sign-out only."""

    person: Person
    notice: StopNotice | Literal["offline-unknown", "no-agreement", "quarantined", "closed", "adults-only"]
    reason: Literal["not-listed", "no-agreement", "quarantined", "restricted", "closed"]
    until: datetime | None = None
    """When it ends by itself, if it does."""


class Wait(NamedTuple):
    """Let in as soon as an adult checks in; until then help and sign-out only."""

    person: Person
    notice: Literal["unsupervised", "induction"]


Decision = Ask | Open | Refuse | Wait
UNKNOWN = Person(None, "", "visitor", "en", "none")


class Grant(NamedTuple):
    """What the server said of this account, and when."""

    grant: LoginGrant
    received_at: datetime
    is_fresh: bool


def school_year_start(today: date, starts: str) -> date:
    """Return the first day of the school year that today lies in; `starts` is MM-DD."""
    month, day = int(starts[:2]), int(starts[3:])
    for year in (today.year, today.year - 1):
        try:
            start = date(year, month, day)
        except ValueError:  # 29 February
            start = date(year, 3, 1)
        if start <= today:
            return start
    return date(today.year - 1, 1, 1)


def decide_gate(
    grant: Grant | None,
    policy: Policy | None,
    accepted_here: Accepted | None,
    now: datetime,
    wish: Language,
    local: datetime | None = None,
    supervisors: Sequence[Supervised] = (),
) -> Decision:
    """
    Return what happens at this login.

    `wish` is the language the account itself asks for, used where the school names none; `local` is `now` in
    the laptop's own zone, for hours that an adult has set; `supervisors` are the check-ins that hold. Pure.
    """
    if policy is None:
        return Refuse(UNKNOWN._replace(language=wish), "no-agreement", "no-agreement")
    settings = policy.body.settings
    person = _who(grant, settings, now, wish)
    if isinstance(person, Refuse):
        return person
    said = grant.grant if grant and person.person is not None else None
    stop = decide_stop(said, local or now) if said else None
    if stop is not None:
        return Refuse(person, stop.notice, stop.reason, stop.until)
    agreement = policy.agreement_for(person.tier)
    if agreement is None:
        return Refuse(person, "no-agreement", "no-agreement")
    kept_out = _hours(person, said, policy, supervisors, local or now)
    if kept_out is not None:
        return kept_out
    for accepted in (accepted_here, said.accepted) if said else ():
        if accepted is None or (said and said.accept_after and accepted.at < said.accept_after):
            continue
        if _still_holds(accepted, agreement, settings, now):
            return Open(person, accepted)
    return Ask(person, agreement)


def _hours(
    person: Person,
    said: LoginGrant | None,
    policy: Policy,
    supervisors: Sequence[Supervised],
    local: datetime,
) -> Refuse | Wait | None:
    """Return what the hours say against this person now (R11, R19, R20)."""
    settings = settings_at(policy.body.settings, policy.body.variants, person.tier, local)
    supervised = supervisor_among(supervisors, settings.hours, local) is not None
    lacking = lacks_lesson(said, settings)
    match presence_of(settings.hours, person.tier, supervised=supervised, lacks_a_lesson=lacking):
        case "closed":
            return Refuse(person, "closed", "closed", opens_at(policy, person.tier, local))
        case "adults-only":
            return Refuse(person, "adults-only", "closed", opens_at(policy, person.tier, local))
        case "needs-supervisor":
            return Wait(person, "induction" if lacking else "unsupervised")
        case _:
            return None


def _who(grant: Grant | None, settings: Settings, now: datetime, wish: Language) -> Person | Refuse:
    offered = settings.agreement.languages
    unknown = UNKNOWN._replace(language=wish if wish in offered else offered[0])
    visitors_welcome = settings.login.unknown_login == "visitor"
    if grant is None:
        return unknown if visitors_welcome else Refuse(unknown, "offline-unknown", "not-listed")
    source: Literal["fresh", "cached"] = "fresh" if grant.is_fresh else "cached"
    if not grant.grant.listed:
        guest = unknown._replace(source=source)
        return guest if visitors_welcome else Refuse(guest, "not-listed", "not-listed")
    person = Person(
        grant.grant.person,
        grant.grant.display_name,
        grant.grant.tier,
        grant.grant.language if grant.grant.language in offered else offered[0],
        source,
        grant.grant.year,
    )
    too_old = now - grant.received_at > timedelta(days=settings.login.offline_days)
    if not grant.is_fresh and too_old:
        return Refuse(person, "offline-unknown", "not-listed")
    return person


def _still_holds(accepted: Accepted, agreement: Agreement, settings: Settings, now: datetime) -> bool:
    if accepted.tier != agreement.tier or accepted.version != agreement.version:
        return False
    starts = settings.agreement.school_year_starts
    return accepted.at.date() >= school_year_start(now.date(), starts)


def pages_of(agreement: Agreement, language: Language) -> int:
    """Return how many pages must have been shown."""
    text = next((text for text in agreement.texts if text.language == language), None)
    return len(text.sections) if text else 0


def judge_answer(
    answer: GateAnswered, agreement: Agreement, reading_seconds: float, settings: Settings
) -> Literal["believed", "too-fast", "unseen", "wrong-text"]:
    """
    Say whether to believe an answer from the pupil's own process.

    Declining is always believed: anybody may leave. Pure.
    """
    text = next((text for text in agreement.texts if text.language == answer.language), None)
    if text is None or answer.version != agreement.version or answer.text_hash != text_hash(text):
        return "believed" if answer.answer == "declined" else "wrong-text"
    if answer.answer == "declined":
        return "believed"
    if answer.pages_shown < len(text.sections):
        return "unseen"
    if reading_seconds < settings.agreement.read_at_least_seconds:
        return "too-fast"
    return "believed"
