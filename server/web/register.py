"""The agreements register: who answered which text and when, who refused, who is due (R1, R7, R9)."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Response, get
from sqlalchemy import Connection

from policies.settings import TIERS
from server import agreements, devices, state
from server.web import common, doors, labels, render
from server.web.common import Asked
from server.web.lab_view import natural
from server.web.labels import _
from server.web.names import harmless
from server.web.words import Words

ROWS_PER_PAGE = 200
PRINT_ROWS = 5000
SEARCHED_ROWS = 50_000
"""A search by name looks at this many of the newest answers."""
ANSWERS = ("accepted", "declined", "timed-out")
_COLUMNS = (
    _("Person"),
    _("Class or room"),
    _("Text"),
    _("Version"),
    _("Answer"),
    _("When"),
    _("Laptop"),
    _("Language"),
)
_FORMULA = re.compile(r"^[\s]*[=+\-@＝＋－＠]")


class Filter(NamedTuple):
    """What the address asks for."""

    q: str
    tier: str
    answer: str
    room: str
    page: int


class Line(NamedTuple):
    """One row of the register: an answer, or somebody who is due."""

    person: str
    place: str
    tier: str
    version: int
    answer: str
    at: datetime | None
    laptop: str
    language: str
    reading_seconds: int | None
    witnessed_by: str = ""
    """The adult who saw it, of an answer in class (R4)."""


def read_filter(query: dict[str, str]) -> Filter:
    """Return the filter in an address; what makes no sense counts as not asked for."""

    def one_of(key: str, allowed: Iterable[str]) -> str:
        return query.get(key, "") if query.get(key, "") in allowed else ""

    page = query.get("page", "1")
    return Filter(
        q=query.get("q", "").strip()[:120],
        tier=one_of("tier", TIERS),
        answer=one_of("answer", (*ANSWERS, "due")),
        room=query.get("room", "").strip()[:80],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: a pupil may choose such a user name."""
    clean = harmless(text, 200)
    return f"'{clean}" if _FORMULA.match(clean) else clean


def _matches(line: Line, wanted: Filter) -> bool:
    needle = wanted.q.casefold()
    hay = f"{line.person}\n{line.place}\n{line.laptop}\n{line.witnessed_by}".casefold()
    return (not wanted.tier or line.tier == wanted.tier) and (not needle or needle in hay)


def _of_answer(found: agreements.Answer) -> Line:
    return Line(
        person=found.display_name or found.person or found.os_user,
        place=found.year or found.room,
        tier=found.tier,
        version=found.version,
        answer=found.answer,
        at=agreements.believable(found.at, found.received_at),
        laptop=found.hostname,
        language=found.language,
        reading_seconds=found.reading_seconds,
        witnessed_by=found.witnessed_by,
    )


def _of_due(found: agreements.Due) -> Line:
    answer = "lapsed" if found.last_at else "due"
    place = found.year or found.room
    return Line(
        found.display_name or found.person,
        place,
        found.tier,
        found.version,
        answer,
        found.last_at,
        "",
        "",
        None,
    )


class Register(NamedTuple):
    """One reading of the register."""

    lines: list[Line]
    last_page: int
    total: int
    tallies: agreements.Tallies
    rooms: list[str]


