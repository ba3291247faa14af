"""/api/v1/policy: the settings as files, checked, compared, proposed and followed to the laptops.

A second adult's yes is given on a page, never here.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from msgspec import Meta
from sqlalchemy import Connection, select

from policies import tree_files
from policies.settings import SettingsRefused
from policies.tree import PolicyTree
from server import change_words, proposals, proposing, rollout_view, rollouts, state
from server.api.door import RESPONSES, Asked, opens, staff_of
from server.policy_store import Author
from server.proposals import Proposal
from server.rollout_machine import Plan, Ring
from server.rollout_view import RingView, RolloutView
from server.tables import devices

Files = Annotated[dict[Annotated[str, Meta(max_length=300)], str], Meta(min_length=1, max_length=5000)]
MOST_BYTES = 8 * 1024 * 1024


class Settings(msgspec.Struct, frozen=True):
    """The settings that hold, as `policy export` writes them."""

    number: int
    files: dict[str, str]
    by: str
    at: datetime
    reason: str


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of settings: path below it to text."""

    files: Files


class Good(msgspec.Struct, frozen=True):
    """Every laptop could take it."""

    school: str
    layers: int


class ChangeSaid(msgspec.Struct, frozen=True):
    """One difference in words."""

    words: str
    weakens: bool
    why: str


class Difference(msgspec.Struct, frozen=True):
    """What a folder would change."""

    differs: bool
    number: int
    weakens: bool
    changes: list[ChangeSaid]
    laptops: list[str]


class NewProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change to propose."""

    files: Files
    base: int
    """The number these files came from."""
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    risk: Annotated[str, Meta(max_length=2000)] = ""
    apply: bool = False
    """Bring it to the laptops at once if nobody else has to agree."""
    rings: Annotated[list[Ring], Meta(max_length=20)] = []
    by_hand: bool = False
    minutes: Annotated[int, Meta(ge=1, le=20_160)] = 30


class Proposed(msgspec.Struct, frozen=True):
    """A change and how it stands."""

    number: int
    state: str
    base: int
    by: str
    at: datetime
    reason: str
    risk: str
    weakens: bool
    changes: list[str]
    affected: int
    revision: int | None


class RingSaid(msgspec.Struct, frozen=True):
    """One ring of a rollout."""

    name: str
    state: str
    laptops: int
    confirmed: int
    pending: list[str]
    rejected: dict[str, str]
    silent: list[str]


class RolloutSaid(msgspec.Struct, frozen=True):
    """One rollout and how far it is."""

    number: int
    revision: int
    state: str
    note: str
    by: str
    at: datetime
    ended_at: datetime | None
    laptops: int
    confirmed: int
    rings: list[RingSaid]


@get("/policy", guards=[opens("policies")], responses=RESPONSES, sync_to_thread=True)
def show_policy(request: Asked) -> Settings:
    """Return the settings that hold, as files."""
    with state.of(request).db.read() as db:
        newest = proposing.must_have_settings(db)
    files = tree_files.tree_to_files(newest.tree)
    return Settings(newest.number, files, newest.by.name, newest.at, newest.reason)


@post(
    "/policy/check",
    guards=[opens("policies")],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=MOST_BYTES,
)
def check_policy(request: Asked, data: Given) -> Good:
    """Say whether every laptop could take these files; changes nothing."""
    tree = _tree(data.files)
    with state.of(request).db.read() as db:
        proposing.check(db, tree)
    return Good(tree.school.name, len(tree.layers))


@post(
    "/policy/diff",
    guards=[opens("policies")],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=MOST_BYTES,
)
def diff_policy(request: Asked, data: Given) -> Difference:
    """Say in words what these files would change, and whom it affects; changes nothing."""
    tree = _tree(data.files)
    with state.of(request).db.read() as db:
        newest = proposing.must_have_settings(db)
        proposing.check(db, tree)
        found = proposing.preview(db, newest.tree, tree)
        touched = proposing.affected(db, newest.tree, tree)
        names = _hostnames(db)
    lines = change_words.sentences(found, hostnames=names)
    said = [
        ChangeSaid(line, change.weakens, change.why_weakens or "")
        for line, change in zip(lines, found, strict=True)
    ]
    return Difference(
        proposing.differ(newest.tree, tree),
        newest.number,
        any(change.weakens for change in found),
        said,
        list(touched),
    )


@get("/policy/proposals", guards=[opens("policies")], responses=RESPONSES, sync_to_thread=True)
def list_proposals(request: Asked) -> list[Proposed]:
    """List the newest changes."""
    with state.of(request).db.read() as db:
        names = _hostnames(db)
        return [_proposed(each, names) for each in proposals.list_proposals(db)]


@post(
    "/policy/proposals",
    guards=[opens("policies", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    request_max_body_size=MOST_BYTES,
)
def propose(request: Asked, data: NewProposal) -> Proposed:
    """
    Propose a change; with `apply` it goes to the laptops at once if nobody else has to agree.

    `state` of the answer: applied, ready, waiting (a second adult has to agree on the page) or outdated.
    """
    tree, by, now = _tree(data.files), author_of(request), state.utc_now()
    plan = Plan(rings=tuple(data.rings), by_hand=data.by_hand, wait_minutes=data.minutes)
    with state.of(request).db.write() as db:
        made = proposing.propose(
            db, tree, by=by, reason=data.reason, risk=data.risk, base=data.base, now=now, plan=plan
        )
        if data.apply and made.state == "ready":
            made = proposing.apply(db, made.number, by=by, now=now)
        return _proposed(made, _hostnames(db))


@post(
    "/policy/proposals/{number:int}/apply",
    guards=[opens("policies", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
)
def apply_proposal(request: Asked, number: int) -> Proposed:
    """Bring a change that is ready to the laptops. One that weakens waits for a person at the page."""
    with state.of(request).db.write() as db:
        made = proposing.apply(db, number, by=author_of(request), now=state.utc_now())
        return _proposed(made, _hostnames(db))


@post(
    "/policy/proposals/{number:int}/withdraw",
    guards=[opens("policies", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
)
def withdraw_proposal(request: Asked, number: int) -> Proposed:
    """Take a change of one's own back."""
    with state.of(request).db.write() as db:
        made = proposing.withdraw(db, number, by=author_of(request), now=state.utc_now())
        return _proposed(made, _hostnames(db))


