"""A whole Windows laptop in memory: the real service over the real Windows door over fake slices.

Sessions are injected here, as everywhere in our tests: Wine sends no session events either.
"""

import select
import socket
import time

from agent.backends.device import Account
from agent.backends.device_windows import Api, WindowsDevice
from agent.backends.windows_accounts import uid_of_sid
from agent.backends.windows_events import Hub
from agent.backends.windows_slices import WINLOGON_KEY
from agent.backends.windows_start import Starter
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from tests.agent.fakes import MACHINE, FakeSession
from tests.support.fake_usb import FakeUsb
from tests.support.lab_laptop import Hook, LabLaptop
from tests.support.win32.fake_firmware import FakeFirmware, FakeManagement, FakeSpeech
from tests.support.win32.fake_pipes import FakePipes
from tests.support.win32.fake_registry import FakeRegistry
from tests.support.win32.fake_security import FakeSecurity
from tests.support.win32.fake_sessions import FakeSessions
from tests.support.win32.fake_start import FakeStart, WaitedFor

MAY_SID = "S-1-5-21-1-2-3-1107"
SAM_SID = "S-1-5-21-1-2-3-1200"
USERINIT = r"C:\Windows\system32\userinit.exe,"
WAIT_SECONDS = 60.0


class Program:
    """One started process, as the day's helpers look at it."""

    def __init__(self, processes, pid):
        self._processes = processes
        self._process = processes.all[pid]

    @property
    def status(self):
        return self._process.code

    def end(self, code=0):
        if self._process.code is None:
            self._processes.exit(self._process, code & 0xFFFFFFFF)


class FakeWindows:
    """Its slices, and the door over them."""

    def __init__(self, folder, config):
        self.processes = WaitedFor()
        self.sessions = FakeSessions(self.processes)
        self.registry = FakeRegistry({WINLOGON_KEY: {"Userinit": USERINIT}})
        self.hub = Hub()
        self.users = {}
        names = {MAY_SID: ("SCHOOL", "May"), SAM_SID: ("SCHOOL", "sam")}
        api = Api(
            self.registry,
            self.processes,
            self.sessions,
            FakeSecurity(names),
            FakeFirmware(),
            FakeSpeech(),
            FakeManagement(),
        )
        self.starts = FakeStart(self.processes, self.users)
        starter = Starter(uid_of_sid, calls=self.starts, handles=self.processes, pipes=FakePipes())
        self.device = PlayedDevice(
            config, folder / "agent.toml", api=api, starter=starter, usb=FakeUsb(), hub=self.hub
        )
        self.device.processes = self.processes

    def log_in(self, session, sid):
        """Somebody signs in at Windows' own screen."""
        name = {MAY_SID: "May", SAM_SID: "sam"}[sid]
        self.users[session] = sid
        return self.sessions.log_in(session, name, sid)

    def lock_screen(self, session, *, tells=True):
        """Windows shows its lock screen, or (not `tells`) only says so when asked."""
        self.sessions.locked[session] = "locked"
        if tells:
            self.hub.session_changed(7, session)

    def unlock_screen(self, session):
        """The right password was typed."""
        self.sessions.locked[session] = "unlocked"
        self.hub.session_changed(8, session)


class PlayedDevice(WindowsDevice):
    """The real door, but a session of ours is played by the test over a socket instead of a pipe."""

    processes = None

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.sessions = []
        self.lockers = []

    def machine_fingerprint(self):
        return MACHINE

    def start_session(self, seat):
        child = self._starter.start(self._session_of(seat), seat.uid, ["session"])
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.sessions.append(FakeSession(Program(self.processes, child.anchor.pid), theirs))
        return child, ours

    def start_locker(self, seat, look):
        child = super().start_locker(seat, look)
        self.lockers.append(Program(self.processes, child.anchor.pid))
        return child


class WindowsLaptop(LabLaptop):
    """`LabLaptop` on Windows."""

    def __init__(self, folder, **changes):
        self._folder = folder
        self.windows = None
        super().__init__(folder, **changes)

    def start(self):
        if self.windows is None:
            self.windows = FakeWindows(self._folder, self.config)
            self.device = self.windows.device
        super().start()

    def until(self, fact):
        """Let time pass until something is so; ends of processes arrive by threads."""
        end = time.monotonic() + WAIT_SECONDS
        self.settle()
        while not fact():
            assert time.monotonic() < end, "it did not come true in time"
            select.select([], [], [], 0.01)
            self.forward(0.1)

    def hello(self, account=None, parent=None, *, session=1, sid=MAY_SID, claims=None):
        """The hook of this session asks at the gate."""
        if session not in self.windows.sessions.rows:
            self.windows.log_in(session, sid)
        hook_process = self.windows.processes.run("gatepost-agent.exe", session, sid=sid)
        hook = Hook()
        said = m.HookHello(display=f":{session if claims is None else claims}", xauthority="-")
        self.service.loop.put(facts.PublicSaid(hook, Peer(hook_process.pid, uid_of_sid(sid)), said))
        self.settle()
        return self.windows.sessions.rows.get(session), hook

    def close(self):
        for process in list(self.windows.processes.all.values()):
            self.windows.processes.exit(process)
        self.kill_service()


def account(sid, name):
    """Return an account as the service knows it."""
    return Account(uid_of_sid(sid), uid_of_sid(sid), name, "")
