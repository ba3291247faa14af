"""Another laptop of the school, only sending: load for the server, and more that must come exactly once."""

import contextlib
import json
import secrets
import sqlite3
import time
from pathlib import Path

import msgspec

from policies import wire
from policies.recording import Stream
from policies.records import Record
from tests.support.kills.truth import canonical
from tests.support.sender import Connection, Sender

BATCHES = 2
PAUSE_SECONDS = 0.25
FINISH_SECONDS = 120.0


class OtherLaptop:
    """Uploads batch after batch, each until the server says that it has it."""

    def __init__(self, host: str, port: int, code: str, number: int) -> None:
        self._host, self._port = host, port
        self._sender = Sender(Connection(host, port), code)
        self.machine = self._sender.machine
        self.number = number
        self._bodies: list[str] = []
        self._waiting: list[bytes] = []
        self._acknowledged = 1

    @property
    def sent(self) -> int:
        """Return how many records the server has acknowledged."""
        return self._acknowledged - 1

    def work(self) -> None:
        """Send some more, or the same again if it was not acknowledged."""
        if not self._waiting:
            for _ in range(BATCHES):
                records: list[Record] = self._sender.usage(1 + secrets.randbelow(60))
                self._bodies += [canonical(msgspec.to_builtins(record)) for record in records]
                self._waiting.append(self._sender.batch(records))
        self._try()
        time.sleep(PAUSE_SECONDS)

    def finish(self) -> None:
        """Send what waits, for as long as it takes."""
        until = time.monotonic() + FINISH_SECONDS
        while self._waiting and time.monotonic() < until:
            self._try()
            time.sleep(PAUSE_SECONDS)

    def _try(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection = Connection(self._host, self._port)
            with contextlib.closing(connection):
                self._sender.connection = connection
                answered = connection.send(self._sender.upload(self._waiting))
            if answered.status == 200:
                said = msgspec.msgpack.decode(answered.body, type=wire.UploadAnswer)
                self._acknowledged = said.next_seq[Stream.USAGE]
                if self._acknowledged == self._sender.sent_below:
                    self._waiting = []

    def missing(self, database: Path) -> list[str]:
        """Return what is not at the server exactly as it was sent, in order."""
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT seq, body FROM records WHERE device = ? ORDER BY seq", (self._sender.answer.device,)
            ).fetchall()
        found = [canonical(json.loads(body)) for _, body in rows]
        if self._waiting:
            return [f"other laptop {self.number}: {len(self._waiting)} batches were never acknowledged"]
        numbers = [seq for seq, _ in rows]
        if numbers != list(range(1, len(self._bodies) + 1)) or found != self._bodies:
            return [f"other laptop {self.number}: {len(self._bodies)} sent, {len(found)} found, or others"]
        return []
