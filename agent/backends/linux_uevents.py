"""The kernel's own word that something was plugged or pulled, heard without a library or a daemon between.

A netlink datagram of the uevent kind: `add@/devices/…`, then `KEY=value` fields, NUL between them (kernel
`lib/kobject_uevent.c`). Any local program may send to a netlink socket, so only what the kernel itself
sent (port id 0) is read. A full buffer loses events; that is told, and the listener looks at everything.
"""

import sys

assert sys.platform == "linux"

import contextlib
import errno
import socket
from collections.abc import Iterator, Mapping

from agent.backends.usb import Change
from agent.errors import DeviceFailed

_KOBJECT_UEVENT = 15
_KERNEL_GROUP = 1
_BUFFER_BYTES = 4 * 1024 * 1024
_MOST_BYTES = 65536
_MOST_FIELDS = 256


def read_uevent(datagram: bytes) -> Mapping[str, str] | None:
    """Return the fields of one kernel datagram, or None if it is none. Never raises."""
    head, _, rest = datagram.partition(b"\0")
    if b"@" not in head or head.startswith(b"libudev"):
        return None
    fields: dict[str, str] = {}
    for field in rest.split(b"\0")[:_MOST_FIELDS]:
        name, separator, value = field.partition(b"=")
        if separator:
            fields[name.decode("ascii", "replace")] = value.decode("utf-8", "replace")
    return fields if "ACTION" in fields and "DEVPATH" in fields else None


def change_of(fields: Mapping[str, str]) -> Change | None:
    """Return what this means for plugged media, or None if nothing."""
    name = fields["DEVPATH"].rpartition("/")[2]
    action = fields["ACTION"]
    if fields.get("SUBSYSTEM") == "usb" and fields.get("DEVTYPE") == "usb_device":
        if action in ("add", "bind", "change"):
            return Change("add", name)
        return Change("remove", name) if action == "remove" else None
    if fields.get("SUBSYSTEM") == "block" and action in ("add", "change", "remove"):
        return Change("disk", name)
    return None


def open_ears() -> socket.socket:
    """Return a socket on which the kernel tells what comes and goes; raises OSError."""
    ears = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _KOBJECT_UEVENT)
    try:
        # As much as the kernel grants without CAP_NET_ADMIN; what does not fit is told as lost.
        ears.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        ears.bind((0, _KERNEL_GROUP))
    except OSError:
        ears.close()
        raise
    return ears


class Uevents:
    """An open ear for kernel events; opened here unless one that is open already is given."""

    def __init__(self, ears: socket.socket | None = None) -> None:
        try:
            self._socket = ears or open_ears()
        except OSError as problem:
            raise DeviceFailed(f"kernel events cannot be heard: {problem.strerror}") from problem

    def listen(self) -> Iterator[Change]:
        """Yield every change, until the socket is closed."""
        while True:
            try:
                datagram, (sender, _groups) = self._socket.recvfrom(_MOST_BYTES)
            except OSError as problem:
                if problem.errno == errno.ENOBUFS:
                    yield Change("lost")
                    continue
                if problem.errno == errno.EINTR:
                    continue
                return
            if sender != 0:
                continue
            fields = read_uevent(datagram)
            change = change_of(fields) if fields else None
            if change is not None:
                yield change

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
