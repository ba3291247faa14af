"""Activity that a teacher passed on, as safeguarding looks at it: with a purpose, written as a look (R39).

The case holds which login it is, sealed; this page is asked for it by its reader and knows of no case.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection, select

from server import lesson_use, oversight, records_kept, seat_detail, state
from server.lesson_use import LONGEST, Lesson
from server.records_kept import Login
from server.tables import looks
from server.web import common, doors, render
from server.web.common import Asked

OPENS = [common.only("reports", frozenset({"safeguarding", "head"}))]
PURPOSES = ("concern", "report", "worried", "other")
LONGEST_WORDS = 160


def address_of(**query: str) -> str:
    """Return the address of one login's or one lesson's activity."""
    return "/reports/activity?" + urlencode(query)


def _login(connection: Connection, query: dict[str, str]) -> Login:
    device, login = query.get("device", ""), query.get("login", "")
    if not re.fullmatch(r"[0-9a-f]{16}", device) or not re.fullmatch(r"[0-9a-f]{32}", login):
        raise NotFoundException
    found = records_kept.get_login(connection, device, login)
    if found is None:
        raise NotFoundException
    return found


def _lesson(query: dict[str, str]) -> Lesson:
    try:
        since, until = (datetime.fromisoformat(query.get(name, "")) for name in ("since", "until"))
        if since.tzinfo is None or until.tzinfo is None or not since < until <= since + LONGEST:
            raise NotFoundException
    except (ValueError, OverflowError):
        raise NotFoundException from None
    return Lesson(query.get("room", "")[:80], since, until)


def _holds(connection: Connection, viewer: doors.Viewer, room: str, now: datetime) -> bool:
    """Say whether this adult said within the last ten minutes what they look at this room's lesson for."""
    query = select(looks.c.id).where(
        looks.c.what == "after",
        looks.c.staff == viewer.id,
        looks.c.room == room,
        looks.c.at >= now - seat_detail.REASON_HOLDS,
    )
    return connection.execute(query.limit(1)).first() is not None


def _page(
    request: Asked,
    query: dict[str, str],
    given: dict[str, str] | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> Response[str]:
    viewer, house, now = common.must_view(request), state.of(request), datetime.now(UTC)
    context: dict[str, Any] = {
        "query": query,
        "purposes": PURPOSES,
        "given": {"purpose": "", "words": "", **(given or {})},
        "problems": problems or [],
        "wrong": dict(problems or []),
        "login": None,
        "lesson": None,
        "detail": None,
        "sittings": None,
        "address": address_of,
    }
    with house.db.read() as connection:
        if "login" in query:
            login = _login(connection, query)
            context["login"] = login
            if seat_detail.reason_holds(connection, viewer.id, login.device, login.login, now):
                context["detail"] = seat_detail.detail_of(connection, login)
        else:
            lesson = _lesson(query)
            context["lesson"] = lesson
            if _holds(connection, viewer, lesson.room, now):
                context["sittings"] = lesson_use.sittings_in(connection, lesson)
    return common.show(request, "activity.html", "reports", context, 400 if problems else 200)


@get("/reports/activity", guards=OPENS, sync_to_thread=True)
def show_activity(request: Asked) -> Response[str]:
    """Ask what it is for, then show what a login or a lesson was used for, with names."""
    return _page(request, dict(request.query_params))


@post("/reports/activity", guards=OPENS, sync_to_thread=True, status_code=200)
def open_activity(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Take the purpose and write the look."""
    viewer, house, now = common.must_view(request), state.of(request), datetime.now(UTC)
    words = render.words_of(request, viewer)
    names = ("device", "login", "room", "since", "until")
    query = {name: text for name in names if (text := common.text_of(data, name, 80))}
    given = {"purpose": common.text_of(data, "purpose", 16), "words": common.text_of(data, "words", 400)}
    problems = []
    if given["purpose"] not in PURPOSES:
        problems.append(("purpose-concern", words.say("Choose what it is for.")))
    elif given["purpose"] == "other" and not given["words"]:
        problems.append(("words", words.say("Write in a few words what it is for.")))
    elif len(given["words"]) > LONGEST_WORDS:
        problems.append(("words", words.say("At most %(most)s letters.", most=LONGEST_WORDS)))
    if problems:
        return _page(request, query, given, problems)
    label = render.labels_of(request, viewer)("activity-purpose", given["purpose"])
    reason = f"{label}: {given['words']}" if given["words"] else label
    with house.db.write() as connection:
        if "login" in query:
            login = _login(connection, query)
            seat_detail.write_look(connection, login, staff=viewer.id, by=viewer.name, reason=reason, at=now)
        else:
            lesson = _lesson(query)
            oversight.write_look(
                connection,
                at=now,
                staff=viewer.id,
                by=viewer.name,
                what="after",
                room=lesson.room,
                reason=reason[:200],
            )
    return common.go(address_of(**query))


ROUTES = [show_activity, open_activity]
