"""Change control: a change of settings is proposed, seen, perhaps approved by a second adult, then applied.

What weakens protection needs a note on the risk and a second person, and between the two of them both a
technical and an educational office (R82). The command line is a technician and never a second person.
A change made on older settings is kept as a draft: nothing that somebody typed is lost.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, update

from policies.agreements import AgreementRefused
from policies.settings import SettingsRefused
from policies.tree import PolicyTree
from server import changes, policy_store, rollouts
from server.errors import NotFound
from server.policy_store import Author
from server.policy_tables import approvals
from server.policy_tables import proposals as proposals_table
from server.proposals import (
    COMMAND_LINE,
    OFFICES,
    OPEN,
    Answer,
    Proposal,
    ProposalRefused,
    Refusal,
    State,
    affected,
    check,
    check_alone,
    differ,
    get,
    last_good,
    list_proposals,
    may_approve,
    may_refuse,
    merged,
    must_have_settings,
    preview,
)
from server.rollout_machine import AT_ONCE, Plan


def propose(
    connection: Connection,
    tree: PolicyTree,
    *,
    by: Author,
    reason: str,
    base: int,
    now: datetime,
    risk: str = "",
    plan: Plan = AT_ONCE,
    back_to: int | None = None,
) -> Proposal:
    """
    Keep a change and say what it does; nothing reaches a laptop yet.

    Ready if it weakens nothing, waiting for a second person if it does, outdated if `base` is no longer the
    newest revision (then look at `newer` and `overlaps`). Raises ProposalRefused, and Invalid for a ring
    without laptops.
    """
    newest = must_have_settings(connection)
    before = newest if base == newest.number else policy_store.get_revision(connection, base)
    if not by.roles & OFFICES:
        raise ProposalRefused("no-office")
    if not reason.strip():
        raise ProposalRefused("no-reason")
    if not differ(before.tree, tree):
        raise ProposalRefused("no-change")
    check(connection, tree)
    differences = preview(connection, before.tree, tree)
    weaker = any(change.weakens for change in differences)
    if weaker and not risk.strip():
        raise ProposalRefused("no-risk-note")
    rollouts.check_plan(connection, plan)
    state: State = "outdated" if base != newest.number else "waiting" if weaker else "ready"
    made = connection.execute(
        insert(proposals_table).values(
            state=state,
            base=base,
            tree=msgspec.json.encode(tree).decode(),
            reason=reason.strip()[:400],
            risk=risk.strip()[:2000],
            weakens=weaker,
            changes=msgspec.json.encode(differences).decode(),
            affected=msgspec.json.encode(affected(connection, before.tree, tree)).decode(),
            plan=msgspec.json.encode(plan).decode(),
            back_to=back_to,
            by_staff=by.staff,
            by_name=by.name[:200],
            offices=",".join(sorted(by.roles))[:120],
            at=now,
        )
    )
    changes.bump(connection, changes.POLICY)
    return get(connection, int(made.inserted_primary_key[0]))  # type: ignore[index]


def apply(connection: Connection, number: int, *, by: Author, now: datetime) -> Proposal:
    """
    Bring a ready change to the laptops by its plan. Returns it applied, or outdated if somebody was faster.

    Raises ProposalRefused, and Invalid where a ring has no laptop any more.
    """
    proposal = get(connection, number)
    if not by.roles & OFFICES:
        raise ProposalRefused("no-office")
    if proposal.state == "waiting":
        raise ProposalRefused("not-open", "This weakens protection and waits for a second adult.")
    return _apply(connection, proposal, by, now)


def approve(connection: Connection, number: int, *, by: Author, now: datetime, words: str = "") -> Proposal:
    """
    Say yes as the second person; it is applied at once, by its plan.

    Returns it applied, or outdated if somebody saved meanwhile. Raises ProposalRefused.
    """
    proposal = get(connection, number)
    refusal = may_approve(proposal, by)
    if refusal is not None:
        raise ProposalRefused(refusal)
    _answer(connection, number, by, now, "yes", words)
    return _apply(connection, proposal._replace(state="ready"), by, now)


def refuse(connection: Connection, number: int, *, by: Author, now: datetime, words: str) -> Proposal:
    """Say no as the second person; the proposer reads why. Raises ProposalRefused."""
    proposal = get(connection, number)
    refusal = may_refuse(proposal, by)
    if refusal is not None:
        raise ProposalRefused(refusal)
    if not words.strip():
        raise ProposalRefused("no-words")
    _answer(connection, number, by, now, "no", words)
    return _set(connection, number, "refused")


def withdraw(connection: Connection, number: int, *, by: Author, now: datetime) -> Proposal:
    """Take one's own change back. Raises ProposalRefused."""
    proposal = get(connection, number)
    if proposal.state not in OPEN:
        raise ProposalRefused("not-open")
    if by.staff != proposal.by.staff:
        raise ProposalRefused("not-yours")
    _answer(connection, number, by, now, "withdrawn", "")
    return _set(connection, number, "withdrawn")


