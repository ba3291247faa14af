"""Changing settings, one place at a time: in words, and with what it does and whom it touches first."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection

from policies import resolving
from policies.comparing import Change, compare
from policies.settings import SettingsRefused
from policies.tree import PolicyTree
from server import placing, policy_store, proposing, state
from server.errors import Invalid, NotFound
from server.policy_store import Revision
from server.proposing import ProposalRefused
from server.web import common, policy_common, policy_form, policy_layers, policy_plan, policy_view
from server.web.common import Asked
from server.web.policy_common import OPENS
from server.web.policy_form import Read
from server.web.policy_layers import Held, Target
from server.web.policy_view import Broken
from server.web.words import Words
from server.wording.places import say_layer
from server.wording.promises import broken_promises
from server.wording.settings import SETTINGS

MOST_REASON, MOST_RISK = 400, 2000


class Draft(NamedTuple):
    """One change as it was typed, and what it makes of the settings."""

    base: int
    """The revision the form was opened with."""
    read: Read
    after: PolicyTree | None
    """None where nothing can be made of it."""
    changes: tuple[Change, ...]
    problem: str = ""
    """Why these settings are not taken, as `policies` says it."""


def _target(request: Asked) -> Target:
    given = policy_common.query_of(request)
    try:
        target = policy_layers.read_target(given)
        laptop = given.get("laptop", [""])[0].strip()
        if laptop:
            with state.of(request).db.read() as connection:
                found = policy_common.find_laptop(connection, laptop)
            target = target._replace(scope="device", name=found)
        return target
    except (SettingsRefused, NotFound) as problem:
        raise NotFoundException from problem


def _must_have(connection: Connection) -> Revision:
    revision = policy_store.current_tree(connection)
    if revision is None:
        raise NotFoundException
    return revision


def _draft(connection: Connection, current: Revision, target: Target, form: Mapping[str, list[str]]) -> Draft:
    """
    Return what a form makes of the settings that hold now.

    Only what somebody typed anew counts: what the form merely showed may have been changed by somebody else
    since, and is theirs.
    """
    number = (form.get("base") or ["0"])[0]
    base = current
    if number.isascii() and number.isdigit() and len(number) < 9 and int(number) != current.number:
        base = policy_store.get_revision(connection, int(number))
    place = policy_common.placement_for(connection, target)
    before = policy_layers.held_at(base.tree, target, place)
    read = policy_form.read_form(before, SETTINGS, form)
    changed = policy_form.changed_fields(read, before)
    resets = {name for name in read.resets if before[name].own and not target.is_school}
    laptops = placing.placements(connection).values()
    try:
        after = policy_layers.put(current.tree, target, changed, resets)
        resolving.check_tree(after, laptops)
    except SettingsRefused as problem:
        return Draft(base.number, read, None, (), str(problem))
    return Draft(base.number, read, after, compare(current.tree, after, laptops))


@get("/policies/change", guards=OPENS, sync_to_thread=True)
def show_change(request: Asked) -> Response[str]:
    """Show the settings of one place, ready to be changed."""
    target = _target(request)
    with state.of(request).db.read() as connection:
        current = _must_have(connection)
    return _page(request, target, current)


@post("/policies/change", guards=OPENS, sync_to_thread=True, status_code=200)
def change(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Show what a change would do, or send it."""
    target, form, house = _target(request), policy_common.fields_of(data), state.of(request)
    with house.db.read() as connection:
        current = _must_have(connection)
        draft = _draft(connection, current, target, form)
    if draft.base != current.number:
        return _page(request, target, current, draft, form, refused="outdated")
    if form.get("act") != ["send"]:
        return _page(request, target, current, draft, form)
    if draft.read.errors or draft.after is None:
        return _page(request, target, current, draft, form, refused="settings")
    try:
        with house.db.write() as connection:
            made = proposing.propose(
                connection,
                draft.after,
                by=policy_common.author_of(request),
                reason=common.text_of(data, "reason", MOST_REASON),
                risk=common.text_of(data, "risk", MOST_RISK),
                base=current.number,
                plan=policy_plan.read_plan(connection, form, current.tree, draft.after),
                now=policy_common.now_utc(),
            )
    except ProposalRefused as problem:
        return _page(request, target, current, draft, form, refused=problem.kind, sentence=str(problem))
    except Invalid as problem:
        return _page(request, target, current, draft, form, refused="plan", sentence=str(problem))
    house.notice_changes()
    return common.go(f"/policies/proposals/{made.number}")


