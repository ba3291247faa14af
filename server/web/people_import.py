"""Bringing a list of people: the file, how it is read, the difference in words, and the yes to it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import anyio.to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from policies.settings import LANGUAGES, TIERS
from server import listing, publishing, state
from server.errors import Invalid, NotFound
from server.roster import archives, columns, imports, rules, store, words
from server.roster.archives import ArchiveRefused, Opened
from server.roster.comparing import telling
from server.roster.imports import CannotBeList, OldComparison, Plan, SecondYes, Unseen, Waiting
from server.roster.rules import Rules
from server.spreadsheets import MOST_BYTES, TableRefused, write_csv
from server.web import common, people_view, render, rules_form
from server.web.common import Asked
from server.web.people_pages import by_of

OPENS = [common.opens("people-lists")]
SHOWN = 100
FORM_BYTES = 256 * 1024
Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
Problems = list[tuple[str, str]]


def _now() -> datetime:
    return datetime.now(UTC)


async def _file(form: dict[str, Any], field: str, most: int) -> tuple[bytes, str]:
    sent = form.get(field)
    if not isinstance(sent, UploadFile):
        return b"", ""
    return await sent.read(most + 1), (sent.filename or "")[-200:]


def _start(request: Asked, problems: Problems, status: int = 200) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        earlier = imports.list_imports(connection)
        chosen = rules.read_rules(connection, publishing.school_language(connection))
    context = {
        **people_view.shared(viewer, "import"),
        "earlier": earlier,
        "chosen": chosen,
        "problems": problems,
        "most_mb": MOST_BYTES // 1024 // 1024,
    }
    return common.show(request, "people_import.html", "people", context, status)


@get("/people/import", guards=OPENS, sync_to_thread=True)
def show_import(request: Asked) -> Response[str]:
    """Ask for the file."""
    return _start(request, [])


@post("/people/import", guards=OPENS, status_code=200, request_max_body_size=MOST_BYTES + FORM_BYTES)
async def upload(request: Asked, data: Upload) -> Response[str] | Redirect:
    """Take the file in; nothing is changed by it."""
    content, name = await _file(data, "list", MOST_BYTES)
    return await anyio.to_thread.run_sync(_take, request, content, name)


def _take(request: Asked, content: bytes, name: str) -> Response[str] | Redirect:
    viewer, house = common.must_view(request), state.of(request)
    say = render.words_of(request, viewer)
    try:
        opened = archives.open_bytes(content, name or "list.csv")
    except ArchiveRefused as refused:
        return _start(request, [("list", words.say_refusal(refused, say))], 400)
    with house.db.read() as connection:
        chosen = rules.read_rules(connection, publishing.school_language(connection))
    reading = None
    try:
        reading = imports.read_files(opened, chosen, _now().date())
    except TableRefused as refused:
        if refused.code != "encoding" or not opened.single:
            return _start(request, [("list", words.say_refusal(refused, say))], 400)
    except CannotBeList as refused:
        if not opened.single or refused.problems[0].code in ("no-rows", "nobody"):
            said = [("list", words.say_problem(each, say)) for each in refused.problems[:10]]
            return _start(request, said, 400)
    except Invalid:
        return _start(request, [("list", say.say("There are more people in it than one school has."))], 400)
    with house.db.write() as connection:
        number = imports.put(
            connection,
            reading,
            chosen,
            by=by_of(viewer),
            now=_now(),
            file_name=name,
            file_hash=imports.hash_of(opened),
            files=opened,
        )
    # A plain list is looked at column by column once; what was found is remembered for the next.
    known = not opened.single or (chosen.columns and reading is not None)
    return common.go(f"/people/import/{number}" + ("" if known and reading else "/rules"))


def _waiting(request: Asked, number: int) -> Waiting:
    with state.of(request).db.read() as connection:
        found = imports.get_import(connection, number)
    if found.state != "waiting":
        raise NotFound("this import is decided already")
    return found


def _rules_page(
    request: Asked, waiting: Waiting, given: dict[str, str], problems: Problems, status: int = 200
) -> Response[str]:
    viewer = common.must_view(request)
    files = waiting.files or Opened()
    found: list[tuple[str, str]] = []
    mapped: dict[str, str] = {}
    if files.single:
        try:
            found, mapped = imports.columns_of(files, waiting.rules)
        except TableRefused as refused:
            say = render.words_of(request, viewer)
            problems = problems or [("encoding", words.say_refusal(refused, say))]
    context = {
        **people_view.shared(viewer, "import"),
        "waiting": waiting,
        "single": files.single,
        "columns": found,
        "fields": columns.ALIASES,
        "mapped": mapped,
        "given": given,
        "problems": problems,
        "wrong": dict(problems),
        "banded": rules_form.BANDED,
        "tiers": TIERS,
        "choices_of_language": LANGUAGES,
    }
    return common.show(request, "people_import_rules.html", "people", context, status)


def _hindrances(request: Asked, waiting: Waiting) -> Problems:
    """Return why the file cannot be read by the rules as they stand."""
    if waiting.reading is not None or waiting.files is None:
        return []
    say = render.words_of(request, common.must_view(request))
    try:
        imports.read_files(waiting.files, waiting.rules, _now().date())
    except CannotBeList as refused:
        return [("columns", words.say_problem(each, say)) for each in refused.problems[:10]]
    except TableRefused as refused:
        return [("encoding", words.say_refusal(refused, say))]
    return []


@get("/people/import/{number:int}/rules", guards=OPENS, sync_to_thread=True)
def show_rules(request: Asked, number: int) -> Response[str]:
    """Show how the file is read, to be changed."""
    waiting = _waiting(request, number)
    problems = _hindrances(request, waiting)
    return _rules_page(request, waiting, rules_form.fields_of(waiting.rules), problems)


@post(
    "/people/import/{number:int}/rules",
    guards=OPENS,
    status_code=200,
    request_max_body_size=MOST_BYTES + FORM_BYTES,
)
async def read_again(request: Asked, data: Upload, number: int) -> Response[str] | Redirect:
    """Read the file by these rules, and remember them."""
    mapping, _ = await _file(data, "mapping", MOST_BYTES)
    given = {key: common.text_of(data, key, 50_000) for key in data if isinstance(data[key], str)}
    return await anyio.to_thread.run_sync(_read_again, request, number, given, mapping)


def _read_again(
    request: Asked, number: int, given: dict[str, str], mapping: bytes
) -> Response[str] | Redirect:
    viewer, waiting = common.must_view(request), _waiting(request, number)
    say = render.words_of(request, viewer)
    shown = {**rules_form.fields_of(Rules()), **given}
    try:
        chosen = rules_form.rules_of(given, waiting.rules)
    except Invalid as problem:
        return _rules_page(request, waiting, shown, [("", _say_rule(say, problem))], 400)
    waiting = waiting._replace(rules=chosen)
    try:
        mapped = imports.read_mapping(mapping) if mapping else waiting.mapping
    except Invalid:
        words_ = say.say("The file of accounts needs a column with ids and one with user names.")
        return _rules_page(request, waiting, shown, [("mapping", words_)], 400)
    try:
        reading = imports.read_files(waiting.files or Opened(), chosen, _now().date())
    except CannotBeList as refused:
        said = [("columns", words.say_problem(each, say)) for each in refused.problems[:10]]
        return _rules_page(request, waiting, shown, said, 400)
    except TableRefused as refused:
        return _rules_page(request, waiting, shown, [("encoding", words.say_refusal(refused, say))], 400)
    with state.of(request).db.write() as connection:
        imports.set_reading(connection, number, reading, chosen, by=by_of(viewer), now=_now(), mapping=mapped)
    return common.go(f"/people/import/{number}")


def _say_rule(say: Any, problem: Invalid) -> str:
    text = str(problem)
    if text.startswith("rooms"):
        return str(say.say("Rooms: write one class to a line, as in 4A = Room 12."))
    if "template" in text or "field" in text:
        return str(say.say("The template holds a–z, 0–9, . _ - and fields in braces, such as {givenName}."))
    return str(say.say("One of the numbers or choices cannot be so: %(why)s", why=text[:200]))


def _plan(request: Asked, number: int) -> Plan:
    with state.of(request).db.read() as connection:
        return imports.plan(connection, number, listing.school_of(connection, _now().date()))


def _diff_page(request: Asked, number: int, problem: str = "") -> Response[str] | Redirect:
    viewer, waiting = common.must_view(request), _waiting(request, number)
    if waiting.reading is None:
        return common.go(f"/people/import/{number}/rules")
    say = render.words_of(request, viewer)
    plan = _plan(request, number)
    with state.of(request).db.read() as connection:
        names = people_view.names_of(connection)
    names |= {each.person: f"{each.display_name} ({each.person})" for each in plan.finished.entries}
    others = [c for c in (*plan.diff.returns, *plan.diff.changes) if not c.moved]
    context = {
        **people_view.shared(viewer, "import"),
        "plan": plan,
        "waiting": waiting,
        "counts": plan.diff.counts(),
        "moved": plan.diff.moved,
        "others": others,
        "telling": telling,
        "left_out": [words.say_problem(each, say) for each in plan.finished.problems],
        "notes": [words.say_problem(each, say, names) for each in plan.finished.notes],
        "shown": SHOWN,
        "said": store.said,
        "problem": problem,
    }
    return common.show(request, "people_import_diff.html", "people", context, 409 if problem else 200)


@get("/people/import/{number:int}", guards=OPENS, sync_to_thread=True)
def show_diff(request: Asked, number: int) -> Response[str] | Redirect:
    """Show in words what the list would change."""
    return _diff_page(request, number)


@get("/people/import/{number:int}/diff.csv", guards=OPENS, sync_to_thread=True)
def download_diff(request: Asked, number: int) -> Response[bytes]:
    """Give the whole difference as a file."""
    viewer, plan = common.must_view(request), _plan(request, number)
    label = render.labels_of(request, viewer)
    say = render.words_of(request, viewer)
    rows: list[list[str]] = [
        [label("person-field", "person"), label("person-field", "display_name"), say.say("What"),
         say.say("Field"), say.say("Before"), say.say("After")]
    ]  # fmt: skip
    rows += [
        [e.person, e.display_name, label("roster-change", "joined"), "", "", e.tier] for e in plan.diff.joins
    ]
    for change in plan.diff.returns:
        rows.append(
            [change.after.person, change.after.display_name, label("roster-change", "returned"), "", "", ""]
        )
    for change in (*plan.diff.changes, *plan.diff.returns):
        for field in change.fields:
            rows.append(
                [
                    change.after.person,
                    change.after.display_name,
                    label("roster-change", "changed"),
                    label("person-field", field),
                    store.said(change.before, field),
                    store.said(change.after, field),
                ]
            )
    rows += [[e.person, e.display_name, label("roster-change", "left"), "", "", ""] for e in plan.diff.leaves]
    headers = {"Content-Disposition": f'attachment; filename="import-{number}.csv"'}
    return Response(write_csv(rows, bom=True).encode(), media_type="text/csv; charset=utf-8", headers=headers)


@post("/people/import/{number:int}/apply", guards=OPENS, sync_to_thread=True, status_code=200)
def apply(request: Asked, data: common.Form, number: int) -> Response[str] | Redirect:
    """Make the list so; refused if it changed since, or if very many leave and nobody said it twice."""
    viewer, house = common.must_view(request), state.of(request)
    say = render.words_of(request, viewer)
    _waiting(request, number)
    try:
        with house.db.write() as connection:
            school = listing.school_of(connection, _now().date())
            imports.apply(
                connection,
                number,
                school,
                by=by_of(viewer),
                now=_now(),
                second=common.text_of(data, "second") == "1",
                seen=common.text_of(data, "seen", 64) or None,
            )
    except SecondYes:
        return _diff_page(request, number, say.say("Say the second yes too: very many people would leave."))
    except Unseen:
        return _diff_page(
            request,
            number,
            say.say(
                "The difference is another one than you looked at: somebody changed how the file is read."
            ),
        )
    except OldComparison:
        return _diff_page(
            request, number, say.say("The list was changed meanwhile. Compare again, then look once more.")
        )
    house.notice_changes()
    return common.go(f"/people/import?done={number}")


@post("/people/import/{number:int}/again", guards=OPENS, sync_to_thread=True, status_code=303)
def compare_again(request: Asked, number: int) -> Redirect:
    """Compare with the list as it stands now."""
    with state.of(request).db.write() as connection:
        imports.compare_again(connection, number)
    return common.go(f"/people/import/{number}")


@post("/people/import/{number:int}/drop", guards=OPENS, sync_to_thread=True, status_code=303)
def drop(request: Asked, number: int) -> Redirect:
    """Leave the list as it is, and forget the file."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        imports.drop(connection, number, by=by_of(viewer), now=_now())
    return common.go("/people/import")


ROUTES = [
    show_import,
    upload,
    show_rules,
    read_again,
    show_diff,
    download_diff,
    apply,
    compare_again,
    drop,
]
