"""Signing in and out, the second step, and the way to the first page an adult may see."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from server import signing_in, state
from server.signing_in import Entered, SignInRefused
from server.web import common, doors, render
from server.web.common import Asked

_LOCAL = re.compile(
    r"/(lab|reports|devices|policy|problems|media|people|agreements|concerns|governors|oversight|staff|account"
    r"|desk|loans|self-tests|arrangements|limits|lessons|countersign)([/?][^\\]*)?"
)


def local_address(wanted: str) -> str:
    """Return the address if it leads to one of our own pages, else the start: never to a stranger's site."""
    if len(wanted) <= 400 and wanted.isprintable() and _LOCAL.fullmatch(wanted) and "//" not in wanted:
        return wanted
    return "/"


def enter(entered: Entered) -> Redirect:
    """Answer a proof that was right: its cookies, and on."""
    answer = common.go(entered.address)
    for cookie in entered.cookies:
        answer.set_cookie(cookie)
    return answer


def sign_in_page(request: Asked, context: dict[str, Any], status: int = 200) -> Response[str]:
    """Return the sign-in form."""
    provider = state.of(request).sign_in.now().provider
    filled = {
        "problems": [],
        "signed_out": False,
        "next": "/",
        "name": "",
        "password_error": "",
        "provider": provider,
        **context,
    }
    return common.show(request, "sign_in.html", "", filled, status)


def refusal_in_words(request: Asked, refused: SignInRefused) -> tuple[str, int]:
    """Return why somebody is not in, and the status; a wrong name and a wrong password look alike."""
    words = render.words_of(request)
    wait = words.span(max(60, refused.wait_seconds or 0))
    if refused.kind == "locked":
        return words.say("Too many tries under this name from here. Try again in %(span)s.", span=wait), 429
    if refused.kind == "busy":
        return words.say("Too many tries from this place. Try again in %(span)s.", span=wait), 429
    if refused.kind == "over":
        return words.say("That was too long ago. Sign in again."), 400
    return words.say("The name or the password is not right."), 400


@get("/", sync_to_thread=True)
def start(request: Asked) -> Response[str] | Redirect:
    """Lead to the first room this adult may see."""
    viewer = common.viewer_of(request)
    if viewer is None:
        return common.go("/sign-in")
    open_pages = doors.pages_of(viewer)
    if open_pages:
        return common.go(f"/{open_pages[0]}")
    return common.show(request, "start.html", "")


@get("/sign-in", sync_to_thread=True)
def show_sign_in(request: Asked) -> Response[str] | Redirect:
    """Show the form, or lead on whoever is signed in already."""
    wanted = local_address(request.query_params.get("next", "/"))
    if common.viewer_of(request) is not None:
        return common.go(wanted)
    return sign_in_page(request, {"next": wanted, "signed_out": "out" in request.query_params})


@post("/sign-in", sync_to_thread=True, status_code=200)
def sign_in(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Sign in under a fresh session, or go on to the second step, or say why not and how to go on."""
    name = common.text_of(data, "name", 80)
    wanted = local_address(common.text_of(data, "next", 500))
    password = data.get("password", "")
    try:
        return enter(signing_in.sign_in(request, name, password if isinstance(password, str) else "", wanted))
    except SignInRefused as refused:
        problem, status = refusal_in_words(request, refused)
        wrong = problem if refused.kind == "wrong" else ""
        context = {"problems": [("password", problem)], "next": wanted, "name": name, "password_error": wrong}
        return sign_in_page(request, context, status)


def _code_page(request: Asked, problem: str = "", status: int = 200) -> Response[str] | Redirect:
    who = signing_in.waits_for_code(request)
    if who is None:
        return common.go("/sign-in")
    context = {"problems": [("code", problem)] if problem else [], "who": who.display_name}
    return common.show(request, "sign_in_code.html", "", context, status)


@get("/sign-in/code", sync_to_thread=True)
def show_code(request: Asked) -> Response[str] | Redirect:
    """Ask for the second step; whoever did not give the first begins there."""
    return _code_page(request)


@post("/sign-in/code", sync_to_thread=True, status_code=200)
def take_code(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Take a code of the authenticator or a recovery code."""
    try:
        return enter(signing_in.second_step(request, common.text_of(data, "code", 60)))
    except SignInRefused as refused:
        if refused.kind == "over":
            problem, _ = refusal_in_words(request, refused)
            return sign_in_page(request, {"problems": [("name", problem)]}, 400)
        words = render.words_of(request)
        if refused.kind == "wrong":
            said = words.say(
                "This code does not count. Wait for the next one: each counts once. Is the phone on time?"
            )
            return _code_page(request, said, 400)
        problem, status = refusal_in_words(request, refused)
        return _code_page(request, problem, status)


@post("/sign-out", sync_to_thread=True, status_code=303)
def sign_out(request: Asked) -> Redirect:
    """End this session on the server too, not only in the browser."""
    answer = common.go("/sign-in?out")
    answer.set_cookie(signing_in.sign_out(request))
    return answer


ROUTES = [start, show_sign_in, sign_in, show_code, take_code, sign_out]
