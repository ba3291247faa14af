"""A laptop without a laptop: processes, lockers and sessions that exist only in memory.

`FakeDevice` keeps the contract of `agent.backends.device.Device`; the contract test runs on both.
"""

import select
import threading
from collections import deque

from agent.backends import waiting
from agent.backends.device import Account, Anchor, Capability, Child, Inventory, LoginSeen
from agent.errors import DeviceFailed
from agent.link.channel import session_end
from tests.support.fake_usb import FakeUsb

MACHINE = "ab" * 32


class FakeClock:
    """Time that moves only when told."""

    def __init__(self, at):
        self.at = at
        self.booted = 1000.0
        self.slept = 0.0

    def now(self):
        return self.at

    def boot(self):
        return self.booted

    def running(self):
        return self.booted - self.slept

    def forward(self, seconds):
        from datetime import timedelta

        self.at += timedelta(seconds=seconds)
        self.booted += seconds


class FakeProcess:
    """One process: alive until ended, with a pair of sockets whose end stands for its pidfd."""

    def __init__(self, anchor, uid, parent):
        self.anchor = anchor
        self.uid = uid
        self.parent = parent
        self.status = None
        self.ends = []

    def pidfd(self):
        read, write = waiting.socket_pair()
        if self.status is None:
            self.ends.append(write)
        else:
            write.close()
        return read.detach()

    def end(self, status=0):
        if self.status is None:
            self.status = status
            for each in self.ends:
                each.close()
            self.ends = []


class FakeSession:
    """The pupil's end of one session: says what a test tells it to, and remembers what it heard."""

    def __init__(self, process, sock):
        self.process = process
        self.channel = session_end(sock)
        self.heard = deque()
        self.everything = []

    def say(self, message):
        self.channel.send(message)

    def listen(self, seconds=0.0):
        while select.select([self.channel.fileno()], [], [], seconds)[0]:
            from agent.errors import LinkClosed

            try:
                said = self.channel.read_ready()
            except LinkClosed:
                break
            self.heard.extend(said)
            self.everything.extend(said)
            seconds = 0.0
        return list(self.heard)


