"""Which program locks the screen, and how it is told to look like ours."""

import sys

assert sys.platform == "linux"

import os
import shlex
import shutil
import signal
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from agent.backends import linux_processes, lock_dialog, lock_screen, own_process
from agent.backends.device import Anchor, LockLook
from agent.backends.linux_processes import Process

Kind = Literal["xsecurelock", "i3lock", "logind"]
HELPERS = "/usr/libexec/xsecurelock"
MULTIPLEX = "saver_multiplex"
"""xsecurelock's own: it starts a painter for each monitor, and another when that one has ended."""
PAM_SERVICES = ("gatepost-lock", "common-auth", "system-auth", "login")
_AUTH_SECONDS = 40
_BLANK_SECONDS = 900


class Locker(NamedTuple):
    """A locker that can be started here."""

    kind: Kind
    program: str


class Programs(NamedTuple):
    """What the locker starts: the painter of its window and the password field."""

    saver: str = "saver_blank"
    dialog: str = "auth_x11"


def find_locker(
    wanted: str, *, has_logind: bool, path: str = "/usr/local/bin:/usr/bin:/bin"
) -> Locker | None:
    """
    Return the locker to use: the configured one, or for `auto` the first that is installed.

    xsecurelock comes first: its parts that talk to the person may crash without opening the screen.
    """
    kinds: tuple[Kind, ...] = ("xsecurelock", "i3lock")
    if wanted == "logind":
        return Locker("logind", "loginctl") if has_logind else None
    for kind in kinds:
        program = shutil.which(kind, path=path)
        if program and wanted in ("auto", kind):
            return Locker(kind, program)
    return None


def pam_service(folder: Path = Path("/etc/pam.d")) -> str:
    """Return the PAM service that checks the password: the installer's own, else the system's."""
    return next((name for name in PAM_SERVICES if (folder / name).is_file()), "login")


def locker_command(
    locker: Locker, seat: Mapping[str, str], look_file: Path, programs: Programs, picture: Path
) -> tuple[list[str], dict[str, str]]:
    """Return the locker's command line and environment. Pure, but for finding the PAM service."""
    environment = dict(seat)
    if locker.kind == "i3lock":
        return [
            locker.program,
            "-n",
            "-e",
            "-f",
            "-c",
            lock_screen.POST.strip("#"),
            "-i",
            str(picture),
        ], environment
    environment |= {
        lock_screen.LOOK_VARIABLE: str(look_file),
        lock_dialog.CHECKER_VARIABLE: f"{HELPERS}/authproto_pam",
        "XSECURELOCK_SAVER": programs.saver,
        "XSECURELOCK_AUTH": programs.dialog,
        # Without a compositor the overlay window hides our own window from the cover check.
        "XSECURELOCK_NO_COMPOSITE": "1",
        "XSECURELOCK_FORCE_GRAB": "1",
        "XSECURELOCK_PAM_SERVICE": pam_service(),
        "XSECURELOCK_AUTH_BACKGROUND_COLOR": lock_screen.POST,
        "XSECURELOCK_AUTH_FOREGROUND_COLOR": lock_screen.ON_POST,
        "XSECURELOCK_AUTH_WARNING_COLOR": "#f0c26b",
        "XSECURELOCK_AUTH_TIMEOUT": str(_AUTH_SECONDS),
        "XSECURELOCK_BLANK_TIMEOUT": str(_BLANK_SECONDS),
        "XSECURELOCK_BURNIN_MITIGATION": "0",
        "XSECURELOCK_FONT": "sans:pixelsize=24",
        "XSECURELOCK_PASSWORD_PROMPT": "asterisks",
        "XSECURELOCK_SHOW_HOSTNAME": "0",
        "XSECURELOCK_SHOW_USERNAME": "1",
        "XSECURELOCK_SINGLE_AUTH_WINDOW": "0",
    }
    return [locker.program], environment


def write_programs(folders: Sequence[Path]) -> Programs:
    """
    Write the two small programs into the first folder that allows programs; root's, readable by all.

    Debian mounts /run without the right to run programs. With no such folder the locker's own are used.
    """
    folder = next((folder for folder in folders if _runs_programs(folder)), None)
    if folder is None:
        return Programs()
    painter = _quoted(own_process.agent_command("lock-screen"))
    field = _quoted(own_process.agent_command("lock-dialog"))
    own = f"{HELPERS}/auth_x11"
    saver, dialog = folder / "saver_gatepost", folder / "auth_gatepost"
    _write(saver, f"#!/bin/sh\nexec {painter}\n".encode(), 0o755)
    ends = f"case $? in {lock_dialog.OPENED}) exit 0 ;; {lock_dialog.CLOSED}) exit 1 ;; esac"
    lines = ("#!/bin/sh", field, ends, f"exec {own}", "")
    _write(dialog, "\n".join(lines).encode(), 0o755)
    return Programs(str(saver), str(dialog) if Path(own).exists() else "auth_x11")


def _runs_programs(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return not os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False


def _quoted(command: list[str]) -> str:
    return " ".join(shlex.quote(part) for part in command)


def write_look(folder: Path, look: LockLook) -> Path:
    """Write what the lock screen says where its painter can read it."""
    path = folder / "look.json"
    _write(path, lock_screen.look_to_json(look), 0o644)
    return path


def decide_painters(processes: Mapping[int, Process], uid: int, locker: Anchor) -> list[Anchor]:
    """Return the painters of this very locker. Pure."""
    found = []
    for each in processes.values():
        over = processes.get(each.parent)
        above = processes.get(over.parent) if over else None
        if over and above and over.name == MULTIPLEX and above.anchor == locker and each.uid == uid:
            found.append(each.anchor)
    return found


def end_painters(uid: int, locker: Anchor) -> None:
    """End what painted this locker's window: it is painted anew, and stays covered meanwhile."""
    for painter in decide_painters(linux_processes.all_processes(), uid, locker):
        linux_processes.send(painter, signal.SIGTERM)


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(handle, mode)
    fresh.rename(path)


def has_setuid_checker(candidates: tuple[str, ...] = ("/usr/sbin/unix_chkpwd", "/sbin/unix_chkpwd")) -> bool:
    """Say whether a locker without root's rights can check a local password at all."""
    for name in candidates:
        try:
            mode = Path(name).stat().st_mode
        except OSError:
            continue
        if mode & (stat.S_ISUID | stat.S_ISGID):
            return True
    return False
