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

from agent.backends.device import Capability
from agent.backends.enrol_offer import CODE
from agent.backends.enrol_offer import KEY as OFFER_KEY
from agent.backends.secret_files import ENTERED, FILES_READ_BY_ALL, READ_FILE
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_pipes import SERVICE_NAME
from agent.backends.windows_slices import OWN_KEY, ProcessCalls, RegistryCalls

USERINIT_PROGRAM = "gatepost-userinit.exe"
END_SECONDS = 10.0
_TRIES = 100
_ASIDE = ".found-"
SYSTEM_SID, ADMINISTRATORS_SID = "S-1-5-18", "S-1-5-32-544"
TRUSTED_OWNERS = (SYSTEM_SID, ADMINISTRATORS_SID)
_OWNED = "O:BAG:SY"
STATE_SDDL = _OWNED + ENTERED
"""Users may enter it; what they may read below says so itself."""
READ_SDDL = _OWNED + READ_FILE


class FolderCalls(Protocol):
    """What is asked of a folder."""

    def leads_elsewhere(self, path: str) -> bool:
        """Say whether it is a junction or a link."""
        ...

    def owner_of(self, path: str) -> str:
        """Return the SID of the owner of the folder itself, wherever it leads."""
        ...

    def make(self, path: str, sddl: str) -> None:
        """Make a folder with this owner and these rights from its first moment. WinProblem if it is there."""
        ...

    def set_security(self, path: str, sddl: str) -> None:
        """Give it this owner and these rights."""
        ...


class ServiceLook(Protocol):
    """What is asked of the service manager."""

    def binary_path(self, name: str) -> str:
        """Return the command line."""
        ...

    def restarts_of(self, name: str) -> tuple[int, tuple[int, ...], bool]:
        """Return after how many seconds failures are forgotten, the delays, and if an error counts."""
        ...


def look(
    services: ServiceLook, registry: RegistryCalls, web_problem: Callable[[], str]
) -> dict[str, Capability]:
    """Return what can be seen of this installation."""
    problem = web_problem()
    plain = "the plain windows are shown instead; WebView2's Evergreen installer brings it"
    return {
        "service-settings": _service_settings(services),
        "enrolment-code": _enrolment_code(registry),
        "web-window": Capability("lacking", problem, plain) if problem else Capability("works", ""),
    }


def _service_settings(services: ServiceLook) -> Capability:
    mend = "restart the service: it sets this right as it starts"
    try:
        path = services.binary_path(SERVICE_NAME)
    except WinProblem as problem:
        return Capability("broken", f"the service is not installed: {problem}", "install the package again")
    if " " in path.partition(".exe")[0] and not path.startswith('"'):
        return Capability("broken", f"its path has a space and no quotation marks: {path}", mend)
    try:
        _forget, delays, on_error = services.restarts_of(SERVICE_NAME)
    except WinProblem as problem:
        return Capability("lacking", f"whether it is started again is not told: {problem}", mend)
    if not delays or not on_error:
        return Capability("broken", "Windows does not start it again after a failure", mend)
    return Capability("works", f"started again after {', '.join(f'{each / 1000:g}' for each in delays)} s")


def _enrolment_code(registry: RegistryCalls) -> Capability:
    remedy = "it goes when the server answers; a wrong one: reg delete HKLM\\SOFTWARE\\Gatepost\\Enrol /f"
    try:
        waits = registry.read(OFFER_KEY, CODE)
    except WinProblem:
        return Capability(
            "lacking", "not seen: only an administrator may look", "run doctor as administrator"
        )
    if waits:
        return Capability("lacking", "an enrolment code still waits in the registry", remedy)
    return Capability("works", "")


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


def own_state(calls: FolderCalls, own_sid: str, state: Path) -> None:
    """
    Make the folder for keys and records ours alone.

    Any user may make a folder in %ProgramData%, and who made it keeps power over it whatever rights are set
    later. So one that belongs to somebody else, or that leads elsewhere, is put aside, never taken over with
    what lies in it, however often somebody makes it anew. So is what others laid into a folder of ours.
    `own_sid`: who runs us, which is SYSTEM where Windows Installer does.
    """

    def is_ours(path: Path) -> bool:
        owner = calls.owner_of(str(path))
        return owner in {*TRUSTED_OWNERS, own_sid} and not calls.leads_elsewhere(str(path))

    problem = WinProblem("make the folder for keys and records", ACCESS_DENIED)
    for _ in range(_TRIES):
        if not os.path.lexists(state):
            try:
                calls.make(str(state), STATE_SDDL)
            except WinProblem as caught:  # somebody was quicker
                problem = caught
                continue
        if is_ours(state):
            break
        state.rename(_free_name(state))
    else:
        raise problem
    calls.set_security(str(state), STATE_SDDL)
    # From here on nobody else comes in; what they laid there before is theirs, and no settings of ours.
    for entry in sorted(state.iterdir()):
        if _ASIDE not in entry.name and not is_ours(entry):
            entry.rename(_free_name(entry))
    for name in FILES_READ_BY_ALL:
        if (state / name).is_file():
            calls.set_security(str(state / name), READ_SDDL)


def _free_name(state: Path) -> Path:
    for number in range(1, 1000):
        free = state.with_name(f"{state.name}{_ASIDE}{number}")
        if not os.path.lexists(free):
            return free
    raise WinProblem("put a stranger's folder aside", ACCESS_DENIED)


def forget_state(registry: RegistryCalls, state: Path) -> None:
    """Remove keys, journal and settings, and our key in the registry: the laptop leaves the school."""
    if state.exists():
        shutil.rmtree(state)
    registry.delete_key(OWN_KEY)
