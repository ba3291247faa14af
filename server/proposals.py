"""Proposed changes of settings, as they are looked at: what they change, whom they touch, who may say yes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from policies import composing, media
from policies.agreements import AgreementRefused
from policies.comparing import Change, compare
from policies.resolving import Resolver, agreement_settings, check_tree, tidy
from policies.settings import SettingsRefused
from policies.tree import Placement, PolicyTree
from server import merging, officer_lists, placing, policy_store
from server.errors import Invalid, NotFound
from server.policy_store import Author, Revision
from server.policy_tables import approvals, policy_revisions, proposals, rollouts
from server.rollout_machine import Plan, read_plan
from server.tables import staff, staff_roles

TECHNICAL = frozenset({"technician"})
EDUCATIONAL = frozenset({"head", "safeguarding"})
OFFICES = TECHNICAL | EDUCATIONAL
"""Whoever may propose."""
COMMAND_LINE = Author(None, media.COMMAND_LINE, TECHNICAL)
OPEN = ("ready", "waiting", "outdated")
State = Literal["ready", "waiting", "outdated", "applied", "refused", "withdrawn"]
"""ready: who has an office applies it; waiting: for a second person; outdated: somebody saved meanwhile."""
Refusal = Literal[
    "no-reason",
    "no-risk-note",
    "no-words",
    "no-change",
    "no-office",
    "own",
    "command-line",
    "needs-technical",
    "needs-educational",
    "not-open",
    "not-yours",
    "rollout-runs",
    "overlaps",
    "settings",
]
_SENTENCES: dict[str, str] = {
    "no-reason": "Say why: everybody reads the reason beside the change.",
    "no-risk-note": "This weakens protection. Write what could happen and why that is acceptable.",
    "no-words": "Say why not.",
    "no-change": "Nothing is different from the settings that hold now.",
    "no-office": "Only a technician, a safeguarding lead or the head changes settings.",
    "own": "Nobody approves a change of their own. Ask a second adult.",
    "command-line": "A change is approved on the page, by an adult who is signed in.",
    "needs-technical": "One of the two has to be a technician.",
    "needs-educational": "One of the two has to be the head or a safeguarding lead.",
    "not-open": "This change is not open any more. Look at the list.",
    "not-yours": "Only who proposed it can take it back.",
    "rollout-runs": "A rollout has not reached every laptop yet. Let it finish or stop it first.",
    "overlaps": "Both changes touch the same setting. Look at both and propose it anew.",
}
_changes: msgspec.json.Decoder[tuple[Change, ...]] = msgspec.json.Decoder(tuple[Change, ...])
_devices: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])
_trees: msgspec.json.Decoder[PolicyTree] = msgspec.json.Decoder(PolicyTree)


class ProposalRefused(Invalid):
    """This cannot be done with a change. `kind` is for pages, the message for the command line."""

    def __init__(self, kind: Refusal, sentence: str = "") -> None:
        super().__init__(sentence or _SENTENCES.get(kind, kind))
        self.kind: Refusal = kind


class Answer(NamedTuple):
    """What somebody said of a change."""

    by: Author
    at: datetime
    answer: str
    """yes, no or withdrawn."""
    words: str


class Proposal(NamedTuple):
    """One change of settings, as it was proposed."""

    number: int
    state: State
    base: int
    """The revision it was made on."""
    base_tree: PolicyTree
    tree: PolicyTree
    by: Author
    at: datetime
    reason: str
    risk: str
    changes: tuple[Change, ...]
    weakens: bool
    devices: tuple[str, ...]
    """Laptops that get other settings by it."""
    plan: Plan
    answers: tuple[Answer, ...]
    revision: int | None
    """What it became."""
    back_to: int | None
    """The earlier revision it goes back to."""
    newer: Revision | None
    """What somebody saved meanwhile, where it is outdated."""
    overlaps: tuple[str, ...]
    """What both changed; empty: `rebase` puts them together."""
    still: frozenset[str]
    """Those of the proposer's offices that they hold to this day."""

    @property
    def affected(self) -> int:
        """How many laptops get other settings."""
        return len(self.devices)


def preview(connection: Connection, before: PolicyTree, after: PolicyTree) -> tuple[Change, ...]:
    """Return what a change changes, as the school's laptops stand."""
    return compare(before, after, placing.placements(connection).values())


def differ(before: PolicyTree, after: PolicyTree) -> bool:
    """Say whether two trees differ in more than the order in which they were written."""
    return tidy(before) != tidy(after)


def check_alone(tree: PolicyTree, placements: Iterable[Placement] = ()) -> None:
    """Raise ProposalRefused("settings") with a sentence if no laptop would take these settings."""
    try:
        check_tree(tree, placements)
        composing.compose(tree.school, agreement_settings(tree), tree.tiers)
    except (SettingsRefused, AgreementRefused) as problem:
        raise ProposalRefused("settings", str(problem)) from problem


def check(connection: Connection, tree: PolicyTree) -> None:
    """Raise ProposalRefused("settings") with a sentence if some laptop of ours could not take these."""
    check_alone(tree, placing.placements(connection).values())
    if tree.settings.report.enabled and officer_lists.newest(connection) is None:
        raise ProposalRefused(
            "settings",
            "report.enabled: reporting needs two officers with keys and a recovery sheet first. "
            "Ask the safeguarding lead and the head to open Reports and make theirs.",
        )


