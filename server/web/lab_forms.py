"""What a teacher orders from a room's page: each form of the bar, answered by the page, or to script."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import lab_orders, state, supervising
from server.errors import Invalid, NotFound
from server.lab_book import Given, Giver, LabRefused
from server.web import common, doors, lab, render, room_door
from server.web.common import Asked, Form

MOST_CHARACTERS = 2000
"""Of a sentence as it is typed; the limit that counts is `lab_book`'s, which says so."""
Act = Callable[[Connection, Giver, datetime], Given]


class PauseRefused(Invalid):
    """No pause in unsupervised time (R18). `kind` says why: say so, and offer to check in."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Sent(msgspec.Struct):
    """The answer to script: empty, or why nothing was ordered, in the reader's language."""

    problem: str = ""


def _do(request: Asked, room: str, kind: str, data: dict[str, Any], act: Act) -> Response[Any] | Redirect:
    viewer = room_door.must_see_room(request, room)
    house = state.of(request)
    now = datetime.now(UTC)
    try:
        if data.get("whom") == "some" and not common.texts_of(data, "device"):
            return _refuse(request, viewer, room, kind, data, "nobody")
        with house.db.write() as connection:
            act(connection, Giver(viewer.id, viewer.name), now)
    except (LabRefused, PauseRefused) as problem:
        return _refuse(request, viewer, room, kind, data, problem.kind)
    except NotFound:
        return _refuse(request, viewer, room, kind, data, "moved")
    house.notice_changes()
    house.live.wake(room)
    if _is_script(request):
        return Response(Sent(), status_code=200)
    return common.go(f"/lab/{quote(room)}")


def _refuse(
    request: Asked, viewer: doors.Viewer, room: str, kind: str, data: dict[str, Any], problem: str
) -> Response[Any]:
    if _is_script(request):
        said = render.labels_of(request, viewer)("lab-refusal", problem)
        return Response(Sent(said), status_code=422)
    typed = {
        "words": common.text_of(data, "words", MOST_CHARACTERS),
        "minutes": common.text_of(data, "minutes", 6),
        "whom": common.text_of(data, "whom", 8),
        "device": common.texts_of(data, "device"),
    }
    return lab.show_room(request, viewer, room, do=kind, problem=problem, typed=typed, status=422)


def _is_script(request: Asked) -> bool:
    return request.headers.get("accept", "") == "application/json"


def _meant(data: Form) -> list[str] | None:
    """Return the chosen laptops; None is the whole room."""
    return common.texts_of(data, "device") if data.get("whom") == "some" else None


def _minutes(data: Form) -> int:
    text = common.text_of(data, "minutes", 6)
    return int(text) if text.isascii() and text.isdigit() else 0


def _words(data: Form) -> str:
    return common.text_of(data, "words", MOST_CHARACTERS)


GUARDS = [common.opens("lab")]


@post("/lab/{room:str}/attention", guards=GUARDS, sync_to_thread=True, status_code=303)
def call_eyes(request: Asked, room: str, data: Form) -> Response[Any] | Redirect:
    """Eyes to the front."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.begin_attention(
            connection, giver, room, minutes=_minutes(data), words=_words(data), devices=_meant(data), now=now
        )

    return _do(request, room, "attention", data, act)


@post("/lab/{room:str}/attention/{order:str}/extend", guards=GUARDS, sync_to_thread=True, status_code=303)
def extend_eyes(request: Asked, room: str, order: str, data: Form) -> Response[Any] | Redirect:
    """Let it hold for longer, counted from now."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.extend_attention(connection, giver, room, order, minutes=_minutes(data), now=now)

    return _do(request, room, "", data, act)


@post("/lab/{room:str}/attention/{order:str}/end", guards=GUARDS, sync_to_thread=True, status_code=303)
def end_eyes(request: Asked, room: str, order: str, data: Form) -> Response[Any] | Redirect:
    """End it, whoever of the room's teachers began it."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.end_attention(connection, giver, room, order, now=now)

    return _do(request, room, "", data, act)


@post("/lab/{room:str}/lock", guards=GUARDS, sync_to_thread=True, status_code=303)
def lock_screens(request: Asked, room: str, data: Form) -> Response[Any] | Redirect:
    """Lock."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.lock(connection, giver, room, devices=_meant(data), now=now)

    return _do(request, room, "lock", data, act)


@post("/lab/{room:str}/unlock", guards=GUARDS, sync_to_thread=True, status_code=303)
def unlock_screens(request: Asked, room: str, data: Form) -> Response[Any] | Redirect:
    """Unlock what was locked from here."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.unlock(connection, giver, room, devices=_meant(data), now=now)

    return _do(request, room, "unlock", data, act)


@post("/lab/{room:str}/message", guards=GUARDS, sync_to_thread=True, status_code=303)
def send_message(request: Asked, room: str, data: Form) -> Response[Any] | Redirect:
    """One sentence, answered by three buttons."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.send_message(
            connection, giver, room, words=_words(data), devices=_meant(data), now=now
        )

    return _do(request, room, "message", data, act)


@post("/lab/{room:str}/pause", guards=GUARDS, sync_to_thread=True, status_code=303)
def pause_lock(request: Asked, room: str, data: Form) -> Response[Any] | Redirect:
    """One laptop's idle lock pauses for a presentation."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        device = common.text_of(data, "device", 16)
        refusal = supervising.pause_refusal(connection, room, now)
        if refusal:
            raise PauseRefused(refusal)
        return lab_orders.begin_pause(connection, giver, room, device, minutes=_minutes(data), now=now)

    return _do(request, room, "pause", data, act)


@post("/lab/{room:str}/pause/{order:str}/end", guards=GUARDS, sync_to_thread=True, status_code=303)
def end_pause(request: Asked, room: str, order: str, data: Form) -> Response[Any] | Redirect:
    """It works again."""

    def act(connection: Connection, giver: Giver, now: datetime) -> Given:
        return lab_orders.end_pause(connection, giver, room, order, now=now)

    return _do(request, room, "", data, act)


ROUTES = [
    call_eyes,
    extend_eyes,
    end_eyes,
    lock_screens,
    unlock_screens,
    send_message,
    pause_lock,
    end_pause,
]
