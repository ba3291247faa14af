"""What every handler of the officers' JSON API needs: the body, the reader, and refusals as JSON.

Laptops have an API of their own; this one is for scripts of our own pages, with the session and its token.
"""

import logging
from typing import TypeVar

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from sqlalchemy import Connection

from policies import wire
from policies.decoding import UNREADABLE
from server import access, case_sharing, officers, signing_in, state
from server.case_desk import StepRefused
from server.case_entries import Who
from server.errors import Invalid, NotFound, ServerError
from server.officers import Reader
from server.staff_reports import TooMany
from server.web.common import Asked

MAX_BODY_BYTES = 1024 * 1024
PREFIX = "/reports/api"
T = TypeVar("T")
log = logging.getLogger(__name__)


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of everything that a page sends."""


class Refused(ServerError):
    """A definite no to a page's script: the HTTP status, a word for it, a sentence for people."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message


def read(body: bytes, what: type[T]) -> T:
    """Return the body as what it has to be; raise Refused."""
    try:
        return msgspec.json.decode(body, type=what)
    except UNREADABLE as problem:
        raise Refused(
            400, "bad-request", "The server does not understand this. Load the page again."
        ) from problem


def hexed(text: str) -> bytes:
    """Return bytes written as hexadecimal digits; raise Refused."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refused(400, "bad-request", "These are not hexadecimal digits.") from None


def reader_of(request: Asked, connection: Connection, case: str = "", *, sheet: bool = False) -> Reader:
    """
    Return the signed-in officer; where `sheet`, also its holder with `?as=recovery`. Raises NotFound.

    For anybody without a listed key no case exists.
    """
    staff = access.signed_in(request)
    if not sheet or request.query_params.get("as") != "recovery":
        reader = officers.reader_of(connection, staff)
        if reader is not None and case and case_sharing.kept_from_head(connection, reader, case):
            reader = None
    else:
        reader = officers.sheet_reader_of(connection, staff, state.utc_now())
        if reader is not None and case:
            case_sharing.with_sheet(connection, reader, case)
    if reader is None:
        raise NotFound("there is no such case")
    return reader


def who(reader: Reader) -> Who:
    """Return whose entries these are."""
    return Who(reader.staff, reader.name)


def answer(body: object, status: int = 200) -> Response[bytes]:
    """Return an answer as JSON."""
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")


def refuse(request: Asked, problem: Exception) -> Response[bytes]:
    """Answer any failure as JSON: who is signed out 401, what one may not know of 404."""
    status, error, message = _words(problem)
    if status == 500:
        log.error("a request of the reports pages failed", exc_info=problem)
    return answer(wire.Refusal(error=error, message=message[:600]), status)


def _words(problem: Exception) -> tuple[int, str, str]:
    if isinstance(problem, Refused):
        return problem.status, problem.error, problem.message
    if isinstance(problem, NotFound):
        return 404, "not-found", "There is nothing here that you can open."
    if isinstance(problem, StepRefused):
        return 409, problem.kind, "This cannot be done as the case stands. Nothing was changed."
    if isinstance(problem, TooMany):
        return 429, "busy", "Very many at once. Wait, and ring somebody meanwhile."
    if isinstance(problem, Invalid):
        return 400, "invalid", str(problem)
    if isinstance(problem, signing_in.SignInRefused):
        if problem.kind == "wrong":
            return 403, "wrong-password", "This is not your password. Nothing was changed."
        return 429, "guesses", "Too many tries. Wait a quarter of an hour."
    if isinstance(problem, access.NotSignedIn):
        return 401, "signed-out", "You are signed out. Sign in again; what you wrote is still in this page."
    if isinstance(problem, access.BadCsrf):
        return 403, "old-page", "This page is too old. Load it again."
    if isinstance(problem, HTTPException):
        known = {
            403: ("not-allowed", "This is not open to you."),
            404: ("not-found", "There is nothing here that you can open."),
            405: ("bad-request", "This cannot be asked here."),
            413: ("too-large", "That was too large. Nothing was changed."),
            429: ("busy", "Too many at once. Wait a minute."),
        }
        return (
            problem.status_code,
            *known.get(problem.status_code, ("bad-request", "That did not arrive whole.")),
        )
    return 500, "broken", "Something broke in the server. Nothing was changed; try again."


HANDLERS: ExceptionHandlersMap = {
    ServerError: refuse,
    HTTPException: refuse,
    access.NotSignedIn: refuse,
    access.NotAllowed: refuse,
    Exception: refuse,
}