class FakeDevice:
    """What the service asks of an operating system, answered from memory."""

    def __init__(self, accounts=()):
        self.accounts = {account.uid: account for account in accounts}
        self.processes = {}
        self.sessions = []
        self.shown_locked = []
        self.renewed_looks = []
        self.deaf_to_locks = 0
        self.unsure_of_locks = False
        """The system itself does not say that it is locked."""
        self.guarded = []
        self.guard_problem = ""
        self.lockers = []
        self.seen = []
        self.told = []
        self.spoken = []
        self.sleep_allowed = 0
        self.on_sleep = None
        self.machine = MACHINE
        self.made = Inventory("Acme", "Slate 13", "AC-0107", "on", 8 * 2**30, 91)
        self.locker_works = True
        self.stuck_lockers = False
        self.tried = []
        self.broken_windows = set()
        """`plain` of the kinds of window that paint nothing."""
        self.plugs = FakeUsb()
        self._pids = iter(range(100, 10**6))
        self._lock = threading.Lock()
        self._pidfds = set()

    # ---- what tests do ----

    def run(self, uid, parent=None):
        """Start a process of this user; return its anchor."""
        with self._lock:
            anchor = Anchor(next(self._pids), 7)
            self.processes[anchor.pid] = FakeProcess(anchor, uid, parent)
        return anchor

    def exit(self, anchor, status=0):
        self.processes[anchor.pid].end(status)

    def close(self):
        """Let go of every descriptor."""
        for process in self.processes.values():
            process.end()
        for session in self.sessions:
            session.channel.close()
        for pidfd in self._pidfds:
            waiting.close_waitable(pidfd)

    def _child(self, process, name):
        child = Child(process.anchor, process.pidfd(), name)
        self._pidfds.add(child.pidfd)
        return child

    # ---- the contract ----

    def machine_fingerprint(self):
        return self.machine

    def os_name(self):
        return "Fake OS 1"

    def hostname(self):
        return "lab-07"

    def inventory(self):
        return self.made

    def capabilities(self):
        return {"lock": Capability("works", "fake"), "speech": Capability("works", "fake")}

    def account(self, uid):
        return self.accounts.get(uid)

    def logins(self):
        return [each for each in self.seen if self.is_alive(each.leader)]

    def anchor(self, pid):
        process = self.processes.get(pid)
        return process.anchor if process and process.status is None else None

    def is_alive(self, anchor):
        return self.anchor(anchor.pid) == anchor

    def ancestors(self, pid):
        found = []
        process = self.processes.get(pid)
        while process is not None and process.parent is not None:
            found.append(process.parent)
            process = self.processes.get(process.parent.pid)
        return tuple(found)

    def uid_of(self, pid):
        process = self.processes.get(pid)
        return process.uid if process and process.status is None else None

    def watch(self, anchor):
        return self.processes[anchor.pid].pidfd() if self.is_alive(anchor) else None

    def end_processes(self, uid, keep):
        kept = set(keep)
        for anchor in keep:
            kept |= set(self.ancestors(anchor.pid))
        count = 0
        for process in list(self.processes.values()):
            related = process.anchor in kept or set(self.ancestors(process.anchor.pid)) & set(keep)
            if process.uid == uid and process.status is None and not related:
                process.end(-15)
                count += 1
        return count

    def tell_terminal(self, line, message):
        self.told.append((line, message))

    def read_cookie(self, uid, path):
        if path == "missing":
            raise DeviceFailed("no such file")
        return b"cookie"

    def start_session(self, seat):
        ours, theirs = waiting.socket_pair()
        ours.setblocking(False)
        anchor = self.run(seat.uid)
        process = self.processes[anchor.pid]
        self.sessions.append(FakeSession(process, theirs))
        return self._child(process, "session"), ours

    def start_locker(self, seat, look):
        if not self.locker_works:
            raise DeviceFailed("no screen locker is installed")
        anchor = self.run(seat.uid)
        process = self.processes[anchor.pid]
        self.lockers.append(process)
        return self._child(process, "fakelock")

    def renew_look(self, seat, locker, look):
        if self.is_alive(locker):
            self.renewed_looks.append(look)

    def watch_links(self, on_stranger):
        self.on_stranger = on_stranger

    def open_locker(self, seat, locker):
        if self.stuck_lockers:
            raise DeviceFailed("the locker does not end")
        self.processes[locker.pid].end(-9)

    def locker_holds(self, seat, locker):
        return self.is_alive(locker) and not self.unsure_of_locks

    def stand_guard(self, lock_after_seconds):
        if self.guard_problem:
            raise DeviceFailed(self.guard_problem)
        self.guarded.append(lock_after_seconds)

    def show_locked(self, seat, locked):
        if self.deaf_to_locks:
            self.deaf_to_locks -= 1
            raise DeviceFailed("busctl does not answer as it should")
        self.shown_locked.append((seat.uid, locked))

    def reap(self, child):
        status = self.processes[child.anchor.pid].status
        if status is not None:
            waiting.close_waitable(child.pidfd)
            self._pidfds.discard(child.pidfd)
        return status

    def kill(self, child):
        process = self.processes[child.anchor.pid]
        process.end(-9)
        for session in self.sessions:
            if session.process is process:
                session.channel.close()

    def try_window(self, page, *, plain):
        self.tried.append((page, plain))
        if plain in self.broken_windows:
            raise DeviceFailed("nothing was painted")
        return "screen"

    def try_locker(self):
        if not self.locker_works:
            raise DeviceFailed("no screen locker is installed")

    def watch_sleep(self, on_sleep):
        self.on_sleep = on_sleep
        return True

    def allow_sleep(self):
        self.sleep_allowed += 1

    def usb(self):
        return self.plugs

    def render_speech(self, language, text, target):
        self.spoken.append((language, text))
        target.write_bytes(b"RIFF")


__all__ = ["Account", "FakeClock", "FakeDevice", "FakeSession", "LoginSeen"]
