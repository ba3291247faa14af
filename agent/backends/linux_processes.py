"""Processes as Linux shows them in /proc: who they are, whose, and how to end them.

A process is known by its pid *and* its start time, so that a later one with the same pid is never
mistaken for it.
"""

import sys

assert sys.platform == "linux"

import contextlib
import math
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from agent.backends.device import Anchor
from agent.errors import DeviceFailed

PROC = Path("/proc")
TERM_SECONDS = 2.0
GIVE_UP_SECONDS = 10.0
_SPARED = ("systemd", "(sd-pam)", "dbus-daemon", "dbus-broker", "dbus-broker-lau")
_MANAGER_PROGRAMS = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_BUS_PROGRAMS = ("/usr/bin/dbus-daemon", "/usr/bin/dbus-broker", "/usr/bin/dbus-broker-launch")
_LOOK_AGAIN_SECONDS = 0.05
_FREEZE_SECONDS = 2.0
_YOUNG_SECONDS = 1.0


class Process(NamedTuple):
    """One living process."""

    anchor: Anchor
    parent: int
    name: str
    uid: int


def parse_stat(text: str) -> tuple[str, str, int, int]:
    """
    Return (name, state, parent pid, start ticks) from a `/proc/PID/stat` line.

    The name stands in brackets and may hold anything, brackets too. Raises ValueError on nonsense.
    """
    head, found, tail = text.rpartition(")")
    fields = tail.split()
    if not found or len(fields) < 20:
        raise ValueError("not a stat line")
    return head.partition("(")[2], fields[0], int(fields[1]), int(fields[19])


def read_process(pid: int, proc: Path = PROC) -> Process | None:
    """Return a living process (no zombie), or None."""
    try:
        name, state, parent, started = parse_stat((proc / str(pid) / "stat").read_text("utf-8", "replace"))
        for line in (proc / str(pid) / "status").read_text("utf-8", "replace").splitlines():
            if line.startswith("Uid:"):
                uid = int(line.split()[1])
                break
        else:
            return None
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else Process(Anchor(pid, started), parent, name, uid)


def all_processes(proc: Path = PROC) -> dict[int, Process]:
    """Return every living process by pid."""
    return _scan(proc)[0]


def _scan(proc: Path = PROC, uid: int = -1) -> tuple[dict[int, Process], bool]:
    """Return every living process, and whether one of this user's was gone before it could be looked at."""
    young = (time.clock_gettime(time.CLOCK_BOOTTIME) - _YOUNG_SECONDS) * os.sysconf("SC_CLK_TCK")
    found: dict[int, Process] = {}
    fled = False
    for pid in [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()]:
        process = read_process(pid, proc)
        if process:
            found[pid] = process
        elif uid >= 0:
            fled = fled or _has_fled(proc / str(pid), uid, young)
    return found, fled


def _has_fled(entry: Path, uid: int, young_ticks: float) -> bool:
    """Say whether an entry that was listed is gone, or lived only for a moment."""
    try:
        started = parse_stat((entry / "stat").read_text("utf-8", "replace"))[3]
        return started >= young_ticks and entry.stat().st_uid in (uid, 0)
    except (OSError, ValueError):
        return True


def is_alive(anchor: Anchor) -> bool:
    """Say whether that very process still runs."""
    process = read_process(anchor.pid)
    return process is not None and process.anchor == anchor


def ancestors(pid: int, known: dict[int, Process] | None = None) -> tuple[Anchor, ...]:
    """Return the parents of a process, nearest first, without init."""
    look: Callable[[int], Process | None] = read_process if known is None else known.get
    found: list[Anchor] = []
    process = look(pid)
    while process and process.parent > 1:
        process = look(process.parent)
        if process is None or process.anchor in found:
            break
        found.append(process.anchor)
    return tuple(found)


def watch(anchor: Anchor) -> int | None:
    """Return a pidfd for that very process, or None if it has ended."""
    try:
        pidfd = os.pidfd_open(anchor.pid)
    except OSError:
        return None
    # The pid may have been taken over before the descriptor was opened; afterwards it cannot.
    if not is_alive(anchor):
        os.close(pidfd)
        return None
    return pidfd


def program_path(pid: int) -> str:
    """Return the file a process runs, or an empty string if it may not be known."""
    try:
        return str((PROC / str(pid) / "exe").readlink())
    except OSError:
        return ""


