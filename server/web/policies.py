"""Policies: what holds now, when it is looked at again, what waits, what goes out, and what was before."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection

from policies.setting_names import TYPES
from policies.settings import SettingsRefused
from policies.tree import SCOPES, PolicyTree
from server import groups, policy_store, proposals, proposing, rollouts, state
from server.change_words import entry_of
from server.errors import NotFound
from server.policy_store import Revision
from server.proposals import Proposal, ProposalRefused
from server.web import common, policy_common, policy_layers, policy_view
from server.web.common import Asked
from server.web.policy_common import OPENS
from server.web.policy_counts import may_be_second
from server.web.policy_labels import PROPOSAL_CHIPS, ROLLOUT_CHIPS
from server.web.policy_layers import Target
from server.web.words import Words
from server.wording.places import say_layer
from server.wording.promises import broken_promises

ROWS_PER_PAGE = 25
MOST_PLACES = 60
"""On the overview; the zip file has all of them."""


@get("/policies", guards=OPENS, sync_to_thread=True)
def show_policies(request: Asked) -> Response[str]:
    """Show how the settings stand, and what to do about them."""
    words, author = policy_common.words_for(request), policy_common.author_of(request)
    with state.of(request).db.read() as connection:
        current = policy_store.current_tree(connection)
        if current is None:
            return common.show(request, "policies_none.html", "policies", {})
        waiting = proposals.list_proposals(connection, proposals.OPEN)
        running = rollouts.under_way(connection)
        context = {
            "current": current,
            "review": policy_view.review_standing(current.tree.review, date.today()),
            "approved_on": policy_view.day_of(current.tree.review.approved_on),
            "promises": policy_view.broken_words(broken_promises(current.tree), words),
            "mine": [each for each in waiting if _is_mine(each, author)],
            "others": [each for each in waiting if not _is_mine(each, author)],
            "is_mine": lambda proposal: proposal.by.staff == author.staff,
            "summary": lambda proposal: _summary(connection, proposal, words),
            "running": running,
            "last_rollout": next(iter(rollouts.list_rollouts(connection, 1)), None),
            "last_good": proposals.last_good(connection),
            "stop_reason": policy_view.stop_reason,
            "PROPOSAL_CHIPS": PROPOSAL_CHIPS,
            "ROLLOUT_CHIPS": ROLLOUT_CHIPS,
            "MOST_PLACES": MOST_PLACES,
            "layers": _layers(connection, current.tree, words),
            "rooms": [room.name for room in groups.list_rooms(connection)],
            "revisions": policy_store.list_revisions(connection, 8),
        }
        return common.show(request, "policies.html", "policies", context)


def _is_mine(proposal: Proposal, author: policy_store.Author) -> bool:
    """Say whether this adult has the next word: a yes to give, or their own change to send out."""
    if proposal.state == "waiting":
        return proposal.by.staff != author.staff and may_be_second(author.roles, proposal.by.roles)
    return proposal.by.staff == author.staff


def _summary(connection: Connection, proposal: Proposal, words: Words) -> list[str]:
    said = policy_common.say_changes(connection, proposal.changes[:3], words)
    return [each.sentence for each in said]


def _layers(connection: Connection, tree: PolicyTree, words: Words) -> list[dict[str, Any]]:
    """Return every place that differs from the school, with the way to its settings."""
    names = policy_common.hostnames_of(
        connection, [each.name for each in tree.layers if each.scope == "device"]
    )
    found: dict[Target, int] = {}
    for layer in tree.layers:
        target = Target(layer.scope, layer.name, layer.tiers, layer.when)
        found[target] = found.get(target, 0) + len(layer.change)
    order = sorted(found, key=lambda each: (SCOPES.index(each.scope), each.name, each.is_narrow))
    return [
        {
            "where": say_layer(each.scope, each.name, each.tiers, each.when, words, names),
            "query": each.query(),
            "count": found[each],
        }
        for each in order
    ]


@get("/policies/history", guards=OPENS, sync_to_thread=True)
def show_history(request: Asked) -> Response[str]:
    """Show every state the settings have been in, newest first."""
    before = request.query_params.get("before", "")
    limit = int(before) if before.isascii() and before.isdigit() and len(before) < 9 else None
    with state.of(request).db.read() as connection:
        found = policy_store.list_revisions(connection, ROWS_PER_PAGE + 1, limit)
        newest = policy_store.newest_number(connection)
    context = {
        "revisions": found[:ROWS_PER_PAGE],
        "older": found[ROWS_PER_PAGE - 1].number if len(found) > ROWS_PER_PAGE else None,
        "newest": newest[0] if newest else 0,
    }
    return common.show(request, "policy_history.html", "policies", context)


@get("/policies/revisions/{number:int}", guards=OPENS, sync_to_thread=True)
def show_revision(request: Asked, number: int) -> Response[str]:
    """Show one state: what it changed, why, and what going back to it would change."""
    return _revision_page(request, number)


def _revision_page(
    request: Asked, number: int, refused: str = "", reason: str = "", risk: str = ""
) -> Response[str]:
    words = policy_common.words_for(request)
    with state.of(request).db.read() as connection:
        try:
            revision = policy_store.get_revision(connection, number)
        except NotFound as problem:
            raise NotFoundException from problem
        current = policy_store.current_tree(connection)
        assert current is not None
        earlier = _before(connection, number)
        done = proposals.preview(connection, earlier.tree, revision.tree) if earlier else ()
        back = proposals.preview(connection, current.tree, revision.tree)
        context = {
            "revision": revision,
            "proposal": proposals.get(connection, revision.proposal) if revision.proposal else None,
            "first": earlier is None,
            "is_current": number == current.number,
            "done": policy_common.say_changes(connection, done, words),
            "back": policy_common.say_changes(connection, back, words),
            "weakens": any(change.weakens for change in back),
            "running": rollouts.under_way(connection),
            "refused": refused,
            "reason": reason or words.say("Back to settings %(number)s", number=number),
            "risk": risk,
        }
    return common.show(request, "policy_revision.html", "policies", context, 422 if refused else 200)


def _before(connection: Connection, number: int) -> Revision | None:
    return next(iter(policy_store.list_revisions(connection, 1, number)), None)


@post("/policies/revisions/{number:int}/back", guards=OPENS, sync_to_thread=True, status_code=200)
def go_back(request: Asked, data: common.Form, number: int) -> Response[str] | Redirect:
    """Propose an earlier state again; where it weakens nothing it goes out at once."""
    house, author, now = state.of(request), policy_common.author_of(request), policy_common.now_utc()
    reason, risk = common.text_of(data, "reason", 400), common.text_of(data, "risk", 2000)
    try:
        with house.db.write() as connection:
            made = proposing.roll_back(connection, by=author, reason=reason, risk=risk, now=now, to=number)
            if made.state == "ready":
                proposing.apply(connection, made.number, by=author, now=now)
    except ProposalRefused as problem:
        return _revision_page(request, number, problem.kind, reason, risk)
    except NotFound as problem:
        raise NotFoundException from problem
    house.notice_changes()
    return common.go(f"/policies/proposals/{made.number}")


@get("/policies/setting", guards=OPENS, sync_to_thread=True)
def show_setting(request: Asked) -> Response[str]:
    """Show where one setting is set: what holds at this place and why, then everywhere else."""
    given, words = policy_common.query_of(request), policy_common.words_for(request)
    name = (given.get("name") or [""])[0]
    with state.of(request).db.read() as connection:
        current = policy_store.current_tree(connection)
        try:
            target = policy_layers.read_target(given)
        except SettingsRefused as problem:
            raise NotFoundException from problem
        if current is None or name not in TYPES:
            raise NotFoundException
        named = [layer.name for layer in current.tree.layers if layer.scope == "device"]
        names = policy_common.hostnames_of(connection, [*named, target.name])
        place = policy_common.placement_for(connection, target)
    context = {
        "entry": entry_of(name),
        "title": say_layer(target.scope, target.name, target.tiers, target.when, words, names),
        "here": policy_view.chain(current.tree, place, name, words, names),
        "everywhere": policy_view.everywhere(current.tree, name, words, names),
        "query": target.query(),
        "is_school": target.is_school,
    }
    return common.show(request, "policy_setting.html", "policies", context)


ROUTES = [show_policies, show_history, show_revision, go_back, show_setting]
