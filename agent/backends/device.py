"""The privileged door: what the service asks of the operating system, and which one answers.

Every method may be called from any thread. Methods marked *slow* are called by the service in a worker
thread only; the others must return at once. All raise DeviceFailed when the system will not.
"""

import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from agent.errors import DeviceFailed
from agent.paths import Config
from policies.settings import Contact, Helpline, Language, Tier

if TYPE_CHECKING:
    from agent.backends.usb import UsbDoor

LoginKind = Literal["x11", "wayland", "tty", "ssh", "other"]


class Anchor(NamedTuple):
    """One process that cannot be mistaken for another that later has the same pid."""

    pid: int
    started: int
    """Clock ticks after boot (`/proc/PID/stat`, field 22)."""


class Account(NamedTuple):
    """An account of the operating system."""

    uid: int
    gid: int
    name: str
    home: str


class LoginSeen(NamedTuple):
    """Somebody is logged in, as far as the system knows."""

    key: str
    """Stable while the login lasts, e.g. the logind session id or the terminal's name."""
    uid: int
    os_user: str
    kind: LoginKind
    leader: Anchor
    """The process that ends with the login."""
    line: str = ""
    """The terminal, e.g. `pts/3` or `tty2`; empty if there is none to write to."""


class Capability(NamedTuple):
    """What this machine can do, for the device page and doctor."""

    state: Literal["works", "lacking", "broken"]
    why: str
    remedy: str = ""
    """What a technician does about it; empty when it works."""


class Child(NamedTuple):
    """A process the service started as the pupil."""

    anchor: Anchor
    pidfd: int
    """Becomes readable when the process ends. Whoever calls `reap` closes it."""
    name: str
    """The program's name, e.g. `i3lock`."""


class Seat(NamedTuple):
    """Where and as whom a child is started."""

    uid: int
    display: str
    cookie: bytes
    """The X authority file's content, read with the pupil's rights."""
    environment: Mapping[str, str]
    """Only names the service allowed: XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS, LANGUAGE, XDG_SESSION_ID."""


WaitsFor = Literal["", "adult", "hours"]
"""What opens a locked screen by itself: an adult who checks in, the hours; empty: the password alone."""


class LockLook(NamedTuple):
    """What the lock screen says, and to whom (R42: the way to help stands on it)."""

    language: Language = "en"
    tier: Tier = "adult"
    school: str = ""
    contacts: tuple[Contact, ...] = ()
    helplines: tuple[Helpline, ...] = ()
    """For this reader: those for emergencies, and the school's other ones (R88)."""
    ceop: bool = False
    """The school uses CEOP's way to report: its address stands here too (R87)."""
    by: str = ""
    """The adult who locked it; empty where the laptop or its user did."""
    waits_for: WaitsFor = ""
    """Nobody supervises, or the laptops are closed: that is why it is locked."""


DiskEncryption = Literal["on", "off", "part", "unknown"]


class Inventory(NamedTuple):
    """What this machine is (R41, R77). Empty text: it does not say."""

    maker: str
    model: str
    serial: str
    disk_encryption: DiskEncryption
    """Of the disks that hold data; part: some of them."""
    memory_bytes: int
    battery_percent: int | None
    """How much of its first capacity the battery still holds."""


