"""Accepting as a class (R4): the adult reads the agreement aloud, ticks who is here, and confirms."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from policies.settings import LANGUAGES
from server import class_hands, class_lists, classes, signing_in, state
from server.class_standing import Sitting, is_open
from server.individual.common import By, Refused
from server.web import class_view, common, doors, individual_view, labels, render, room_door
from server.web.common import Asked
from server.web.enrol_pages import qr
from server.web.words import words_in

OPENS = [common.opens("lab")]
MOST_SITTINGS = 20


def _by(viewer: doors.Viewer) -> By:
    return individual_view.by_of(viewer)


def _said(request: Asked, viewer: doors.Viewer, code: str) -> str:
    return labels.bind(render.words_of(request, viewer))("class-refused", code)


def _choose(request: Asked, viewer: doors.Viewer, room: str, problem: str = "") -> Response[str]:
    now = state.utc_now()
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "class", room=room)
        found = class_lists.list_classes(connection, {*viewer.rooms, room}, now)
        asked = {language: classes.current_text(connection, language) for language in LANGUAGES}
        usual = {
            (each.room, each.year): class_lists.usual_language(connection, each.room, each.year, now)
            for each in found
        }
        held = classes.recent(connection, room, MOST_SITTINGS)
    languages = [language for language, text in asked.items() if text and text[1].language == language]
    context = {
        "room": room,
        "found": found,
        "usual": usual,
        "languages_of_text": languages,
        "held": [(sitting, standing, is_open(sitting, standing, now)) for sitting, standing in held],
        "problem": problem,
        "class_name": class_view.class_name,
        "address": class_view.address_of,
    }
    return common.show(request, "class.html", "lab", context, 400 if problem else 200)


@get("/lab/{room:str}/class", guards=OPENS, sync_to_thread=True)
def show_classes(request: Asked, room: str) -> Response[str]:
    """Show the classes of one's rooms that are asked together, and who accepted when."""
    return _choose(request, room_door.must_see_room(request, room), room)


@post("/lab/{room:str}/class", guards=OPENS, sync_to_thread=True, status_code=200)
def begin(request: Asked, data: common.Form, room: str) -> Response[str] | Redirect:
    """Begin with one class, in one language."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    theirs, year = common.text_of(data, "of", 80), common.text_of(data, "year", 40)
    language: Any = common.text_of(data, "language", 8)
    if theirs not in {*viewer.rooms, room} or language not in LANGUAGES:
        return _choose(request, viewer, room, _said(request, viewer, "class"))
    try:
        with state.of(request).db.write() as connection:
            class_lists.give_pictures(connection, theirs, year, now)
            number = classes.begin(
                connection, lab=room, room=theirs, year=year, language=language, by=_by(viewer), now=now
            )
            sitting = classes.find(connection, number)
    except Refused as refused:
        return _choose(request, viewer, room, _said(request, viewer, refused.code))
    assert sitting is not None
    return common.go(class_view.address_of(sitting))


def _must_find(connection: Any, room: str, number: int) -> Sitting:
    sitting = classes.find(connection, number)
    if sitting is None or sitting.lab != room:
        raise NotFoundException
    return sitting


def _page(
    request: Asked, viewer: doors.Viewer, room: str, number: int, *, problem: str = "", link: str = ""
) -> Response[str]:
    now, words = state.utc_now(), render.words_of(request, viewer)
    with state.of(request).db.write() as connection:
        sitting = _must_find(connection, room, number)
        common.note_look(connection, viewer, "class", room=room)
        standing = classes.standing_of(connection, number)
        children = class_lists.children_of(connection, sitting.room, sitting.year, now)
        due = class_lists.due_among(connection, [each.person for each in children], now)
        text = classes.text_for(connection, sitting.version, sitting.language)
    if text is None:
        raise NotFoundException
    rows = class_view.rows_of(words, children, standing)
    still = is_open(sitting, standing, now)
    context = {
        "room": room,
        "sitting": sitting,
        "standing": standing,
        "is_open": still,
        "is_theirs": sitting.staff == viewer.id,
        "step": class_view.decide_step(request.query_params.get("step", ""), standing) if still else "over",
        "steps": class_view.STEPS,
        "rows": rows,
        "present": [row for row in rows if row.here],
        "unanswered": [row for row in rows if row.here and row.answer in ("", "withdrawn")],
        "due": due,
        "text": text,
        "card": class_view.card,
        "problem": problem,
        "class_name": class_view.class_name,
        "address": class_view.address_of,
        "link": link,
        "link_qr": qr(link) if link else "",
    }
    return common.show(request, "class_sitting.html", "lab", context, 400 if problem else 200)


@get("/lab/{room:str}/class/{number:int}", guards=OPENS, sync_to_thread=True)
def show_sitting(request: Asked, room: str, number: int) -> Response[str]:
    """Show one class: the text to read aloud, who is here, the tablet, who answered what."""
    return _page(request, room_door.must_see_room(request, room), room, number)


@get("/lab/{room:str}/class/{number:int}/pictures", guards=OPENS, sync_to_thread=True)
def show_pictures(request: Asked, room: str, number: int) -> Response[str]:
    """Show the class's pictures as cards for paper, one for each child."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    with state.of(request).db.write() as connection:
        sitting = _must_find(connection, room, number)
        common.note_look(connection, viewer, "class", room=room)
        children = class_lists.children_of(connection, sitting.room, sitting.year, now)
        standing = classes.standing_of(connection, number)
    context = {
        "room": room,
        "sitting": sitting,
        "rows": class_view.rows_of(words_in(sitting.language), children, standing),
        "class_name": class_view.class_name,
        "address": class_view.address_of,
    }
    return common.show(request, "class_pictures.html", "lab", context)


