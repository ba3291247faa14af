"""The privileged door on Linux: the parts beside this file, put together."""

import sys

assert sys.platform == "linux"

import contextlib
import os
import pwd
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from agent.backends import (
    linux_children,
    linux_hint,
    linux_inventory,
    linux_locker,
    linux_logins,
    linux_machine,
    linux_processes,
    linux_trial,
    linux_unlock,
    lock_screen,
    own_process,
    x11_server,
)
from agent.backends.device import Account, Anchor, Capability, Child, Inventory, LockLook, LoginSeen, Seat
from agent.backends.linux_children import Children
from agent.backends.linux_media import LinuxUsb
from agent.backends.linux_sleep import SleepWatch
from agent.errors import DeviceFailed
from agent.paths import Config

_PAINT_SECONDS = 10
_TERMINAL_CHARACTERS = 1000


class LinuxDevice:
    """What the service asks of a Linux machine."""

    def __init__(self, config: Config, config_path: Path) -> None:
        self._config = config
        self._config_path = config_path
        self._children = Children(config.run)
        self._sleep = SleepWatch()
        self._logins = linux_logins.Logins()
        self._folders: dict[int, Path] = {}
        self._guard = threading.Lock()
        self._usb = LinuxUsb(config)

    # ---- who we are ----

    def machine_fingerprint(self) -> str:
        """Return what tells this machine from a copy of its disk."""
        return linux_machine.fingerprint()

    def os_name(self) -> str:
        """Return the system's name and version."""
        return linux_machine.os_name()

    def hostname(self) -> str:
        """Return this machine's name."""
        return linux_machine.hostname()

    def inventory(self) -> Inventory:
        """Return what this machine is made of."""
        return linux_inventory.look()

    def capabilities(self) -> dict[str, Capability]:
        """Return what works here, by its stable name."""
        root = os.geteuid() == 0
        works = Capability("works", "")
        need_root = Capability("broken", "the service does not run as root", "start it with systemd")
        return {
            "logins": works if root else need_root,
            "login-end": works if root else need_root,
            "session-start": works if root else need_root,
            "lock": self._lock_capability(),
            "usb": self._usb.capability(),
            "suspend-lock": (
                works
                if linux_logins.has_logind()
                else Capability("lacking", "no logind: the screen is locked on waking, not before sleep")
            ),
            "speech": (
                works
                if linux_machine.speech_program()
                else Capability("lacking", "espeak-ng is not installed", "apt install espeak-ng")
            ),
        }

    def usb(self) -> LinuxUsb:
        """Return the door to plugged media."""
        return self._usb

    def _lock_capability(self) -> Capability:
        locker = self._locker()
        if locker is None:
            return Capability("lacking", "no screen locker is installed", "apt install xsecurelock")
        if locker.kind == "logind":
            why = "the desktop's own locker is asked, but that it covers the screen cannot be confirmed"
            return Capability("lacking", why, 'apt install xsecurelock, and locker = "auto"')
        if not linux_locker.has_setuid_checker():
            return Capability(
                "broken",
                "unix_chkpwd is missing or not setgid: no password could open the lock",
                "apt install libpam-modules-bin",
            )
        return Capability("works", locker.kind)

    # ---- who is here ----

    def account(self, uid: int) -> Account | None:
        """Return the account, or None."""
        try:
            found = pwd.getpwuid(uid)
        except (KeyError, OverflowError):
            return None
        return Account(found.pw_uid, found.pw_gid, found.pw_name, found.pw_dir)

    def logins(self) -> list[LoginSeen]:
        """Return every login with a living leader."""
        return self._logins.look(own_pid=os.getpid())

    def anchor(self, pid: int) -> Anchor | None:
        """Return the process with this pid now, or None."""
        process = linux_processes.read_process(pid)
        return process.anchor if process else None

    def is_alive(self, anchor: Anchor) -> bool:
        """Say whether that very process still runs."""
        return linux_processes.is_alive(anchor)

    def ancestors(self, pid: int) -> tuple[Anchor, ...]:
        """Return the parents of a process, nearest first, without init."""
        return linux_processes.ancestors(pid)

    def uid_of(self, pid: int) -> int | None:
        """Return the real uid of a process, or None."""
        process = linux_processes.read_process(pid)
        return process.uid if process else None

    def watch(self, anchor: Anchor) -> int | None:
        """Return a pidfd for that very process, or None."""
        return linux_processes.watch(anchor)

    # ---- ending ----

    def end_processes(self, uid: int, keep: Sequence[Anchor]) -> int:
        """End every process of this uid that has nothing to do with `keep`."""
        return linux_processes.end_processes(uid, keep)

    def tell_terminal(self, line: str, message: str) -> None:
        """Write a message to a terminal about to be closed; never blocks, never raises."""
        path = Path("/dev") / line
        if not line or ".." in line or not path.is_char_device():
            return
        said = "".join(letter for letter in message if letter.isprintable() or letter == "\n")
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                os.write(handle, f"\r\n{said[:_TERMINAL_CHARACTERS]}\r\n".encode())
            finally:
                os.close(handle)

    # ---- starting, as the pupil ----

    def read_cookie(self, uid: int, path: str) -> bytes:
        """Return the X authority file as read with this uid's own rights."""
        return self._children.read_as(self._known(uid), path)

    def start_session(self, seat: Seat) -> tuple[Child, socket.socket]:
        """Start `agent session` as the pupil, on a screen of this machine's and no other."""
        if os.geteuid() == 0:
            x11_server.check_server(seat.display, seat.uid)
        child, ours, folder = linux_children.start_session(
            self._children, seat, self._known(seat.uid), self._session_arguments()
        )
        self._keep(child, folder)
        return child, ours

    def _session_arguments(self) -> list[str]:
        patience = ["--patience", str(self._config.window_patience_seconds)]
        windows = ["--speech", str(self._config.speech), *patience]
        if self._config.theme:
            windows += ["--theme", self._config.theme]
        return ["--tray", self._config.tray, *patience, "--", *windows]

    def watch_links(self, on_stranger: Callable[[int, str], None]) -> None:
        """Do nothing: a pair of sockets has no name that a stranger could open."""

    def start_locker(self, seat: Seat, look: LockLook) -> Child:
        """Start the locker as the pupil on that display."""
        locker, account = self._locker(), self._known(seat.uid)
        if locker is None:
            raise DeviceFailed("no screen locker is installed")
        if locker.kind == "logind":
            return self._lock_by_logind(seat, account)
        folder = self._children.seat_folder(seat, account)
        try:
            environment = linux_children.seat_environment(
                seat, account, folder, self._children.empty_folder(), look.language
            )
            look_file = linux_locker.write_look(folder, look)
            picture = folder / "lock.png"
            if locker.kind == "i3lock":
                self._paint(look_file, picture, seat, environment)
            programs = linux_locker.write_programs((self._config.run, self._config.state / "programs"))
            command, environment = linux_locker.locker_command(
                locker, environment, look_file, programs, picture
            )
            child = self._children.start(command, account, environment)
        except (OSError, DeviceFailed) as problem:
            self._children.forget_folder(folder)
            raise DeviceFailed(f"the screen could not be locked: {problem}") from problem
        self._keep(child, folder)
        return child

    def renew_look(self, seat: Seat, locker: Anchor, look: LockLook) -> None:
        """Write down what it says now and have xsecurelock paint anew; another locker stays as it is."""
        with self._guard:
            folder = self._folders.get(locker.pid)
        found = self._locker()
        if folder is None or found is None or found.kind != "xsecurelock":
            return
        try:
            linux_locker.write_look(folder, look)
        except OSError as problem:
            raise DeviceFailed(f"the lock screen's words could not be written: {problem}") from problem
        linux_locker.end_painters(seat.uid, locker)

    def _paint(self, look_file: Path, picture: Path, seat: Seat, environment: dict[str, str]) -> None:
        """Paint the picture as the pupil into their cache, then keep our own copy; a lock holds without."""
        account, target = self._known(seat.uid), Path(environment["XDG_CACHE_HOME"]) / "lock.png"
        command = own_process.agent_command("lock-screen", "--png", str(target), "1920", "1080")
        child = self._children.start(
            command, account, environment | {lock_screen.LOOK_VARIABLE: str(look_file)}
        )
        with contextlib.suppress(DeviceFailed, OSError):
            linux_processes.wait_for(child.pidfd, _PAINT_SECONDS)
            picture.write_bytes(self._children.read_as(account, str(target), most=4_000_000))
            picture.chmod(0o644)
        self._children.kill(child)
        linux_processes.wait_for(child.pidfd, _PAINT_SECONDS)
        self._children.reap(child)

    def _lock_by_logind(self, seat: Seat, account: Account) -> Child:
        session = seat.environment.get("XDG_SESSION_ID", "")
        if not session.isalnum() or linux_logins.session_uid(session) != seat.uid:
            raise DeviceFailed("logind does not know this login's session")
        command = ["/usr/bin/loginctl", "lock-session", session]
        try:
            subprocess.run(command, check=True, timeout=_PAINT_SECONDS, capture_output=True)
        except (OSError, subprocess.SubprocessError) as problem:
            raise DeviceFailed("logind would not lock the session") from problem
        # The desktop's own locker does the work; a waiting process stands for it until LockedHint is gone.
        waiting = (
            'while [ "$(loginctl show-session "$1" -P LockedHint)" = yes ] || [ "${n:=0}" -lt 5 ]; '
            "do n=$((${n:-0}+1)); sleep 1; done"
        )
        environment = {"PATH": linux_children.PATH}
        return self._children.start(["/bin/sh", "-c", waiting, "sh", session], account, environment)

    def locker_holds(self, seat: Seat, locker: Anchor) -> bool:
        """Say whether the locker lives."""
        return self.is_alive(locker)

    def show_locked(self, seat: Seat, locked: bool) -> None:
        """Set logind's LockedHint; where the desktop's own locker locks, it does so itself."""
        locker = self._locker()
        if linux_logins.has_logind() and locker is not None and locker.kind != "logind":
            linux_hint.set_locked(seat.environment.get("XDG_SESSION_ID", ""), seat.uid, locked)

    def reap(self, child: Child) -> int | None:
        """Return how a child ended, or None while it runs."""
        status = self._children.reap(child)
        if status is not None:
            with self._guard:
                folder = self._folders.pop(child.anchor.pid, None)
            if folder:
                self._children.forget_folder(folder)
        return status

    def kill(self, child: Child) -> None:
        """Kill a child we started."""
        self._children.kill(child)

    def open_locker(self, seat: Seat, locker: Anchor) -> None:
        """End this locker; the desktop's own is told to open by logind."""
        found = self._locker()
        if found is not None and found.kind == "logind":
            linux_unlock.unlock_by_logind(seat)
        else:
            linux_unlock.end_locker(seat.uid, locker)

    def stand_guard(self, lock_after_seconds: int | None) -> None:
        """Do nothing: no Linux desktop has a lock of its own that could be set for everybody."""

    def _keep(self, child: Child, folder: Path) -> None:
        with self._guard:
            self._folders[child.anchor.pid] = folder

    def _known(self, uid: int) -> Account:
        account = self.account(uid)
        if account is None:
            raise DeviceFailed(f"the system knows no account {uid}")
        return account

    def _locker(self) -> linux_locker.Locker | None:
        return linux_locker.find_locker(self._config.locker, has_logind=linux_logins.has_logind())

    # ---- trying, where no person looks ----

    def try_window(self, page: bytes, *, plain: bool) -> linux_trial.Shown:
        """Have one page shown without a person's screen."""
        return linux_trial.try_window(page, self._config.run / "trials", plain=plain)

    def try_locker(self) -> None:
        """See that the locker can be started; lock nothing."""
        linux_trial.try_locker(self._locker(), self._config.run / "trials")

    # ---- the rest ----

    def watch_sleep(self, on_sleep: Callable[[Literal["before", "after"]], None]) -> bool:
        """Call back before and after sleep; False where logind does not run."""
        return linux_logins.has_logind() and self._sleep.start(on_sleep)

    def allow_sleep(self) -> None:
        """Let the machine sleep."""
        self._sleep.allow()

    def render_speech(self, language: str, text: str, target: Path) -> None:
        """Write the text read aloud as a WAV file."""
        linux_machine.render_speech(language, text, target)
