"""Who is logged in: logind where it runs, the utmp file, and the processes themselves.

All three are asked, because none is complete: a bare X start writes no utmp entry, and a machine
without systemd has no logind.
"""

import sys

assert sys.platform == "linux"

import os
import pwd
import struct
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from agent.backends import linux_processes
from agent.backends.device import LoginKind, LoginSeen
from agent.backends.linux_processes import Process

UTMP = Path("/run/utmp")
SESSIONS = Path("/run/systemd/sessions")
_UTMP = struct.Struct("hi32s4s32s256shhiii4i20s")
_USER_PROCESS = 7
_DOORS = {"sshd", "sshd-session", "login", "su", "getty", "agetty"}
_TERMINALS = {"login", "getty", "agetty"}
_SMALLEST_UID = 1000
_NOBODY_UID = 65534
_LOGINCTL_SECONDS = 20.0
_MAX_SESSIONS = 64
_YOUNG_SECONDS = 30.0


class UtmpEntry(NamedTuple):
    """One user's line of the utmp file."""

    pid: int
    line: str
    user: str
    host: str


def parse_utmp(content: bytes) -> list[UtmpEntry]:
    """Return the user entries; a torn last entry is left out."""
    usable = len(content) - len(content) % _UTMP.size
    found = []
    for kind, pid, line, _id, user, host, *_rest in _UTMP.iter_unpack(content[:usable]):
        if kind == _USER_PROCESS and pid > 0:
            found.append(UtmpEntry(pid, _text(line), _text(user), _text(host)))
    return found


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def decide_kind(line: str, host: str) -> LoginKind:
    """Return what sort of login a utmp line and host stand for."""
    if line.startswith(":") or host.startswith(":"):
        return "x11"
    if line.startswith("tty"):
        return "tty"
    return "ssh" if host else "other"


def parse_loginctl(text: str) -> dict[str, str]:
    """Return the `Name=value` lines of `loginctl show-session`."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, found, value in pairs if found}


def decide_logind_kind(shown: dict[str, str]) -> LoginKind:
    """Return what sort of login logind describes."""
    match shown.get("Type"):
        case "x11":
            return "x11"
        case "wayland":
            return "wayland"
        case "tty":
            return "ssh" if shown.get("Remote") == "yes" else "tty"
    return "ssh" if shown.get("Remote") == "yes" else "other"


def find_unlisted(processes: dict[int, Process], listed: Iterable[LoginSeen], own_pid: int) -> list[Process]:
    """
    Return the topmost processes of people below a root-owned sshd, login, su or getty that nobody listed.

    A program of one person below one of another is such a login too: su keeps the real uid of who called it.
    Pure. Those that descend from a listed leader, or from this service, are left out.
    """
    known = {login.leader for login in listed}
    own = processes.get(own_pid)
    if own:
        known.add(own.anchor)
    found = []
    for process in processes.values():
        parent = processes.get(process.parent)
        if parent is None or not _SMALLEST_UID <= process.uid != _NOBODY_UID:
            continue
        is_door = parent.uid == 0 and parent.name in _DOORS
        is_other = parent.uid not in (0, process.uid)
        if not (is_door or is_other) or process.anchor in known:
            continue
        if is_other or not known & set(linux_processes.ancestors(process.anchor.pid, processes)):
            found.append(process)
    return found


class Logins:
    """Looks for logins again and again without reading what cannot have changed."""

    def __init__(
        self, utmp: Path = UTMP, sessions: Path = SESSIONS, proc: Path = linux_processes.PROC
    ) -> None:
        self._utmp = utmp
        self._sessions = sessions
        self._proc = proc
        self._known: dict[int, tuple[float, Process]] = {}
        self._described: tuple[object, dict[str, dict[str, str]]] = (None, {})
        self._guard = threading.Lock()

    def look(self, own_pid: int = -1) -> list[LoginSeen]:
        """Return every login with a living leader, each leader once."""
        with self._guard:
            processes = self._processes()
            described = self._describe()
        found: dict[object, LoginSeen] = {}
        for login in [*_logind_logins(described, processes), *_utmp_logins(self._utmp, processes)]:
            found.setdefault(login.leader, login)
        for process in find_unlisted(processes, list(found.values()), own_pid):
            parent = processes[process.parent].name
            kind: LoginKind = (
                "ssh" if parent.startswith("sshd") else "tty" if parent in _TERMINALS else "other"
            )
            key = f"process-{process.anchor.pid}"
            seen = LoginSeen(key, process.uid, _name(process.uid), kind, process.anchor)
            found.setdefault(seen.leader, seen)
        return [
            login
            for login in found.values()
            if login.os_user != str(login.uid) and linux_processes.is_alive(login.leader)
        ]  # a uid without an account is a container's

    def _processes(self) -> dict[int, Process]:
        """
        Return all processes, reading only the new ones, the young ones and those just inside a door.

        A process may become another program or drop to another user, but it does so soon after its start,
        or it stands below a door and is looked at every time.
        """
        now = time.monotonic()
        known: dict[int, tuple[float, Process]] = {}
        for name in [entry.name for entry in os.scandir(self._proc)]:
            if not name.isdigit():
                continue
            pid = int(name)
            first_seen, process = self._known.get(pid, (now, None))
            door = self._known.get(process.parent) if process else None
            if process is None or now - first_seen < _YOUNG_SECONDS or (door and door[1].name in _DOORS):
                process = linux_processes.read_process(pid, self._proc)
            if process is not None:
                known[pid] = (first_seen, process)
        self._known = known
        return {pid: process for pid, (_seen, process) in known.items()}

    def _describe(self) -> dict[str, dict[str, str]]:
        """Return logind's sessions by name; asked again when its list changed or did not come."""
        try:
            key = sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(self._sessions))
        except OSError:
            return {}
        if key != self._described[0]:
            lines = _loginctl("list-sessions", "--no-legend").splitlines()[:_MAX_SESSIONS]
            names = [line.split()[0] for line in lines if line.split()]
            found = {name: parse_loginctl(_loginctl("show-session", name)) for name in names}
            is_whole = all(found.values()) and (bool(found) or not key)
            self._described = key if is_whole else None, found
        return self._described[1]