def decide_whom_to_end(
    processes: dict[int, Process],
    uid: int,
    keep: Sequence[Anchor],
    program: Callable[[int], str] = program_path,
    begun_ticks: float = math.inf,
) -> list[Process]:
    """
    Return the processes of this uid that stand in no line with `keep`: no ancestor, descendant or itself.

    The user's own service manager and bus are spared: they outlive logins by design. A name is free to
    take, so only the system's own program files count. A login that the system opened after `begun_ticks`
    (clock ticks since boot) is spared too: signing in again at once is nobody's leftover.
    """
    kept = {anchor for anchor in keep if _current(processes, anchor)}
    above = {parent for anchor in kept for parent in ancestors(anchor.pid, processes)}
    chosen = []
    for process in processes.values():
        if process.uid != uid or process.anchor in kept or process.anchor in above:
            continue
        if kept & set(ancestors(process.anchor.pid, processes)) or _is_spared(process, processes, program):
            continue
        if _is_of_a_later_login(process, processes, begun_ticks):
            continue
        chosen.append(process)
    return chosen


def _current(processes: dict[int, Process], anchor: Anchor) -> bool:
    process = processes.get(anchor.pid)
    return process is not None and process.anchor == anchor


def _is_spared(process: Process, processes: dict[int, Process], program: Callable[[int], str]) -> bool:
    if process.name not in _SPARED:
        return False
    parent = processes.get(process.parent)
    if process.name == "(sd-pam)":
        its_own = program(process.anchor.pid) in _MANAGER_PROGRAMS
        return its_own and parent is not None and _is_manager(parent, program)
    if process.name == "systemd":
        return _is_manager(process, program)
    by_system = process.parent == 1 or (parent is not None and _is_manager(parent, program))
    return by_system and program(process.anchor.pid) in _BUS_PROGRAMS


def _is_of_a_later_login(process: Process, processes: dict[int, Process], begun_ticks: float) -> bool:
    """Say whether its line began after the ending did, by a root process that is not init: no pupil can."""
    top = process
    parent = processes.get(top.parent)
    while parent is not None and parent.uid == process.uid:
        top, parent = parent, processes.get(parent.parent)
    by_system = parent is not None and parent.uid == 0 and parent.anchor.pid != 1
    return by_system and top.anchor.started > begun_ticks


def _is_manager(process: Process, program: Callable[[int], str]) -> bool:
    return process.parent == 1 and program(process.anchor.pid) in _MANAGER_PROGRAMS


def end_processes(uid: int, keep: Sequence[Anchor]) -> int:
    """
    End every process of this uid that has nothing to do with `keep`; return how many there were.

    One that forks and exits faster than we look escapes every list: where some will not end or are gone
    before they are seen, all of the user's are stopped first, and those that stay go on.
    Raises DeviceFailed when some remain after GIVE_UP_SECONDS.
    """
    if uid == 0:
        raise DeviceFailed("refused to end the processes of root")
    begun = time.monotonic()
    begun_ticks = time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")
    seen: set[Anchor] = set()
    while True:
        waited = time.monotonic() - begun
        frozen = waited >= TERM_SECONDS and _freeze(uid)
        processes, fled = _scan(uid=uid)
        chosen = decide_whom_to_end(processes, uid, keep, begun_ticks=begun_ticks)
        for process in chosen:
            if waited >= TERM_SECONDS:
                send(process.anchor, signal.SIGKILL)
            elif process.anchor not in seen:
                send(process.anchor, signal.SIGTERM)
                send(process.anchor, signal.SIGCONT)
            seen.add(process.anchor)
        if frozen:
            for process in processes.values():
                if process.uid == uid and process not in chosen:
                    send(process.anchor, signal.SIGCONT)
        if not chosen and (frozen or not fled):
            return len(seen)
        if waited > GIVE_UP_SECONDS:
            raise DeviceFailed(f"{len(chosen)} processes of uid {uid} would not end")
        time.sleep(_LOOK_AGAIN_SECONDS)


def _freeze(uid: int) -> bool:
    """Stop every process of a user at once, as only the kernel can: with that user's own kill(-1)."""
    command = ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"]
    if os.geteuid() != 0:
        return False
    try:
        subprocess.run(
            [*command, "/bin/kill", "-STOP", "--", "-1"],
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_FREEZE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def wait_for(pidfd: int, seconds: float) -> bool:
    """Wait until a process ends; say whether it did in time."""
    return bool(select.select([pidfd], [], [], seconds)[0])


def send(anchor: Anchor, number: signal.Signals) -> None:
    """Send a signal to that very process; a process that has ended is no error."""
    pidfd = watch(anchor)
    if pidfd is None:
        return
    try:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, number)
    finally:
        os.close(pidfd)
