"""The school's own words: name, contacts, consequences, for whom there are agreements, the yearly review."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection

from policies.setting_names import as_text
from policies.settings import LANGUAGES, SettingsRefused
from policies.tree import PolicyTree, Review
from server import policy_store, proposals, proposing, state
from server.policy_store import Revision
from server.proposals import ProposalRefused
from server.web import common, policy_common, policy_form, policy_layers, policy_view, setting_fields
from server.web.common import Asked
from server.web.policy_common import OPENS
from server.web.policy_form import Read
from server.web.policy_view import error_words
from server.wording.promises import broken_promises
from server.wording.school import REVIEW, SCHOOL
from server.wording.values import say_value

ENTRIES = {**SCHOOL, **REVIEW}


def values_of(tree: PolicyTree) -> dict[str, Any]:
    """Return the school's own words by name, as JSON writes them."""
    school = msgspec.to_builtins(tree.school)
    values = {"school.name": school["name"], "school.contacts": school["contacts"], "tiers": list(tree.tiers)}
    values |= {f"school.consequences.{each}": school["consequences"].get(each, "") for each in LANGUAGES}
    return values | {f"review.{field}": getattr(tree.review, field) for field in Review.__struct_fields__}


def put_values(tree: PolicyTree, values: Mapping[str, Any]) -> PolicyTree:
    """Return the tree with these words in it; raise SettingsRefused for what no school can have."""
    plain = msgspec.to_builtins(tree)
    for name, value in values.items():
        part, _, field = name.partition(".")
        if name == "tiers":
            plain["tiers"] = value
        elif field.startswith("consequences."):
            words = plain["school"]["consequences"]
            language = field.removeprefix("consequences.")
            words.pop(language, None)
            if value:
                words[language] = value
        else:
            plain[part][field] = value
    try:
        return msgspec.convert(plain, PolicyTree)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(str(problem)) from problem


def _current(connection: Connection) -> Revision:
    current = policy_store.current_tree(connection)
    if current is None:
        raise NotFoundException
    return current


@get("/policies/school", guards=OPENS, sync_to_thread=True)
def show_school(request: Asked) -> Response[str]:
    """Show the school's own words, ready to be changed."""
    return _page(request)


@post("/policies/school", guards=OPENS, sync_to_thread=True, status_code=200)
def change_school(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Show what a change of them would do, or send it."""
    form, house = policy_common.fields_of(data), state.of(request)
    with house.db.read() as connection:
        current = _current(connection)
        number = (form.get("base") or [""])[0]
        base = current
        if number.isascii() and number.isdigit() and len(number) < 9 and int(number) != current.number:
            base = policy_store.get_revision(connection, int(number))
    read = policy_form.read_form(ENTRIES, ENTRIES, form)
    before = values_of(base.tree)
    changed = {name: value for name, value in read.values.items() if as_text(value) != as_text(before[name])}
    try:
        after = put_values(current.tree, changed)
    except SettingsRefused as problem:
        return _page(request, read, form, changed, refused="settings", sentence=str(problem))
    if base.number != current.number:
        return _page(request, read, form, changed, after, refused="outdated")
    if form.get("act") != ["send"]:
        return _page(request, read, form, changed, after)
    if read.errors:
        return _page(request, read, form, changed, after, refused="settings")
    try:
        with house.db.write() as connection:
            made = proposing.propose(
                connection,
                after,
                by=policy_common.author_of(request),
                reason=common.text_of(data, "reason", 400),
                risk=common.text_of(data, "risk", 2000),
                base=current.number,
                now=policy_common.now_utc(),
            )
    except ProposalRefused as problem:
        return _page(request, read, form, changed, after, refused=problem.kind, sentence=str(problem))
    house.notice_changes()
    return common.go(f"/policies/proposals/{made.number}")


def _page(
    request: Asked,
    read: Read | None = None,
    form: Mapping[str, list[str]] | None = None,
    changed: Mapping[str, Any] | None = None,
    after: PolicyTree | None = None,
    *,
    refused: str = "",
    sentence: str = "",
) -> Response[str]:
    words, form = policy_common.words_for(request), form or {}
    with state.of(request).db.read() as connection:
        current = _current(connection)
        changes = proposals.preview(connection, current.tree, after) if after else ()
        context: dict[str, Any] = {
            "current": current,
            "asked": read is not None,
            "changes": policy_common.say_changes(connection, changes, words),
            "approvers": policy_common.approvers(connection, policy_common.author_of(request)),
            "promises": policy_view.broken_words(broken_promises(after or current.tree), words),
        }
    errors = dict(read.errors) if read else {}
    shown = values_of(current.tree)
    keeps = set(read.typed) if read and refused != "outdated" else set(changed or ()) | set(errors)
    context |= {
        "fields": {
            name: policy_form.Field(
                name=name,
                entry=entry,
                typed=read.typed[name]
                if read and name in keeps and name in read.typed
                else setting_fields.to_typed(name, entry, shown[name]),
                units=(),
                orders=[],
                own=False,
                reset=False,
                beneath="",
                origin="",
                error=error_words(name, errors[name], words) if name in errors else "",
                other=say_value(entry, shown[name], words)
                if refused == "outdated" and changed and name in changed
                else "",
            )
            for name, entry in ENTRIES.items()
        },
        "refused": refused,
        "problem": sentence if refused == "settings" and not errors else "",
        "problem_code": policy_view.problem_code,
        "weakens": any(change.weakens for change in changes),
        "reason": (form.get("reason") or [""])[0][:400],
        "risk": (form.get("risk") or [""])[0][:2000],
        "target": policy_layers.Target("school"),
        "query": "where=school",
    }
    status = 409 if refused == "outdated" else 422 if refused or errors else 200
    return common.show(request, "policy_school.html", "policies", context, status)


ROUTES = [show_school, change_school]
