"""What a process of ours does about itself, and how it starts another `agent` process."""

import ctypes
import io
import os
import signal
import site
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import agent

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
SESSION_PROGRAM = "gatepost-session.exe"
SERVICE_PROGRAM = "gatepost-agent.exe"
"""As the Windows package names them; the first opens no console window."""
ADMINISTRATOR = "root"
"""Whom we name to a technician as the one who may."""
if sys.platform == "win32":
    ADMINISTRATOR = "an administrator"
SERVICES_START_WITHIN_SECONDS = 120.0 if sys.platform == "win32" else 0.0
"""So long after its start Windows may let people in without our service; Linux starts that one first."""
_FOR_A_SESSION = frozenset({"session", "window", "lock-windows"})
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); import runpy; "
    "runpy.run_module('agent', run_name='__main__', alter_sys=True)"
)


def agent_command(*arguments: str) -> list[str]:
    """
    Return the command line of `agent ARGUMENTS`, run by this very Python in isolated mode.

    Isolated mode ignores the environment and the working folder, so a checkout that is not installed
    is named outright. A built agent (Windows) is its own Python.
    """
    if getattr(sys, "frozen", False):
        return [str(_built_program(arguments)), *arguments]
    root = str(Path(agent.__file__).resolve().parents[1])
    python = [sys.executable, "-I"]
    if sys.platform == "win32":
        python += ["-X", "utf8"]
    if root in {str(Path(folder).resolve()) for folder in site.getsitepackages()}:
        return [*python, "-m", "agent", *arguments]
    return [*python, "-c", _BOOT.format(root=root), *arguments]


def _built_program(arguments: tuple[str, ...]) -> Path:
    """Return which of the package's two programs runs this."""
    name = SESSION_PROGRAM if arguments and arguments[0] in _FOR_A_SESSION else SERVICE_PROGRAM
    return Path(sys.executable).with_name(name)


def harden(*, dies_with_parent: bool) -> None:
    """
    Keep the pupil's other programs out of this process, and let it end when its parent ends.

    Not dumpable means that no other process of the same user can attach to it or read its memory.
    The kernel ties the death signal to the parent *thread* that started us.

    Windows: nothing to do from within. Whoever starts a process there gives it its access list, and the job
    that it ends with.
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


def keep_files_private() -> None:
    """Let nobody else read what this process writes, unless a file says so; Windows' folders say who may."""
    os.umask(0o077)


def own_uid() -> int:
    """Return whom this process runs as; on Windows 0 too for an administrator who has raised their rights."""
    if sys.platform == "win32":
        from agent.backends import windows_accounts
        from agent.backends.win32api import own

        return 0 if own.is_elevated() else windows_accounts.uid_of_sid(own.own_sid())
    return os.geteuid()


def as_administrator(command: str) -> str:
    """Return how a technician gives a command with the rights it needs."""
    if sys.platform == "win32":
        return f"{command} (in a command prompt opened with *Run as administrator*)"
    return f"sudo {command}"


def may_decide(folder: Path) -> bool:
    """Say whether this process may change what lies in the service's folder: root, or whoever owns it."""
    return own_uid() == 0 or os.access(folder, os.W_OK)


def own_display(environment: Mapping[str, str]) -> str:
    """Return the display of this login: on Windows, where none is named, `:` and the session's number."""
    if sys.platform == "win32":
        from agent.backends import windows_accounts

        return f":{windows_accounts.own_session_id()}"
    return environment.get("DISPLAY", "")


def login_environment() -> Mapping[str, str]:
    """Return what this login says of itself in its environment; on Windows the language of its user too."""
    if sys.platform == "win32":
        from agent.backends.win32api import own

        return {**os.environ, "LANGUAGE": own.ui_language()}
    return os.environ


def on_stop_request(action: Callable[[], None]) -> None:
    """Have this done when somebody asks the process to stop; only in the main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: action())
    if sys.platform == "win32":
        # A main thread that waits hears no signal there until its wait is over; a console's word comes in a
        # thread of its own.
        from agent.backends.win32api import own

        own.on_console_end(action)


def settle_streams() -> None:
    """Have this system's streams carry every name; on Linux they do."""
    if sys.platform == "win32":
        write_utf8()


def write_utf8() -> None:
    """Write UTF-8 on stdout and stderr whatever the system's old code page: names are Turkish too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
