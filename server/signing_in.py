"""Signing in and out: a password or the school's provider, a second step where one is set, a fresh session.

Nothing of a request before the last proof becomes the session: every cookie is new.
"""

import threading
from typing import Literal, NamedTuple, cast

from litestar.datastructures import Cookie
from sqlalchemy import Connection

from server import accounts, break_glass, guessing, second_steps, sessions, sign_in_events, state
from server.access import COOKIE, AnyConnection, current_session, signed_in
from server.accounts import Staff
from server.errors import ServerError
from server.sessions import How, Seen
from server.state import ServerState

STEP_COOKIE = "__Host-gatepost-step"
KNOWN_COOKIE = "__Host-gatepost-known"
STEP_PATH = "/sign-in/code"
CODES_PER_NAME = 20
"""Wrong codes from all places within the window: a code is short, so this is fewer than for passwords."""
# Each argon2 check takes 64 MiB: a flood of sign-ins must not take the machine's memory.
_password_checks = threading.BoundedSemaphore(2)


class SignInRefused(ServerError):
    """
    Not signed in.

    `wrong`: name, password or code; `locked`: this name waits so many seconds; `busy`: this place does;
    `over`: the first proof was too long ago: begin again.
    """

    def __init__(self, kind: Literal["wrong", "locked", "busy", "over"], wait_seconds: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait_seconds = wait_seconds


class Entered(NamedTuple):
    """What the browser is answered: cookies, and where to go."""

    cookies: tuple[Cookie, ...]
    address: str


def sign_in(request: AnyConnection, name: str, password: str, wanted: str = "/") -> Entered:
    """
    Check a password: a fresh session, or the way to the second step. Call it from a sync handler (it takes
    a while).

    Raises SignInRefused. A session the browser had before is ended.
    """
    return enter(request, _check_password(request, name, password), "password", wanted)


def enter(request: AnyConnection, account: Staff, how: How, wanted: str) -> Entered:
    """Go on with an account whose first proof was right: to the second step if it has one, else in."""
    now = state.utc_now()
    with state.of(request).db.write() as db:
        sealed = break_glass.is_break_glass(db, account.id)
        if not sealed and second_steps.is_set(db, account.id):
            step = sessions.open_step(db, account.id, how, wanted, now)
            return Entered((_cookie(STEP_COOKIE, step, int(sessions.STEP_FOR.total_seconds())),), STEP_PATH)
        return _enter(db, request, account, "break-glass" if sealed else how, wanted)


def waits_for_code(request: AnyConnection) -> Staff | None:
    """Return who gave the first proof in this browser and owes the second."""
    with state.of(request).db.read() as db:
        found = sessions.find_step(db, request.cookies.get(STEP_COOKIE, ""), state.utc_now())
    return found[0] if found else None


def second_step(request: AnyConnection, code: str) -> Entered:
    """Take a code of the authenticator, or a recovery code. Raises SignInRefused."""
    here, now = state.of(request), state.utc_now()
    token, place = request.cookies.get(STEP_COOKIE, ""), place_of(request)
    with here.db.write() as db:
        found = sessions.find_step(db, token, now)
        if found is None:
            raise SignInRefused("over")
        account, how, wanted = found
        wait = guessing.count_guess(db, _codes_of(account), place, now, per_name=CODES_PER_NAME)
        if wait is not None:
            _note_guessing(db, request, account)
    if wait is not None:
        raise _refusal(wait)
    with here.db.write() as db:
        if sessions.find_step(db, token, now) is None:
            raise SignInRefused("over")
        taken = proof_of(db, here, account, code)
        if taken is None:
            raise SignInRefused("wrong")
        guessing.forgive(db, _codes_of(account), place)
        sessions.close_step(db, token)
        if taken == "recovery":
            sign_in_events.write(
                db, at=now, staff_id=account.id, name=account.display_name, what="recovery-used"
            )
        entered = _enter(db, request, account, taken if how == "password" else cast(How, how), wanted)
    return Entered((*entered.cookies, _cookie(STEP_COOKIE, "", 0)), entered.address)


def proof_of(db: Connection, here: ServerState, account: Staff, code: str) -> How | None:
    """Spend a code of either kind and return which it was; None if it is neither."""
    now = state.utc_now()
    if second_steps.take_code(db, here.sign_in_key, account.id, code, now):
        return "code"
    if second_steps.take_recovery_code(db, here.sign_in_key, account.id, code, now):
        return "recovery"
    return None


def confirm(request: AnyConnection, password: str) -> Staff:
    """
    Return who is signed in once they gave their password again. Call it from a sync handler.

    For what a session alone must not do: it may be somebody else's by now. Guesses count as at the door.
    Raises SignInRefused.
    """
    staff = signed_in(request)
    if _check_password(request, staff.name, password).id != staff.id:
        raise SignInRefused("wrong")
    return staff


def confirm_again(request: AnyConnection, password: str) -> Staff:
    """Like `confirm`; whoever has no password proves it by having signed in within the last ten minutes."""
    staff, session = signed_in(request), current_session(request)
    with state.of(request).db.read() as db:
        has_password = accounts.has_password(db, staff.id)
    if has_password:
        return confirm(request, password)
    if session is None or state.utc_now() - session.created_at > sessions.FRESH:
        raise SignInRefused("over")
    return staff


def sign_out(request: AnyConnection) -> Cookie:
    """End the session and return the cookie that removes itself."""
    session = current_session(request)
    if session is not None:
        with state.of(request).db.write() as db:
            sessions.close_session(db, session.token_hash)
    return _cookie(COOKIE, "", 0)


def place_of(request: AnyConnection) -> str:
    """Return the place a request comes from, as guesses are counted."""
    return guessing.place_of(request.client.host if request.client else "")


def _enter(db: Connection, request: AnyConnection, account: Staff, how: How, wanted: str) -> Entered:
    now, before = state.utc_now(), current_session(request)
    host = request.client.host if request.client else ""
    seen = Seen(how, sessions.browser_of(request.headers.get("user-agent", "")), guessing.roughly(host))
    if before is not None:
        sessions.close_session(db, before.token_hash)
    if how == "break-glass":
        break_glass.note_used(db, account.id, seen.address, now)
    token = sessions.open_session(db, account.id, now, seen)
    known = sessions.know_browser(db, account.id, request.cookies.get(KNOWN_COOKIE, ""), now)
    cookies = (
        _cookie(COOKIE, token, int(sessions.LONGEST.total_seconds())),
        _cookie(KNOWN_COOKIE, known, int(sessions.KNOWN_FOR.total_seconds())),
    )
    return Entered(cookies, wanted)


def _check_password(request: AnyConnection, name: str, password: str) -> Staff:
    """Return the account that this name and password open; raise SignInRefused."""
    here, now = state.of(request), state.utc_now()
    name, place = name.strip().casefold()[:80], place_of(request)
    mark = request.cookies.get(KNOWN_COOKIE, "")
    with here.db.write() as db:
        number, stored = accounts.password_hash_of(db, name)
        known = sessions.hash_of(mark).hex() if number and sessions.is_known(db, number, mark, now) else ""
        wait = guessing.count_guess(db, name, place, now, known=known)
    if wait is not None:
        raise _refusal(wait)
    if not _password_checks.acquire(timeout=5):
        raise SignInRefused("busy", 5)
    try:
        right = accounts.is_password(stored, password)
    finally:
        _password_checks.release()
    if not right or number is None:
        raise SignInRefused("wrong")
    with here.db.write() as db:
        guessing.forgive(db, name, place, known=known)
        account = accounts.get_staff(db, number)
    if account is None:
        raise SignInRefused("wrong")
    return account


def _codes_of(account: Staff) -> str:
    """Return what guessed codes are counted under. Typed names are folded: none has a capital letter."""
    return f"CODE:{account.name}"[:80]


def _note_guessing(db: Connection, request: AnyConnection, account: Staff) -> None:
    """Whoever guesses codes knows the password: the head hears of it, once in the window."""
    now = state.utc_now()
    if not sign_in_events.has_recent(db, "code-guessing", account.id, now - guessing.WINDOW):
        sign_in_events.write(
            db,
            at=now,
            staff_id=account.id,
            name=account.display_name,
            what="code-guessing",
            address=guessing.roughly(request.client.host if request.client else ""),
        )


def _refusal(wait: guessing.Wait) -> SignInRefused:
    return SignInRefused("locked" if wait.why == "name" else "busy", wait.seconds)


def _cookie(key: str, value: str, max_age_seconds: int) -> Cookie:
    return Cookie(
        key=key,
        value=value,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
        max_age=max_age_seconds,
    )


def start_again(request: AnyConnection, account: Staff, how: How = "password") -> Entered:
    """Open a fresh session for somebody who just set a new password: the old ones are ended."""
    with state.of(request).db.write() as db:
        return _enter(db, request, account, how, "/account")
