"""The door every local program may knock at, and who it is that knocks: the kernel's word, not theirs.

Linux: a Unix socket in the run folder. Windows: a named pipe, pumped into sockets so that it can be waited
for like everything else.
"""

import socket
import struct
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

WAITING_CALLERS = 16


class Peer(NamedTuple):
    """Who is at the other end, as the kernel says."""

    pid: int
    uid: int
    """0 for root; on Windows also for an administrator who has raised their rights for this program."""


class PublicListener(Protocol):
    """Where callers arrive."""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when somebody has called."""
        ...

    def accept(self) -> tuple[socket.socket, Peer] | None:
        """Return the next caller; None if there is none, or if the system will not say who it is."""
        ...

    def close(self) -> None:
        """Hear no more callers."""
        ...


class UnixListener:
    """The Unix socket."""

    def __init__(self, path: Path) -> None:
        """Listen. Replaces what a dead service left; raises OSError."""
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._sock = unix_socket()
        self._sock.setblocking(False)
        self._sock.bind(str(path))
        path.chmod(0o666)
        self._sock.listen(WAITING_CALLERS)

    def fileno(self) -> int:
        """Return the descriptor of the listening socket; -1 once closed."""
        return self._sock.fileno()

    def accept(self) -> tuple[socket.socket, Peer] | None:
        """Return the next caller, or None."""
        try:
            sock, _address = self._sock.accept()
        except OSError:
            return None
        try:
            return sock, peer_of(sock)
        except OSError:
            sock.close()
            return None

    def close(self) -> None:
        """Hear no more callers."""
        self._sock.close()


def unix_socket() -> socket.socket:
    """Return a new Unix socket; raises OSError on a system without them."""
    if sys.platform == "win32":
        raise OSError("Windows has no Unix sockets that say who calls")
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def peer_of(sock: socket.socket) -> Peer:
    """Return the process and user that connected to a Unix socket (SO_PEERCRED); raises OSError."""
    if sys.platform != "linux":
        raise OSError("only Linux tells it of a socket")
    pid, uid, _gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return Peer(pid, uid)


def listen(address: Path) -> PublicListener:
    """Listen where every local program may speak; raises OSError or DeviceFailed."""
    if sys.platform == "win32":
        from agent.backends.windows_public import listen as listen_on_pipe

        return listen_on_pipe(str(address))
    return UnixListener(address)


def connect(address: Path, timeout_seconds: float) -> socket.socket:
    """Return a socket to the service, with this timeout set; raises OSError or DeviceFailed."""
    if sys.platform == "win32":
        from agent.backends.windows_public import connect as connect_to_pipe

        return connect_to_pipe(str(address), timeout_seconds)
    sock = unix_socket()
    sock.settimeout(timeout_seconds)
    try:
        sock.connect(str(address))
    except OSError:
        sock.close()
        raise
    return sock
