"""The door of the staff API: a bearer token, what its owner's offices open, how often it may knock, refusals.

A browser's cookie opens nothing here, so that no other site can make a browser act; a token does what its
owner may do at this moment, or less. Approving as a second adult is not to be had here: that takes a person
at a page.
"""

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import anyio.to_thread
import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from policies.agreements import AgreementRefused
from policies.decoding import UNREADABLE
from policies.settings import SettingsRefused
from server import api_tokens, guessing, media_answers, second_steps, state
from server.accounts import Staff
from server.api_tokens import Bearer
from server.errors import NotFound, ServerError
from server.proposals import ProposalRefused
from server.web import common, doors

PREFIX = "/api/v1"
PER_MINUTE = 120
"""Requests of one token."""
UNKNOWN_PER_MINUTE = 60
"""Requests without a good token, from one place."""
MOST_BUCKETS = 10_000
log = logging.getLogger(__name__)

Asked = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]


class Refusal(msgspec.Struct, frozen=True):
    """Every answer that is not a success."""

    error: str
    """A word for programs; it stays."""
    message: str
    """A sentence for people; it may change."""


class Refused(ServerError):
    """A definite answer with its status."""

    def __init__(self, status: int, error: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.headers = status, error, message, headers or {}


STATUSES = {
    400: "What was sent is not what it has to be; nothing was changed.",
    401: "No token, or one that is over or was ended.",
    403: "The token's owner may not do this, or it may only read.",
    404: "There is no such thing.",
    409: "It stands otherwise by now, or another adult has to decide; nothing was changed.",
    413: "Too large.",
    429: "Too many requests; Retry-After says for how many seconds.",
}
RESPONSES = {status: ResponseSpec(Refusal, description=words) for status, words in STATUSES.items()}


class Knocks:
    """A bucket of requests per caller that fills again by the minute. Of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def knock(self, caller: str, per_minute: int) -> float:
        """Count one request; return the seconds to wait if it is one too many, else zero."""
        now = self._clock()
        with self._lock:
            if len(self._left) > MOST_BUCKETS:
                self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < 60}
            left, at = self._left.get(caller, (float(per_minute), now))
            left = min(float(per_minute), left + (now - at) * per_minute / 60)
            if left < 1:
                self._left[caller] = (left, now)
                return (1 - left) * 60 / per_minute
            self._left[caller] = (left - 1, now)
            return 0.0


_knocks = Knocks()


def opens(page: doors.Page | None = None, *, writes: bool = False) -> Guard:
    """Return the guard of an address: a good token, an office that opens `page`, and leave to write."""

    async def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        bearer = await anyio.to_thread.run_sync(_bearer, connection)
        if writes and bearer.read_only:
            raise Refused(403, "read-only", "This token may only read. Make one that may change things.")
        connection.scope["gatepost_bearer"] = bearer  # type: ignore[typeddict-unknown-key]
        if page is not None and not doors.may_open(viewer_of(connection), page):
            raise Refused(403, "not-allowed", "The offices of this token's owner do not open this.")

    return guard


def _bearer(connection: AnyConnection) -> Bearer:
    here, now = state.of(connection), state.utc_now()
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    bearer = None
    if kind.casefold() == "bearer" and token:
        with here.db.read() as db:
            bearer = api_tokens.find(db, token.strip(), now)
    if bearer is None:
        place = guessing.place_of(connection.client.host if connection.client else "")
        _let(f"place:{id(here)}:{place}", UNKNOWN_PER_MINUTE)
        raise Refused(
            401, "no-token", "Send Authorization: Bearer TOKEN; make one at My account.",
            {"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    _let(f"token:{id(here)}:{bearer.token}", PER_MINUTE)
    asked = bearer.staff.roles & set(here.sign_in.now().second_step_for)
    with here.db.read() as db:
        if asked and not second_steps.is_set(db, bearer.staff.id):
            raise Refused(403, "second-step-due", "This token's owner has to set a second step first.")
    if bearer.is_stale(now):
        with here.db.write() as db:
            api_tokens.touch(db, bearer.token, now)
    return bearer


def _let(caller: str, per_minute: int) -> None:
    wait = _knocks.knock(caller, per_minute)
    if wait:
        raise Refused(
            429, "too-many", "Too many requests. Wait a little.", {"Retry-After": str(int(wait) + 1)}
        )


def bearer_of(connection: AnyConnection) -> Bearer:
    """Return whom this request's token stands for."""
    found: Bearer = connection.scope["gatepost_bearer"]  # type: ignore[typeddict-item]
    return found


def staff_of(connection: AnyConnection) -> Staff:
    """Return the owner of this request's token."""
    return bearer_of(connection).staff


def viewer_of(connection: AnyConnection) -> doors.Viewer:
    """Return the owner as the pages know them."""
    return common.viewer_for(state.of(connection), staff_of(connection))


def refuse(_: Asked, problem: Exception) -> Response[Refusal]:
    """Answer a refusal as JSON; nothing of our inside goes out."""
    if isinstance(problem, Refused):
        return _answer(problem.status, problem.error, problem.message, problem.headers)
    if isinstance(problem, NotFound):
        return _answer(404, "not-found", str(problem))
    if isinstance(problem, ProposalRefused):
        return _answer(400 if problem.kind in _BAD_INPUT else 409, problem.kind, str(problem))
    if isinstance(problem, media_answers.AnswerRefused):
        return _answer(409, problem.kind, f"This answer cannot be given: {problem.kind}.")
    if isinstance(problem, UNREADABLE):
        return _answer(400, "invalid", "What was sent cannot be read.")
    if isinstance(problem, (ServerError, SettingsRefused, AgreementRefused)):
        return _answer(400, "invalid", str(problem))
    if isinstance(problem, HTTPException):
        code = {404: "not-found", 405: "no-such-method", 413: "too-large"}.get(problem.status_code, "invalid")
        if problem.status_code < 500:
            return _answer(problem.status_code, code, str(problem.detail)[:400])
    log.error("the staff API failed", exc_info=problem)
    return _answer(500, "broke", "Something broke here. It is written down for the technician.")


_BAD_INPUT = frozenset({"no-reason", "no-risk-note", "no-words", "no-change", "settings"})


def _answer(
    status: int, error: str, message: str, headers: dict[str, str] | None = None
) -> Response[Refusal]:
    return Response(Refusal(error, message), status_code=status, headers=headers or {})


def conflict(error: str, message: str) -> NoReturn:
    """Refuse because it stands otherwise by now."""
    raise Refused(409, error, message)
