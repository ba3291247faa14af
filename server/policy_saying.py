"""What the policy commands share: who asks, how a change reaches laptops, and how its fate is told."""

from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any, NamedTuple, TypeVar

import click
from sqlalchemy import Connection, select

from policies.tree import PolicyTree
from server import change_words, cli, proposing, rollout_view, rollouts, state
from server.errors import Invalid
from server.policy_store import Revision
from server.proposing import COMMAND_LINE, Proposal, ProposalRefused
from server.rollout_machine import Plan, Ring, RingKind
from server.state import ServerState
from server.tables import devices

WAITS = 4
"""Exit code: kept, and it waits for a second adult or to be put together with another change."""
_RING_KINDS: Mapping[str, RingKind] = {"group": "group", "room": "room", "site": "site", "device": "devices"}
_LOOK_SECONDS = 0.2
MOST_NAMED = 10
Command = TypeVar("Command", bound=Callable[..., Any])


class Given(NamedTuple):
    """How a change is to be made, as the options said."""

    reason: str
    risk: str
    plan: Plan
    wait_seconds: float | None


def change_options(command: Command) -> Command:
    """Add the options of every command that changes settings."""
    options = [
        click.option("--reason", default="", help="Why; everybody reads it beside the change."),
        click.option(
            "--risk", default="", help="What could happen; needed for what weakens protection, which waits."
        ),
        click.option(
            "--ring",
            "rings",
            multiple=True,
            metavar="KIND:NAME",
            help="Who gets it first: group:pilot, room:\"Lab 1\", site:NAME, device:ID,ID. In this order; "
            "all others follow. Without it everybody at once.",
        ),
        click.option("--by-hand", is_flag=True, help="Every ring waits for `policy rollout next`."),
        click.option(
            "--minutes", type=click.IntRange(1, 20_160), default=30, show_default=True,
            help="How long each ring is watched.",
        ),
        click.option("--wait", is_flag=True, help="Wait until laptops confirm (Ctrl+C stops waiting only)."),
        click.option(
            "--wait-seconds", type=click.FloatRange(0.1, 86_400), default=120, show_default=True,
            help="How long --wait waits.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def given(
    *, reason: str, risk: str, rings: tuple[str, ...], by_hand: bool, minutes: int, wait: bool,
    wait_seconds: float,
) -> Given:  # fmt: skip
    """Return what `change_options` said. Raises click.UsageError for a ring that is none."""
    plan = Plan(rings=tuple(_ring(each) for each in rings), by_hand=by_hand, wait_minutes=minutes)
    return Given(reason, risk, plan, wait_seconds if wait else None)


def _ring(text: str) -> Ring:
    word, colon, name = text.partition(":")
    kind = _RING_KINDS.get(word)
    if kind is None or not colon or not name.strip():
        raise click.UsageError(f"--ring {text}: write KIND:NAME; kinds are {', '.join(_RING_KINDS)}.")
    if kind == "devices":
        return Ring(kind=kind, devices=tuple(each.strip() for each in name.split(",") if each.strip()))
    return Ring(kind=kind, name=name.strip())


def change(here: ServerState, make_tree: Callable[[Revision], PolicyTree], how: Given) -> None:
    """
    Propose a changed tree as the command line, apply it if nobody else has to agree, and say so.

    Exits with WAITS where a second adult has to agree.
    """
    with here.db.write() as connection:
        newest = proposing.must_have_settings(connection)
        try:
            proposal = proposing.propose(
                connection,
                make_tree(newest),
                by=COMMAND_LINE,
                reason=how.reason,
                risk=how.risk,
                base=newest.number,
                now=state.utc_now(),
                plan=how.plan,
            )
        except ProposalRefused as refused:
            if refused.kind != "no-change":
                raise refusal(refused) from None
            proposal = None
        if proposal is not None and proposal.state == "ready":
            proposal = proposing.apply(connection, proposal.number, by=COMMAND_LINE, now=state.utc_now())
    if proposal is None:
        text = f"Nothing changed; policy {newest.number} stays."
        cli.say(text, {"state": "same", "number": newest.number, "changes": [], "weakens": False})
        return
    tell(here, proposal, how.wait_seconds)


def refusal(refused: ProposalRefused) -> Invalid:
    """Return a refusal as the command line says it, with the option that is missing."""
    option = {"no-reason": "--reason", "no-risk-note": "--risk"}.get(refused.kind)
    return Invalid(f"{refused} Use {option}." if option else str(refused))


def tell(here: ServerState, proposal: Proposal, wait_seconds: float | None) -> None:
    """Say what became of a change; with `wait_seconds` wait until its laptops confirm."""
    with here.db.read() as connection:
        lines = words_of(connection, proposal)
        rollout = rollouts.under_way(connection)
    known: dict[str, Any] = {
        "state": proposal.state,
        "proposal": proposal.number,
        "number": proposal.revision or proposal.base,
        "changes": lines,
        "weakens": proposal.weakens,
        "affected": proposal.affected,
        "rollout": rollout.number if rollout and rollout.revision == proposal.revision else None,
    }
    text = "\n".join(lines)
    if proposal.state != "applied":
        cli.say(f"{text}\n{_why_it_waits(proposal)}", known)
        click.get_current_context().exit(WAITS)
    text += f"\npolicy {proposal.revision} is published ({proposal.affected} laptops get other settings)"
    if wait_seconds is None or known["rollout"] is None:
        cli.say(text, known)
        return
    seen = wait_for(here, known["rollout"], wait_seconds)
    known["confirmed"], known["of"] = seen.confirmed, seen.opened
    cli.say(f"{text}\n{seen.confirmed} of {seen.opened} laptops confirmed", known)
    if seen.rollout.state == "stopped" or seen.confirmed < seen.opened:
        cli.note(seen.rollout.note or _not_yet(here, seen))
        click.get_current_context().exit(1)


def _not_yet(here: ServerState, seen: rollout_view.RolloutView) -> str:
    """Say which laptops are waited for: whoever pressed the key goes and looks at them."""
    with here.db.read() as connection:
        names = hostnames(connection)
    late = [
        cli.safe(names.get(each, each))
        for ring in seen.rings
        if ring.state == "open"
        for each in ring.devices
        if each not in ring.confirmed
    ]
    more = f" and {len(late) - MOST_NAMED} more" if len(late) > MOST_NAMED else ""
    who = f"{', '.join(late[:MOST_NAMED])}{more}"
    return f"not yet confirmed by {who}; the rollout goes on, see `policy rollout status --wait`"


def _why_it_waits(proposal: Proposal) -> str:
    if proposal.state == "waiting":
        return (
            f"Change {proposal.number} weakens protection: it waits until a head or safeguarding lead "
            "approves it on the page Policies."
        )
    newer = proposal.newer
    who = f" by {newer.by.name}" if newer else ""
    return f"Change {proposal.number} is kept as a draft: other settings were saved meanwhile{who}."


def words_of(connection: Connection, proposal: Proposal) -> list[str]:
    """Return a change in words, one line each."""
    return change_words.sentences(proposal.changes, hostnames=hostnames(connection))


def hostnames(connection: Connection) -> dict[str, str]:
    """Return what laptops are called, by their ids."""
    query = select(devices.c.id, devices.c.hostname).where(devices.c.state == "active")
    return {row.id: row.hostname for row in connection.execute(query)}


def wait_for(here: ServerState, number: int, seconds: float) -> rollout_view.RolloutView:
    """Look until every laptop of the open rings has confirmed, the rollout ends or the time is over."""
    seen = _view(here, number)
    pause = Event()

    def confirmations() -> Iterator[int]:
        nonlocal seen
        told, left = 0, seconds
        while True:
            yield from range(told, seen.confirmed)
            told = max(told, seen.confirmed)
            if seen.confirmed >= seen.opened or not seen.rollout.is_under_way or left <= 0:
                return
            pause.wait(_LOOK_SECONDS)
            left -= _LOOK_SECONDS
            seen = _view(here, number)

    try:
        with cli.progress(confirmations(), "laptops confirm", length=seen.opened) as bar:
            for _ in bar:
                pass
    except KeyboardInterrupt:
        cli.note("not waiting any more; the rollout goes on")
    return seen


def _view(here: ServerState, number: int) -> rollout_view.RolloutView:
    with here.db.read() as connection:
        return rollout_view.view(connection, number, state.utc_now())
