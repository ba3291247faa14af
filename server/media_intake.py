"""From records about memory sticks to the tables that pages read. On ingest's path: plain `sqlite3`.

A laptop may be hostile: the first word about a plug or a request stands, a request belongs to the laptop
that sent it, and only so many of one laptop's requests wait at a time.
"""

import sqlite3
from collections.abc import Callable

from policies import records
from server.tables import told_ms

MOST_WAITING = 20
"""Per laptop; an older one gives way."""
_Place = tuple[str, str, int]


def _plugged(c: sqlite3.Connection, place: _Place, said: records.MediaPlugged, received_ms: int) -> None:
    c.execute(
        "INSERT OR IGNORE INTO media_plugs (device, plug, at, received_at, login, os_user, person,"
        " media_class, vendor, model, serial, descriptors, interfaces, maker, product, size_bytes,"
        " encryption, mode, target, state, reason) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            place[0],
            said.plug,
            told_ms(said.at),
            received_ms,
            said.login,
            said.os_user,
            said.person,
            said.media_class,
            said.vendor,
            said.model,
            said.serial,
            said.descriptors,
            said.interfaces,
            said.maker,
            said.product,
            said.size_bytes,
            said.encryption,
            said.mode,
            said.target,
            "shut",
            "",
        ),
    )


def _seen(c: sqlite3.Connection, place: _Place, said: records.MediaSeen, _: int) -> None:
    c.execute(
        "UPDATE media_plugs SET size_bytes = ?, encryption = ? WHERE device = ? AND plug = ?",
        (said.size_bytes, said.encryption, place[0], said.plug),
    )


def _requested(c: sqlite3.Connection, place: _Place, said: records.MediaRequested, received_ms: int) -> None:
    done = c.execute(
        "INSERT OR IGNORE INTO media_requests (device, request, plug, at, received_at, login, os_user,"
        " person, reason, pupil_data, state) VALUES (?,?,?,?,?,?,?,?,?,?,'waiting')",
        (
            place[0],
            said.request,
            said.plug,
            told_ms(said.at),
            received_ms,
            said.login,
            said.os_user,
            said.person,
            said.reason,
            int(said.pupil_data),
        ),
    )
    if done.rowcount == 0:
        return
    c.execute(
        # Whoever was there when it came may not have been allowed to ask.
        "UPDATE media_plugs SET state = 'asked', target = 'ask', reason = ''"
        " WHERE device = ? AND plug = ? AND state = 'shut'",
        (place[0], said.plug),
    )
    c.execute(
        "UPDATE media_requests SET state = 'ended' WHERE device = ? AND state = 'waiting' AND request NOT IN"
        " (SELECT request FROM media_requests WHERE device = ? AND state = 'waiting'"
        " ORDER BY received_at DESC, rowid DESC LIMIT ?)",
        (place[0], place[0], MOST_WAITING),
    )


def _withdrawn(c: sqlite3.Connection, place: _Place, said: records.MediaWithdrawn, received_ms: int) -> None:
    done = c.execute(
        "UPDATE media_requests SET state = 'withdrawn', answered_at = ? WHERE device = ? AND request = ?"
        " AND state IN ('waiting', 'half')",
        (received_ms, place[0], said.request),
    )
    if done.rowcount:
        c.execute(
            "UPDATE media_approvals SET state = 'ended', ended_at = ? WHERE device = ? AND request = ?"
            " AND state = 'half'",
            (received_ms, place[0], said.request),
        )
        _move(c, place, said, "shut")


def _decided(c: sqlite3.Connection, place: _Place, said: records.MediaDecided, _: int) -> None:
    if said.answer == "approved":
        _move(c, place, said, "checking", answer=said.order[:32], reason="")
    else:
        _move(c, place, said, "shut", answer=said.order[:32], reason="denied")


def _scanned(c: sqlite3.Connection, place: _Place, said: records.MediaScanned, _: int) -> None:
    c.execute(
        "UPDATE media_plugs SET outcome = ?, files = ?, scanned = ?, size_bytes = COALESCE(size_bytes, ?),"
        " signatures_at = ? WHERE device = ? AND plug = ?",
        (
            said.outcome,
            said.files,
            said.scanned,
            said.size_bytes,
            told_ms(said.signatures_at) if said.signatures_at else None,
            place[0],
            said.plug,
        ),
    )


def _released(c: sqlite3.Connection, place: _Place, said: records.MediaReleased, _: int) -> None:
    state = "copied" if said.access == "copy" else "open"
    until = told_ms(said.until)
    _move(c, place, said, state, access=said.access, until=until, answer=said.order[:32], reason="")


def _shut(c: sqlite3.Connection, place: _Place, said: records.MediaShut, _: int) -> None:
    _move(c, place, said, "shut", reason=said.reason)


def _unplugged(c: sqlite3.Connection, place: _Place, said: records.MediaUnplugged, _: int) -> None:
    c.execute(
        "UPDATE media_plugs SET gone_at = ? WHERE device = ? AND plug = ? AND gone_at IS NULL",
        (told_ms(said.at), place[0], said.plug),
    )


def _detected(c: sqlite3.Connection, place: _Place, said: records.MediaDetection, received_ms: int) -> None:
    c.execute(
        "INSERT OR IGNORE INTO media_detections (device, stream, seq, at, received_at, plug, os_user, person,"
        " signature, files) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            *place,
            told_ms(said.at),
            received_ms,
            said.plug,
            said.os_user,
            said.person,
            said.signature,
            said.files,
        ),
    )


def _scanner(c: sqlite3.Connection, place: _Place, said: records.ScannerSeen, received_ms: int) -> None:
    c.execute(
        "INSERT OR REPLACE INTO scanners VALUES (?,?,?,?,?)",
        (
            place[0],
            received_ms,
            said.scanner,
            said.state,
            told_ms(said.signatures_at) if said.signatures_at else None,
        ),
    )


def _order_done(c: sqlite3.Connection, place: _Place, said: records.OrderDone, received_ms: int) -> None:
    """Keep what became of a stored order. Watch orders are held in memory and end by themselves."""
    c.execute(
        "INSERT OR REPLACE INTO order_outcomes SELECT ?,?,?,?,? WHERE EXISTS"
        " (SELECT 1 FROM media_orders WHERE order_id = ?)",
        (place[0], said.order, said.outcome, said.problem, received_ms, said.order),
    )


def _move(
    c: sqlite3.Connection, place: _Place, said: records.MediaRecord, state: str, **values: object
) -> None:
    """Write the state of a plug; the names of columns are ours, never the laptop's."""
    changed = "".join(f", {name} = ?" for name in values)
    c.execute(
        f"UPDATE media_plugs SET state = ?{changed} WHERE device = ? AND plug = ?",  # noqa: S608
        (state, *values.values(), place[0], said.plug),
    )


PROJECTED: dict[type, Callable[..., None]] = {
    records.MediaPlugged: _plugged,
    records.MediaSeen: _seen,
    records.MediaRequested: _requested,
    records.MediaWithdrawn: _withdrawn,
    records.MediaDecided: _decided,
    records.MediaScanned: _scanned,
    records.MediaReleased: _released,
    records.MediaShut: _shut,
    records.MediaUnplugged: _unplugged,
    records.MediaDetection: _detected,
    records.ScannerSeen: _scanner,
    records.OrderDone: _order_done,
}
