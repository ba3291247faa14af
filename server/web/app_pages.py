"""Apps: which were looked at, by whom, for which ages; and programs that laptops saw and nobody knows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.response import Redirect

from server import app_lists, app_sheets, apps, state
from server.apps import AppRefused, Draft, Entry
from server.web import anew, common, list_forms, render
from server.web.common import Asked
from server.web.list_forms import MOST_POSTED_BYTES, ListForm, Taken
from server.web.media_history import file_of

OPENS = [common.opens("apps")]
EDITORS = frozenset({"technician", "head"})
"""Teachers read the register; who may use what is decided by those who answer for the laptops."""
KEEPS = [common.only("apps", EDITORS)]
KINDS = {"approved": ("ok", "tick"), "refused": ("stop", "octagon"), "open": ("wait", "glass")}
FIELDS = (
    "name",
    "names",
    "decision",
    "evaluator",
    "risk_reference",
    "age_from",
    "age_to",
    "review_on",
    "note",
)
_FIELD_OF = {
    "no-name": "name", "name-taken": "name", "no-names": "names", "too-many-names": "names",
    "names-taken": "names", "decision": "decision", "ages": "age_from", "no-evaluator": "evaluator",
}  # fmt: skip


class _NoDay(Exception):
    """The day of the next review is no day."""


@get("/apps", guards=OPENS, sync_to_thread=True)
def show_apps(request: Asked) -> Response[str]:
    """Show the register; to those who keep it, first the programs that nobody looked at."""
    viewer = common.must_view(request)
    needle = request.query_params.get("q", "").strip()[:80]
    edits = bool(viewer.roles & EDITORS)
    with state.of(request).db.read() as connection:
        entries = apps.list_entries(connection, needle=needle)
        unknown = apps.list_unknown(connection, needle=needle, limit=200) if edits else []
        count = apps.count_unknown(connection) if edits else 0
        facts, lists = common.policy_facts(connection), app_lists.facts(connection)
    context = {
        "lists": lists,
        "entries": entries,
        "unknown": unknown,
        "count": count,
        "wanted": needle,
        "edits": edits,
        "due": [each for each in entries if each.is_due(date.today())],
        "today": date.today(),
        "records_apps": facts.records_apps,
        "kinds": KINDS,
    }
    return common.show(request, "apps.html", "apps", context)


def given_of(entry: Entry) -> dict[str, str]:
    """Return an entry as its form holds it."""
    return {
        "name": entry.name,
        "names": "\n".join(entry.names),
        "decision": entry.decision,
        "evaluator": entry.evaluator,
        "risk_reference": entry.risk_reference,
        "age_from": str(entry.age_from or ""),
        "age_to": str(entry.age_to or ""),
        "review_on": entry.review_on.isoformat() if entry.review_on else "",
        "note": entry.note,
    }


def read_draft(given: Mapping[str, str]) -> Draft:
    """Return what a form says; raises AppRefused for ages that are none, and _NoDay."""
    ages = []
    for key in ("age_from", "age_to"):
        text = given.get(key, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 4):
            raise AppRefused("ages", text[:20])
        ages.append(int(text) if text else None)
    try:
        review_on = date.fromisoformat(given["review_on"]) if given.get("review_on") else None
    except ValueError as problem:
        raise _NoDay from problem
    return Draft(
        name=given.get("name", ""),
        names=tuple(given.get("names", "").splitlines()),
        decision=given.get("decision") or "open",
        evaluator=given.get("evaluator", ""),
        risk_reference=given.get("risk_reference", ""),
        age_from=ages[0],
        age_to=ages[1],
        review_on=review_on,
        note=given.get("note", ""),
    )


@get("/apps/new", guards=KEEPS, sync_to_thread=True)
def show_new(request: Asked) -> Response[str]:
    """Show an empty entry, or one begun from a program that laptops have seen."""
    viewer = common.must_view(request)
    seen = [request.query_params.get(key, "")[:200] for key in ("app", "program")]
    names = list(dict.fromkeys(each for each in seen if each))
    given = {"name": seen[0][:120], "names": "\n".join(names), "evaluator": viewer.name, "decision": "open"}
    return _form(request, None, given)


@get("/apps/{entry:int}", guards=OPENS, sync_to_thread=True)
def show_entry(request: Asked, entry: int) -> Response[str]:
    """Show one entry: to be changed by those who keep the register, to be read by others."""
    with state.of(request).db.read() as connection:
        found = apps.get(connection, entry)
    return _form(request, found, given_of(found))


def _form(
    request: Asked, entry: Entry | None, given: Mapping[str, str], problems: Any = None
) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        history = apps.changes_of(connection, entry.id) if entry else []
    context = {
        "entry": entry,
        "given": dict.fromkeys(FIELDS, "") | dict(given),
        "held": given_of(entry) if entry else {},
        "edits": bool(viewer.roles & EDITORS),
        "history": history,
        "decisions": apps.DECISIONS,
        "kinds": KINDS,
        "problems": problems or [],
        "wrong": dict(problems or []),
    }
    return common.show(request, "app.html", "apps", context, 409 if problems else 200)


@post("/apps/new", guards=KEEPS, sync_to_thread=True, status_code=200)
def add(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Add an entry."""
    return _save(request, data, None)


