"""From sealed reports, broken things and quarantines to the tables that pages read. On ingest's path.

A laptop may be hostile: an id counts once, for the laptop that its envelope names and that signed it; what
is none is noted and stays in `records`. Of very many from one laptop none is lost and none pushes another
laptop's report aside.
"""

import hashlib
import sqlite3
from collections.abc import Callable

from policies import envelopes, records, sealing
from server import case_entries
from server.tables import from_ms, told_ms

CROWD = 60
"""
More from one laptop within an hour are marked: they are listed behind all others, and one notice is sent.

The server sees no names, so it cannot set aside one account's flood alone. The laptop limits each account to
20 a day (agent/service/report_limits.py): what three children can tell in an hour is never set aside.
"""
CROWD_IN_DANGER = 70
"""*Someone may be in danger* is counted by itself: one account's flood hides no cry for help."""
HOUR_MS = 3_600_000
_Place = tuple[str, str, int]


def _reported(c: sqlite3.Connection, place: _Place, said: records.ReportSent, received_ms: int) -> None:
    device = place[0]
    known = c.execute("SELECT device FROM reports WHERE id = ?", (said.report,)).fetchone()
    if known is not None:
        _misfit(c, said.report, device, received_ms, "replayed" if known[0] == device else "foreign")
        return
    device_key, hostname, room = c.execute(
        "SELECT device_key, hostname, room FROM devices WHERE id = ?", (device,)
    ).fetchone()
    try:
        envelope, header = envelopes.verify_envelope(device_key, said.envelope)
    except sealing.BadSignature:
        _misfit(c, said.report, device, received_ms, "forged")
        return
    except sealing.SealingError:
        _misfit(c, said.report, device, received_ms, "unreadable")
        return
    if (header.id, header.device, header.kind) != (said.report, device, "report"):
        _misfit(c, said.report, device, received_ms, "foreign")
        return
    danger = said.urgency == "danger"
    (lately,) = c.execute(
        "SELECT COUNT(*) FROM reports WHERE device = ? AND received_at > ? AND (urgency = 'danger') = ?",
        (device, received_ms - HOUR_MS, danger),
    ).fetchone()
    c.execute(
        "INSERT INTO reports (id, device, received_at, hostname, room, coarse, urgency, year, list_seq,"
        " origin, envelope, header_hash, device_key) VALUES (?,?,?,?,?,?,?,?,?,'pupil',?,?,?)",
        (
            said.report,
            device,
            received_ms,
            hostname,
            room,
            said.coarse,
            said.urgency,
            said.year,
            said.list_seq,
            said.envelope,
            hashlib.sha256(envelope.header).hexdigest(),
            device_key,
        ),
    )
    open_case(
        c.execute,
        said.report,
        received_ms,
        coarse=said.coarse,
        urgency=said.urgency,
        year=said.year,
        readers=header.to,
        crowded=lately >= (CROWD_IN_DANGER if danger else CROWD),
    )


def open_case(
    execute: case_entries.Execute,
    report: str,
    at_ms: int,
    *,
    coarse: str,
    urgency: str,
    year: str,
    readers: tuple[str, ...],
    crowded: bool,
    by: case_entries.Who = case_entries.SERVER,
    plain: dict[str, object] | None = None,
) -> None:
    """Open the case of a report that is stored, with the next number of its calendar year."""
    opened_year = from_ms(at_ms).astimezone().year
    (serial,) = execute(
        "SELECT COALESCE(MAX(serial), 0) + 1 FROM cases WHERE opened_year = ?", (opened_year,)
    ).fetchone()
    execute(
        "INSERT INTO cases (id, opened_year, serial, opened_at, coarse, urgency, year, crowded, state,"
        " last_hash) VALUES (?,?,?,?,?,?,?,?,'new',?)",
        (
            report,
            opened_year,
            serial,
            at_ms,
            coarse,
            urgency,
            year,
            int(crowded),
            case_entries.FIRST_HASH,
        ),
    )
    for key_id in readers:
        execute(
            "INSERT INTO case_readers (\"case\", key_id, how, at) VALUES (?,?,'to',?)",
            (report, key_id, at_ms),
        )
    case_entries.append(execute, report, "opened", at=from_ms(at_ms), by=by, plain=plain)
    execute(
        "INSERT INTO versions VALUES ('reports', 1) ON CONFLICT (topic) DO UPDATE SET number = number + 1", ()
    )


def _misfit(c: sqlite3.Connection, report: str, device: str, received_ms: int, why: str) -> None:
    c.execute(
        "INSERT INTO report_misfits (at, device, report, why) VALUES (?,?,?,?)",
        (received_ms, device, report, why),
    )


def _problem(c: sqlite3.Connection, place: _Place, said: records.ProblemReported, received_ms: int) -> None:
    c.execute(
        "INSERT OR IGNORE INTO problems (device, stream, seq, at, received_at, login, os_user, person, kind,"
        " words) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            *place,
            told_ms(said.at),
            received_ms,
            said.login,
            said.os_user,
            said.person,
            said.kind,
            said.words,
        ),
    )


def _quarantine_changed(
    c: sqlite3.Connection, place: _Place, said: records.QuarantineChanged, received_ms: int
) -> None:
    """Keep that the laptop did as it was told, also in the case it was told for."""
    row = c.execute(
        'SELECT number, "case" FROM quarantines WHERE device = ? AND order_id = ? AND is_on = ?'
        " AND confirmed_at IS NULL",
        (place[0], said.order, int(said.on)),
    ).fetchone()
    if row is None:
        return
    c.execute(
        "UPDATE quarantines SET confirmed_at = ? WHERE device = ? AND number = ?",
        (received_ms, place[0], row[0]),
    )
    case_entries.append(
        c.execute, row[1], "quarantine-confirmed", at=from_ms(received_ms), plain={"on": said.on}
    )


PROJECTED: dict[type, Callable[..., None]] = {
    records.ReportSent: _reported,
    records.ProblemReported: _problem,
    records.QuarantineChanged: _quarantine_changed,
}
