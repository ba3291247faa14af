"""From opened records to rows: one row each, and the few tables that pages read directly.

On ingest's hot path: plain tuples for plain `sqlite3`, in the column order of `tables`.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence

import msgspec

from policies import records
from policies.recording import Stream
from policies.records import AnyRecord
from server import app_ask_intake, app_intake, device_intake, lab_intake, media_intake, report_intake
from server.tables import told_ms

_encode = msgspec.json.Encoder().encode
MOST_CAPABILITIES = 64
"""More than a laptop has; every page about laptops reads them."""
MOST_ADDRESS = 80
"""Of each server a laptop names: both together fit beside their words."""
_TAGS: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in AnyRecord.__args__}


def record_rows(
    device: str, stream: str, first_seq: int, opened: Sequence[AnyRecord], received_ms: int
) -> list[tuple[object, ...]]:
    """Return the rows of `records` for one batch. A record's own time is kept as it is, however absurd."""
    return [
        (
            device,
            stream,
            seq,
            _TAGS[type(record)],
            told_ms(record.at),
            received_ms,
            getattr(record, "login", None),
            getattr(record, "os_user", None),
            getattr(record, "person", None),
            _encode(record).decode(),
        )
        for seq, record in enumerate(opened, first_seq)
    ]


def project(
    connection: sqlite3.Connection,
    device: str,
    stream: str,
    first_seq: int,
    opened: Sequence[AnyRecord],
    received_ms: int,
) -> None:
    """Bring the projected tables up to date with one batch."""
    for seq, record in enumerate(opened, first_seq):
        write = _PROJECTED.get(type(record))
        if write is not None:
            write(connection, (device, stream, seq), record, received_ms)
    if stream == Stream.USAGE:
        app_intake.note_apps(connection, device, opened, received_ms)


def _login_started(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.LoginStarted, _: int
) -> None:
    c.execute(
        "INSERT INTO logins (device, login, os_user, person, tier, kind, granted, started_at)"
        " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (device, login) DO UPDATE SET os_user = excluded.os_user,"
        " person = excluded.person, tier = excluded.tier, kind = excluded.kind,"
        " granted = excluded.granted, started_at = excluded.started_at",
        (
            place[0],
            record.login,
            record.os_user,
            record.person,
            record.tier,
            record.kind,
            record.grant,
            told_ms(record.at),
        ),
    )


def _login_ended(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.LoginEnded, _: int
) -> None:
    c.execute(
        "INSERT INTO logins (device, login, os_user, ended_at, end_reason) VALUES (?,?,?,?,?)"
        " ON CONFLICT (device, login) DO UPDATE SET ended_at = excluded.ended_at,"
        " end_reason = excluded.end_reason",
        (place[0], record.login, record.os_user, told_ms(record.at), record.reason),
    )
    app_ask_intake.login_ended(c, place[0], record.login)


def _agreement_answered(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.AgreementAnswered, received_ms: int
) -> None:
    c.execute(
        "INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            *place,
            told_ms(record.at),
            received_ms,
            record.login,
            record.os_user,
            record.person,
            record.tier,
            record.language,
            record.version,
            record.text_hash,
            record.answer,
            round(record.reading_seconds),
        ),
    )


def _policy_applied(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.PolicyApplied, received_ms: int
) -> None:
    # A held request may have confirmed a newer one before this record came.
    c.execute(
        "UPDATE devices SET applied_number = ?, applied_at = ?, rejected_number = NULL,"
        " rejected_problem = '' WHERE id = ? AND coalesce(applied_number, 0) <= ?",
        (record.number, received_ms, place[0], record.number),
    )


def _policy_rejected(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.PolicyRejected, _: int
) -> None:
    c.execute(
        "UPDATE devices SET rejected_number = ?, rejected_problem = ? WHERE id = ?",
        (record.number, record.problem, place[0]),
    )


def _connection_reverted(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.ConnectionReverted, _: int
) -> None:
    """Settings that would have cost a laptop its server count as refused, and stop their rollout."""
    c.execute(
        "UPDATE devices SET rejected_number = ?, rejected_problem = ? WHERE id = ? AND applied_number = ?",
        (record.number, _not_reached(record), place[0], record.number),
    )


def _not_reached(record: records.ConnectionReverted) -> str:
    """Return it in English, as it is kept: `own_words` says it in a reader's language."""
    tried, kept = (
        "".join(letter for letter in each if letter.isprintable())[:MOST_ADDRESS]
        for each in (record.tried, record.kept)
    )
    return f"nothing answered at {tried}; still with {kept}"


def _agent_started(
    c: sqlite3.Connection, place: tuple[str, str, int], record: records.AgentStarted, _: int
) -> None:
    able = sorted(record.capabilities.items(), key=lambda each: each[1])[:MOST_CAPABILITIES]
    c.execute(
        "UPDATE devices SET agent_version = ?, os = ?, hostname = ?, capabilities = ? WHERE id = ?",
        (record.version, record.os, record.hostname, json.dumps(dict(able)), place[0]),
    )


_PROJECTED: dict[type, Callable[..., None]] = {
    records.LoginStarted: _login_started,
    records.LoginEnded: _login_ended,
    records.AgreementAnswered: _agreement_answered,
    records.PolicyApplied: _policy_applied,
    records.PolicyRejected: _policy_rejected,
    records.ConnectionReverted: _connection_reverted,
    records.AgentStarted: _agent_started,
    **app_ask_intake.PROJECTED,
    **device_intake.PROJECTED,
    **media_intake.PROJECTED,
    **report_intake.PROJECTED,
    **lab_intake.PROJECTED,
}
