"""Whose X server stands behind a display.

A pupil can run a server of their own (Xvfb, Xephyr, a script that speaks the protocol), answer the gate on
it and work on another screen, which nothing would ever lock. So a display counts only if root runs it, or the
pupil's own login runs one of the system's servers.
"""

import sys

assert sys.platform == "linux"

import os
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.backends import linux_processes
from agent.errors import DeviceFailed

SERVERS = ("/usr/lib/xorg/Xorg", "/usr/libexec/Xorg", "/usr/bin/Xorg", "/usr/bin/Xtigervnc", "/usr/bin/Xvnc")
FOLDER = "/tmp/.X11-unix"  # noqa: S108


class Listener(NamedTuple):
    """Who listens on a socket, as the kernel wrote it down when listening began."""

    pid: int
    uid: int


def listeners(display: str, folder: str = FOLDER) -> list[Listener]:
    """Return whoever listens on the sockets of a display: the abstract one and the one in the file system."""
    number = display.rpartition(":")[2].partition(".")[0]
    _check_names(display, Path(folder), number)
    found = []
    for address in (f"\0{folder}/X{number}", f"{folder}/X{number}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.setblocking(False)
            try:
                asking.connect(address)
            except (FileNotFoundError, ConnectionRefusedError):
                continue
            except OSError as problem:
                raise DeviceFailed(f"display {display} does not take connections") from problem
            pid, uid, _gid = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            found.append(Listener(pid, uid))
    return found


def _check_names(display: str, folder: Path, number: str) -> None:
    """Refuse names that a pupil could exchange after we have looked: a link, or a folder that is theirs."""
    try:
        is_ours = folder.lstat().st_uid in (0, os.geteuid())
        is_socket = stat.S_ISSOCK((folder / f"X{number}").lstat().st_mode)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise DeviceFailed(f"display {display} cannot be looked at") from problem
    if not (is_ours and is_socket):
        raise DeviceFailed(f"the socket of display {display} is not what an X server leaves")


def check_server(
    display: str,
    uid: int,
    *,
    folder: str = FOLDER,
    program: Callable[[int], str] = linux_processes.program_path,
) -> None:
    """Raise DeviceFailed unless every socket of this display belongs to a server that may have the gate."""
    found = listeners(display, folder)
    if not found:
        raise DeviceFailed(f"there is no display {display}")
    for listener in found:
        if listener.uid == 0 or (listener.uid == uid and program(listener.pid) in SERVERS):
            continue
        raise DeviceFailed(f"display {display} is not one of this machine's own screens")
