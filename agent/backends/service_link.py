"""The session's end of its link to the service: a descriptor handed down, on Windows a pipe by its name."""

import os
import socket
import sys

from agent.errors import DeviceFailed


def take(descriptor: int | None, pipe: str) -> socket.socket:
    """Return the socket to the service; raises DeviceFailed, or OSError for a descriptor that is none."""
    if sys.platform == "win32":
        if not pipe:
            raise DeviceFailed("no pipe to the service was named")
        from agent.backends import windows_link

        return windows_link.connect_to_service(pipe)
    if descriptor is None:
        raise DeviceFailed("no descriptor of the service was handed over")
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)
