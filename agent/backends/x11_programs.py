"""Which program stands behind a window, and what windows and programs call themselves."""

import sys

assert sys.platform == "linux"

import os
from pathlib import Path

from agent.backends import linux_processes

MAX_WORD = 120


def descends(pid: int, from_pid: int) -> bool:
    """Say whether this process is that one or was started by it."""
    return pid == from_pid or any(above.pid == from_pid for above in linux_processes.ancestors(pid))


def is_our_window(pid: int) -> bool:
    """
    Say whether this is a window the session itself opened: the panel is no app somebody uses.

    The session starts nothing but windows. A hardened one does not even tell its own user its program;
    what does tell, and is another program, is not ours.
    """
    if not descends(pid, os.getpid()):
        return False
    try:
        return Path(f"/proc/{pid}/exe").samefile("/proc/self/exe")
    except OSError:
        return True


def program_of(pid: int) -> str:
    """Return the name of a process's program file; its own short name where that may not be read."""
    if not pid:
        return ""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
    except OSError:
        process = linux_processes.read_process(pid)
        return process.name if process else ""


def word(text: str) -> str:
    """Return a name that somebody gave, as it may travel."""
    return "".join(letter for letter in text if letter.isprintable())[:MAX_WORD]
