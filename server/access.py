"""The door for adults: who they are, what they may see, and the note that they looked. See `signing_in`.

The cookie is a random token; the server keeps its hash, a CSRF token and the account. Pages ask `require`
for their roles; whatever changes something has to carry the CSRF token and come from our own origin.
"""

from typing import Any, Literal, cast
from urllib.parse import urlsplit

import anyio.to_thread
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Guard, Receive, Scope, Send
from sqlalchemy import Connection

from server import oversight, second_steps, sessions, state
from server.accounts import Staff
from server.sessions import Session

COOKIE = "__Host-gatepost"
CSRF_FIELD = "_csrf_token"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN_PATH = "/sign-in"
"""A form opened before another tab signed in has no token yet; its origin is checked like any other."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ACCOUNT_PATHS = ("/account", "/account/")
"""What stays open while a password or a second step is due."""
API_PREFIX = "/api/"
"""Programs bring a token there; a browser's cookie never opens it."""
Due = Literal["", "password", "second-step"]

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


class NotSignedIn(NotAuthorizedException):
    """Nobody is signed in: show the sign-in page, then come back."""


class NotAllowed(PermissionDeniedException):
    """Signed in, but this page is not for any of their roles."""


class BadCsrf(PermissionDeniedException):
    """The form is old or came from elsewhere: reload the page and send it again."""


class StepDue(PermissionDeniedException):
    """Signed in, but first a new password or a second step has to be set: show that page."""

    def __init__(self, due: Due) -> None:
        super().__init__()
        self.due = due


def current_staff(connection: AnyConnection) -> Staff | None:
    """Return who is signed in, if anybody."""
    session = current_session(connection)
    return session.staff if session else None


def current_session(connection: AnyConnection) -> Session | None:
    """Return the signed-in session, if there is one."""
    found: Session | None = connection.scope.get("auth")
    return found


def signed_in(connection: AnyConnection) -> Staff:
    """Return who is signed in; raise NotSignedIn, or StepDue where something has to be set first."""
    staff = current_staff(connection)
    if staff is None:
        raise NotSignedIn
    due = cast(Due, connection.scope.get("gatepost_due", ""))
    path = connection.scope["path"]
    if due and path != ACCOUNT_PATHS[0] and not path.startswith(ACCOUNT_PATHS[1]):
        raise StepDue(due)
    return staff


def require(*roles: str) -> Guard:
    """Return a guard that lets through whoever has one of these roles; without any, whoever is signed in."""

    def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        staff = signed_in(connection)
        if roles and staff.roles.isdisjoint(roles):
            raise NotAllowed

    return guard


def csrf_token(connection: AnyConnection) -> str:
    """Return what this session's forms carry; empty while nobody is signed in."""
    session = current_session(connection)
    return session.csrf if session else ""


def look(connection: AnyConnection, what: str, *, room: str = "", person: str = "", device: str = "") -> None:
    """Note that the signed-in adult looks, before the page is shown. Call it from a sync handler."""
    staff = signed_in(connection)
    with state.of(connection).db.write() as db:
        oversight.write_look(
            db,
            at=state.utc_now(),
            staff=staff.id,
            by=staff.display_name,
            what=what,
            room=room,
            person=person,
            device=device,
        )


def is_own_origin(origin: str | None, fetch_site: str | None, host: str) -> bool:
    """Say whether a changing request came from our own pages, by what only a browser writes."""
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    if origin is None:
        return False
    return urlsplit(origin).netloc == host and origin.startswith("https://")


class SessionMiddleware(ASGIMiddleware):
    """Finds the session of each page request, and refuses changes without the CSRF token."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Set the session and go on, or raise BadCsrf."""
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(
            ("/device/", "/static/", API_PREFIX)
        ):
            request: AnyRequest = Request(scope, receive, send)
            session, due = await _find(request)
            scope["gatepost_due"] = due  # type: ignore[typeddict-unknown-key]
            scope["auth"] = session
            scope["user"] = session.staff if session else None
            if scope["method"] not in SAFE_METHODS:
                await _check_csrf(request, session)
        await next_app(scope, receive, send)


async def _find(request: AnyRequest) -> tuple[Session | None, Due]:
    token = request.cookies.get(COOKIE)
    if not token:
        return None, ""
    here, now = state.of(request), state.utc_now()
    with here.db.read() as db:
        session = sessions.find_session(db, token, now)
        due = decide_due(here, db, session)
    if session is not None and now - session.used_at >= sessions.TOUCH_EVERY:

        def touch() -> None:
            with here.db.write() as db:
                sessions.touch_session(db, session.token_hash, now)

        await anyio.to_thread.run_sync(touch)
    return session, due


def decide_due(here: state.ServerState, db: Connection, session: Session | None) -> Due:
    """Return what this session's adult has to set before anything else opens."""
    if session is None:
        return ""
    if session.password_known:
        return "password"
    asked = session.staff.roles & set(here.sign_in.now().second_step_for)
    if asked and session.how != "break-glass" and not second_steps.is_set(db, session.staff.id):
        return "second-step"
    return ""


async def _check_csrf(request: AnyRequest, session: Session | None) -> None:
    headers = request.headers
    if not is_own_origin(headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host", "")):
        raise BadCsrf("this form did not come from our own pages")
    if session is None or request.url.path == SIGN_IN_PATH:
        return
    given = headers.get(CSRF_HEADER)
    if given is None:
        given = (await request.form()).get(CSRF_FIELD, "")
    if not isinstance(given, str) or given != session.csrf:
        raise BadCsrf("reload the page and send the form again")
