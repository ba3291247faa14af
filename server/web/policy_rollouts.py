"""One rollout, ring by ring: who has confirmed, who has not, who refused and why; on, wait, or back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Stream
from sqlalchemy import Connection

from server import policy_store, proposals, rollout_view, rollouts, state
from server.errors import Invalid, NotFound
from server.rollout_view import RingView, RolloutView
from server.web import common, doors, policy_common, policy_view
from server.web.common import Asked
from server.web.policy_common import OPENS, Laptop
from server.web.policy_labels import ROLLOUT_CHIPS
from server.web.words import Words

LOOK_SECONDS = 2.0
BEATS_EVERY = 8
"""Looks without news between two beats, by which a page knows that the line holds."""
Act = Callable[[Connection], object]


class RingCard(NamedTuple):
    """One ring as its card shows it."""

    name: str
    look: str
    """off: not begun; wait: going; done: everybody confirmed; over: it ended before; skipped."""
    confirmed: int
    devices: int
    pending: list[Laptop]
    rejected: list[tuple[Laptop, str]]
    silent: list[Laptop]
    broken: list[Laptop]


def look_of(ring: RingView, *, runs: bool = True) -> str:
    """Return how a ring's card looks. `runs`: the rollout is under way. Pure."""
    if ring.state == "skipped":
        return "skipped"
    if ring.state == "waiting":
        return "off"
    if len(ring.confirmed) == len(ring.devices):
        return "done"
    return "wait" if runs else "over"


def _view(request: Asked, connection: Connection, number: int) -> RolloutView:
    house = state.of(request)
    try:
        return rollout_view.view(
            connection, number, policy_common.now_utc(), house.connected(), house.listening_since
        )
    except NotFound as problem:
        raise NotFoundException from problem


def _cards(connection: Connection, view: RolloutView, words: Words) -> list[RingCard]:
    cards = []
    for ring in view.rings:
        why = dict(ring.rejected)
        named = {each.id: each for each in policy_common.named_laptops(connection, list(why))}
        cards.append(
            RingCard(
                policy_common.ring_name(connection, ring.ring, words)
                if len(view.rings) > 1
                else words.say("All at once"),
                look_of(ring, runs=view.rollout.is_under_way),
                len(ring.confirmed),
                len(ring.devices),
                policy_common.named_laptops(connection, ring.pending),
                [(named[device], reason) for device, reason in ring.rejected if device in named],
                policy_common.named_laptops(connection, ring.silent),
                policy_common.named_laptops(connection, ring.broken),
            )
        )
    return cards


def _page(request: Asked, number: int, problem: str = "") -> Response[str]:
    words = policy_common.words_for(request)
    with state.of(request).db.read() as connection:
        view = _view(request, connection, number)
        revision = policy_store.get_revision(connection, view.rollout.revision)
        good = policy_store.get_revision(connection, view.rollout.good_revision)
        differences = proposals.preview(connection, good.tree, revision.tree)
        context: dict[str, Any] = {
            "view": view,
            "rollout": view.rollout,
            "cards": _cards(connection, view, words),
            "chip_of": ROLLOUT_CHIPS[view.rollout.state],
            "changes": policy_common.say_changes(connection, differences, words),
            "reason": revision.reason,
            "problem": problem,
            "next_at": _next_at(view),
            "stopped_by": policy_view.stop_reason(view.rollout.note),
        }
    return common.show(request, "policy_rollout.html", "policies", context, 409 if problem else 200)


def _next_at(view: RolloutView) -> datetime | None:
    """Return when the next ring opens by itself; None if a person has to press on."""
    rollout = view.rollout
    if rollout.state != "running" or rollout.reaches_all or rollout.plan.by_hand:
        return None
    return rollout.ring_opened_at + timedelta(minutes=rollout.plan.wait_minutes)


@get("/policies/rollouts/{number:int}", guards=OPENS, sync_to_thread=True)
def show_rollout(request: Asked, number: int) -> Response[str]:
    """Show how far settings have come."""
    return _page(request, number)


def _act(request: Asked, number: int, act: Act) -> Response[str] | Redirect:
    house = state.of(request)
    try:
        with house.db.write() as connection:
            act(connection)
    except NotFound as problem:
        raise NotFoundException from problem
    except Invalid:
        return _page(request, number, "not-open")
    house.notice_changes()
    return common.go(f"/policies/rollouts/{number}")


@post("/policies/rollouts/{number:int}/pause", guards=OPENS, sync_to_thread=True, status_code=200)
def pause(request: Asked, number: int) -> Response[str] | Redirect:
    """Open no further ring for now."""
    now = policy_common.now_utc()
    return _act(request, number, lambda connection: rollouts.pause(connection, number, now))


@post("/policies/rollouts/{number:int}/on", guards=OPENS, sync_to_thread=True, status_code=200)
def go_on(request: Asked, number: int) -> Response[str] | Redirect:
    """Go on after a pause, or open the next ring now."""
    now, connected = policy_common.now_utc(), state.of(request).connected()
    return _act(request, number, lambda connection: rollouts.go_on(connection, number, now, connected))


@post("/policies/rollouts/{number:int}/stop", guards=OPENS, sync_to_thread=True, status_code=200)
def stop(request: Asked, number: int) -> Response[str] | Redirect:
    """Give every laptop the last good settings again."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    return _act(request, number, lambda connection: rollouts.stop(connection, number, by=by, now=now))


def fingerprint(request: Asked, number: int) -> str:
    """Return a short text that is another one when the page would show something else."""
    with state.of(request).db.read() as connection:
        view = _view(request, connection, number)
    return hashlib.sha256(repr((view.rollout, view.rings)).encode()).hexdigest()[:16]


@get("/policies/rollouts/{number:int}/live", guards=OPENS)
async def stream_rollout(request: Asked, number: int) -> Stream:
    """Say whenever the page would look different now."""
    await asyncio.to_thread(fingerprint, request, number)  # a rollout that is not there is a plain 404
    headers = {"X-Accel-Buffering": "no"}
    return Stream(_news(request, number), media_type="text/event-stream", headers=headers)


async def _news(request: Asked, number: int) -> AsyncIterator[bytes]:
    house = state.of(request)
    before, quiet = "", 0
    while not house.stopping:
        version = house.live.version
        viewer = await asyncio.to_thread(common.still_viewer, request)
        if viewer is None or not doors.may_open(viewer, "policies"):
            yield b"event: over\ndata: -\n\n"
            return
        now = await asyncio.to_thread(fingerprint, request, number)
        if now != before or quiet >= BEATS_EVERY:
            yield f"event: {'news' if now != before else 'beat'}\ndata: {now}\n\n".encode()
            before, quiet = now, 0
        quiet += 1
        await house.live.changed(version, LOOK_SECONDS)


ROUTES = [show_rollout, pause, go_on, stop, stream_rollout]
