"""`gatepost-server policy rollback` and `policy rollout …`: how settings reach the laptops, and back."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import Connection

from server import cli, policy_saying, proposing, rollout_view, rollouts, state
from server.errors import NotFound
from server.proposing import COMMAND_LINE
from server.rollout_view import RolloutView
from server.rollouts import Rollout

rollout = cli.Group("rollout", help="How settings reach the laptops, ring by ring.")
_number = click.argument("number", type=int, required=False)


@click.command(cls=cli.Command, epilog=cli.examples('policy rollback --reason "the lab locks too soon"'))
@click.option("--to", type=int, help="An earlier policy's number (`policy log`); else the last good one.")
@policy_saying.change_options
def rollback(to: int | None, **how: Any) -> None:
    """
    Go back to the last good settings.

    A rollout under way is stopped, at once. Else it is a change like any other: exit code 4 means that it
    weakens protection and waits for a second adult.
    """
    asked = policy_saying.given(**how)
    with cli.opened() as here:
        with here.db.write() as connection:
            running = rollouts.under_way(connection)
            if running is not None and to is None:
                stopped = _stop(connection, running)
                cli.say(_stopped(stopped), {"state": "stopped", "rollout": stopped.number})
                return
            now = state.utc_now()
            try:
                made = proposing.roll_back(
                    connection, by=COMMAND_LINE, reason=asked.reason or "back to the last good settings",
                    risk=asked.risk, now=now, to=to, plan=asked.plan,
                )  # fmt: skip
            except proposing.ProposalRefused as refused:
                raise policy_saying.refusal(refused) from None
            if made.state == "ready":
                made = proposing.apply(connection, made.number, by=COMMAND_LINE, now=now)
        policy_saying.tell(here, made, asked.wait_seconds)


@rollout.command("start", epilog=cli.examples("policy rollout start 7 --wait"))
@click.argument("change", type=int)
@click.option("--wait", is_flag=True, help="Wait until the laptops of the first ring confirm.")
@click.option("--wait-seconds", type=click.FloatRange(0.1, 86_400), default=120, show_default=True)
def start(change: int, wait: bool, wait_seconds: float) -> None:
    """Bring a proposed CHANGE that needs nobody's approval to the laptops, by its own plan."""
    with cli.opened() as here:
        with here.db.write() as connection:
            made = proposing.apply(connection, change, by=COMMAND_LINE, now=state.utc_now())
        policy_saying.tell(here, made, wait_seconds if wait else None)


@rollout.command("status")
@_number
@click.option("--wait", is_flag=True, help="Wait until the laptops of the open rings confirm.")
@click.option("--wait-seconds", type=click.FloatRange(0.1, 86_400), default=120, show_default=True)
def status(number: int | None, wait: bool, wait_seconds: float) -> None:
    """Show who confirmed, who has not yet, and who refused and why; the newest without NUMBER."""
    with cli.opened() as here:
        with here.db.read() as connection:
            found = _find(connection, number)
            names = policy_saying.hostnames(connection)
            seen = rollout_view.view(connection, found.number, state.utc_now())
        if wait and found.is_under_way:
            seen = policy_saying.wait_for(here, found.number, wait_seconds)
    cli.say(_table(seen, names), _plain(seen))


@rollout.command("list")
def listed() -> None:
    """Show rollouts, newest first."""
    with cli.opened() as here, here.db.read() as connection:
        found = rollouts.list_rollouts(connection)
    rows = [
        (str(each.number), str(each.revision), each.state, each.by, f"{each.at:%Y-%m-%d %H:%M}", each.note)
        for each in found
    ]
    looks: dict[str, cli.Look] = {"stopped": "bad", "paused": "warn", "running": "good"}
    head = ("rollout", "policy", "state", "by", "begun (UTC)", "")
    cli.say(cli.table(head, rows, looks), [_facts(each) for each in found])


@rollout.command("next")
@_number
def next_ring(number: int | None) -> None:
    """Go on after a pause, or open the next ring now."""
    _step(number, lambda c, found: rollouts.go_on(c, found.number, state.utc_now()))


@rollout.command("pause")
@_number
def pause(number: int | None) -> None:
    """Open no further ring until `next`. It still stops itself."""
    _step(number, lambda c, found: rollouts.pause(c, found.number, state.utc_now()))


@rollout.command("stop")
@_number
def stop(number: int | None) -> None:
    """Give every laptop the last good settings again, now."""
    _step(number, _stop)


@rollout.command("back")
@_number
def back(number: int | None) -> None:
    """Do the same as `stop`."""
    _step(number, _stop)


def _step(number: int | None, work: Callable[[Connection, Rollout], Rollout]) -> None:
    with cli.opened() as here, here.db.write() as connection:
        done = work(connection, _find(connection, number, under_way=True))
    text = _stopped(done) if done.state == "stopped" else _line(done)
    cli.say(text, _facts(done))


def _stop(connection: Connection, found: Rollout) -> Rollout:
    return rollouts.stop(connection, found.number, by=COMMAND_LINE, now=state.utc_now())


def _find(connection: Connection, number: int | None, *, under_way: bool = False) -> Rollout:
    if number is not None:
        return rollouts.get(connection, number)
    running = rollouts.under_way(connection)
    if running is not None:
        return running
    newest = [] if under_way else rollouts.list_rollouts(connection, 1)
    if not newest:
        raise NotFound("no rollout is under way" if under_way else "there was no rollout yet")
    return newest[0]


def _stopped(done: Rollout) -> str:
    return f"rollout {done.number} is stopped ({done.note}): every laptop gets the last good settings again"


def _line(done: Rollout) -> str:
    ring = done.plan.all_rings[done.ring]
    rings = f"ring {done.ring + 1} of {len(done.plan.all_rings)} ({rollouts.name_of(ring)})"
    note = f": {done.note}" if done.note else ""
    return f"rollout {done.number} of policy {done.revision} is {done.state}, {rings}{note}"


def _table(seen: RolloutView, names: dict[str, str]) -> str:
    rows = []
    for ring in seen.rings:
        counts = (ring.devices, ring.confirmed, ring.pending, ring.rejected, ring.silent, ring.broken)
        rows.append((ring.name, ring.state, *(str(len(each)) for each in counts)))
    head = ("ring", "state", "laptops", "confirmed", "pending", "refused", "silent", "broken")
    lines = [_line(seen.rollout), cli.table(head, rows, {"open": "good", "skipped": "warn"})]
    for ring in seen.rings:
        lines += [
            f"  {cli.safe(names.get(device, device))} refused: {cli.safe(why)}"
            for device, why in ring.rejected
        ]
    return "\n".join(lines)


def _facts(found: Rollout) -> dict[str, Any]:
    return {
        "rollout": found.number,
        "revision": found.revision,
        "good_revision": found.good_revision,
        "state": found.state,
        "ring": found.ring,
        "note": found.note,
        "by": found.by,
        "at": found.at,
        "ended_at": found.ended_at,
    }


def _plain(seen: RolloutView) -> dict[str, Any]:
    rings = [ring._replace(ring=None)._asdict() | {"kind": ring.ring.kind} for ring in seen.rings]  # type: ignore[arg-type]
    for ring in rings:
        del ring["ring"]
    return _facts(seen.rollout) | {"confirmed": seen.confirmed, "of": seen.opened, "rings": rings}
