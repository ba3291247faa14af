"""The one thread that stores what laptops send, many uploads to a transaction (group commit).

Handlers put an upload and wait for its future; while one transaction is synced to disk the next group
gathers. An upload that makes its group fail is tried again alone, so that it harms only itself.
"""

import logging
import queue
import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path

from server.db import connect_plain
from server.ingest import Outcome, Upload, store

GROUP_UPLOADS = 32
WAITING_UPLOADS = 4096
"""One word from every laptop of a large school in the same second, as when a whole hall confirms an order."""
WAITING_BYTES = 256 * 1024 * 1024
log = logging.getLogger(__name__)


class CannotStore(Exception):
    """The disk is full or the database is not answering. The laptop keeps its records and tries later."""


class Writer:
    """Owns the plain SQLite connection. Start it once the tables exist; close it to let it finish."""

    def __init__(self, path: Path, record_private: bytes) -> None:
        self._path = path
        self._record_private = record_private
        self._queue: queue.Queue[tuple[Upload, Future[Outcome]] | None] = queue.Queue(WAITING_UPLOADS)
        self._thread: threading.Thread | None = None
        self._bytes_lock = threading.Lock()
        self._bytes = 0
        self.transactions = 0
        self.batches_stored = 0
        """Counted for whoever measures."""

    def start(self) -> None:
        """Open the database and begin to take uploads."""
        connection = connect_plain(self._path)
        self._thread = threading.Thread(target=self._run, args=(connection,), name="ingest", daemon=True)
        self._thread.start()

    def put(self, upload: Upload) -> "Future[Outcome]":
        """Queue one upload; the future ends when it is on disk. Raises CannotStore when too many wait."""
        future: Future[Outcome] = Future()
        size = _size(upload)
        with self._bytes_lock:
            if self._bytes + size > WAITING_BYTES:
                raise CannotStore("too many bytes are waiting")
            self._bytes += size
        try:
            self._queue.put_nowait((upload, future))
        except queue.Full:
            self._let_go(size)
            raise CannotStore("too many uploads are waiting") from None
        return future

    def _let_go(self, size: int) -> None:
        with self._bytes_lock:
            self._bytes -= size

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self, connection: sqlite3.Connection) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            if group:
                self._store(connection, group)
                self._let_go(sum(_size(upload) for upload, _ in group))
        connection.close()

    def _next_group(self) -> tuple[list[tuple[Upload, Future[Outcome]]], bool]:
        item = self._queue.get()
        group: list[tuple[Upload, Future[Outcome]]] = []
        while item is not None:
            group.append(item)
            if len(group) == GROUP_UPLOADS:
                return group, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _store(self, connection: sqlite3.Connection, group: list[tuple[Upload, Future[Outcome]]]) -> None:
        try:
            outcomes = store(connection, self._record_private, [upload for upload, _ in group])
        except Exception as problem:  # whatever it is, the waiting laptops must get an answer
            if len(group) > 1:
                for item in group:
                    self._store(connection, [item])
                return
            log.exception("an upload could not be stored", extra={"device": group[0][0].device})
            error = CannotStore(str(problem))
            error.__cause__ = problem
            _finish(group[0][1], error)
            return
        self.transactions += 1
        self.batches_stored += sum(len(upload.batches) for upload, _ in group)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            _finish(future, outcome)


def _size(upload: Upload) -> int:
    return sum(len(batch) for batch in upload.batches)


def _finish(future: "Future[Outcome]", result: Outcome | CannotStore) -> None:
    if not future.set_running_or_notify_cancel():
        return  # the laptop hung up; what it sent is stored all the same
    if isinstance(result, CannotStore):
        future.set_exception(result)
    else:
        future.set_result(result)
