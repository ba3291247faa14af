"""What laptops ask: enrolment, upload, hold, policy, login, own records, status (policies/wire.py).

Answers are msgpack, refusals JSON with a word for programs and a sentence for people.
"""

import asyncio
import logging
from typing import Any

import anyio.to_thread
import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import HTTPException

from policies import orders, wire
from policies.decoding import UNREADABLE
from policies.orders import Signed
from server import case_quarantine, enrolling, grants, officer_lists, publishing, state, telling
from server.changes import DEVICES, POLICY
from server.errors import DeviceRefused
from server.ingest import Upload
from server.registry import Known, refusal_for
from server.signed_requests import AnyRequest, caller, signed_time
from server.state import ServerState
from server.watching import room_topic, said
from server.writer import CannotStore

MSGPACK = "application/msgpack"
LONGEST_HOLD_SECONDS = 55.0
MOST_HELD = 16
"""Requests one laptop holds at a time. It needs one; after a change of networks older ones linger."""
SMALL_BYTES = 16 * 1024
UPLOAD_SLACK_BYTES = 4 * 1024
"""For the msgpack around the batches."""
BAD_MESSAGE = "The server does not understand this message. Update the agent or the server."

log = logging.getLogger(__name__)
_upload = msgspec.msgpack.Decoder(wire.Upload)
_login = msgspec.msgpack.Decoder(wire.LoginRequest)
_status = msgspec.msgpack.Decoder(wire.Status)
_enrol = msgspec.json.Decoder(wire.EnrolRequest)


@get("/ca")
async def get_ca(request: AnyRequest) -> Response[bytes]:
    """Give the CA certificate; the laptop believes it only if its code names the same one."""
    return Response(state.of(request).certificate.ca_pem, media_type="application/x-pem-file")


@post("/enrol", status_code=200, request_max_body_size=SMALL_BYTES)
async def enrol(request: AnyRequest) -> Response[bytes]:
    """Take a laptop in."""
    here = state.of(request)
    asked = _decode(_enrol, await request.body())

    def work() -> tuple[str, bytes | None]:
        with here.db.write() as connection:
            listed = officer_lists.newest(connection)
            root = listed.signed.root if listed else here.keys.school_root_public
            made = enrolling.enrol(connection, asked, state.utc_now())
            case_quarantine.carry_over(connection, made, state.utc_now())
            return made, root

    device, root = await anyio.to_thread.run_sync(work)
    here.registry.forget_all()
    here.notice_changes()
    here.changes.notify(DEVICES)
    answer = wire.EnrolAnswer(
        device=device,
        policy_key=here.keys.policy_public,
        record_key=here.keys.record_public,
        school_root_key=root,
    )
    return Response(msgspec.json.encode(answer), media_type="application/json")


@post("/records", status_code=200, request_max_body_size=wire.MAX_UPLOAD_BYTES + UPLOAD_SLACK_BYTES)
async def post_records(request: AnyRequest) -> Response[bytes]:
    """Store batches and say how far each stream has come. Answered only when all is on disk."""
    here = state.of(request)
    known, body = await caller(request)
    asked = _decode(_upload, body)
    future = here.writer.put(Upload(known.id, known.device_key, asked.batches, state.utc_now()))
    outcome = await asyncio.wrap_future(future)
    if outcome.refusal is not None:
        here.registry.forget_all()
        raise outcome.refusal
    return _msgpack(wire.UploadAnswer(next_seq=outcome.next_seq))


@get("/orders")
async def hold(
    request: AnyRequest, number: int, cursor: int, wait: float = LONGEST_HOLD_SECONDS, refused: int = 0
) -> Response[bytes]:
    """
    Answer as soon as there is a newer policy or an order for this laptop; else after `wait` seconds.

    `number` is the policy in force there: the laptop's signed word that it obeys it. `refused` is a higher
    one that it does not take: it is not offered again.
    """
    here = state.of(request)
    known, _ = await caller(request)
    here.in_force.heard(known.id, number, state.utc_now())
    if wait > 0 and here.holds_of(known.id) >= MOST_HELD:
        raise DeviceRefused(429, "busy", "This laptop waits here many times over. Try again in a minute.")
    number = max(number, refused)
    loop = asyncio.get_running_loop()
    # In this order: beside a wait that is no number, max gives its first.
    until = loop.time() + min(max(0.0, wait), LONGEST_HOLD_SECONDS)
    with here.holding(known.id):
        while True:
            topics = (
                POLICY,
                DEVICES,
                room_topic(known.room),
                telling.EVERYBODY,
                telling.device_topic(known.id),
            )
            seen = here.changes.seen(topics)
            known = _still_welcome(here, known)
            answer = _news(here, known, number, cursor)
            left = until - loop.time()
            if answer.assignment or answer.orders or left <= 0 or here.stopping:
                return _msgpack(answer)
            if topics[2] == room_topic(known.room):
                await here.changes.wait(topics, seen, left)


def _still_welcome(here: ServerState, known: Known) -> Known:
    """Return the laptop as it stands now: it may have been moved or retired while it waited."""
    now = here.registry.find(known.id)
    refusal = refusal_for(now.state if now else None)
    if refusal is not None:
        raise refusal
    assert now is not None
    return now


