"""A laptop that does nothing but send: enrols, and posts prebuilt signed uploads over one TLS connection."""

import secrets
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from policies import enrolment, sealing, wire
from policies.recording import Stream
from policies.records import AppUsed, Record

ANSWER_SECONDS = 30.0
APPS = (
    ("LibreOffice", "soffice.bin"),
    ("firefox-esr", "firefox-esr"),
    ("Scratch", "scratch-desktop"),
    ("Mousepad", "mousepad"),
    ("Gimp-2.10", "gimp-2.10"),
    ("Inkscape", "inkscape"),
    ("Evince", "evince"),
)


class Answered(NamedTuple):
    """One HTTP answer."""

    status: int
    body: bytes


class Connection:
    """One keep-alive HTTPS connection; requests are finished bytes, so that sending costs little."""

    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # what is measured is the server, not this client's care
        plain = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain)
        self._rest = b""

    def build(self, method: str, target: str, body: bytes, headers: dict[str, str], kind: str) -> bytes:
        """Return one whole request as bytes."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", f"Content-Type: {kind}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def send(self, request: bytes) -> Answered:
        """Send a request and wait for its whole answer."""
        self._socket.sendall(request)
        got = self._rest
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += self._more()
        self._rest = body[length:]
        return Answered(int(head.split(b" ", 2)[1]), body[:length])

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server hung up")
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Sender:
    """One enrolled laptop with one stream of records to send."""

    def __init__(self, connection: Connection, code: str) -> None:
        self.connection = connection
        self._private = sealing.new_signing_key()
        public = sealing.signing_public_key(self._private)
        self.machine = machine = secrets.token_hex(32)
        _, secret = enrolment.read_code(code)
        request = wire.EnrolRequest(
            secret=secret,
            device_key=public,
            machine=machine,
            hostname=f"lab-{secrets.token_hex(2)}",
            os="Debian GNU/Linux 12 (bookworm)",
            agent_version="0.1.0",
            proof=sealing.sign(self._private, wire.enrol_bound(secret, public, machine)),
        )
        body = msgspec.json.encode(request)
        answered = connection.send(connection.build("POST", "/device/v1/enrol", body, {}, "application/json"))
        if answered.status not in (200, 201):
            raise RuntimeError(f"enrolment was answered {answered.status}: {answered.body[:300]!r}")
        self.answer = msgspec.json.decode(answered.body, type=wire.EnrolAnswer)
        self._next_seq = 1
        self._previous = wire.FIRST_HASH
        self._login = secrets.token_hex(16)
        self._at = datetime.now(UTC) - timedelta(days=1)

    def batch(self, records: list[Record]) -> bytes:
        """Seal the next records of the usage stream."""
        encoded = wire.seal_batch(
            self._private,
            self.answer.record_key,
            device=self.answer.device,
            stream=Stream.USAGE,
            first_seq=self._next_seq,
            prev_hash=self._previous,
            records=records,
        )
        self._next_seq += len(records)
        self._previous = wire.batch_hash(encoded)
        return encoded

    def usage(self, count: int) -> list[Record]:
        """Return so many intervals of app use as a lesson makes them."""
        found: list[Record] = []
        for place in range(count):
            app, program = APPS[secrets.randbelow(len(APPS))]
            focused = round(5 + secrets.randbelow(3000) / 10, 1)
            self._at += timedelta(seconds=focused)
            found.append(
                AppUsed(
                    at=self._at,
                    login=self._login,
                    app=app,
                    program=program,
                    focused_seconds=focused,
                    active_seconds=round(focused * (place % 10) / 10, 1),
                )
            )
        return found

    def upload(self, batches: list[bytes]) -> bytes:
        """Return the signed request that carries these batches. Good for five minutes."""
        body = msgspec.msgpack.encode(wire.Upload(batches=tuple(batches)))
        target = "/device/v1/records"
        time_ms = time.time_ns() // 1_000_000
        nonce = secrets.token_bytes(16)
        bound = wire.request_bound("POST", target, body, self.answer.device, time_ms, nonce)
        headers = {
            wire.DEVICE_HEADER: self.answer.device,
            wire.TIME_HEADER: str(time_ms),
            wire.NONCE_HEADER: nonce.hex(),
            wire.SIGNATURE_HEADER: sealing.sign(self._private, bound).hex(),
        }
        return self.connection.build("POST", target, body, headers, "application/msgpack")

    @property
    def sent_below(self) -> int:
        """Return the number the server should answer when everything built so far has come."""
        return self._next_seq
