"""What may be done in a case, and when. Pure: no clock, no database, no names.

Every refusal is a word; pages have the sentences. What is refused changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

from policies.reports import Harm

TaskKind = Literal[
    "parents",
    "agency-advice",
    "agency-referral",
    "debrief",
    "support",
    "blocking-advice",
    "isolate",
    "talk-with-child",
    "second-review",
    "other",
]
Outcome = Literal["done", "not-done"]
Method = Literal["meeting", "phone", "letter", "message"]
Procedure = Literal["complaint", "bullying", "behaviour", "protection", "staff-conduct"]
StaffWhat = Literal[
    "on-behalf",
    "concern",
    "accidental",
    "visitor",
    "private-contact",
    "content-conflict",
    "complaint",
    "whistleblowing",
]
Refusal = Literal[
    "acknowledged",
    "closed",
    "not-closed",
    "unchanged",
    "held",
    "done",
    "needs-note",
    "needs-reason",
    "needs-date",
    "needs-place",
    "needs-justification",
    "needs-outcome",
    "needs-owner",
    "same-person",
    "lead-or-head",
    "no-laptop",
    "quarantined",
    "parents-open",
    "debrief-open",
    "review-open",
    "tasks-open",
    "no-reply",
    "same-case",
    "excluded",
    "not-listed",
    "wrong-circle",
]

HELD_KINDS: frozenset[str] = frozenset({"parents", "agency-referral"})
"""While contact is held these cannot be settled: parents, and whoever else would come to know (R56)."""
NO_PARENTS: frozenset[str] = frozenset({"complaint", "whistleblowing", "private-contact", "content-conflict"})
"""Kinds of staff report with no child in them: nobody's parents are informed."""
FEWEST_LETTERS = 20
"""Of a justification for viewing suspected imagery (R52). The text is sealed: the page counts it."""
BASE: tuple[TaskKind, ...] = ("talk-with-child", "parents", "debrief")
TEMPLATES: dict[Harm, tuple[TaskKind, ...]] = {
    "content": ("blocking-advice",),
    "contact": ("agency-advice", "blocking-advice", "support"),
    "conduct": ("support",),
    "bullying": ("support", "blocking-advice"),
    "sexual-image": ("agency-advice", "agency-referral", "blocking-advice", "support"),
    "harassment": ("agency-advice", "blocking-advice", "support"),
    "exploitation": ("agency-advice", "agency-referral", "support"),
    "hate": ("agency-advice", "support"),
    "extremism": ("agency-advice", "agency-referral", "support"),
    "illegal": ("agency-advice", "agency-referral"),
    "filter-breach": ("blocking-advice",),
    "offensive-message": ("blocking-advice", "support"),
    "other": (),
}
"""What else there is to do for each kind of harm (R57 to R60); the lead adds and settles as they judge."""
DAYS: dict[TaskKind, int] = {
    "talk-with-child": 1,
    "agency-advice": 1,
    "isolate": 1,
    "parents": 2,
    "agency-referral": 2,
    "support": 5,
    "blocking-advice": 5,
    "second-review": 7,
    "debrief": 14,
    "other": 7,
}
"""When a task falls due, in days. Ours: the policies we studied name none but "without delay"."""


class TaskFacts(NamedTuple):
    """As much of a task as rules need."""

    kind: str
    settled: bool
    done_staff: int | None = None


class CaseFacts(NamedTuple):
    """As much of a case as rules need."""

    state: str
    hold: bool = False
    quarantined: bool = False
    second_review: bool = False
    what: str = ""
    acknowledged_staff: int | None = None
    tasks: tuple[TaskFacts, ...] = ()


def decide_acknowledge(case: CaseFacts) -> Refusal | None:
    """Return why nobody can take this case up now, or None."""
    if case.state == "new":
        return None
    return "acknowledged" if case.state == "open" else "closed"


def decide_work(case: CaseFacts) -> Refusal | None:
    """Return why nothing can be added to this case, or None."""
    return "closed" if case.state == "closed" else None


def decide_new_task(case: CaseFacts, kind: str, place: str) -> Refusal | None:
    """Return why such a task cannot be made: to isolate something, somebody has to know where it is."""
    return decide_work(case) or ("needs-place" if kind == "isolate" and not place.strip() else None)


def decide_settle(
    case: CaseFacts,
    task: TaskFacts,
    outcome: Outcome,
    *,
    staff: int,
    has_note: bool,
    day: date | None,
    method: str | None,
    today: date,
) -> Refusal | None:
    """
    Return why a task cannot be settled so, or None.

    Not done needs a reason in a sealed note. Parents informed needs a day, not to come, and how (R57). A
    second review is another adult's than the one who took the case up (R69).
    """
    if case.state == "closed":
        return "closed"
    if task.settled:
        return "done"
    if case.hold and task.kind in HELD_KINDS:
        return "held"
    if outcome == "not-done":
        return None if has_note else "needs-reason"
    if task.kind == "parents" and (day is None or day > today or method not in get_args(Method)):
        return "needs-date"
    if task.kind == "second-review" and staff == case.acknowledged_staff:
        return "same-person"
    return None


def decide_hold(case: CaseFacts, *, on: bool) -> Refusal | None:
    """Return why contact cannot be held, or let go, now."""
    return decide_work(case) or ("unchanged" if case.hold == on else None)