def affected(connection: Connection, before: PolicyTree, after: PolicyTree) -> list[str]:
    """Return the laptops whose flat policy differs between two trees, by id."""
    where = placing.placements(connection)
    if _texts(before) != _texts(after):
        return sorted(where)
    was, now = Resolver(before), Resolver(after)
    known: dict[tuple[tuple[int, ...], tuple[int, ...]], bool] = {}
    found = []
    for device, placement in where.items():
        key = was.layers.signature(placement), now.layers.signature(placement)
        if key not in known:
            old, new = was.resolve(placement), now.resolve(placement)
            known[key] = (old.settings, old.variants) != (new.settings, new.variants)
        if known[key]:
            found.append(device)
    return sorted(found)


def may_approve(proposal: Proposal, by: Author) -> Refusal | None:
    """Return why this adult may not be the second person of this change, or None if they may (R82)."""
    if proposal.state != "waiting":
        return "not-open"
    if by.staff is None:
        return "command-line"
    if by.staff == proposal.by.staff:
        return "own"
    if not by.roles & OFFICES:
        return "no-office"
    both = by.roles | proposal.still
    if not both & TECHNICAL:
        return "needs-technical"
    if not both & EDUCATIONAL:
        return "needs-educational"
    if proposal.by.staff is None and by.roles & TECHNICAL:
        return "own"  # nobody is named at the command line: it may have been the same adult
    return None


def may_refuse(proposal: Proposal, by: Author) -> Refusal | None:
    """Return why this adult may not say no; they may also where the proposer holds no office any more."""
    return may_approve(proposal._replace(still=proposal.by.roles), by)


def last_good(connection: Connection) -> Revision | None:
    """Return the newest earlier revision with other settings that no rollout had to stop."""
    newest = must_have_settings(connection)
    stopped = select(rollouts.c.revision).where(rollouts.c.state == "stopped")
    query = (
        select(policy_revisions.c.number)
        .where(
            policy_revisions.c.number < newest.number,
            policy_revisions.c.tree_hash != newest.tree_hash,
            policy_revisions.c.number.not_in(stopped),
        )
        .order_by(policy_revisions.c.number.desc())
        .limit(1)
    )
    number = connection.execute(query).scalar()
    return None if number is None else policy_store.get_revision(connection, number)


def get(connection: Connection, number: int) -> Proposal:
    """Return one change; raise NotFound."""
    row = connection.execute(select(proposals).where(proposals.c.number == number)).first()
    if row is None:
        raise NotFound(f"there is no proposed change {number}")
    return _read(connection, row)


def list_proposals(
    connection: Connection, states: Iterable[str] | None = None, limit: int = 50
) -> list[Proposal]:
    """Return changes, newest first; of these states, or all."""
    query = select(proposals).order_by(proposals.c.number.desc()).limit(limit)
    if states is not None:
        query = query.where(proposals.c.state.in_(list(states)))
    return [_read(connection, row) for row in connection.execute(query).all()]


def must_have_settings(connection: Connection) -> Revision:
    """Return the newest revision; raise Invalid before the first."""
    newest = policy_store.current_tree(connection)
    if newest is None:
        raise Invalid("no policy is published yet: publish one with `policy publish --profile NAME`")
    return newest


def _texts(tree: PolicyTree) -> Any:
    return tree.school, composing.compose(tree.school, agreement_settings(tree), tree.tiers)


def merged(proposal: Proposal, newest: Revision) -> merging.Merged:
    """Return an outdated change put together with what was saved meanwhile, or what both touch."""
    try:
        return merging.merge(proposal.base_tree, proposal.tree, newest.tree)
    except SettingsRefused as problem:
        return merging.Merged(None, (str(problem),))


def _still(connection: Connection, by: Author) -> frozenset[str]:
    """Return which of their offices somebody still holds; none once their account is closed."""
    known = connection.execute(select(staff.c.active).where(staff.c.id == by.staff)).first()
    if known is None:
        return by.roles  # the command line, which no account stands for
    held = connection.execute(select(staff_roles.c.role).where(staff_roles.c.staff == by.staff)).scalars()
    return by.roles & frozenset(held) if known.active else frozenset()


def _read(connection: Connection, row: Row[Any]) -> Proposal:
    answers = connection.execute(
        select(approvals).where(approvals.c.proposal == row.number).order_by(approvals.c.id)
    )
    proposal = Proposal(
        row.number,
        row.state,
        row.base,
        policy_store.get_revision(connection, row.base).tree,
        _trees.decode(row.tree),
        policy_store.author_of(row),
        row.at,
        row.reason,
        row.risk,
        _changes.decode(row.changes),
        row.weakens,
        _devices.decode(row.affected),
        read_plan(row.plan),
        tuple(Answer(policy_store.author_of(each), each.at, each.answer, each.words) for each in answers),
        row.revision,
        row.back_to,
        None,
        (),
        _still(connection, policy_store.author_of(row)),
    )
    if proposal.state != "outdated":
        return proposal
    newest = must_have_settings(connection)
    return proposal._replace(newer=newest, overlaps=merged(proposal, newest).overlaps)
