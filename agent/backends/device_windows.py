"""The privileged door on Windows: the parts beside this file, put together."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from agent.backends import (
    own_process,
    windows_inventory,
    windows_machine,
    windows_policy,
    windows_pumps,
    windows_start,
    windows_userinit,
)
from agent.backends.device import Account, Anchor, Capability, Child, Inventory, LockLook, LoginSeen, Seat
from agent.backends.usb import UsbDoor
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_accounts import SYSTEM_SID, Accounts, uid_of_sid
from agent.backends.windows_events import HUB, Hub
from agent.backends.windows_locks import Locks
from agent.backends.windows_logins import Logins, session_of_seat
from agent.backends.windows_pipes import on_windows
from agent.backends.windows_processes import Ending, Processes, status_of
from agent.backends.windows_sleep import WindowsSleep
from agent.backends.windows_slices import (
    POLICIES_KEY,
    WINLOGON_KEY,
    FirmwareCalls,
    ProcessCalls,
    RegistryCalls,
    SecurityCalls,
    SessionCalls,
    SpeechCalls,
    WmiCalls,
)
from agent.errors import DeviceFailed
from agent.paths import Config

LOCKER = "LockWorkStation"
NOT_BELIEVED = -9
"""How a lock ended that says it was opened while Windows says the screen is locked."""
_DRY_SECONDS = 60.0
_MOST_ANSWER = 200
_NO_WINDOW = 0x08000000
_UNLOCK = "Windows opens a locked screen only to its user's own sign-in"
_NO_LOCK = "DisableLockWorkstation"


class Api(NamedTuple):
    """The slices, real or a test's."""

    registry: RegistryCalls
    processes: ProcessCalls
    sessions: SessionCalls
    security: SecurityCalls
    firmware: FirmwareCalls
    speech: SpeechCalls
    wmi: WmiCalls


def real_api() -> Api:
    """Return the slices of this very Windows."""
    found: Api | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import firmware, processes, registry, security, sessions, speech, wmi

        found = Api(registry, processes, sessions, security, firmware, speech, wmi)
    return on_windows(found)