def read_register(request: Asked, viewer: doors.Viewer, wanted: Filter, rows: int) -> Register:
    """Return what this adult may see of it, narrowed by the filter."""
    whole = bool(viewer.roles & doors.SEES_WHOLE_SCHOOL)
    with state.of(request).db.read() as connection:
        mine = tuple(devices.list_rooms(connection)) if whole else tuple(viewer.rooms)
        rooms: tuple[str, ...] | None = None if whole else mine
        if wanted.room:
            rooms = (wanted.room,) if whole or wanted.room in viewer.rooms else ()
        starts, today = common.policy_facts(connection).school_year_starts, date.today()
        tallies = agreements.tallies(connection, today, starts, rooms=rooms)
        if wanted.answer == "due" or wanted.q:
            lines, total = _lines_searched(connection, wanted, rooms, starts, today)
            page = _page_within(wanted.page, total, rows)
            lines = lines[(page - 1) * rows : page * rows]
        else:
            lines, total = _lines_of_page(connection, wanted, rooms, rows)
    last = max(1, -(-total // rows))
    return Register(lines, last, total, tallies, sorted(set(mine), key=natural))


def _page_within(page: int, total: int, rows: int) -> int:
    return min(page, max(1, -(-total // rows)))


def _lines_of_page(
    connection: Connection, wanted: Filter, rooms: tuple[str, ...] | None, rows: int
) -> tuple[list[Line], int]:
    """Let the database count and cut: the usual case, however many answers there are."""
    answer, tier = wanted.answer or None, wanted.tier or None
    total = agreements.count_answers(connection, rooms=rooms, answer=answer, tier=tier)
    offset = (_page_within(wanted.page, total, rows) - 1) * rows
    found = agreements.list_answers(
        connection, rooms=rooms, answer=answer, tier=tier, limit=rows, offset=offset
    )
    return [_of_answer(one) for one in found], total


def _lines_searched(
    connection: Connection, wanted: Filter, rooms: tuple[str, ...] | None, starts: str, today: date
) -> tuple[list[Line], int]:
    """Look through names here, because a name is folded as people write it, not as SQLite compares."""
    if wanted.answer == "due":
        lines = [_of_due(due) for due in agreements.list_due(connection, today, starts, rooms=rooms)]
    else:
        found = agreements.list_answers(
            connection,
            rooms=rooms,
            answer=wanted.answer or None,
            tier=wanted.tier or None,
            limit=SEARCHED_ROWS,
        )
        lines = [_of_answer(one) for one in found]
    lines = [line for line in lines if _matches(line, wanted)]
    return lines, len(lines)


def _look(request: Asked, viewer: doors.Viewer, what: str, wanted: Filter) -> None:
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, what, room=wanted.room)


@get("/agreements", guards=[common.opens("agreements")], sync_to_thread=True)
def show_register(request: Asked) -> Response[str]:
    """Show the register; filter and page stand in the address, so it works without script."""
    viewer = common.must_view(request)
    wanted = read_filter(dict(request.query_params))
    _look(request, viewer, "agreements", wanted)
    register = read_register(request, viewer, wanted, ROWS_PER_PAGE)
    kept = {key: value for key, value in wanted._asdict().items() if value and key != "page"}
    context = {
        "register": register,
        "wanted": wanted._replace(page=min(wanted.page, register.last_page)),
        "filtered": bool(kept),
        "tiers": TIERS,
        "answers": (*ANSWERS, "due"),
        "query": urlencode(kept),
        "link": lambda page: "/agreements?" + urlencode({**kept, "page": page}),
    }
    return common.show(request, "register.html", "agreements", context)


@get("/agreements/print", guards=[common.opens("agreements")], sync_to_thread=True)
def print_register(request: Asked) -> Response[str]:
    """Show the register as it goes on paper: who printed it and when stands on top."""
    viewer = common.must_view(request)
    wanted = read_filter(dict(request.query_params))._replace(page=1)
    _look(request, viewer, "agreements-print", wanted)
    register = read_register(request, viewer, wanted, PRINT_ROWS)
    context = {"register": register, "wanted": wanted, "limit": PRINT_ROWS}
    return common.show(request, "register_print.html", "agreements", context)


def _place_of(words: Words, line: Line) -> str:
    if line.witnessed_by:
        return words.say("In class, witnessed by %(name)s", name=line.witnessed_by)
    return line.laptop


@get("/agreements/register.csv", guards=[common.opens("agreements")], sync_to_thread=True)
def download_register(request: Asked) -> Response[bytes]:
    """Give the filtered register as CSV, in the reader's words, safe to open in a spreadsheet."""
    viewer = common.must_view(request)
    wanted = read_filter(dict(request.query_params))._replace(page=1)
    _look(request, viewer, "agreements-csv", wanted)
    register = read_register(request, viewer, wanted, PRINT_ROWS)
    words = render.words_of(request, viewer)
    label = labels.bind(words)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(words.say(title) for title in _COLUMNS)
    for line in register.lines:
        when = line.at.astimezone().isoformat(timespec="minutes") if line.at else ""
        row = (
            line.person,
            line.place,
            label("tier", line.tier),
            str(line.version),
            label("class-answer" if line.witnessed_by else "answer", line.answer),
            when,
            _place_of(words, line),
            line.language,
        )
        writer.writerow(safe_cell(cell) for cell in row)
    headers = {"Content-Disposition": 'attachment; filename="agreements.csv"'}
    return Response(
        ("\ufeff" + out.getvalue()).encode(), media_type="text/csv; charset=utf-8", headers=headers
    )


ROUTES = [show_register, print_register, download_register]
