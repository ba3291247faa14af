"""The tablet that goes round a class (R4): each child finds their picture and answers. Nobody is signed in.

The link in the address opens this one class while its adult lets it. No page here leads anywhere else.
"""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.response import Redirect

from policies.settings import Language
from server import access, class_hands, classes, state
from server.class_hands import Hand
from server.class_lists import Child
from server.individual.common import Refused
from server.web import class_art, class_view, common, labels, render
from server.web.common import Asked
from server.web.words import words_in

ANSWERS = {"yes": "accepted", "help": "help", "no": "declined", "undo": "undone"}


def _show(
    request: Asked, language: Language, what: str, context: dict[str, Any], status: int = 200
) -> Response[str]:
    """Return a page of the tablet in the language the class heard, whatever this browser prefers."""
    words = words_in(language)
    shown = {
        "what": what,
        "lang": language,
        "now": datetime.now(UTC),
        "csrf": access.csrf_token(request),
        "school": common.school_name(request),
        "picture_name": lambda picture: class_view.picture_name(words, picture),
        "draw": class_art.draw,
        "label": labels.bind(words),
        **context,
    }
    filled = render.environment(language).get_template("class_tablet.html").render(shown)
    return Response(filled, status_code=status, media_type=MediaType.HTML)


def _find(request: Asked, token: str) -> Hand | None:
    with state.of(request).db.read() as connection:
        return class_hands.find(connection, token, state.utc_now())


def _closed(request: Asked) -> Response[str]:
    return _show(request, render.language_of(request), "closed", {"back": "/"}, 404)


def _child(hand: Hand, picture: str) -> Child | None:
    return classes.child_with(hand.children, hand.standing, picture)


@get("/class/{token:str}", sync_to_thread=True)
def show_class(request: Asked, token: str) -> Response[str]:
    """Show every picture of those who are here."""
    hand = _find(request, token)
    if hand is None:
        return _closed(request)
    said = _child(hand, request.query_params.get("said", "")[:40])
    context = {"hand": hand, "token": token, "said": said}
    return _show(request, hand.sitting.language, "all", context)


@get("/class/{token:str}/{picture:str}", sync_to_thread=True)
def show_child(request: Asked, token: str, picture: str) -> Response[str] | Redirect:
    """Show one picture, large, and the three answers."""
    hand = _find(request, token)
    if hand is None:
        return _closed(request)
    child = _child(hand, picture)
    if child is None:
        return common.go(f"/class/{token}")
    context = {
        "hand": hand,
        "token": token,
        "child": child,
        "given": hand.standing.answers.get(child.person),
    }
    return _show(request, hand.sitting.language, "one", context)


@post("/class/{token:str}/{picture:str}", sync_to_thread=True, status_code=200)
def answer(request: Asked, data: common.Form, token: str, picture: str) -> Response[str] | Redirect:
    """Write the child's answer down, or that it was not theirs."""
    hand = _find(request, token)
    if hand is None:
        return _closed(request)
    given = ANSWERS.get(common.text_of(data, "answer"), "")
    try:
        with state.of(request).db.write() as connection:
            if class_hands.find(connection, token, state.utc_now()) is not None:
                classes.answer(connection, hand.sitting.id, picture, given, state.utc_now())
    except Refused:
        return common.go(f"/class/{token}")
    child = _child(hand, picture)
    shown = f"?said={child.picture.code}" if child and given != "undone" else ""
    return common.go(f"/class/{token}{shown}")


@post("/class/{token:str}", sync_to_thread=True, status_code=200)
def give_back(request: Asked, data: common.Form, token: str) -> Response[str]:
    """
    Close the link: the tablet goes back to the adult, who signs in to confirm.

    While children have not answered it asks once: a child who taps this too early takes nobody's turn.
    """
    hand = _find(request, token)
    if hand is None:
        return _closed(request)
    waiting = [each for each in hand.children if each.person not in hand.standing.answers]
    if waiting and common.text_of(data, "sure") != "yes":
        context = {"hand": hand, "token": token, "waiting": waiting}
        return _show(request, hand.sitting.language, "sure", context)
    with state.of(request).db.write() as connection:
        class_hands.take_back(connection, hand.sitting.id, now=state.utc_now())
    context = {"hand": hand, "back": class_view.address_of(hand.sitting, "witness")}
    return _show(request, hand.sitting.language, "back", context)


ROUTES = [show_class, show_child, answer, give_back]
