"""
Many laptops that obey a teacher: one process, real keys and real checks, two TLS connections each.

Started by `bench lab` with a plan as JSON on stdin. As a real agent does, each holds a request, asks anew as
soon as it is answered, says its status at once, and keeps a sealed record of what it did. Its cover is drawn
by nobody and counts as lying there at once. Says on stdout, line by line, that all wait,
that the last has heard that its status was taken, and whatever a laptop would not believe.
"""

import asyncio
import json
import secrets
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from policies import orders, sealing, wire
from policies.lab_orders import Attention
from policies.recording import Stream
from policies.records import OrderDone

HOLD_SECONDS = 50
TOGETHER = 40
"""So many connect at a time."""
_answers = msgspec.msgpack.Decoder(wire.HoldAnswer)
Then = Callable[[int, bytes], None]


class Line(asyncio.Protocol):
    """One connection of one laptop: signed requests, one after another."""

    def __init__(self, fleet: "Fleet", device: str, private: bytes) -> None:
        self._fleet = fleet
        self._device = device
        self._private = private
        self._got = b""
        self._head = b""
        self._waiting: deque[tuple[bytes, Then]] = deque()
        self._under_way: Then | None = None
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Send what waits already."""
        self._transport = transport
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        """A laptop that is dropped is a finding."""
        self._fleet.say({"problem": f"{self._device} was hung up on"})

    def ask(self, method: str, target: str, body: bytes, then: Then) -> None:
        """Send one signed request after those before it."""
        time_ms, nonce = time.time_ns() // 1_000_000, secrets.token_bytes(16)
        bound = wire.request_bound(method, target, body, self._device, time_ms, nonce)
        signature = sealing.sign(self._private, bound).hex()
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {self._fleet.host}\r\nContent-Length: {len(body)}\r\n"
            f"{wire.DEVICE_HEADER}: {self._device}\r\n{wire.TIME_HEADER}: {time_ms}\r\n"
            f"{wire.NONCE_HEADER}: {nonce.hex()}\r\n{wire.SIGNATURE_HEADER}: {signature}\r\n\r\n"
        )
        self._waiting.append((head.encode() + body, then))
        self._next()

    def _next(self) -> None:
        if self._transport is not None and self._under_way is None and self._waiting:
            data, self._under_way = self._waiting.popleft()
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Take what came; act once the answer is whole."""
        self._got += data
        if not self._head:
            head, found, rest = self._got.partition(b"\r\n\r\n")
            if not found:
                return
            self._head, self._got = head, rest
        length = _content_length(self._head)
        if len(self._got) < length or self._under_way is None:
            return
        status, body = int(self._head[9:12]), self._got[:length]
        then, self._got, self._head, self._under_way = self._under_way, self._got[length:], b"", None
        if status >= 300 and status != 503:
            self._fleet.say({"problem": f"{self._device} was answered {status}: {body[:200]!r}"})
        then(status, body)
        self._next()