def rebase(connection: Connection, number: int, *, by: Author, now: datetime, risk: str = "") -> Proposal:
    """
    Make an outdated change anew on the settings of today, if both changes touch different things.

    Whoever does so is its author now. Raises ProposalRefused.
    """
    old = get(connection, number)
    if old.state != "outdated":
        raise ProposalRefused("not-open")
    if not by.roles & OFFICES:
        raise ProposalRefused("no-office")
    newest = must_have_settings(connection)
    both = merged(old, newest)
    if both.tree is None:
        raise ProposalRefused("overlaps")
    made = propose(
        connection,
        both.tree,
        by=by,
        reason=old.reason,
        risk=risk or old.risk,
        base=newest.number,
        now=now,
        plan=old.plan,
    )
    _answer(connection, number, by, now, "withdrawn", f"made anew as {made.number}")
    _set(connection, number, "withdrawn")
    return made


def roll_back(
    connection: Connection,
    *,
    by: Author,
    reason: str,
    now: datetime,
    to: int | None = None,
    risk: str = "",
    plan: Plan = AT_ONCE,
) -> Proposal:
    """
    Propose the last good settings (or an earlier revision's) again, as a change like any other.

    While a rollout is under way `rollouts.stop` goes back at once. Raises ProposalRefused, NotFound.
    """
    newest = must_have_settings(connection)
    back = last_good(connection) if to is None else policy_store.get_revision(connection, to)
    if back is None:
        raise NotFound("there are no earlier settings to go back to")
    return propose(
        connection,
        back.tree,
        by=by,
        reason=reason,
        risk=risk,
        base=newest.number,
        now=now,
        plan=plan,
        back_to=back.number,
    )


def _apply(connection: Connection, proposal: Proposal, by: Author, now: datetime) -> Proposal:
    if proposal.state == "outdated":
        return proposal
    if proposal.state != "ready":
        raise ProposalRefused("not-open")
    newest = must_have_settings(connection)
    if newest.number != proposal.base:
        return _set(connection, proposal.number, "outdated")
    running = rollouts.under_way(connection)
    if running is not None and not running.reaches_all:
        raise ProposalRefused("rollout-runs")
    back = proposal.back_to
    try:
        made = policy_store.add_revision(
            connection,
            proposal.tree,
            by=proposal.by,
            now=now,
            reason=proposal.reason,
            kind="applied" if back is None else "rollback",
            proposal=proposal.number,
            like=None if back is None else policy_store.get_revision(connection, back),
        )
    except (SettingsRefused, AgreementRefused) as problem:
        raise ProposalRefused("settings", str(problem)) from problem
    connection.execute(
        update(proposals_table)
        .where(proposals_table.c.number == proposal.number)
        .values(state="applied", revision=made.number)
    )
    rollouts.start(
        connection,
        revision=made.number,
        good_revision=newest.number,
        plan=proposal.plan,
        by=by.name,
        now=now,
    )
    return get(connection, proposal.number)


def _answer(connection: Connection, number: int, by: Author, now: datetime, answer: str, words: str) -> None:
    connection.execute(
        insert(approvals).values(
            proposal=number,
            by_staff=by.staff,
            by_name=by.name[:200],
            offices=",".join(sorted(by.roles))[:120],
            at=now,
            answer=answer,
            words=words.strip()[:2000],
        )
    )


def _set(connection: Connection, number: int, state: State) -> Proposal:
    connection.execute(update(proposals_table).where(proposals_table.c.number == number).values(state=state))
    changes.bump(connection, changes.POLICY)
    return get(connection, number)


__all__ = [
    "COMMAND_LINE",
    "OFFICES",
    "Answer",
    "Author",
    "Proposal",
    "ProposalRefused",
    "Refusal",
    "affected",
    "apply",
    "approve",
    "check",
    "check_alone",
    "differ",
    "get",
    "last_good",
    "list_proposals",
    "may_approve",
    "may_refuse",
    "must_have_settings",
    "preview",
    "propose",
    "rebase",
    "refuse",
    "roll_back",
    "withdraw",
]
