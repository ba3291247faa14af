"""Countersignatures: whose acceptance waits for the head, signed in bulk, and the list on paper (R8)."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post

from server import access, countersigning, state
from server.countersigning import Key, Line
from server.individual.common import Refused
from server.web import common, individual_view
from server.web.arrangement_pages import refusal
from server.web.common import Asked

FIELDS = {"title": "titles", "none": "lines"}


def key_text(key: Key) -> str:
    """Return a key as a form carries it."""
    return f"{key.device}:{key.stream}:{key.seq}"


def read_key(text: str) -> Key | None:
    """Return the key a form carried, or None."""
    device, _, rest = text.partition(":")
    stream, _, seq = rest.partition(":")
    return Key(device, stream, int(seq)) if seq.isascii() and seq.isdigit() and len(seq) < 17 else None


def _name_of(request: Asked) -> str:
    staff = access.current_staff(request)
    return staff.name if staff else ""


def _lines(request: Asked, *, look: str) -> tuple[list[Line], bool]:
    viewer, today = common.must_view(request), datetime.now(UTC).astimezone().date()
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, look)
        starts = common.policy_facts(connection).school_year_starts
        return (
            countersigning.list_lines(connection, today, starts),
            countersigning.is_asked_for(connection),
        )


def _page(
    request: Asked,
    problems: list[tuple[str, str]],
    *,
    given: dict[str, str] | None = None,
    done: int | None = None,
    status: int = 200,
) -> Response[str]:
    viewer, name = common.must_view(request), _name_of(request)
    by = individual_view.by_of(viewer)
    lines, asked = _lines(request, look="countersign")
    today = datetime.now(UTC).astimezone().date()
    context: dict[str, Any] = {
        "pending": [
            (line, key_text(line.key), countersigning.decide_office(line, by, name))
            for line in lines
            if line.state == "pending" and line.key
        ],
        "others": [line for line in lines if line.state != "pending"],
        "soon": next((line.lapses_on for line in lines if line.lapses_soon(today)), None),
        "asked": asked,
        "titles": given or {},
        "problems": problems,
        "wrong": dict(problems),
        "done": done,
    }
    return common.show(request, "countersign.html", "countersign", context, status)


@get("/countersign", guards=[common.opens("countersign")], sync_to_thread=True)
def show_queue(request: Asked) -> Response[str]:
    """Show what waits, and every other adult's state."""
    return _page(request, [])


@post("/countersign", guards=[common.opens("countersign")], sync_to_thread=True, status_code=200)
def sign(request: Asked, data: common.Form) -> Response[str]:
    """Countersign those that are ticked: all of them or none."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    given = {
        name.removeprefix("title-"): common.text_of(data, name)
        for name in data
        if isinstance(name, str) and name.startswith("title-")
    }
    keys = [key for text in common.texts_of(data, "lines") if (key := read_key(text))]
    try:
        if not keys:
            raise Refused("none", "nobody chosen")
        with state.of(request).db.write() as connection:
            starts = common.policy_facts(connection).school_year_starts
            done = countersigning.countersign(
                connection,
                [(key, given.get(key_text(key), "")) for key in keys],
                lines=countersigning.list_lines(connection, now.astimezone().date(), starts),
                by=individual_view.by_of(viewer),
                sign_in_name=_name_of(request),
                now=now,
            )
    except Refused as refused:
        return _page(request, refusal(request, refused.code, FIELDS), given=given, status=400)
    return _page(request, [], done=done)


@get("/countersign/print", guards=[common.opens("countersign")], sync_to_thread=True)
def print_list(request: Asked) -> Response[str]:
    """Show the list as it goes on paper, with a line for a signature by hand."""
    lines, _ = _lines(request, look="countersign")
    return common.show(request, "countersign_print.html", "countersign", {"lines": lines})


ROUTES = [show_queue, sign, print_list]
