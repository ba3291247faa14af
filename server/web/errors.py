"""Pages for what went wrong, in the reader's language; a laptop's API answers for itself."""

import logging
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from server import access, state
from server.errors import Invalid, NotFound
from server.web import common, cover_over, render
from server.web.cover_over import CoverOver

log = logging.getLogger(__name__)


def _texts(status: int) -> tuple[str, str]:
    """Return title and text of an error, still in English."""

    def _(message: str) -> str:
        return message

    known = {
        400: (
            _("This form did not arrive whole"),
            _("Nothing was changed. Go back, load the page again and send it once more."),
        ),
        403: (
            _("This page is not open to you"),
            _("Pages open by your offices, labs by the rooms you teach in. Ask the head if one is missing."),
        ),
        404: (
            _("There is no such page"),
            _("The address may be old, or what it named was removed. Begin again from your first room."),
        ),
        405: (_("There is no such page"), _("Begin again from your first room.")),
        413: (_("That was too large"), _("Nothing was changed. Send less at once.")),
        429: (_("Too many requests"), _("Wait a minute, then try again. Nothing was changed.")),
        500: (
            _("Something broke here"),
            _("It is written down for the technician. What laptops sent is safe; send your own form again."),
        ),
    }
    return known.get(status) or known[500 if status >= 500 else 400]


def _page(request: Request[Any, Any, Any], status: int) -> Response[str]:
    viewer = common.viewer_of(request) if status < 500 else None
    words = render.words_of(request, viewer)
    title, text = _texts(status)
    context = {"title": words.say(title), "text": words.say(text), "status_code": status}
    return render.render(
        request, "trouble.html", context, viewer=None, status=status, preferred=words.language
    )


def on_http(request: Request[Any, Any, Any], problem: HTTPException) -> Response[Any]:
    """Answer a refusal: the sign-in page for whoever is signed out, else a page that says what to do."""
    if problem.status_code == 401 and "live" not in request.url.path.rsplit("/", 1)[-1]:
        wanted = request.url.path if request.method == "GET" else "/"
        if request.method == "GET" and request.url.query:
            wanted += f"?{request.url.query}"
        return common.go(f"/sign-in?next={quote(wanted, safe='')}")
    return _page(request, problem.status_code)


def on_cover_over(request: Request[Any, Any, Any], problem: CoverOver) -> Response[str]:
    """Say that a cover has ended, and who can give another."""
    viewer = common.viewer_of(request)
    words = render.words_of(request, viewer)
    told = cover_over.words_for(words, problem.ended, state.utc_now())
    context = {
        "title": words.say("Your cover has ended"),
        "text": f"{told} {cover_over.way_on(words)}",
        "status_code": 403,
    }
    return render.render(request, "trouble.html", context, viewer=None, status=403, preferred=words.language)


def on_due(_: Request[Any, Any, Any], problem: access.StepDue) -> Response[Any]:
    """Lead to what has to be set before anything else opens."""
    return common.go("/account/password" if problem.due == "password" else "/account/second-step")


def on_missing(request: Request[Any, Any, Any], _: NotFound) -> Response[str]:
    """Answer that what the address names is not there."""
    return _page(request, 404)


def on_invalid(request: Request[Any, Any, Any], problem: Invalid) -> Response[str]:
    """Answer what no page has words of its own for: nothing was changed, and it was no fault of ours."""
    log.info("a form was refused", extra={"path": request.url.path[:200], "why": str(problem)[:200]})
    return _page(request, 400)


def on_crash(request: Request[Any, Any, Any], problem: Exception) -> Response[str]:
    """Answer a fault of ours without a word of its inside."""
    log.error("a page failed", exc_info=problem, extra={"path": request.url.path[:200]})
    return _page(request, 500)


HANDLERS: ExceptionHandlersMap = {
    HTTPException: on_http,
    access.NotSignedIn: on_http,
    access.NotAllowed: on_http,
    CoverOver: on_cover_over,
    access.StepDue: on_due,
    NotFound: on_missing,
    Invalid: on_invalid,
    Exception: on_crash,
}