@post("/apps/{entry:int}", guards=KEEPS, sync_to_thread=True, status_code=200)
def change(request: Asked, data: common.Form, entry: int) -> Response[str] | Redirect:
    """Change an entry."""
    return _save(request, data, entry)


def _save(request: Asked, data: common.Form, number: int | None) -> Response[str] | Redirect:
    viewer, house, now = common.must_view(request), state.of(request), datetime.now(UTC)
    given = {field: common.text_of(data, field, 10_000 if field == "names" else 400) for field in FIELDS}
    label, words = render.labels_of(request, viewer), render.words_of(request, viewer)
    problem: tuple[str, str]
    if number is not None:
        with house.db.read() as connection:
            found = apps.get(connection, number)
        held = given_of(found)
        change = anew.read(data, given, held)
        given = held | change.typed
        if change.moved:
            coded = {"decision": "app-decision"}
            said = anew.problems(
                words, change.moved, held, lambda f, value: label(coded[f], value) if f in coded else value
            )
            return _form(request, found, given, said)
    try:
        with house.db.write() as connection:
            apps.save(connection, read_draft(given), by=viewer.name, now=now, entry=number)
        return common.go("/apps")
    except AppRefused as refused:
        about = f" ({refused.about})" if refused.kind == "names-taken" else ""
        problem = (_FIELD_OF[refused.kind], label("app-refusal", refused.kind) + about)
    except _NoDay:
        problem = ("review_on", words.say("Choose a day."))
    with house.db.read() as connection:
        entry = apps.get(connection, number) if number is not None else None
    return _form(request, entry, given, [problem])


@post("/apps/{entry:int}/remove", guards=KEEPS, sync_to_thread=True, status_code=303)
def remove(request: Asked, entry: int) -> Redirect:
    """Take an entry out of the register."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        apps.remove(connection, entry, by=viewer.name, now=datetime.now(UTC))
    return common.go("/apps")


@get("/apps/register.csv", guards=OPENS, sync_to_thread=True)
def download(request: Asked) -> Response[str]:
    """Give the register as a file that can be read in again."""
    with state.of(request).db.read() as connection:
        found = apps.list_entries(connection)
    return file_of(app_sheets.write_register(found), "apps.csv")


# ---- from a list ----


@get("/apps/list", guards=KEEPS, sync_to_thread=True)
def show_list(request: Asked) -> Response[str]:
    """Show the form for a whole list."""
    return _list_page(request)


def _list_page(request: Asked, taken: Taken = list_forms.Taken()) -> Response[str]:  # noqa: B008 - immutable
    context = list_forms.context_of(taken, app_sheets.COLUMNS)
    return common.show(request, "apps_list.html", "apps", context, taken.status)


@post("/apps/list", guards=KEEPS, status_code=200, request_max_body_size=MOST_POSTED_BYTES)
async def take_list(request: Asked, data: ListForm) -> Response[str]:
    """Try a list, or take in the list that was tried."""
    content = await list_forms.content_of(data)
    return await anyio.to_thread.run_sync(_take, request, content, data.get("keep") == "yes")


def _take(request: Asked, content: bytes, keep: bool) -> Response[str]:
    viewer, now = common.must_view(request), datetime.now(UTC)
    taken = list_forms.take(
        request, content, keep, lambda c: app_sheets.take(c, content, by=viewer.name, now=now)
    )
    return _list_page(request, taken)


ROUTES = [show_apps, show_new, add, show_list, take_list, download, show_entry, change, remove]