class WindowsDevice:
    """What the service asks of a Windows machine."""

    def __init__(
        self,
        config: Config,
        config_path: Path,
        *,
        api: Api | None = None,
        starter: windows_start.Starter | None = None,
        usb: UsbDoor | None = None,
        hub: Hub = HUB,
    ) -> None:
        self._config = config
        self._config_path = config_path
        self._api = api = api or real_api()
        self._processes = Processes(api.processes)
        self._accounts = Accounts(api.registry, api.security, api.sessions)
        self._logins = Logins(api.sessions, self._processes, self._accounts)
        self._ending = Ending(api.sessions, self._processes)
        self._locks = Locks(api.sessions, hub)
        self._sleep = WindowsSleep(hub)
        self._userinit = windows_userinit.Userinit(api.registry, os.environ)
        self._starter = starter or windows_start.Starter(uid_of_sid)
        self._usb = usb or _usb(config, self._accounts)
        self._lockers: dict[int, int] = {}
        """The session of each lock of ours, by its pid."""
        self._guard = threading.Lock()

    # ---- who we are ----

    def machine_fingerprint(self) -> str:
        """Return what tells this machine from a copy of its disk."""
        return windows_machine.fingerprint(self._api.registry, self._api.firmware)

    def os_name(self) -> str:
        """Return the system's name and version."""
        return windows_machine.os_name(self._api.registry)

    def hostname(self) -> str:
        """Return this machine's name."""
        return windows_machine.hostname()

    def inventory(self) -> Inventory:
        """Return what this machine is made of."""
        return windows_inventory.look(self._api.firmware, self._api.wmi)

    def capabilities(self) -> dict[str, Capability]:
        """Return what works here, by its stable name."""
        works = Capability("works", "")
        own = self._processes.look(os.getpid())
        if own is None or own.sid != SYSTEM_SID:
            works = Capability(
                "broken",
                "the service does not run as LocalSystem",
                "sc.exe start gatepost-agent, as administrator",
            )
        return {
            "logins": works,
            "login-end": works,
            "session-start": self._gate_capability() if works.state == "works" else works,
            "lock": self._lock_capability(),
            "usb": self._usb.capability(),
            "unlock": Capability("lacking", _UNLOCK, "sign in with the account's own password"),
            "suspend-lock": Capability(
                "works", "in two seconds, where sleep is announced; waking asks for the password"
            ),
            "speech": self._speech_capability(),
        }

    def _gate_capability(self) -> Capability:
        try:
            is_first = self._userinit.is_first()
        except WinProblem as problem:
            return Capability(
                "broken", f"Winlogon's Userinit cannot be read: {problem}", "repair the installation"
            )
        if is_first:
            return Capability("works", "")
        why = "the hook does not stand before the desktop (Winlogon's Userinit)"
        # Not a repair: ours does nothing, because any user may begin one.
        remedy = "remove the package and install it again with ENROLLATER=1; the laptop stays enrolled"
        return Capability("lacking", why, remedy)

    def _lock_capability(self) -> Capability:
        try:
            self.try_locker()
            limit = windows_policy.OwnPolicy(self._api.registry).look()
        except WinProblem as problem:
            return Capability("broken", str(problem), "look at the registry's rights")
        except DeviceFailed as problem:
            return Capability("broken", str(problem), f"set {_NO_LOCK} to 0 in the group policy that sets it")
        backstop = {
            "ours": f"Windows itself locks after {limit.seconds} s idle",
            "managed": f"Windows itself locks after {limit.seconds} s idle, as another policy says",
            "nobody": "Windows itself has no idle limit",
        }
        return Capability("works", f"{LOCKER}; {backstop[limit.owner]}")

    def _speech_capability(self) -> Capability:
        remedy = "Settings, Time and language, Speech: add the voice"
        try:
            lacking = windows_machine.lacking_voices(self._api.speech)
        except WinProblem as problem:
            return Capability("lacking", f"Windows' speech does not answer: {problem}", remedy)
        if lacking:
            return Capability("lacking", f"no voice for: {', '.join(lacking)}", remedy)
        return Capability("works", "")

    def usb(self) -> UsbDoor:
        """Return the door to plugged media."""
        return self._usb

    # ---- who is here ----

    def account(self, uid: int) -> Account | None:
        """Return the account, or None."""
        found = self._accounts.by_uid(uid)
        return None if found is None else Account(found.uid, found.uid, found.name, found.home)

    def logins(self) -> list[LoginSeen]:
        """Return every login with a living leader."""
        if sys.platform == "win32":
            windows_pumps.SPARE.fill()  # asked every few seconds
        return self._logins.look()

    def anchor(self, pid: int) -> Anchor | None:
        """Return the process with this pid now, or None."""
        return self._processes.anchor(pid)

    def is_alive(self, anchor: Anchor) -> bool:
        """Say whether that very process still runs."""
        return self._processes.is_alive(anchor)

    def ancestors(self, pid: int) -> tuple[Anchor, ...]:
        """Return the process that stands for this one's login."""
        return self._logins.ancestors(pid)

    def uid_of(self, pid: int) -> int | None:
        """Return whose process this is, or None."""
        return self._logins.uid_of(pid)

    def watch(self, anchor: Anchor) -> int | None:
        """Return what becomes readable when that very process ends, or None."""
        handle = self._processes.hold(anchor)
        if handle is None:
            return None
        try:
            return windows_pumps.ended_waitable(handle, self._api.processes)
        finally:
            self._processes.close(handle)

    # ---- ending ----

    def end_processes(self, uid: int, keep: Sequence[Anchor]) -> int:
        """Sign this user out wherever nothing of `keep` runs, and end what they left."""
        return self._ending.end_processes(uid, keep)

    def tell_terminal(self, line: str, message: str) -> None:
        """Do nothing: no login of Windows has a terminal that could be written to."""

    # ---- starting, as the pupil ----

    def read_cookie(self, uid: int, path: str) -> bytes:
        """Return nothing: a session of Windows needs no cookie, only its number."""
        return b""

    def start_session(self, seat: Seat) -> tuple[Child, socket.socket]:
        """Start `agent session` in the user's own session."""
        patience = ["--patience", str(self._config.window_patience_seconds)]
        windows = ["--speech", str(self._config.speech), *patience]
        if self._config.theme:
            windows += ["--theme", self._config.theme]
        arguments = ["--tray", self._config.tray, *patience, "--", *windows]
        return self._starter.start_session(self._session_of(seat), seat.uid, arguments)

    def watch_links(self, on_stranger: Callable[[int, str], None]) -> None:
        """Have it told when another process than the started one opened a session's link."""
        self._starter.on_stranger = on_stranger

    def start_locker(self, seat: Seat, look: LockLook) -> Child:
        """Have this session locked by Windows' own lock screen, and watched until it is open again."""
        session = self._session_of(seat)
        child = self._starter.start(session, seat.uid, ["lock-windows"])._replace(name=LOCKER)
        with self._guard:
            self._lockers[child.anchor.pid] = session
        return child

    def renew_look(self, seat: Seat, locker: Anchor, look: LockLook) -> None:
        """Do nothing: no word of ours stands on Windows' own lock screen."""

    def _session_of(self, seat: Seat) -> int:
        return session_of_seat(self._api.sessions, seat)

    def locker_holds(self, seat: Seat, locker: Anchor) -> bool:
        """Say whether our lock lives and Windows itself says that this session is locked."""
        try:
            session = self._session_of(seat)
        except DeviceFailed:
            return False
        return self.is_alive(locker) and self._locks.state(session) == "locked"

    def show_locked(self, seat: Seat, locked: bool) -> None:
        """Do nothing: Windows knows."""

    def reap(self, child: Child) -> int | None:
        """
        Return how a child ended, or None while it runs.

        A lock that says it was opened is believed only if Windows does not say that the screen is locked.
        """
        status = status_of(self._starter.reap(child))
        if status is None:
            return None
        with self._guard:
            session = self._lockers.pop(child.anchor.pid, None)
        if status == windows_start.KILLED:
            return NOT_BELIEVED
        if status == 0 and session is not None and self._locks.state(session) == "locked":
            return NOT_BELIEVED
        return status

    def kill(self, child: Child) -> None:
        """Kill a child we started."""
        self._starter.kill(child)

    def open_locker(self, seat: Seat, locker: Anchor) -> None:
        """Refuse: no program may open Windows' lock screen."""
        raise DeviceFailed(_UNLOCK)

    def stand_guard(self, lock_after_seconds: int | None) -> None:
        """Set Windows' own idle limit where it is nobody else's, and see that the hook comes first."""
        windows_userinit.keep_mended(self._userinit)
        windows_policy.keep_limit(self._api.registry, lock_after_seconds)

    # ---- trying, where no person looks ----

    def try_window(self, page: bytes, *, plain: bool) -> Literal["screen", "drawn"]:
        """Have one page loaded and drawn in the session of services, which nobody sees."""
        command = own_process.agent_command("window", "--dry", *(["--plain"] if plain else []))
        try:
            done = subprocess.run(
                command,
                input=page + b"\n",
                capture_output=True,
                timeout=_DRY_SECONDS,
                check=False,
                creationflags=_NO_WINDOW if os.name == "nt" else 0,
            )
        except subprocess.TimeoutExpired as problem:
            raise DeviceFailed(f"the window took longer than {_DRY_SECONDS:.0f} seconds") from problem
        except OSError as problem:
            raise DeviceFailed(f"the window cannot be started: {problem.strerror}") from problem
        if done.returncode != 0:
            said = done.stderr[-_MOST_ANSWER:].decode("utf-8", "replace").strip().splitlines()
            raise DeviceFailed(f"the window ended with {done.returncode}" + (f": {said[-1]}" if said else ""))
        return "drawn"

    def try_locker(self) -> None:
        """See that Windows lets its users lock; lock nothing."""
        for key in (POLICIES_KEY, WINLOGON_KEY):
            if self._api.registry.read(key, _NO_LOCK) == 1:
                raise DeviceFailed(f"Windows' lock is switched off by policy ({_NO_LOCK})")

    # ---- the rest ----

    def watch_sleep(self, on_sleep: Callable[[Literal["before", "after"]], None]) -> bool:
        """Call back before and after sleep."""
        return self._sleep.start(on_sleep)

    def allow_sleep(self) -> None:
        """Let the machine sleep."""
        self._sleep.allow()

    def render_speech(self, language: str, text: str, target: Path) -> None:
        """Write the text read aloud as a WAV file."""
        windows_machine.render_speech(self._api.speech, language, text, target)


def _usb(config: Config, accounts: Accounts) -> UsbDoor:
    from agent.backends.windows_media import WindowsUsb

    return WindowsUsb(config, sid_of=accounts.sid_of_uid)