class Device(Protocol):
    """What the service asks of the operating system."""

    # ---- who we are ----

    def machine_fingerprint(self) -> str:
        """Return 64 hex digits that differ between this machine and a copy of its disk elsewhere."""
        ...

    def os_name(self) -> str:
        """Return the system's name and version for the device page, e.g. `Debian GNU/Linux 12`."""
        ...

    def hostname(self) -> str:
        """Return this machine's name."""
        ...

    def inventory(self) -> Inventory:
        """Return what this machine is made of. *Slow.*"""
        ...

    def capabilities(self) -> dict[str, Capability]:
        """
        Return what works here. *Slow.*

        Names (stable): `logins`, `login-end`, `lock`, `suspend-lock`, `speech`, `session-start`, `usb`; and
        `unlock` where an adult's lock cannot be taken back.
        """
        ...

    # ---- who is here ----

    def account(self, uid: int) -> Account | None:
        """Return the account, or None if the system does not know it."""
        ...

    def logins(self) -> list[LoginSeen]:
        """
        Return every login of every account with a living leader: logind where it runs, utmp, and processes.

        *Slow.* An entry whose leader process is dead is dropped. So that a login that wrote no utmp entry is
        seen too, the topmost process of a uid >= 1000 below a root-owned sshd, login, su or getty counts as
        one, unless it descends from a leader listed already or from this service.
        """
        ...

    def anchor(self, pid: int) -> Anchor | None:
        """Return the process with this pid now, or None."""
        ...

    def is_alive(self, anchor: Anchor) -> bool:
        """Say whether that very process still runs (a zombie does not)."""
        ...

    def ancestors(self, pid: int) -> tuple[Anchor, ...]:
        """Return the parents of a process, nearest first, without init."""
        ...

    def uid_of(self, pid: int) -> int | None:
        """Return the real uid of a process, or None if it is gone."""
        ...

    def watch(self, anchor: Anchor) -> int | None:
        """Return a pidfd, readable when the process ends, or None if it has. The caller closes it."""
        ...

    # ---- ending ----

    def end_processes(self, uid: int, keep: Sequence[Anchor]) -> int:
        """
        End every process of this uid that is no ancestor of, descendant of, or itself in `keep`. *Slow.*

        SIGTERM, then SIGKILL to what remains 2 s later (SIGCONT first: a stopped one must not hide);
        repeats until none is left or 10 s have passed (then DeviceFailed). Spares `systemd --user`,
        `(sd-pam)` and the user's dbus. Returns how many there were. Never called for uid 0.
        """
        ...

    def tell_terminal(self, line: str, message: str) -> None:
        """Write a message to a terminal about to be closed; never blocks, never raises."""
        ...

    # ---- starting, as the pupil ----

    def read_cookie(self, uid: int, path: str) -> bytes:
        """Return the X authority file (at most 64 KiB) as read with this uid's own rights. *Slow.*"""
        ...

    def start_session(self, seat: Seat) -> tuple[Child, socket.socket]:
        """
        Start `agent session --fd 3` as the pupil: clean environment, own copy of the cookie, not dumpable.

        The socket is our end of a SOCK_STREAM socketpair, non-blocking.
        """
        ...

    def watch_links(self, on_stranger: Callable[[int, str], None]) -> None:
        """
        Have it told, from any thread, when a stranger spoke where only a session may: the uid, the problem.

        A session whose link has no name, as on Linux, never has one.
        """
        ...

    def start_locker(self, seat: Seat, look: LockLook) -> Child:
        """Start the configured locker as the pupil on that display."""
        ...

    def renew_look(self, seat: Seat, locker: Anchor, look: LockLook) -> None:
        """
        Have a lock screen that is up say this instead, without opening it. *Slow*; raises DeviceFailed.

        Only xsecurelock can: i3lock has read its picture, and the system's own lockers say nothing of ours.
        """
        ...

    def locker_holds(self, seat: Seat, locker: Anchor) -> bool:
        """
        Say whether, as far as this system itself can tell, that locker holds the screen.

        Linux: it lives; what it covers the session looks at. Windows: it lives, and the system says locked.
        """
        ...

    def show_locked(self, seat: Seat, locked: bool) -> None:
        """Tell the system that this seat's screen is covered, or open again. *Slow*; a hint, not a lock."""
        ...

    def reap(self, child: Child) -> int | None:
        """
        Return how a child ended, or None while it runs; afterwards its pidfd is closed.

        0 from a locker means that the right password was typed; a signal is negative, as in subprocess.
        """
        ...

    def kill(self, child: Child) -> None:
        """Kill a child we started; does nothing if it has ended."""
        ...

    def open_locker(self, seat: Seat, locker: Anchor) -> None:
        """Take back a lock: end this locker, whichever service started it; raises DeviceFailed."""
        ...

    def stand_guard(self, lock_after_seconds: int | None) -> None:
        """
        Set what holds even when this agent is dead, and mend what others have undone. *Slow.*

        After so many idle seconds the system locks by itself, where it can and nobody else manages that.
        """
        ...

    # ---- trying, where no person looks ----

    def try_window(self, page: bytes, *, plain: bool) -> Literal["screen", "drawn"]:
        """
        Have one page shown without a person's screen; DeviceFailed says what the window said. *Slow.*

        drawn: there is no display to try it on, so it was loaded and drawn only.
        """
        ...

    def try_locker(self) -> None:
        """See that the locker can be started; lock nothing. DeviceFailed says what is missing. *Slow.*"""
        ...

    # ---- the rest ----

    def watch_sleep(self, on_sleep: Callable[[Literal["before", "after"]], None]) -> bool:
        """
        Call back from a thread of its own before and after sleep; False if this system cannot say.

        Before sleep, the machine is held awake until `allow_sleep` or the system's own limit (5 s).
        """
        ...

    def allow_sleep(self) -> None:
        """Let the machine sleep: the screen is covered, or we gave up."""
        ...

    def usb(self) -> "UsbDoor":
        """Return the door to plugged media."""
        ...

    def render_speech(self, language: str, text: str, target: Path) -> None:
        """
        Write the text read aloud as a WAV file at `target`, mode 0644, whole or not at all. *Slow.*

        Runs the speech program with no rights but to compute.
        """
        ...


def choose(config: Config, config_path: Path) -> Device:
    """Return this system's device; raise DeviceFailed on one that we do not know."""
    if sys.platform == "win32":
        from agent.backends.device_windows import WindowsDevice

        return WindowsDevice(config, config_path)
    if sys.platform == "linux":
        from agent.backends.device_linux import LinuxDevice

        return LinuxDevice(config, config_path)
    raise DeviceFailed(f"no agent for {sys.platform} yet")
