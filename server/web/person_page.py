"""One person: accounts, class, agreements, parents' copy; set right with a reason, exported whole (R76)."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from policies.settings import LANGUAGES, TIERS
from server import agreements, consents, devices, listing, parents, person_export, records_kept, state
from server.roster import correcting, store
from server.roster.correcting import CorrectionRefused
from server.roster.entries import Known
from server.web import anew, common, doors, individual_view, people_view, render
from server.web.common import Asked
from server.web.people_pages import by_of

LOGINS = 20
ANSWERS = 12
SETS_RIGHT = frozenset({"technician", "safeguarding", "head"})
SEES_LOGINS = frozenset({"safeguarding", "head"})
"""Whose office needs to know where a person was; a technician and a teacher need not (R67)."""


def _look(request: Asked, person: str, what: str = "person") -> doors.Viewer:
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        known = people_view.must_see(connection, viewer, person)
        common.note_look(connection, viewer, what, person=known.entry.person)
    return viewer


@get("/people/{person:str}", guards=[common.opens("people")], sync_to_thread=True)
def show_person(request: Asked, person: str) -> Response[str]:
    """Show one person as far as the reader's office goes."""
    viewer = _look(request, person)
    sees_logins = bool(viewer.roles & SEES_LOGINS)
    with state.of(request).db.read() as connection:
        known = people_view.must_see(connection, viewer, person)
        who = known.entry.person
        today, starts = datetime.now().date(), common.policy_facts(connection).school_year_starts
        notes = correcting.attributions_of(connection, who) if sees_logins else []
        others = store.known_people(connection, {n.was_person for n in notes} | {n.is_person for n in notes})
        standing = [
            parents.decide_counts(line.acknowledged_on, line.tier, known.entry.tier, _began(today, starts))
            for line in parents.lines_of(connection, who)
            if line.taken_back_at is None
        ]
        context: dict[str, Any] = {
            "known": known,
            "answers": agreements.list_answers(connection, person=who, limit=ANSWERS),
            "history": listing.history_of(connection, who, 30) if viewer.roles & SETS_RIGHT else [],
            "copies": parents.lines_of(connection, who),
            "consents": consents.lines_of(connection, who),
            "copy_counts": any(standing),
            "logins": records_kept.logins_of(connection, person=who, limit=LOGINS) if sees_logins else [],
            "notes": notes,
            "names": {key: each.entry.display_name for key, each in others.items()},
        }
    context |= {
        **people_view.shared(viewer, "list"),
        "sets_right": bool(viewer.roles & SETS_RIGHT),
        "sees_logins": sees_logins,
        "individual": individual_view.sections(request, viewer, who),
    }
    return common.show(request, "people_person.html", "people", context)


def _began(today: Any, starts: str) -> Any:
    return agreements.year_start(today, starts)


def _stands(known: Known) -> dict[str, str]:
    """Return what the form holds of a person."""
    return {name: store.said(known.entry, name) for name in correcting.FIELDS}


