"""What a process of ours does about itself, and how it starts another `agent` process."""

import ctypes
import os
import signal
import site
import sys
from pathlib import Path

import agent

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); import runpy; "
    "runpy.run_module('agent', run_name='__main__', alter_sys=True)"
)


def agent_command(*arguments: str) -> list[str]:
    """
    Return the command line of `agent ARGUMENTS`, run by this very Python in isolated mode.

    Isolated mode ignores the environment and the working folder, so a checkout that is not installed
    is named outright.
    """
    root = str(Path(agent.__file__).resolve().parents[1])
    if root in {str(Path(folder).resolve()) for folder in site.getsitepackages()}:
        return [sys.executable, "-I", "-m", "agent", *arguments]
    return [sys.executable, "-I", "-c", _BOOT.format(root=root), *arguments]


def harden(*, dies_with_parent: bool) -> None:
    """
    Keep the pupil's other programs out of this process, and let it end when its parent ends.

    Not dumpable means that no other process of the same user can attach to it or read its memory.
    The kernel ties the death signal to the parent *thread* that started us.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if dies_with_parent:
        parent = os.getppid()
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def show_as(name: str) -> None:
    """Say in the process list what this process does (`ps -o comm`); 15 letters are kept."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)
