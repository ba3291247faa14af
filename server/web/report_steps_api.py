"""The officers' JSON API, third part: every step in a case."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

from litestar import Response, post
from msgspec import Meta
from sqlalchemy import Connection

from policies.record_base import KeyId
from policies.reports import MAX_REPLY_BYTES, Harm
from server import case_quarantine, case_sharing, case_work, state
from server.case_quarantine import Did, What
from server.case_rules import Method, Outcome, Procedure, TaskKind
from server.officers import Reader
from server.web import common, report_api
from server.web.common import Asked
from server.web.report_api import Given
from server.web.report_keys_api import Hex32, Hex64

OPENS = [common.opens("reports")]
Sealed = Annotated[bytes, Meta(min_length=1, max_length=128 * 1024)]
Day = date
Moment = Annotated[datetime, Meta(tz=True)]


class GivenNote(Given, frozen=True, kw_only=True):
    """A sealed text."""

    envelope: Sealed


class GivenTask(Given, frozen=True, kw_only=True):
    """Something to do."""

    kind: TaskKind
    due: Moment
    place: Annotated[str, Meta(max_length=80)] = ""


class GivenPlain(Given, frozen=True, kw_only=True):
    """What the server may know of a settled task."""

    date: Day | None = None
    method: Method | None = None


class GivenDone(Given, frozen=True, kw_only=True):
    """A task is done, or will not be."""

    outcome: Outcome
    plain: GivenPlain = GivenPlain()
    envelope: Sealed | None = None


class GivenSwitch(Given, frozen=True, kw_only=True):
    """On or off, with words."""

    on: bool
    envelope: Sealed | None = None
    device: Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?$")] = ""


class GivenImagery(Given, frozen=True, kw_only=True):
    """Suspected imagery was viewed."""

    envelope: Sealed | None = None
    letters: Annotated[int, Meta(ge=0, le=100_000)] = 0


class GivenEnd(Given, frozen=True, kw_only=True):
    """How a case ends."""

    outcome_envelope: Sealed | None = None
    lesson_envelope: Sealed | None = None
    owner: Annotated[str, Meta(max_length=120)] = ""
    owner_due: Moment | None = None


class GivenLink(Given, frozen=True, kw_only=True):
    """Another case."""

    case: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]


class GivenTags(Given, frozen=True, kw_only=True):
    """Plain words about a case, for trends and for finding it."""

    harm: Harm | None = None
    procedure: Procedure | None = None
    reference: Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9 ./-]*$")] | None = None


class OneGrant(Given, frozen=True, kw_only=True):
    """One content key sealed to a later reader."""

    hh: Hex32
    key: KeyId
    wrap: Annotated[str, Meta(pattern=r"^[0-9a-f]{160}$")]
    by: KeyId
    at: Annotated[str, Meta(max_length=40)]
    signature: Hex64


class GivenGrants(Given, frozen=True, kw_only=True):
    """Content keys for later readers."""

    grants: Annotated[tuple[OneGrant, ...], Meta(min_length=1, max_length=2000)]


class GivenReply(Given, frozen=True, kw_only=True):
    """An answer for the pupil, and its copy for the case."""

    sealed: Annotated[str, Meta(max_length=2 * MAX_REPLY_BYTES, pattern=r"^([0-9a-f]{2})+$")]
    signature: Hex64
    envelope: Sealed


class GivenCustody(Given, frozen=True, kw_only=True):
    """Where a piece of evidence went."""

    item: Annotated[int, Meta(ge=1, le=1000)] | None = None
    what: What
    did: Did
    envelope: Sealed | None = None


@contextmanager
def _desk(request: Asked, case: str, *, sheet: bool = False) -> Iterator[tuple[Connection, Reader]]:
    """Give one transaction and the signed-in officer; then wake whoever waits for what was told."""
    house = state.of(request)
    with house.db.write() as connection:
        yield connection, report_api.reader_of(request, connection, case, sheet=sheet)
    house.notice_changes()


@post("/cases/{case:str}/acknowledge", guards=OPENS, sync_to_thread=True, status_code=204)
def acknowledge(request: Asked, case: str) -> None:
    """Take a case up."""
    with _desk(request, case) as (connection, reader):
        case_work.take_up(connection, reader, case, state.utc_now())


@post("/cases/{case:str}/notes", guards=OPENS, sync_to_thread=True, status_code=200)
def add_note(request: Asked, case: str, body: bytes) -> Response[bytes]:
    """Add a sealed note."""
    given = report_api.read(body, GivenNote)
    with _desk(request, case) as (connection, reader):
        seq = case_work.add_note(connection, reader, case, given.envelope, state.utc_now())
    return report_api.answer({"seq": seq})


@post("/cases/{case:str}/tasks", guards=OPENS, sync_to_thread=True, status_code=200)
def add_task(request: Asked, case: str, body: bytes) -> Response[bytes]:
    """Make a task."""
    given = report_api.read(body, GivenTask)
    with _desk(request, case) as (connection, reader):
        made = case_work.add_task(
            connection, reader, case, given.kind, given.due, given.place, state.utc_now()
        )
    return report_api.answer({"id": made})


@post("/cases/{case:str}/tasks/{task:str}/done", guards=OPENS, sync_to_thread=True, status_code=204)
def settle_task(request: Asked, case: str, task: str, body: bytes) -> None:
    """Say that a task is done, or will not be."""
    given = report_api.read(body, GivenDone)
    with _desk(request, case) as (connection, reader):
        case_work.settle_task(
            connection,
            reader,
            case,
            task,
            given.outcome,
            day=given.plain.date,
            method=given.plain.method,
            envelope=given.envelope,
            now=state.utc_now(),
        )


@post("/cases/{case:str}/hold", guards=OPENS, sync_to_thread=True, status_code=204)
def set_hold(request: Asked, case: str, body: bytes) -> None:
    """Hold contact, or let it go."""
    given = report_api.read(body, GivenSwitch)
    with _desk(request, case) as (connection, reader):
        case_work.set_hold(
            connection, reader, case, on=given.on, envelope=given.envelope, now=state.utc_now()
        )


@post("/cases/{case:str}/quarantine", guards=OPENS, sync_to_thread=True, status_code=204)
def set_quarantine(request: Asked, case: str, body: bytes) -> None:
    """Secure the laptop, or open it again."""
    given = report_api.read(body, GivenSwitch)
    with _desk(request, case) as (connection, reader):
        case_quarantine.set_quarantine(
            connection,
            reader,
            case,
            on=given.on,
            envelope=given.envelope,
            device=given.device,
            now=state.utc_now(),
        )


@post("/cases/{case:str}/imagery", guards=OPENS, sync_to_thread=True, status_code=204)
def note_imagery(request: Asked, case: str, body: bytes) -> None:
    """Record why suspected imagery was viewed."""
    given = report_api.read(body, GivenImagery)
    with _desk(request, case) as (connection, reader):
        case_work.note_imagery(connection, reader, case, given.envelope, given.letters, state.utc_now())


@post("/cases/{case:str}/close", guards=OPENS, sync_to_thread=True, status_code=204)
def close(request: Asked, case: str, body: bytes) -> None:
    """Close a case."""
    given = report_api.read(body, GivenEnd)
    with _desk(request, case) as (connection, reader):
        case_work.close(
            connection,
            reader,
            case,
            outcome=given.outcome_envelope,
            lesson=given.lesson_envelope,
            owner=given.owner,
            owner_due=given.owner_due,
            now=state.utc_now(),
        )


@post("/cases/{case:str}/reopen", guards=OPENS, sync_to_thread=True, status_code=204)
def reopen(request: Asked, case: str) -> None:
    """Open a closed case again."""
    with _desk(request, case) as (connection, reader):
        case_work.reopen(connection, reader, case, state.utc_now())


@post("/cases/{case:str}/link", guards=OPENS, sync_to_thread=True, status_code=204)
def link(request: Asked, case: str, body: bytes) -> None:
    """Link two cases."""
    given = report_api.read(body, GivenLink)
    with _desk(request, case) as (connection, reader):
        case_work.link(connection, reader, case, given.case, state.utc_now())


@post("/cases/{case:str}/tag", guards=OPENS, sync_to_thread=True, status_code=204)
def tag(request: Asked, case: str, body: bytes) -> None:
    """Say plainly what it is about."""
    given = report_api.read(body, GivenTags)
    with _desk(request, case) as (connection, reader):
        case_work.tag(
            connection,
            reader,
            case,
            harm=given.harm,
            procedure=given.procedure,
            reference=given.reference,
            now=state.utc_now(),
        )


@post("/cases/{case:str}/grants", guards=OPENS, sync_to_thread=True, status_code=200)
def grant(request: Asked, case: str, body: bytes) -> Response[bytes]:
    """Let other officers in."""
    given = [
        case_sharing.GivenGrant(
            each.hh, each.key, bytes.fromhex(each.wrap), each.by, each.at, bytes.fromhex(each.signature)
        )
        for each in report_api.read(body, GivenGrants).grants
    ]
    with _desk(request, case, sheet=True) as (connection, reader):
        added = case_sharing.grant(connection, reader, case, given, state.utc_now())
    return report_api.answer({"added": added})


@post("/cases/{case:str}/reply", guards=OPENS, sync_to_thread=True, status_code=200)
def reply(request: Asked, case: str, body: bytes) -> Response[bytes]:
    """Answer the pupil."""
    given = report_api.read(body, GivenReply)
    with _desk(request, case) as (connection, reader):
        made = case_sharing.reply(
            connection,
            reader,
            case,
            sealed=bytes.fromhex(given.sealed),
            signature=bytes.fromhex(given.signature),
            envelope=given.envelope,
            now=state.utc_now(),
        )
    return report_api.answer({"order": made})


@post("/cases/{case:str}/custody", guards=OPENS, sync_to_thread=True, status_code=200)
def log_custody(request: Asked, case: str, body: bytes) -> Response[bytes]:
    """Write where a piece of evidence went."""
    given = report_api.read(body, GivenCustody)
    with _desk(request, case) as (connection, reader):
        made = case_quarantine.log_custody(
            connection,
            reader,
            case,
            item=given.item,
            what=given.what,
            did=given.did,
            envelope=given.envelope,
            now=state.utc_now(),
        )
    return report_api.answer({"item": made})


@post("/cases/{case:str}/printed", guards=OPENS, sync_to_thread=True, status_code=204)
def note_printed(request: Asked, case: str) -> None:
    """Record that the case was printed."""
    with _desk(request, case) as (connection, reader):
        case_work.note_printed(connection, reader, case, state.utc_now())


ROUTES = [
    acknowledge,
    add_note,
    add_task,
    settle_task,
    set_hold,
    set_quarantine,
    note_imagery,
    close,
    reopen,
    link,
    tag,
    grant,
    reply,
    log_custody,
    note_printed,
]