def _form(
    request: Asked,
    person: str,
    given: dict[str, str] | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        known = people_view.must_see(connection, viewer, person)
        rooms = devices.list_rooms(connection)
    stands = _stands(known)
    context = {
        **people_view.shared(viewer, "list"),
        "known": known,
        "held": stands,
        "given": {**stands, "reason": "", "end_reason": "", "back_reason": "", **(given or {})},
        "problems": problems or [],
        "wrong": dict(problems or []),
        "rooms": rooms,
        "tiers": TIERS,
        "choices_of_language": LANGUAGES,
    }
    return common.show(request, "people_correct.html", "people", context, 400 if problems else 200)


@get("/people/{person:str}/correct", guards=[common.opens("people-right")], sync_to_thread=True)
def show_correct(request: Asked, person: str) -> Response[str]:
    """Show the form that sets a person right, or ends them."""
    _look(request, person)
    return _form(request, person)


def _refused(request: Asked, refused: CorrectionRefused, field: str) -> list[tuple[str, str]]:
    label = render.labels_of(request, common.must_view(request))
    return [(field or refused.field, label("correction", refused.kind))]


@post(
    "/people/{person:str}/correct",
    guards=[common.opens("people-right")],
    sync_to_thread=True,
    status_code=200,
)
def correct(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Set a person right; the reason stays with it. What this adult left alone is as it stands by now."""
    viewer = _look(request, person)
    given = {name: common.text_of(data, name, 500) for name in correcting.FIELDS}
    who, why = people_view.id_of(person), common.text_of(data, "reason", 500)
    with state.of(request).db.read() as connection:
        held = _stands(correcting.must_find(connection, who))
    change = anew.read(data, given, held)
    typed = {**change.typed, "reason": why}
    if change.moved:
        words, label = render.words_of(request, viewer), render.labels_of(request, viewer)
        coded = ("tier", "language")
        said = anew.problems(
            words, change.moved, held, lambda field, value: label(field, value) if field in coded else value
        )
        return _form(request, person, typed, said)
    try:
        with state.of(request).db.write() as connection:
            correcting.correct(
                connection, who, change.typed, reason=why, by=by_of(viewer), now=datetime.now(UTC)
            )
    except CorrectionRefused as refused:
        return _form(request, person, typed, _refused(request, refused, ""))
    return common.go(people_view.address_of(who))


@post("/people/{person:str}/end", guards=[common.opens("people-right")], sync_to_thread=True, status_code=200)
def end(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Let somebody leave between two lists."""
    viewer, who, why = (
        _look(request, person),
        people_view.id_of(person),
        common.text_of(data, "end_reason", 500),
    )
    try:
        with state.of(request).db.write() as connection:
            correcting.end(connection, who, reason=why, by=by_of(viewer), now=datetime.now(UTC))
    except CorrectionRefused as refused:
        return _form(request, person, {"end_reason": why}, _refused(request, refused, "end_reason"))
    return common.go(people_view.address_of(who))


@post(
    "/people/{person:str}/back", guards=[common.opens("people-right")], sync_to_thread=True, status_code=200
)
def bring_back(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Let somebody in again who had left."""
    viewer, who = _look(request, person), people_view.id_of(person)
    why, accounts = common.text_of(data, "back_reason", 500), common.text_of(data, "accounts", 500)
    try:
        with state.of(request).db.write() as connection:
            correcting.bring_back(
                connection, who, accounts, reason=why, by=by_of(viewer), now=datetime.now(UTC)
            )
    except CorrectionRefused as refused:
        field = "accounts" if refused.field == "accounts" else "back_reason"
        return _form(
            request, person, {"back_reason": why, "accounts": accounts}, _refused(request, refused, field)
        )
    return common.go(people_view.address_of(who))


def _login_page(
    request: Asked,
    person: str,
    device: str,
    login: str,
    given: dict[str, str],
    problems: list[tuple[str, str]],
) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        known = people_view.must_see(connection, viewer, person)
        found = records_kept.get_login(connection, device, login)
        if found is None or found.person != known.entry.person:
            raise NotFoundException
    context = {
        **people_view.shared(viewer, "list"),
        "known": known,
        "login": found,
        "given": given,
        "problems": problems,
        "wrong": dict(problems),
    }
    return common.show(request, "people_login.html", "people", context, 400 if problems else 200)


@get(
    "/people/{person:str}/login/{device:str}/{login:str}",
    guards=[common.opens("people-whole")],
    sync_to_thread=True,
)
def show_login(request: Asked, person: str, device: str, login: str) -> Response[str]:
    """Ask whose login it really was."""
    _look(request, person)
    return _login_page(request, person, device, login, {"is_person": "", "reason": ""}, [])


@post(
    "/people/{person:str}/login/{device:str}/{login:str}",
    guards=[common.opens("people-whole")],
    sync_to_thread=True,
    status_code=200,
)
def note_login(
    request: Asked, data: common.Form, person: str, device: str, login: str
) -> Response[str] | Redirect:
    """Note that it was somebody else; what the laptop said stays."""
    viewer = _look(request, person)
    given = {name: common.text_of(data, name, 500) for name in ("is_person", "reason")}
    words = render.words_of(request, viewer)
    try:
        with state.of(request).db.write() as connection:
            if given["is_person"] and store.find_known(connection, given["is_person"]) is None:
                unknown = words.say("Nobody has this id. Find the person on the list and copy it.")
                return _login_page(request, person, device, login, given, [("is_person", unknown)])
            correcting.note_other_person(
                connection,
                device,
                login,
                given["is_person"],
                reason=given["reason"],
                by=by_of(viewer),
                now=datetime.now(UTC),
            )
    except CorrectionRefused as refused:
        return _login_page(request, person, device, login, given, _refused(request, refused, ""))
    return common.go(people_view.address_of(people_view.id_of(person)))


@get("/people/{person:str}/export", guards=[common.opens("people-whole")], sync_to_thread=True)
def show_export(request: Asked, person: str) -> Response[str]:
    """Say what is held of a person, and what to think of before it is handed out."""
    viewer = _look(request, person)
    with state.of(request).db.read() as connection:
        known = people_view.must_see(connection, viewer, person)
        counts = person_export.count_rows(connection, known.entry.person)
    context = {
        **people_view.shared(viewer, "list"),
        "known": known,
        "counts": counts,
        "purposes": person_export.PURPOSES,
    }
    return common.show(request, "people_export.html", "people", context)


@post(
    "/people/{person:str}/export", guards=[common.opens("people-whole")], sync_to_thread=True, status_code=200
)
def download(request: Asked, person: str) -> Response[bytes]:
    """Give everything held of a person as a zip; that it was made is a look of its own."""
    viewer = _look(request, person, "person-export")
    with state.of(request).db.read() as connection:
        known = people_view.must_see(connection, viewer, person)
        export = person_export.gather(connection, known.entry.person, by=viewer.name, now=datetime.now(UTC))
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in known.entry.person)[:40]
    headers = {"Content-Disposition": f'attachment; filename="person-{name}.zip"'}
    return Response(person_export.write_zip(export), media_type="application/zip", headers=headers)


ROUTES = [show_person, show_correct, correct, end, bring_back, show_login, note_login, show_export, download]