class LabLaptop:
    """One laptop with one pupil at work."""

    def __init__(self, fleet: "Fleet", device: str, private: str) -> None:
        self._fleet = fleet
        self.device = device
        self._private = bytes.fromhex(private)
        self.hold_line = Line(fleet, device, self._private)
        self.post_line = Line(fleet, device, self._private)
        self._number = self._cursor = 0
        self._seq, self._hash = 1, wire.FIRST_HASH
        self._login = secrets.token_hex(16)
        self._watched = False
        self._attention = ""
        self._journal: list[bytes] = []

    def start(self) -> None:
        """Ask at once, without waiting."""
        self._hold(0)

    def _hold(self, wait: int) -> None:
        target = f"/device/v1/orders?number={self._number}&cursor={self._cursor}&wait={wait}"
        self.hold_line.ask("GET", target, b"", self._held)

    def _held(self, status: int, body: bytes) -> None:
        if status != 200:
            return
        answer = _answers.decode(body)
        first = self._cursor == 0
        self._cursor = answer.cursor
        self._hold(HOLD_SECONDS)
        if answer.assignment is not None:
            said = orders.read_said(self._fleet.policy_key, self.device, answer.assignment)
            assert isinstance(said, orders.Assignment)
            self._number = said.number
        for signed in answer.orders:
            self._obey(orders.read_said(self._fleet.policy_key, self.device, signed))
        if first:
            self._fleet.one_holds()

    def _obey(self, said: orders.AnySaid) -> None:
        if isinstance(said, orders.Watch):
            self._watched = said.until > datetime.now(UTC)
            self._say()
        elif isinstance(said, Attention):
            news = said.on and said.order != self._attention
            self._attention = said.order if said.on else ""
            self._say()
            if news:
                self._keep(OrderDone(at=datetime.now(UTC), order=said.order, outcome="done"))

    def _say(self) -> None:
        if not self._watched:
            return
        login = wire.LoginStatus(
            login=self._login, os_user="pupil", person=None, state="active", app="Writer", since_seconds=3.0,
            attention=self._attention,
        )  # fmt: skip
        order = self._attention
        body = msgspec.msgpack.encode(wire.Status(logins=(login,)))

        def taken(status: int, _: bytes) -> None:
            if status == 204 and order:
                self._fleet.one_covered(order)

        self.post_line.ask("POST", "/device/v1/status", body, taken)

    def _keep(self, record: OrderDone) -> None:
        batch = wire.seal_batch(
            self._private, self._fleet.record_key, device=self.device, stream=Stream.VITAL,
            first_seq=self._seq, prev_hash=self._hash, records=[record],
        )  # fmt: skip
        self._seq, self._hash = self._seq + 1, wire.batch_hash(batch)
        self._journal.append(batch)
        if len(self._journal) == 1:
            self._upload()

    def _upload(self) -> None:
        body = msgspec.msgpack.encode(wire.Upload(batches=tuple(self._journal)))
        sent = len(self._journal)

        def answered(status: int, _: bytes) -> None:
            if status != 200:  # the server is busy: later, spread as agents do
                self._fleet.busy += 1
                asyncio.get_running_loop().call_later(0.5 + secrets.randbelow(500) / 1000, self._upload)
                return
            del self._journal[:sent]
            if self._journal:
                self._upload()

        self.post_line.ask("POST", "/device/v1/records", body, answered)


class Fleet:
    """All of them."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.host = f"{plan['host']}:{plan['port']}"
        self.policy_key = bytes.fromhex(plan["policy_key"])
        self.record_key = bytes.fromhex(plan["record_key"])
        self._plan = plan
        self._count = self._left = len(plan["laptops"])
        self._covered: dict[str, int] = {}
        self.busy = 0
        """How often the server asked a laptop to come again later."""

    def say(self, line: dict[str, Any]) -> None:
        """Tell the benchmark."""
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def one_holds(self) -> None:
        """Count a laptop that has its policy and waits."""
        self._left -= 1
        if self._left == 0:
            self.say({"holding": self._count})

    def one_covered(self, order: str) -> None:
        """Count a laptop whose covered screen the server knows of."""
        self._covered[order] = self._covered.get(order, 0) + 1
        if self._covered[order] == self._count:
            self.say({"covered": order, "at": time.time(), "busy": self.busy})

    async def run(self) -> None:
        """Connect everybody, a few at a time, and stay."""
        context = ssl.create_default_context(cafile=self._plan["ca"])
        context.check_hostname = False  # the school's name is no address of this machine
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(TOGETHER)

        async def connect(laptop: LabLaptop) -> None:
            async with gate:
                for line in (laptop.hold_line, laptop.post_line):
                    await loop.create_connection(
                        lambda line=line: line,  # type: ignore[misc]
                        self._plan["host"], self._plan["port"], ssl=context, ssl_handshake_timeout=120,
                    )  # fmt: skip
            laptop.start()

        laptops = [LabLaptop(self, *pair) for pair in self._plan["laptops"]]
        await asyncio.gather(*(connect(laptop) for laptop in laptops))
        await asyncio.Event().wait()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    asyncio.run(Fleet(json.load(sys.stdin)).run())
