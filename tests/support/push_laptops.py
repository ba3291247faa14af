"""
Many laptops that do nothing but hold: one process, one TLS connection each, real keys and real checks.

Started by `bench push` with a plan as JSON on stdin. Says `{"holding": n}` once all wait, `{"problem": …}`
for whatever a laptop would not believe, and goes on until it is told to end.
"""

import asyncio
import hashlib
import json
import secrets
import ssl
import sys
import time
import zlib
from typing import Any

import msgspec

from policies import orders, sealing, wire

HOLD_SECONDS = 50
TOGETHER = 40
"""So many connect at a time."""
_answers = msgspec.msgpack.Decoder(wire.HoldAnswer)


class HoldingLaptop(asyncio.Protocol):
    """One laptop: holds, believes only what is signed for it, confirms with its next hold."""

    def __init__(self, fleet: "Holding", device: str, private: bytes) -> None:
        self._fleet = fleet
        self._device = device
        self._private = private
        self._got = b""
        self._length = -1
        self._number = self._cursor = 0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Ask at once, without waiting."""
        self._transport = transport
        self._hold(0)

    def connection_lost(self, _: Exception | None) -> None:
        """A laptop that is dropped is a finding: the benchmark would wait for it for ever."""
        self._fleet.say({"problem": f"{self._device} was hung up on"})

    def data_received(self, data: bytes) -> None:
        """Take what came; act once the answer is whole."""
        self._got += data
        if self._length < 0:
            head, found, rest = self._got.partition(b"\r\n\r\n")
            if not found:
                return
            self._got, self._length = rest, _content_length(head)
            if not head.startswith(b"HTTP/1.1 200"):
                self._fleet.say({"problem": head.split(b"\r\n")[0].decode()})
        if len(self._got) >= self._length:
            body, self._got, self._length = self._got[: self._length], self._got[self._length :], -1
            self._take(body)

    def _take(self, body: bytes) -> None:
        answer = _answers.decode(body)
        first = self._cursor == 0
        self._cursor = answer.cursor
        if answer.assignment is not None:
            said = orders.read_said(self._fleet.policy_key, self._device, answer.assignment)
            assert isinstance(said, orders.Assignment)
            plain = zlib.decompress(answer.body or b"")
            if hashlib.sha256(plain).hexdigest() != said.body_hash or said.number <= self._number:
                self._fleet.say({"problem": f"{self._device} was given what it would refuse"})
            self._number = said.number
        self._hold(HOLD_SECONDS)
        if first:
            self._fleet.one_holds()

    def _hold(self, wait: int) -> None:
        target = f"/device/v1/orders?number={self._number}&cursor={self._cursor}&wait={wait}"
        time_ms, nonce = time.time_ns() // 1_000_000, secrets.token_bytes(16)
        bound = wire.request_bound("GET", target, b"", self._device, time_ms, nonce)
        signature = sealing.sign(self._private, bound).hex()
        self._transport.write(
            f"GET {target} HTTP/1.1\r\nHost: {self._fleet.host}\r\n"
            f"{wire.DEVICE_HEADER}: {self._device}\r\n{wire.TIME_HEADER}: {time_ms}\r\n"
            f"{wire.NONCE_HEADER}: {nonce.hex()}\r\n{wire.SIGNATURE_HEADER}: {signature}\r\n\r\n".encode()
        )


class Holding:
    """All of them."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.host = f"{plan['host']}:{plan['port']}"
        self.policy_key = bytes.fromhex(plan["policy_key"])
        self._plan = plan
        self._left = len(plan["laptops"])

    def say(self, line: dict[str, Any]) -> None:
        """Tell the benchmark."""
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def one_holds(self) -> None:
        """Count a laptop that has its policy and waits."""
        self._left -= 1
        if self._left == 0:
            self.say({"holding": len(self._plan["laptops"])})

    async def run(self) -> None:
        """Connect everybody, a few at a time, and stay."""
        context = ssl.create_default_context(cafile=self._plan["ca"])
        context.check_hostname = False  # the school's name is no address of this machine
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(TOGETHER)

        async def connect(device: str, private: str) -> None:
            async with gate:
                await loop.create_connection(
                    lambda: HoldingLaptop(self, device, bytes.fromhex(private)),
                    self._plan["host"],
                    self._plan["port"],
                    ssl=context,
                    ssl_handshake_timeout=120,
                )

        await asyncio.gather(*(connect(*pair) for pair in self._plan["laptops"]))
        await asyncio.Event().wait()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    asyncio.run(Holding(json.load(sys.stdin)).run())
