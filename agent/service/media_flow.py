"""What the steps of a stick ask for, done: switched, looked at, checked, mounted, written down, shown.

Nothing in here waits: slow things run elsewhere and come back as events. The switch of a device is turned
by one job at a time, in the order in which it was decided.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from agent.backends import copies
from agent.backends.device import Account
from agent.backends.scan_job import Counted, Failed, Harmful, Mounted, Progress, Report, ScanJob, read_said
from agent.backends.usb import Contents, Running, UsbDoor, Volume, is_unlocked
from agent.errors import AgentError, DeviceFailed
from agent.service import facts, media_records, stick_rules, usb
from agent.service.ground import Ground
from agent.service.media_finds import Finds
from agent.service.media_windows import StickWindows
from agent.service.scanner import Health, Ready, Scanner
from agent.service.scanner_watch import ScannerWatch
from agent.service.taking_back import TakingBack
from agent.service.usb import Event, Stick
from policies.media import ShutReason
from policies.records import MediaDecided, MediaPlugged, MediaShut, Record
from policies.settings import UsbMode

log = logging.getLogger(__name__)

DISKS_WITHIN_SECONDS = 12.0
SCAN_GRACE_SECONDS = 30.0


class Flow:
    """The sticks that are plugged in, each taken from step to step."""

    def __init__(self, ground: Ground, door: UsbDoor, scanner: Scanner) -> None:
        self._ground = ground
        self._door = door
        self._scanner = scanner
        self.mode: UsbMode = "off"
        self.sticks: dict[str, Stick] = {}
        self.is_in_force: Callable[[Stick], bool] = lambda _stick: False
        self._switching: dict[str, deque[Callable[[], None]]] = {}
        self._running: dict[str, Running] = {}
        self._leaving = TakingBack(door)
        self._staged: dict[str, str] = {}
        self._ready: dict[str, Ready] = {}
        self.watch = ScannerWatch(ground, scanner)
        self.windows = StickWindows(ground)
        self._finds = Finds(ground)
        self._copied_bytes: dict[str, int] = {}
        """By plug: how much its person has copied already."""
        self._passphrases: dict[str, str] = {}
        """By plug, from the moment one was given until it is tried."""

    # ---- one step ----

    def take(
        self, name: str, event: Event, *, opens: bool = True, plugged: MediaPlugged | None = None
    ) -> None:
        """Take a stick one step further and do what that asks for. `plugged` is kept with the step's own."""
        before = self.sticks[name]
        stick, acts = usb.step(before, event)
        self.sticks[name] = stick
        self._keep(before, stick, event, plugged)
        for act in acts:
            match act:
                case "let-in":
                    self._let_in(name, stick)
                case "unlock":
                    self._unlock(name, stick)
                case "lock":
                    held = event.volumes if isinstance(event, usb.Unlocked) else before.volumes
                    self._lock(held or ())
                case "start-scan":
                    self._start_scan(name, stick)
                case "stop-scan":
                    self._stop_scan(stick.plug)
                case "release":
                    self._release(name, stick)
                case "take-back":
                    folders = event.folders if isinstance(event, usb.Opened) else before.folders
                    self._leaving.begin(folders, lambda job: self.switch(name, job))
                case "shut":
                    self.switch(name, lambda: self._door.shut(stick.seen))
        if stick.state == "released" != before.state and self.mode == "copy":
            self.switch(name, lambda: self._door.shut(stick.seen))
        if stick.state in ("shut", "gone"):
            self._drop_staged(stick.plug)
        if stick != before:
            new_words = (before.state, before.reason) != (stick.state, stick.reason)
            self.windows.show(stick, self.mode, opens=opens and new_words)

    def _keep(self, before: Stick, stick: Stick, event: Event, plugged: MediaPlugged | None) -> None:
        ground, now = self._ground, self._ground.now()
        begun: list[Record] = [plugged] if plugged is not None else []
        if isinstance(event, usb.Looked) and before.state == "opening" and stick.state != "opening":
            looked = msgspec.structs.replace(before, disks=event.disks, volumes=event.volumes)
            ground.keep(media_records.looked_at(looked, now))
        if isinstance(event, usb.Approve) and stick.state == "opening" != before.state:
            begun.append(self._decided(stick, event.approval.order, "approved"))
        ground.keep_together(begun)
        if isinstance(event, usb.Scanned) and before.state == "scanning":
            ground.keep(media_records.scanned(stick, event, self.watch.health, now))
        is_released = stick.state == "released" != before.state
        if is_released and (opened := media_records.released(stick, self.mode, now)):
            ground.keep(opened)
        news = stick.state == "shut" and stick.reason not in (None, "denied")
        if news and (before.state, before.reason) != (stick.state, stick.reason):
            self.keep_shut(stick, stick.reason)
        if stick.state == "gone" and before.is_active:
            self.keep_shut(stick, "unplugged")

    def keep_shut(self, stick: Stick, reason: ShutReason | None) -> None:
        """Keep why it is shut."""
        if reason is not None:
            self._ground.keep(
                MediaShut(at=self._ground.now(), login=stick.login, plug=stick.plug, reason=reason)
            )

    def keep_denied(self, stick: Stick, order: str) -> None:
        """Keep that an adult's no for it is here."""
        self._ground.keep(self._decided(stick, order, "denied"))

    def _decided(self, stick: Stick, order: str, answer: Literal["approved", "denied"]) -> MediaDecided:
        return MediaDecided(
            at=self._ground.now(), login=stick.login, plug=stick.plug, order=order, answer=answer
        )

    def _event(self, name: str, plug: str, event: Event) -> None:
        """Take a late event, if that very plug is still known."""
        stick = self.sticks.get(name)
        if stick is not None and stick.plug == plug:
            self.take(name, event)
        elif isinstance(event, usb.Opened):
            self._leaving.begin(event.folders, lambda job: self.switch(name, job))
        elif isinstance(event, usb.Unlocked) and event.volumes:
            self._lock(event.volumes)

    # ---- the switch ----

    def switch(self, name: str, job: Callable[[], None]) -> None:
        """Turn a device's switch, after whatever was decided about it before."""
        waiting = self._switching.get(name)
        if waiting is not None:
            waiting.append(job)
            return
        self._switching[name] = deque([job])
        self._switch_next(name)

    def _switch_next(self, name: str) -> None:
        waiting = self._switching[name]
        if not waiting:
            del self._switching[name]
            return
        job = waiting.popleft()

        def then(result: AgentError | None) -> None:
            if isinstance(result, AgentError):
                log.error("a device was not switched", extra={"problem": str(result)})
                stick = self.sticks.get(name)
                if stick is not None and stick.state == "opening":
                    self.take(name, usb.End("broken"))
            self._switch_next(name)

        self._ground.loop.work("usb-switch", job, then)

    # ---- looking and checking ----

    def _let_in(self, name: str, stick: Stick) -> None:
        limits = self.watch.needed()
        self.switch(name, lambda: self._door.let_in(stick.seen))
        owner = self._account(stick) if self.mode == "copy" else None

        def job() -> tuple[Contents, Ready, int]:
            ready = self._scanner.make_ready(limits)
            taken = self._door.bytes_of_copies(owner) if owner else 0
            return self._door.look_inside(stick.seen, DISKS_WITHIN_SECONDS), ready, taken

        def then(result: tuple[Contents, Ready, int] | AgentError) -> None:
            if isinstance(result, AgentError):
                log.warning("a stick cannot be looked at", extra={"problem": str(result)})
                self._event(name, stick.plug, usb.End("unreadable"))
                return
            (disks, volumes), ready, taken = result
            self._ready[stick.plug] = ready
            self._copied_bytes[stick.plug] = taken
            self.watch.know(ready.health)
            refused = ready.health.reason
            if refused is None and stick.approval is not None:
                staff = self._is_staff(stick)
                refused = stick_rules.decide_volumes(volumes, stick.approval, self.mode, staff=staff)
            self._event(name, stick.plug, usb.Looked(disks, volumes, refused))

        self._ground.loop.work("usb-look", job, then)

    def try_passphrase(self, name: str, passphrase: str) -> None:
        """Try what its person gave; it is kept nowhere."""
        stick = self.sticks[name]
        if stick.state == "locked" and self._is_staff(stick):
            self._passphrases[stick.plug] = passphrase
            self.take(name, usb.Unlock())

    def _unlock(self, name: str, stick: Stick) -> None:
        passphrase = self._passphrases.pop(stick.plug, "")
        limits = self.watch.needed()

        def job() -> tuple[tuple[Volume, ...] | None, Ready]:
            # Somebody may have looked for the passphrase so long that the scanner went to sleep.
            ready = self._scanner.make_ready(limits)
            return self._door.unlock(stick.volumes, passphrase), ready

        def then(result: tuple[tuple[Volume, ...] | None, Ready] | AgentError) -> None:
            if isinstance(result, AgentError):
                log.warning("an encrypted stick cannot be opened", extra={"problem": str(result)})
                self._event(name, stick.plug, usb.Unlocked(None, "unreadable"))
                return
            volumes, self._ready[stick.plug] = result
            refused = self._ready[stick.plug].health.reason if volumes is not None else None
            self._event(name, stick.plug, usb.Unlocked(volumes, refused))

        self._ground.loop.work("usb-unlock", job, then)

    def _lock(self, volumes: tuple[Volume, ...]) -> None:
        if any(is_unlocked(volume) for volume in volumes):
            self._ground.loop.work("usb-lock", lambda: self._door.lock(volumes), _log_problem)

    def _is_staff(self, stick: Stick) -> bool:
        login = self._ground.logins.get(stick.login or "")
        return login is not None and login.person.tier == "adult"

    def _start_scan(self, name: str, stick: Stick) -> None:
        account = self._account(stick)
        try:
            staged = self._door.new_staging() if self.mode == "copy" else ""
            if staged:
                self._staged[stick.plug] = staged
            running = self._door.start_scan(self._scan_job(stick, staged, account))
        except DeviceFailed as problem:
            log.error("a check was not begun", extra={"problem": str(problem)})
            self.take(name, usb.End("broken"))
            return
        self._running[stick.plug] = running
        self._finds.begin(stick)
        self.watch.used()
        put, plug, scan = self._ground.loop.put, stick.plug, stick.scan

        def listen() -> None:
            for line in running.lines():
                if (said := read_said(line)) is not None:
                    put(facts.ScanSaid(plug, scan, said))
            put(facts.ScanSaid(plug, scan, None))

        self._ground.loop.beside("usb-scan", listen)
        longest = self._ground.settings.usb.scan.longest_seconds + SCAN_GRACE_SECONDS
        self._ground.loop.after(longest, lambda: self._too_long(plug, scan))

    def _scan_job(self, stick: Stick, staged: str, account: Account | None) -> ScanJob:
        ready = self._ready.pop(stick.plug)
        return ScanJob(
            volumes=tuple(
                Mounted(node=v.node, sequence=v.sequence, filesystem=v.filesystem) for v in stick.volumes
            ),
            limits=self._ground.settings.usb.scan,
            folder=str(self._ground.config.run / "scan"),
            clamd=ready.socket,
            signatures=ready.signatures,
            copy_to=staged,
            copy_room_bytes=copies.MOST_BYTES - self._copied_bytes.pop(stick.plug, 0),
            uid=account.uid if account else 0,
            gid=account.gid if account else 0,
            writable=stick.approval is not None and stick.approval.terms.access == "write",
        )

    def scan_said(self, fact: facts.ScanSaid) -> None:
        """The worker said something, or has ended."""
        self._finds.heard(fact)
        name = next((n for n, each in self.sticks.items() if each.plug == fact.plug), None)
        if name is None or self.sticks[name].scan != fact.scan:
            return
        match fact.said:
            case Counted(files=files, size_bytes=size_bytes):
                self.take(name, usb.Counted(fact.scan, files, size_bytes))
            case Progress(files=files, size_bytes=size_bytes, seconds=seconds):
                self.take(name, usb.Progressed(fact.scan, files, size_bytes, seconds))
            case Harmful(found=found):
                self.take(name, usb.Harmed(fact.scan, found))
            case Report() | Failed():
                self._scan_ended(name, fact.scan, fact.said)
            case None:
                self._running.pop(fact.plug, None)
                if not self.sticks[name].judging:
                    self._scan_ended(name, fact.scan, Failed(reason="not-scanned", problem="it ended early"))

    def _scan_ended(self, name: str, scan: int, result: Report | Failed) -> None:
        stick = self.sticks[name]
        if stick.state != "scanning" or stick.judging:
            return
        self.sticks[name] = msgspec.structs.replace(stick, judging=True)
        limits = self._ground.settings.usb.scan

        def job() -> tuple[bool, Health]:
            return self._door.is_same(stick.seen, stick.disks), self._scanner.health(limits)

        def then(looked: tuple[bool, Health] | AgentError) -> None:
            same, fresh = False, False
            if not isinstance(looked, AgentError):
                same, fresh = looked[0], looked[1].state == "ready"
            in_force = self.is_in_force(stick)
            self._event(name, stick.plug, usb.Scanned(scan, result, same, in_force, fresh))

        self._ground.loop.work("usb-same", job, then)

    def _too_long(self, plug: str, scan: int) -> None:
        stick = next((each for each in self.sticks.values() if each.plug == plug), None)
        if stick is not None and stick.scan == scan and stick.state == "scanning":
            self._stop_scan(plug)
            # A worker whose disk stands still ends only once that disk is taken away.
            late = Failed(reason="not-scanned", problem="it took too long")
            self.scan_said(facts.ScanSaid(plug, scan, late))

    def _stop_scan(self, plug: str) -> None:
        if (running := self._running.pop(plug, None)) is not None:
            running.kill()

    # ---- the person's ----

    def opened(self) -> dict[str, Stick]:
        """Return the sticks that somebody reads, or will in a moment: not those of which they have copies."""
        states = () if self.mode == "copy" else ("releasing", "released")
        return {n: each for n, each in self.sticks.items() if each.state in states}

    def _account(self, stick: Stick) -> Account | None:
        login = self._ground.logins.get(stick.login or "")
        return self._ground.device.account(login.uid) if login else None

    def _release(self, name: str, stick: Stick) -> None:
        account, staged = self._account(stick), self._staged.pop(stick.plug, "")
        approval = stick.approval
        if account is None or approval is None:
            self.take(name, usb.End("login-over"))
            return
        writable = approval.terms.access == "write"
        end = copies.end_for(self._ground.now().astimezone().date())

        def job() -> list[str]:
            if staged:
                return self._door.release_copies(staged, account, end)
            return self._door.release(stick.volumes, account, writable=writable)

        def then(result: list[str] | AgentError) -> None:
            if isinstance(result, AgentError):
                log.error("a checked stick was not opened", extra={"problem": str(result)})
                if staged:
                    self._staged[stick.plug] = staged
                self._event(name, stick.plug, usb.End("broken"))
                return
            self._event(name, stick.plug, usb.Opened(stick.scan, tuple(result)))

        self._ground.loop.work("usb-release", job, then)

    def _drop_staged(self, plug: str) -> None:
        staged = self._staged.pop(plug, "")
        if staged:
            self._ground.loop.work("usb-drop", lambda: self._door.drop_staging(staged), _log_problem)

    # ---- the end ----

    @property
    def is_checking(self) -> bool:
        """Say whether a check runs."""
        return bool(self._running)

    def finish(self) -> None:
        """Do what was begun about mounts at once, in this thread: the service ends."""
        for running in self._running.values():
            running.kill()
        self._leaving.finish()
        for name, stick in list(self.sticks.items()):
            if not stick.is_active and name not in self._switching:
                continue
            try:
                self._door.take_back(stick.folders)
                self._door.lock(stick.volumes)
                self._door.shut(stick.seen)
            except DeviceFailed as problem:
                log.error("left undone about a stick", extra={"problem": str(problem)})
            if stick.is_active:
                self.sticks[name], _ = usb.step(stick, usb.End("broken"))
                self.keep_shut(stick, "broken")
        self._scanner.stop()


def _log_problem(result: AgentError | None) -> None:
    if isinstance(result, AgentError):
        log.error("left undone about a stick", extra={"problem": str(result)})