def _page(
    request: Asked,
    target: Target,
    current: Revision,
    draft: Draft | None = None,
    form: Mapping[str, list[str]] | None = None,
    *,
    refused: str = "",
    sentence: str = "",
) -> Response[str]:
    words, form = policy_common.words_for(request), form or {}
    with state.of(request).db.read() as connection:
        names = policy_common.hostnames_of(connection, _laptops_named(current.tree, target))
        held = policy_layers.held_at(current.tree, target, policy_common.placement_for(connection, target))
        others = _others(connection, draft, current, target) if draft else {}
        touched = (
            proposing.affected(connection, current.tree, draft.after)
            if draft and draft.after is not None and draft.changes
            else []
        )
        context = {
            "target": target,
            "query": target.query(),
            "title": say_layer(target.scope, target.name, target.tiers, target.when, words, names),
            "places": policy_common.list_places(connection),
            "current": current,
            "asked": draft is not None,
            "changes": policy_common.say_changes(connection, draft.changes if draft else (), words),
            "touched": len(touched),
            "laptops": policy_common.named_laptops(connection, touched),
            "approvers": policy_common.approvers(connection, policy_common.author_of(request)),
            "pilots": policy_plan.count_pilots(connection),
        }
    errors = dict(draft.read.errors) if draft else {}
    status = 409 if refused == "outdated" else 422 if refused or errors else 200
    context |= {
        "sections": policy_form.sections(
            target,
            held,
            words,
            names,
            typed=_still_typed(draft, held, current) if draft else None,
            resets=draft.read.resets if draft else (),
            errors=errors,
            others=others,
        ),
        "errors": errors,
        "problem": draft.problem if draft else "",
        "problem_code": policy_view.problem_code,
        "chosen": "where" in request.query_params or "laptop" in request.query_params,
        "refused": refused,
        "sentence": sentence,
        "promises": _promises(current.tree, draft.after, words) if draft and draft.after else [],
        "reason": (form.get("reason") or [""])[0][:MOST_REASON],
        "risk": (form.get("risk") or [""])[0][:MOST_RISK],
        "given": policy_plan.given(form),
        "weakens": any(change.weakens for change in draft.changes) if draft else False,
    }
    return common.show(request, "policy_change.html", "policies", context, status)


def _laptops_named(tree: PolicyTree, target: Target) -> set[str]:
    named = {layer.name for layer in tree.layers if layer.scope == "device"}
    return named | ({target.name} if target.scope == "device" else set())


def _still_typed(draft: Draft, held: Mapping[str, Held], current: Revision) -> dict[str, Any]:
    """
    Return what is shown as typed.

    Where somebody else was quicker, a field that this adult left alone shows what holds now.
    """
    if draft.base == current.number:
        return draft.read.typed
    changed = {change.setting for change in draft.changes} | set(draft.read.errors)
    return {name: typed for name, typed in draft.read.typed.items() if name in changed and name in held}


def _others(connection: Connection, draft: Draft, current: Revision, target: Target) -> dict[str, Any]:
    """Return what somebody else set meanwhile in fields that this adult changed too."""
    if draft.base == current.number:
        return {}
    place = policy_common.placement_for(connection, target)
    base = policy_layers.held_at(policy_store.get_revision(connection, draft.base).tree, target, place)
    now = policy_layers.held_at(current.tree, target, place)
    mine = {change.setting for change in draft.changes}
    return {name: now[name].value for name in mine if name in base and base[name].value != now[name].value}


def _promises(before: PolicyTree, after: PolicyTree, words: Words) -> list[Broken]:
    """Return the texts that would no longer be true."""
    known = {(each.sentence, each.setting, each.said) for each in broken_promises(before)}
    fresh = [each for each in broken_promises(after) if (each.sentence, each.setting, each.said) not in known]
    return policy_view.broken_words(fresh, words)


ROUTES = [show_change, change]
