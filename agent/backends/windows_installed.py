"""What belongs to an installation on Windows besides its files: running programs, the service, the state.

Used by `gatepost-agent windows-setup`, which Windows Installer runs as SYSTEM.
"""

import ntpath
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_slices import OWN_KEY, ProcessCalls, RegistryCalls

SERVICE_KEY = r"SYSTEM\CurrentControlSet\Services\Gatepost"
USERINIT_PROGRAM = "gatepost-userinit.exe"
END_SECONDS = 10.0
SYSTEM_SID, ADMINISTRATORS_SID = "S-1-5-18", "S-1-5-32-544"
TRUSTED_OWNERS = (SYSTEM_SID, ADMINISTRATORS_SID)
STATE_SDDL = "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)"
"""Users may enter it; what they may read below (agent.toml, speech, the socket's folder) says so itself."""


class FolderCalls(Protocol):
    """What is asked of a folder."""

    def file_owner(self, path: str) -> str:
        """Return the owner's SID."""
        ...

    def set_acl(self, path: str, sddl: str) -> None:
        """Give it this owner and these rights."""
        ...


def decide_quoted(path: str) -> str:
    """
    Return the service's command with its program in quotation marks. Pure.

    Without them Windows tries `C:\\Program.exe` first where the path has a space: whoever can write that file
    is SYSTEM at the next start.
    """
    stripped = path.strip()
    if stripped.startswith('"'):
        return stripped
    end = stripped.lower().find(".exe")
    if end < 0:
        return stripped
    return f'"{stripped[: end + 4]}"{stripped[end + 4 :]}'


def quote_service_path(registry: RegistryCalls) -> None:
    """Set right how Windows starts the service, if it is not; WinProblem if there is no service."""
    found = registry.read(SERVICE_KEY, "ImagePath")
    if not isinstance(found, str):
        raise WinProblem("the service's ImagePath", 2)
    wanted = decide_quoted(found)
    if wanted != found:
        registry.write_text(SERVICE_KEY, "ImagePath", wanted)


def end_own(
    processes: ProcessCalls,
    folder: str,
    code: int,
    *,
    own_pid: int | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """
    End every program that runs from this folder, but ourselves; return how many there were.

    Windows deletes no file of a running program. `code` is what a question before the desktop ends with: 0
    opens the desktops of those who wait there, 1 signs them out. That question's own parent, which then still
    has the desktop to start, is ended last. Raises WinProblem if one does not end.
    """
    here = os.getpid() if own_pid is None else own_pid
    ended = 0
    for last in (False, True):
        for _ in range(int(END_SECONDS / 0.5)):
            left = _end_once(processes, folder, code, here, last=last)
            if not left:
                break
            ended += left
            pause(0.5)
        else:
            raise WinProblem("end our own programs", ACCESS_DENIED)
        if not last and ended:
            pause(1.0)
    return ended


def _end_once(processes: ProcessCalls, folder: str, code: int, own_pid: int, *, last: bool) -> int:
    found = 0
    for row in processes.listed():
        if row.pid == own_pid or (row.name.lower() == USERINIT_PROGRAM) != last:
            continue
        try:
            handle = processes.open_process(row.pid)
        except WinProblem:
            continue  # gone meanwhile, or the system's own: ours never refuse SYSTEM
        try:
            if is_below(processes.program(handle), folder):
                found += 1
                processes.terminate(handle, code)
                processes.wait(handle, 2000)
        except WinProblem:
            pass
        finally:
            processes.close(handle)
    return found


def is_below(program: str, folder: str) -> bool:
    """Say whether a program lies in that folder, as Windows compares paths. Pure."""
    inside, outside = (ntpath.normcase(ntpath.normpath(each)) for each in (program, folder))
    return inside.startswith(outside.rstrip("\\") + "\\")


def own_state(calls: FolderCalls, state: Path) -> None:
    """
    Make the folder for keys and records ours alone.

    Any user may make a folder in %ProgramData%, and who made it keeps power over it whatever rights are set
    later. So one that belongs to somebody else is put aside, never taken over with what lies in it.
    """
    if state.exists() and calls.file_owner(str(state)) not in TRUSTED_OWNERS:
        state.rename(_free_name(state))
    state.mkdir(parents=True, exist_ok=True)
    calls.set_acl(str(state), STATE_SDDL)


def _free_name(state: Path) -> Path:
    for number in range(1, 1000):
        free = state.with_name(f"{state.name}.found-{number}")
        if not free.exists():
            return free
    raise WinProblem("put a stranger's folder aside", ACCESS_DENIED)


def forget_state(registry: RegistryCalls, state: Path) -> None:
    """Remove keys, journal and settings, and our key in the registry: the laptop leaves the school."""
    if state.exists():
        shutil.rmtree(state)
    registry.delete_key(OWN_KEY)