def _news(here: ServerState, known: Known, number: int, cursor: int) -> wire.HoldAnswer:
    private = here.keys.policy_private
    newer = here.in_force.newer(known.id, number)
    assignment: Signed | None = None
    body: bytes | None = None
    if newer is not None:
        given, body = newer
        assignment = publishing.assignment(private, known.id, given.number, given.body_hash)
    now = state.utc_now()
    # The cursor is read first: what comes in meanwhile is told now and, harmlessly, once more.
    watches, next_cursor = here.watches.newer(known.room, cursor, now)
    told: list[orders.AnySaid] = [said(order, known.id) for order in watches]
    known_cursor = 0 if cursor > next_cursor else cursor
    media = here.media_telling.newer(known.id, known.room, known_cursor, now)
    told += [telling.said(order, known.id) for order in media]
    signed = tuple(orders.sign_said(private, each) for each in told)
    accounts = here.grant_telling.newer(known.id, known_cursor)
    if accounts:
        with here.db.read() as connection:
            signed += tuple(grants.grant(connection, private, known.id, each, now) for each in accounts)
    return wire.HoldAnswer(assignment=assignment, body=body, orders=signed, cursor=next_cursor)


@get("/policy/{body_hash:str}")
async def get_policy(request: AnyRequest, body_hash: str) -> Response[bytes]:
    """Give the exact bytes of a policy body."""
    here = state.of(request)
    await caller(request)
    with here.db.read() as connection:
        body = publishing.body_of(connection, body_hash)
    if body is None:
        raise DeviceRefused(404, "no-such-policy", "There is no such policy. Ask for orders again.")
    return Response(body, media_type="application/json")


@post("/login", status_code=200, request_max_body_size=SMALL_BYTES)
async def login(request: AnyRequest) -> Response[bytes]:
    """Say what the school knows of an account."""
    here = state.of(request)
    known, body = await caller(request)
    asked = _decode(_login, body)
    here.grant_telling.note_asked(known.id, asked.os_user, state.utc_now())
    with here.db.read() as connection:
        signed = grants.grant(connection, here.keys.policy_private, known.id, asked.os_user, state.utc_now())
    return _msgpack(signed)


@get("/record")
async def own_records(request: AnyRequest, login: str) -> Response[bytes]:
    """Give what is held of one login of the asking laptop, and of its person there today."""
    here = state.of(request)
    known, _ = await caller(request)

    def work() -> wire.OwnRecords:
        with here.db.read() as connection:
            return grants.own_records(connection, known.id, known.room, login, state.utc_now())

    return _msgpack(await anyio.to_thread.run_sync(work))


@post("/status", status_code=204, request_max_body_size=SMALL_BYTES * 4)
async def status(request: AnyRequest) -> None:
    """Show the adults who look what a laptop says; nobody looking, it is dropped."""
    here = state.of(request)
    known, body = await caller(request)
    if not here.status_pace.let(known.id):
        raise DeviceRefused(429, "busy", "This laptop says too much at once. Say the newest in a second.")
    said_now = _decode(_status, body)
    now = state.utc_now()
    if here.live.watches_of(known.room, now):
        here.live.take(known.id, said_now, now, known.room)


def _decode(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except UNREADABLE as problem:
        raise DeviceRefused(400, "bad-request", BAD_MESSAGE) from problem


def _msgpack(answer: msgspec.Struct) -> Response[bytes]:
    return Response(msgspec.msgpack.encode(answer), media_type=MSGPACK)


def refuse(request: AnyRequest, problem: DeviceRefused) -> Response[bytes]:
    """Answer a laptop with a definite no."""
    claim = request.scope["state"].get("gatepost_claim")
    time = signed_time(state.of(request), claim) if problem.error == "clock" and claim else None
    body = wire.Refusal(error=problem.error, message=problem.message, time=time)
    return Response(msgspec.json.encode(body), status_code=problem.status, media_type="application/json")


def refuse_http(request: AnyRequest, problem: HTTPException) -> Response[bytes]:
    """Answer a request that never reached a handler, or was too large or malformed for one."""
    words = {413: "too-large", 404: "not-found", 405: "bad-request", 429: "busy"}
    message = {
        413: "This is more than one request may carry. Send less at once.",
        404: "There is nothing at this address. Update the agent or the server.",
    }.get(problem.status_code, BAD_MESSAGE)
    error = words.get(problem.status_code, "bad-request")
    return refuse(request, DeviceRefused(problem.status_code, error, message))


def not_now(request: AnyRequest, problem: Exception) -> Response[bytes]:
    """Answer that the laptop has to keep its records and try later."""
    message = "The server cannot store anything just now. Keep the records and try again later."
    answer = refuse(request, DeviceRefused(503, "busy", message))
    answer.headers["Retry-After"] = "30"
    return answer


def broke(request: AnyRequest, problem: Exception) -> Response[bytes]:
    """Answer that the fault is ours; the laptop keeps its records and tries later."""
    log.error("a laptop's request failed", exc_info=problem, extra={"path": request.url.path[:200]})
    message = "Something broke in the server. Keep the records and try again later."
    return refuse(request, DeviceRefused(500, "busy", message))


router = Router(
    "/device/v1",
    route_handlers=[get_ca, enrol, post_records, hold, get_policy, login, own_records, status],
    exception_handlers={DeviceRefused: refuse, CannotStore: not_now, HTTPException: refuse_http},
)
