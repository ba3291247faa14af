"""Signing in and out, and the way to the first page an adult may see."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from server import access
from server.web import common, doors, render
from server.web.common import Asked

_LOCAL = re.compile(r"/(lab|devices|media|agreements|oversight|staff)([/?][^\\]*)?")


def local_address(wanted: str) -> str:
    """Return the address if it leads to one of our own pages, else the start: never to a stranger's site."""
    if len(wanted) <= 400 and wanted.isprintable() and _LOCAL.fullmatch(wanted) and "//" not in wanted:
        return wanted
    return "/"


def _form(request: Asked, context: dict[str, Any], status: int = 200) -> Response[str]:
    filled = {"problems": [], "signed_out": False, "next": "/", "name": "", "password_error": "", **context}
    return common.show(request, "sign_in.html", "", filled, status)


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
    return _form(request, {"next": wanted, "signed_out": "out" in request.query_params})


@post("/sign-in", sync_to_thread=True, status_code=200)
def sign_in(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Sign in under a fresh session, or say why not and how to go on."""
    name = common.text_of(data, "name", 80)
    wanted = local_address(common.text_of(data, "next", 500))
    password = data.get("password", "")
    try:
        cookie = access.sign_in(request, name, password if isinstance(password, str) else "")
    except access.SignInRefused as refused:
        return _refused(request, refused, name, wanted)
    answer = common.go(wanted)
    answer.set_cookie(cookie)
    return answer


def _refused(request: Asked, refused: access.SignInRefused, name: str, wanted: str) -> Response[str]:
    words = render.words_of(request)
    wait = words.span(max(60, refused.wait_seconds or 0))
    if refused.kind == "locked":
        problem, status = words.say("Too many tries under this name. Try again in %(span)s.", span=wait), 429
    elif refused.kind == "busy":
        problem, status = words.say("Too many tries from this place. Try again in %(span)s.", span=wait), 429
    else:
        problem, status = words.say("The name or the password is not right."), 400
    wrong = problem if refused.kind == "wrong" else ""
    context = {"problems": [("password", problem)], "next": wanted, "name": name, "password_error": wrong}
    return _form(request, context, status)


@post("/sign-out", sync_to_thread=True, status_code=303)
def sign_out(request: Asked) -> Redirect:
    """End this session on the server too, not only in the browser."""
    answer = common.go("/sign-in?out")
    answer.set_cookie(access.sign_out(request))
    return answer


ROUTES = [start, show_sign_in, sign_in, sign_out]
