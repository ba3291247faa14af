"""JSON lines over a local socket, with a cap on every line and on what may wait to be read.

Works for both ends: the service's listening thread and the session's own loop ask `fileno`, call
`read_ready` when it is readable and `flush` when it is writable. Never pickle; a line that is not one
of the announced messages is misuse.
"""

import contextlib
import socket
import threading
from typing import Generic, TypeVar

import msgspec

from agent.backends.public_door import Peer as Peer
from agent.backends.waiting import NO_SIGNAL
from agent.errors import LinkClosed, LinkMisuse
from agent.link import messages
from agent.link.messages import AnyDown, AnyUp, FromPublic, ToPublic
from policies.decoding import UNREADABLE

In = TypeVar("In")
Out = TypeVar("Out")

_READ_BYTES = 64 * 1024
_MAX_WAITING_BYTES = 2 * messages.MAX_DOWN_BYTES


class Lines:
    """Cuts a byte stream into lines of at most `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now; raise LinkMisuse for one that is too long."""
        self._rest += data
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        if len(rest) > self._max_bytes or any(len(line) > self._max_bytes for line in lines):
            raise LinkMisuse("a line longer than allowed")
        return lines


class Channel(Generic[In, Out]):
    """One end of a conversation. Sending may happen in one thread and reading in another."""

    def __init__(self, sock: socket.socket, incoming: object, max_in_bytes: int) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._lines = Lines(max_in_bytes)
        self._decoder: msgspec.json.Decoder[In] = msgspec.json.Decoder(incoming)
        self._waiting = bytearray()
        self._lock = threading.Lock()

    def fileno(self) -> int:
        """Return the descriptor to wait on; -1 once closed."""
        return self._sock.fileno()

    @property
    def wants_to_write(self) -> bool:
        """Say whether something waits until the other end reads."""
        return bool(self._waiting)

    def send(self, message: Out) -> None:
        """
        Send now what the other end takes, and the rest with later `flush` calls.

        Raises LinkClosed if it is gone or has not read for two megabytes.
        """
        line = msgspec.json.encode(message) + b"\n"
        with self._lock:
            if len(self._waiting) + len(line) > _MAX_WAITING_BYTES:
                raise LinkClosed("the other end does not read")
            self._waiting += line
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as possible; raise LinkClosed if the other end is gone."""
        with self._lock:
            while self._waiting:
                try:
                    sent = self._sock.send(self._waiting, NO_SIGNAL)
                except BlockingIOError:
                    return
                except OSError as problem:
                    raise LinkClosed("the other end is gone") from problem
                del self._waiting[:sent]

    def read_ready(self) -> list[In]:
        """
        Return the messages that have arrived; never waits.

        Raises LinkClosed at the end of the stream and LinkMisuse for anything that is no message.
        """
        try:
            data = self._sock.recv(_READ_BYTES)
        except BlockingIOError:
            return []
        except OSError as problem:
            raise LinkClosed("the other end is gone") from problem
        if not data:
            raise LinkClosed("the other end has closed")
        try:
            return [self._decoder.decode(line) for line in self._lines.feed(data)]
        except UNREADABLE as problem:
            raise LinkMisuse("not a message of this link") from problem

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


def session_end(sock: socket.socket) -> Channel[AnyDown, AnyUp]:
    """Return the session's end of its socketpair."""
    return Channel(sock, AnyDown, messages.MAX_DOWN_BYTES)


def service_end(sock: socket.socket) -> Channel[AnyUp, AnyDown]:
    """Return the service's end of a session's socketpair."""
    return Channel(sock, AnyUp, messages.MAX_UP_BYTES)


def public_client(sock: socket.socket) -> Channel[FromPublic, ToPublic]:
    """Return a local program's end of the public socket."""
    return Channel(sock, FromPublic, messages.MAX_DOWN_BYTES)


def public_server(sock: socket.socket) -> Channel[ToPublic, FromPublic]:
    """Return the service's end of one connection to the public socket."""
    return Channel(sock, ToPublic, messages.MAX_UP_BYTES)