@get("/policy/rollouts", guards=[opens("policies")], responses=RESPONSES, sync_to_thread=True)
def list_rollouts(request: Asked) -> list[RolloutSaid]:
    """List the newest rollouts with what became of each laptop."""
    here, now = state.of(request), state.utc_now()
    with here.db.read() as db:
        return [
            _rollout(rollout_view.view(db, each.number, now, here.connected(), here.listening_since))
            for each in rollouts.list_rollouts(db, limit=10)
        ]


@get("/policy/rollouts/{number:int}", guards=[opens("policies")], responses=RESPONSES, sync_to_thread=True)
def show_rollout(request: Asked, number: int) -> RolloutSaid:
    """Show one rollout: who confirmed, who has not yet, who refused and why."""
    here, now = state.of(request), state.utc_now()
    with here.db.read() as db:
        return _rollout(rollout_view.view(db, number, now, here.connected(), here.listening_since))


def author_of(request: Asked) -> Author:
    """Return the token's owner as the author of a change."""
    staff = staff_of(request)
    return Author(staff.id, staff.display_name, staff.roles)


def _tree(files: dict[str, str]) -> PolicyTree:
    try:
        return tree_files.tree_of_files(files)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(str(problem)) from problem


def _hostnames(db: Connection) -> dict[str, str]:
    query = select(devices.c.id, devices.c.hostname).where(devices.c.state == "active")
    return {row.id: row.hostname for row in db.execute(query)}


def _proposed(each: Proposal, names: dict[str, str]) -> Proposed:
    return Proposed(
        each.number,
        each.state,
        each.base,
        each.by.name,
        each.at,
        each.reason,
        each.risk,
        each.weakens,
        change_words.sentences(each.changes, hostnames=names),
        each.affected,
        each.revision,
    )


def _rollout(seen: RolloutView) -> RolloutSaid:
    one = seen.rollout
    rings = [_ring(ring) for ring in seen.rings]
    return RolloutSaid(
        one.number, one.revision, one.state, one.note, one.by, one.at, one.ended_at, seen.devices,
        seen.confirmed, rings,
    )  # fmt: skip


def _ring(ring: RingView) -> RingSaid:
    return RingSaid(
        ring.name,
        ring.state,
        len(ring.devices),
        len(ring.confirmed),
        list(ring.pending),
        dict(ring.rejected),
        list(ring.silent),
    )


ROUTES = [
    show_policy,
    check_policy,
    diff_policy,
    list_proposals,
    propose,
    apply_proposal,
    withdraw_proposal,
    list_rollouts,
    show_rollout,
]
