"""A laptop as the server sees it: keys, a journal in memory, signed requests. For tests and benchmarks."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import requests

from policies import enrolment, orders, sealing, wire
from policies.recording import Stream
from policies.records import AppUsed, Record


class Refused(Exception):
    """The server said no; `status` and the decoded `refusal` say why."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status
        self.refusal = msgspec.json.decode(body, type=wire.Refusal)

    @property
    def error(self) -> str:
        """The refusal's word for programs."""
        return self.refusal.error


def some_usage(count: int = 3, login: str = "a" * 32) -> list[Record]:
    """Return records of apps used."""
    now = datetime.now(UTC)
    return [
        AppUsed(at=now, login=login, app=f"app-{i}", program="p", focused_seconds=i, active_seconds=i / 2)
        for i in range(count)
    ]


@dataclass
class Laptop:
    """One machine with the agent's half of the contract. `url` may be empty where nothing is sent."""

    url: str = ""
    ca: Path | bool = True
    private: bytes = field(default_factory=sealing.new_signing_key)
    machine: str = field(default_factory=lambda: secrets.token_hex(32))
    device: str = ""
    policy_key: bytes = b""
    record_key: bytes = b""
    next_seq: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(Stream, 1))
    last_hash: dict[Stream, bytes] = field(default_factory=lambda: dict.fromkeys(Stream, wire.FIRST_HASH))
    clock_offset_ms: int = 0
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def public(self) -> bytes:
        """The device key's public half."""
        return sealing.signing_public_key(self.private)

    # -- enrolment -------------------------------------------------------------------------------

    def enrol_request(self, secret: str, hostname: str = "lab-01") -> wire.EnrolRequest:
        """Return the request that enrols this machine with this key."""
        return wire.EnrolRequest(
            secret=secret,
            device_key=self.public,
            machine=self.machine,
            hostname=hostname,
            os="Debian 12",
            agent_version="0.1.0",
            proof=sealing.sign(self.private, wire.enrol_bound(secret, self.public, self.machine)),
        )

    def enrol(self, code: str, hostname: str = "lab-01") -> wire.EnrolAnswer:
        """Enrol over the network and remember what to pin."""
        _, secret = enrolment.read_code(code)
        body = msgspec.json.encode(self.enrol_request(secret, hostname))
        answer = self.http.post(f"{self.url}/device/v1/enrol", data=body, verify=self._verify, timeout=30)
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.content)
        pinned = msgspec.json.decode(answer.content, type=wire.EnrolAnswer)
        self.device, self.policy_key, self.record_key = pinned.device, pinned.policy_key, pinned.record_key
        return pinned

    # -- sealing ---------------------------------------------------------------------------------

    def seal(self, stream: Stream, records: list[Record], count: int | None = None) -> bytes:
        """Seal the next batch of a stream, chained to the last."""
        encoded = wire.seal_batch(
            self.private,
            self.record_key,
            device=self.device,
            stream=stream,
            first_seq=self.next_seq[stream],
            prev_hash=self.last_hash[stream],
            records=records,
            count=count,
        )
        self.next_seq[stream] += len(records) if count is None else count
        self.last_hash[stream] = wire.batch_hash(encoded)
        return encoded

    # -- requests --------------------------------------------------------------------------------

    def headers(self, method: str, target: str, body: bytes, nonce: bytes | None = None) -> dict[str, str]:
        """Return the four headers of a signed request."""
        nonce = nonce or secrets.token_bytes(16)
        now_ms = time.time_ns() // 1_000_000 + self.clock_offset_ms
        bound = wire.request_bound(method, target, body, self.device, now_ms, nonce)
        return {
            wire.DEVICE_HEADER: self.device,
            wire.TIME_HEADER: str(now_ms),
            wire.NONCE_HEADER: nonce.hex(),
            wire.SIGNATURE_HEADER: sealing.sign(self.private, bound).hex(),
        }

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """Send a signed request under /device/v1 and return the answer's body. Raises Refused."""
        target = f"/device/v1{target}"
        answer = self.http.request(
            method,
            self.url + target,
            data=body,
            headers=headers or self.headers(method, target, body),
            verify=self._verify,
            timeout=70,
        )
        if answer.status_code not in (200, 204):
            raise Refused(answer.status_code, answer.content)
        return answer.content

    def upload(self, *batches: bytes) -> dict[Stream, int]:
        """Send batches and return the server's `next_seq`."""
        body = msgspec.msgpack.encode(wire.Upload(batches=batches))
        return msgspec.msgpack.decode(self.ask("POST", "/records", body), type=wire.UploadAnswer).next_seq

    def hold(self, number: int = 0, cursor: int = 0, wait: float = 0) -> wire.HoldAnswer:
        """Ask for a newer policy or orders."""
        answer = self.ask("GET", f"/orders?number={number}&cursor={cursor}&wait={wait:g}")
        return msgspec.msgpack.decode(answer, type=wire.HoldAnswer)

    def read(self, signed: orders.Signed) -> Any:
        """Return what the server said to this laptop, verified."""
        return orders.read_said(self.policy_key, self.device, signed)

    def login(self, os_user: str, login: str = "b" * 32) -> orders.LoginGrant:
        """Ask what the school knows of an account."""
        body = msgspec.msgpack.encode(wire.LoginRequest(login=login, os_user=os_user))
        grant = self.read(msgspec.msgpack.decode(self.ask("POST", "/login", body), type=orders.Signed))
        assert isinstance(grant, orders.LoginGrant)
        return grant

    def own_records(self, login: str) -> wire.OwnRecords:
        """Ask what is held of one of this laptop's logins."""
        return msgspec.msgpack.decode(self.ask("GET", f"/record?login={login}"), type=wire.OwnRecords)

    def status(self, *logins: wire.LoginStatus) -> None:
        """Say how the logins stand now."""
        self.ask("POST", "/status", msgspec.msgpack.encode(wire.Status(logins=logins)))

    @property
    def _verify(self) -> str | bool:
        return str(self.ca) if isinstance(self.ca, Path) else self.ca