def _utmp_logins(utmp: Path, processes: dict[int, Process]) -> Iterable[LoginSeen]:
    try:
        content = utmp.read_bytes()
    except OSError:
        return
    for entry in parse_utmp(content):
        leader = processes.get(entry.pid)
        try:
            uid = pwd.getpwnam(entry.user).pw_uid
        except (KeyError, ValueError):
            continue
        if leader is not None:
            kind = decide_kind(entry.line, entry.host)
            line = entry.line if not entry.line.startswith(":") else ""
            yield LoginSeen(f"utmp-{entry.line}", uid, entry.user, kind, leader.anchor, line)


def _logind_logins(
    described: dict[str, dict[str, str]], processes: dict[int, Process]
) -> Iterable[LoginSeen]:
    for name, shown in described.items():
        if shown.get("Class", "user") not in ("user", "user-early"):
            continue
        try:
            leader, uid = processes.get(int(shown["Leader"])), int(shown["User"])
        except (KeyError, ValueError):
            continue
        if leader is not None:
            kind, line = decide_logind_kind(shown), shown.get("TTY", "")
            yield LoginSeen(f"logind-{name}", uid, _name(uid), kind, leader.anchor, line)


def session_uid(name: str) -> int | None:
    """Return whose session this is, as logind knows: its number comes from the pupil's own environment."""
    owner = parse_loginctl(_loginctl("show-session", name)).get("User", "")
    return int(owner) if owner.isascii() and owner.isdigit() else None


def has_logind() -> bool:
    """Say whether logind runs here; its folder alone is left behind by a package, its bus is not."""
    files = ("/run/systemd/seats", "/run/dbus/system_bus_socket", "/usr/bin/loginctl")
    return all(Path(file).exists() for file in files)


def _loginctl(*arguments: str) -> str:
    if not has_logind():
        return ""
    try:
        done = subprocess.run(
            ["/usr/bin/loginctl", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LOGINCTL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
