"""The page behind an invitation link: choose a password nobody else knows, then go on to the second step."""

from litestar import Response, get, post
from litestar.response import Redirect

from server import accounts, guessing, invitations, signing_in, state
from server.errors import NotFound
from server.web import account, common, render, sign_in
from server.web.common import Asked

GUESSED = "INVITATION"
"""What guessed links are counted under. Typed names are folded: none has a capital letter."""


def _page(request: Asked, token: str, problem: str = "", status: int = 200) -> Response[str]:
    with state.of(request).db.read() as db:
        invited = invitations.find(db, token, state.utc_now())
    context = {
        "invited": invited,
        "token": token,
        "least": accounts.MIN_PASSWORD_LENGTH,
        "problems": [("new", problem)] if problem else [],
    }
    return common.show(request, "invitation.html", "", context, status if invited else 404)


@get("/invitation/{token:str}", sync_to_thread=True)
def show_invitation(request: Asked, token: str) -> Response[str]:
    """Ask for a new password, or say that the link serves no more."""
    return _page(request, token)


@post("/invitation/{token:str}", sync_to_thread=True, status_code=200)
def accept_invitation(request: Asked, data: common.Form, token: str) -> Response[str] | Redirect:
    """Set the password, use the link up and sign in; a second step that is set is asked for as ever."""
    here, now = state.of(request), state.utc_now()
    new = data.get("new", "")
    new = new if isinstance(new, str) else ""
    with here.db.write() as db:
        wait = guessing.count_guess(db, GUESSED, signing_in.place_of(request), now)
        invited = invitations.find(db, token, now) if wait is None else None
        if invited is not None:
            guessing.forgive(db, GUESSED, signing_in.place_of(request))
    if wait is not None:
        refused = signing_in.SignInRefused("busy", wait.seconds)
        return _page(request, token, *sign_in.refusal_in_words(request, refused))
    if invited is None:
        return _page(request, token)
    problem = account.password_problem(invited.name, new, render.words_of(request))
    if problem:
        return _page(request, token, problem, 400)
    with here.db.write() as db:
        accepted = invitations.accept(db, token, new, now)
    if accepted is None:
        raise NotFound("this link was used at the same moment")
    return sign_in.enter(signing_in.enter(request, accepted, "password", "/account/second-step"))


ROUTES = [show_invitation, accept_invitation]
