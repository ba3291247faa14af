"""A form that takes a whole list: tried first, then taken as it was tried, or not at all."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple, Protocol

from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from sqlalchemy import Connection

from server import state
from server.spreadsheets import TableRefused
from server.web import common, render
from server.web.common import Asked

MOST_LIST_BYTES = 512 * 1024
MOST_POSTED_BYTES = 2 * 1024 * 1024
SHOWN_WRONG = 50
ListForm = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


class Outcome(Protocol):
    """What a list would do, or did."""

    @property
    def wrong(self) -> Sequence[object]:
        """Its lines that cannot be taken."""


class Taken(NamedTuple):
    """How a list was answered; nothing of it was kept unless `kept`."""

    outcome: Outcome | None = None
    sheet: str = ""
    """The list itself (base64), which the page sends back with the yes."""
    kept: bool = False
    problem: str = ""

    @property
    def status(self) -> int:
        """The page's HTTP status."""
        return 400 if self.problem else 200


class _OnlyTried(Exception):
    """Nothing of a try is kept; this takes it back."""


async def content_of(data: dict[str, Any]) -> bytes:
    """Return the list that was sent: a file, or what the page holds of the one that was tried."""
    sent, again = data.get("list"), data.get("sheet")
    if isinstance(again, str) and again:
        try:
            return base64.b64decode(again, validate=True)
        except (binascii.Error, ValueError):
            return b""
    return await sent.read(MOST_LIST_BYTES + 1) if isinstance(sent, UploadFile) else b""


def take(request: Asked, content: bytes, keep: bool, work: Callable[[Connection], Outcome]) -> Taken:
    """Try a list, and keep what it does if that is wanted and no line is wrong."""
    words = render.words_of(request, common.must_view(request))
    if len(content) > MOST_LIST_BYTES:
        return Taken(problem=words.say("This file is too large. Divide it."))
    outcome: Outcome | None = None
    try:
        with state.of(request).db.write() as connection:
            outcome = work(connection)
            if outcome.wrong or not keep:
                raise _OnlyTried
    except _OnlyTried:
        pass
    except TableRefused as problem:
        line = words.say("Line %(line)s:", line=problem.line) + " " if problem.line else ""
        said = words.say("This is no table we can read, or a column has another name.")
        return Taken(problem=f"{line}{said}")
    kept = keep and outcome is not None and not outcome.wrong
    return Taken(outcome, base64.b64encode(content).decode(), kept)


def context_of(taken: Taken, columns: Sequence[str]) -> dict[str, Any]:
    """Return what the form's template is told."""
    return {
        "outcome": taken.outcome,
        "wrong": taken.outcome.wrong[:SHOWN_WRONG] if taken.outcome else [],
        "sheet": taken.sheet,
        "kept": taken.kept,
        "problems": [("list", taken.problem)] if taken.problem else [],
        "columns": columns,
    }