def decide_quarantine(
    case: CaseFacts, *, on: bool, place: str, lead_or_head_reads: bool, has_note: bool, has_laptop: bool
) -> Refusal | None:
    """
    Return why this officer cannot secure the laptop, or open it again.

    Only the lead or the head opens it, with a note (R53); in a case that neither of them may read, the
    alternate does.
    """
    if not on and place not in ("lead", "head") and (place != "alternate" or lead_or_head_reads):
        return "lead-or-head"
    if on and case.state == "closed":
        return "closed"
    if case.quarantined == on:
        return "unchanged"
    if not has_laptop:
        return "no-laptop"
    return None if has_note else "needs-note"


def decide_imagery(case: CaseFacts, letters: int, *, has_note: bool) -> Refusal | None:
    """Return why a viewing of suspected imagery cannot be recorded: no justification, no viewing (R52)."""
    if not has_note or letters < FEWEST_LETTERS:
        return "needs-justification"
    return decide_work(case)


def decide_close(
    case: CaseFacts,
    *,
    staff: int,
    has_outcome: bool,
    has_lesson: bool,
    owner: str,
    owner_due: datetime | None,
) -> Refusal | None:
    """
    Return why a case cannot be closed, or None.

    It needs an outcome, a lesson and somebody who sees to it by a day (R63); parents informed, or the reason
    why not (R57); a debrief; every task settled; nothing held, and no laptop still under quarantine.
    """
    if case.state == "closed":
        return "closed"
    if case.hold:
        return "held"
    if case.quarantined:
        return "quarantined"
    settled = {task.kind for task in case.tasks if task.settled}
    if "parents" not in settled and case.what not in NO_PARENTS:
        return "parents-open"
    if "debrief" not in settled:
        return "debrief-open"
    if case.second_review and not any(
        task.kind == "second-review" and task.settled and task.done_staff != staff for task in case.tasks
    ):
        return "review-open"
    if not all(task.settled for task in case.tasks):
        return "tasks-open"
    if not has_outcome or not has_lesson:
        return "needs-outcome"
    return None if owner.strip() and owner_due is not None else "needs-owner"


def decide_reopen(case: CaseFacts) -> Refusal | None:
    """Return why a case cannot be opened again."""
    return None if case.state == "closed" else "not-closed"


def decide_link(case: str, other: str) -> Refusal | None:
    """Return why two cases cannot be linked."""
    return "same-case" if case == other else None


def decide_tasks(harm: str | None, existing: Collection[str], what: str = "") -> tuple[TaskKind, ...]:
    """Return the tasks that a case of this harm still lacks, in the order of the template."""
    wanted = BASE + next((kinds for name, kinds in TEMPLATES.items() if name == harm), ())
    if what in NO_PARENTS:
        wanted = tuple(kind for kind in wanted if kind not in ("parents", "talk-with-child"))
    return tuple(kind for kind in wanted if kind not in existing)


def due_at(kind: TaskKind, now: datetime) -> datetime:
    """Return when a task made now falls due."""
    return now + timedelta(days=DAYS[kind])


def decide_grant(*, is_listed: bool, was_excluded: bool) -> Refusal | None:
    """Return why a case cannot be opened to another officer: above all, that it is about them."""
    if not is_listed:
        return "not-listed"
    if was_excluded:
        return "excluded"
    return None


def may_be_about_head(coarse: str, heads_then: Collection[str], sealed_to: Collection[str]) -> bool:
    """
    Say whether a report may be about the head: about staff, and sealed to no head of the list of its day.

    `heads_then` are the keys that stood as head on that list. One about other staff goes to the head if there
    is one; whom else it is about stands inside the seal. Where no head was listed the two look alike, and
    what may be about the head is kept from the head.
    """
    return coarse == "staff" and not set(heads_then) & set(sealed_to)


def was_excluded(coarse: str, places_then: Sequence[str], was_reader: bool) -> bool:
    """
    Say whether a report left an officer out on purpose: they stood on its list, in the circle it went to.

    `places_then` are the places the person held on the list that it was sealed under. Pupils and laptops
    name whom a report is about only inside the seal; this is all that the server can see of it.
    """
    if was_reader:
        return False
    circle = {"head"} if coarse == "staff" else {"lead", "deputy"}
    return bool(circle & set(places_then))


def sheet_opens(coarse: str, roles: Collection[str], *, was_excluded: bool) -> bool:
    """Say whether the holder of the recovery sheet is shown a case: by their office, and not if left out."""
    offices = {"head"} if coarse == "staff" else {"safeguarding", "head"}
    return bool(offices & set(roles)) and not was_excluded


def decide_staff_route(what: StaffWhat, places: Collection[str]) -> Refusal | None:
    """
    Return why a staff report cannot be sealed to officers in these places.

    A complaint and content at odds with somebody's role go to the head (R50, R66), whistleblowing to the
    alternate or the head (R71), everything else to safeguarding. The recovery sheet is always in.
    """
    people = set(places) - {"recovery"}
    if not people or "recovery" not in places:
        return "wrong-circle"
    circles: dict[str, set[str]] = {
        "complaint": {"head", "alternate", "lead", "deputy"},
        "content-conflict": {"head", "alternate"},
        "whistleblowing": {"head", "alternate"},
    }
    return None if people <= circles.get(what, {"lead", "deputy", "head", "alternate"}) else "wrong-circle"
