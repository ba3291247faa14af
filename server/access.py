"""The door for adults: sign-in, who they are, what they may see, and the note that they looked.

The cookie is a random token; the server keeps its hash, a CSRF token and the account. Pages ask `require`
for their roles; whatever changes something has to carry the CSRF token and come from our own origin.
"""

import threading
from typing import Any, Literal
from urllib.parse import urlsplit

import anyio.to_thread
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Guard, Receive, Scope, Send

from server import accounts, oversight, sessions, state
from server.accounts import Staff
from server.errors import ServerError
from server.sessions import Session

COOKIE = "__Host-gatepost"
CSRF_FIELD = "_csrf_token"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN_PATH = "/sign-in"
"""A form opened before another tab signed in has no token yet; its origin is checked like any other."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Each argon2 check takes 64 MiB: a flood of sign-ins must not take the machine's memory.
_password_checks = threading.BoundedSemaphore(2)

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


class NotSignedIn(NotAuthorizedException):
    """Nobody is signed in: show the sign-in page, then come back."""


class NotAllowed(PermissionDeniedException):
    """Signed in, but this page is not for any of their roles."""


class BadCsrf(PermissionDeniedException):
    """The form is old or came from elsewhere: reload the page and send it again."""


class SignInRefused(ServerError):
    """Not signed in. `wrong`: name or password; `locked`: wait so many seconds; `busy`: try again shortly."""

    def __init__(self, kind: Literal["wrong", "locked", "busy"], wait_seconds: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait_seconds = wait_seconds


def current_staff(connection: AnyConnection) -> Staff | None:
    """Return who is signed in, if anybody."""
    session = current_session(connection)
    return session.staff if session else None


def current_session(connection: AnyConnection) -> Session | None:
    """Return the signed-in session, if there is one."""
    found: Session | None = connection.scope.get("auth")
    return found


def signed_in(connection: AnyConnection) -> Staff:
    """Return who is signed in; raise NotSignedIn."""
    staff = current_staff(connection)
    if staff is None:
        raise NotSignedIn
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


def sign_in(request: AnyConnection, name: str, password: str) -> Cookie:
    """
    Check a password and return the cookie of a fresh session. Call it from a sync handler (it takes a while).

    Raises SignInRefused. A session the browser had before is ended.
    """
    number = _check_password(request, name, password)
    before = current_session(request)
    with state.of(request).db.write() as db:
        if before is not None:
            sessions.close_session(db, before.token_hash)
        token = sessions.open_session(db, number, state.utc_now())
    return _cookie(token, int(sessions.LONGEST.total_seconds()))


def confirm(request: AnyConnection, password: str) -> Staff:
    """
    Return who is signed in once they gave their password again. Call it from a sync handler.

    For what a session alone must not do: it may be somebody else's by now. Guesses count as at the door.
    Raises SignInRefused.
    """
    staff = signed_in(request)
    if _check_password(request, staff.name, password) != staff.id:
        raise SignInRefused("wrong")
    return staff


def _check_password(request: AnyConnection, name: str, password: str) -> int:
    """Return the number of the account that this name and password open; raise SignInRefused."""
    here = state.of(request)
    name = name.strip().casefold()[:80]
    address = request.client.host[:64] if request.client else ""
    with here.db.write() as db:
        wait = sessions.count_guess(db, name, address, state.utc_now())
        number, stored = accounts.password_hash_of(db, name)
    if wait:
        raise SignInRefused("locked", wait)
    if not _password_checks.acquire(timeout=5):
        raise SignInRefused("busy", 5)
    try:
        right = accounts.is_password(stored, password)
    finally:
        _password_checks.release()
    if not right or number is None:
        raise SignInRefused("wrong")
    with here.db.write() as db:
        sessions.forgive(db, name, address)
    return number


def sign_out(request: AnyConnection) -> Cookie:
    """End the session and return the cookie that removes itself."""
    session = current_session(request)
    if session is not None:
        with state.of(request).db.write() as db:
            sessions.close_session(db, session.token_hash)
    return _cookie("", 0)


def _cookie(value: str, max_age_seconds: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
        max_age=max_age_seconds,
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
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(("/device/", "/static/")):
            request: AnyRequest = Request(scope, receive, send)
            session = await _find(request)
            scope["auth"] = session
            scope["user"] = session.staff if session else None
            if scope["method"] not in SAFE_METHODS:
                await _check_csrf(request, session)
        await next_app(scope, receive, send)


async def _find(request: AnyRequest) -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    here, now = state.of(request), state.utc_now()
    with here.db.read() as db:
        session = sessions.find_session(db, token, now)
    if session is not None and now - session.used_at >= sessions.TOUCH_EVERY:

        def touch() -> None:
            with here.db.write() as db:
                sessions.touch_session(db, session.token_hash, now)

        await anyio.to_thread.run_sync(touch)
    return session


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