@post("/lab/{room:str}/class/{number:int}/here", guards=OPENS, sync_to_thread=True, status_code=200)
def say_here(request: Asked, data: common.Form, room: str, number: int) -> Response[str] | Redirect:
    """Tick who is here."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    try:
        with state.of(request).db.write() as connection:
            sitting = _must_find(connection, room, number)
            classes.say_here(connection, number, common.texts_of(data, "child"), by=_by(viewer), now=now)
    except Refused as refused:
        return _page(request, viewer, room, number, problem=_said(request, viewer, refused.code))
    return common.go(class_view.address_of(sitting, "tablet"))


@post("/lab/{room:str}/class/{number:int}/tablet", guards=OPENS, sync_to_thread=True, status_code=200)
def hand_round(request: Asked, data: common.Form, room: str, number: int) -> Response[str] | Redirect:
    """
    Make the link that the tablet goes round with.

    On the adult's own browser this ends their session there first: children hold it, and nothing of the
    adult's may be one tap away. To confirm, the adult signs in again.
    """
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    try:
        with state.of(request).db.write() as connection:
            _must_find(connection, room, number)
            token = class_hands.hand_round(connection, number, by=_by(viewer), now=now)
    except Refused as refused:
        return _page(request, viewer, room, number, problem=_said(request, viewer, refused.code))
    if common.text_of(data, "where") == "other":
        return _page(request, viewer, room, number, link=f"{_origin(request)}/class/{token}")
    answer = common.go(f"/class/{token}")
    answer.set_cookie(signing_in.sign_out(request))
    return answer


def _origin(request: Asked) -> str:
    return f"https://{request.url.netloc}"


@post("/lab/{room:str}/class/{number:int}/back", guards=OPENS, sync_to_thread=True, status_code=303)
def take_back(request: Asked, room: str, number: int) -> Redirect:
    """Say that the tablet is back: its link opens nothing more."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    with state.of(request).db.write() as connection:
        sitting = _must_find(connection, room, number)
        class_hands.take_back(connection, number, now=now, by=_by(viewer))
    return common.go(class_view.address_of(sitting, "witness"))


@post("/lab/{room:str}/class/{number:int}/undo", guards=OPENS, sync_to_thread=True, status_code=200)
def undo(request: Asked, data: common.Form, room: str, number: int) -> Response[str] | Redirect:
    """Take one answer away: before it is witnessed as never given, afterwards as taken back."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    child = common.text_of(data, "child")
    try:
        with state.of(request).db.write() as connection:
            sitting = _must_find(connection, room, number)
            if classes.standing_of(connection, number).ended:
                classes.withdraw(connection, number, child, by=_by(viewer), now=now)
            else:
                classes.undo(connection, number, child, by=_by(viewer), now=now)
    except Refused as refused:
        return _page(request, viewer, room, number, problem=_said(request, viewer, refused.code))
    state.of(request).notice_changes()
    return common.go(class_view.address_of(sitting, "witness"))


@post("/lab/{room:str}/class/{number:int}/witness", guards=OPENS, sync_to_thread=True, status_code=200)
def witness(request: Asked, data: common.Form, room: str, number: int) -> Response[str] | Redirect:
    """Confirm what was seen: from now on it counts. Or end it, and nothing does."""
    viewer, now = room_door.must_see_room(request, room), state.utc_now()
    drops = common.text_of(data, "act") == "drop"
    try:
        if not drops and common.text_of(data, "saw") != "yes":
            raise Refused("saw", "not ticked")
        with state.of(request).db.write() as connection:
            sitting = _must_find(connection, room, number)
            if drops:
                classes.drop(connection, number, by=_by(viewer), now=now)
            else:
                classes.witness(connection, number, by=_by(viewer), now=now)
    except Refused as refused:
        code = "answers" if refused.code == "nobody" else refused.code
        return _page(request, viewer, room, number, problem=_said(request, viewer, code))
    state.of(request).notice_changes()
    return common.go(class_view.address_of(sitting))


ROUTES = [
    show_classes,
    begin,
    show_sitting,
    show_pictures,
    say_here,
    hand_round,
    take_back,
    undo,
    witness,
]
