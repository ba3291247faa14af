"""Memory sticks: who came, what the policy says of it, whose it is, and what adults have answered.

Decisions are made by `usb`; what they ask for is done by `media_flow`.
"""

import logging
import secrets

import msgspec

from agent.backends.device import Capability
from agent.backends.usb import Change, Seen, UsbDoor
from agent.errors import AgentError, DeviceFailed
from agent.link import messages
from agent.service import facts, media_records, stick_rules, usb
from agent.service.ground import Ground
from agent.service.late_disks import LateDisks
from agent.service.login import Login
from agent.service.media_adults import Adults
from agent.service.media_flow import Flow
from agent.service.scanner import Scanner
from agent.service.usb import Stick
from policies import orders
from policies.media import ShutReason, mode_on
from policies.records import MediaUnplugged, MediaWithdrawn
from policies.settings import UsbMode

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
HEALTH_EVERY_SECONDS = 3600.0


class Media:
    """Every stick that is plugged in, and what holds for it."""

    def __init__(self, ground: Ground, door: UsbDoor, scanner: Scanner) -> None:
        self._ground = ground
        self._door = door
        self.flow = Flow(ground, door, scanner)
        self.flow.is_in_force = self._is_in_force
        self._sticks = self.flow.sticks
        self._late = LateDisks(ground, door, self.flow.opened, self.flow.take)
        self._adults = Adults(ground)
        self._mode: UsbMode | None = None
        """The mode that this machine was brought to; None: not yet."""
        self._gates = False
        """Enforcement runs: shut means shut."""
        self._known: dict[str, Seen] = {}
        self._is_deaf = False

    def start(self) -> None:
        """Begin to listen, and bring the machine to what policy says."""
        self._ground.loop.beside("usb", self._listen)
        self._ground.loop.every(TICK_SECONDS, self._tick)
        self._ground.loop.every(HEALTH_EVERY_SECONDS, self.flow.watch.look)
        self._ground.loop.every(HEALTH_EVERY_SECONDS, self._sweep)
        self._sweep()
        self.policy_changed()

    def stop(self) -> None:
        """Leave nothing open behind: what this service released, the next one would not know."""
        self.flow.finish()

    def _sweep(self) -> None:
        """Delete copies that are kept no longer."""
        today = self._ground.now().astimezone().date()
        self._ground.loop.work("usb-copies", lambda: self._door.sweep_copies(today), self._swept)

    def _swept(self, result: AgentError | None) -> None:
        if isinstance(result, AgentError):
            log.warning("old copies not deleted", extra={"problem": str(result)})

    def _listen(self) -> None:
        try:
            self._door.watch(self._heard)
        except DeviceFailed as problem:
            # The kernel shuts by itself whatever comes; we only have to look for it.
            log.warning("kernel events not heard, looking every second", extra={"problem": str(problem)})
            self._is_deaf = True

    def _heard(self, change: Change) -> None:
        self._ground.loop.put(facts.MediaChanged(change))

    # ---- what holds ----

    def _mode_now(self) -> UsbMode:
        return stick_rules.decide_mode(self._policy_mode(), quarantined=self._ground.quarantined)

    def _policy_mode(self) -> UsbMode:
        return mode_on(self._ground.settings.usb, self._ground.now().astimezone().date())

    def policy_changed(self) -> None:
        """Another policy or another day: bring the machine to it."""
        mode = self._mode_now()
        self._adults.follow_enrolment()
        # Not the mode of a quarantine: what was approved before holds again when it is lifted.
        self._adults.mode_is(self._policy_mode())
        if mode == self._mode:
            return
        before, self._mode = self._mode, mode
        self.flow.mode = mode
        for name in list(self._sticks):
            self.flow.take(name, usb.End("policy-changed"))
        if mode == "off":
            self._gates = False
            self._sticks.clear()
            self._known.clear()
            self._ground.loop.work("usb-open", self._door.open_all, self._opened_all)
            return
        if before in (None, "off"):
            self._ground.loop.work("usb-shut", self._shut_all, self._shut_done)
        else:
            self._decide_all()
        self.flow.watch.look()

    def _shut_all(self) -> Capability:
        capability = self._door.capability()
        if capability.state == "works":
            self._door.shut_all()
        return capability

    def _shut_done(self, result: Capability | AgentError) -> None:
        if self._mode == "off":
            return
        if isinstance(result, AgentError):
            result = Capability("broken", str(result), "see 'Memory sticks' in the technician's guide")
        self._ground.capabilities["usb"] = result
        self._gates = result.state == "works"
        if not self._gates:
            log.error("sticks are not shut here", extra={"problem": result.why})
            return
        self.changed(Change("lost"))

    def _opened_all(self, result: AgentError | None) -> None:
        if isinstance(result, AgentError):
            log.warning("USB not given back", extra={"problem": str(result)})

    # ---- plugged and pulled ----

    def changed(self, change: Change) -> None:
        """The kernel says that something came or went."""
        if not self._gates:
            return
        match change.action:
            case "add":
                self._look(change.name)
            case "remove":
                self._pulled(change.name)
            case "disk":
                self._late.heard()
            case "lost":
                self._late.heard()
                self._ground.loop.work("usb-present", self._door.present, self._listed)

    def _listed(self, result: list[Seen] | AgentError) -> None:
        if isinstance(result, AgentError):
            log.error("plugged devices not listed", extra={"problem": str(result)})
            return
        present = {seen.name: seen for seen in result}
        for name, known in list(self._known.items()):
            if name not in present or present[name].plug != known.plug:
                self._pulled(name)
        for seen in result:
            self._came(seen)

    def _look(self, name: str) -> None:
        try:
            seen = self._door.look(name)
        except DeviceFailed as problem:
            log.error("a device cannot be read", extra={"problem": str(problem)})
            return
        if seen is not None:
            self._came(seen)

    def _came(self, seen: Seen) -> None:
        if not self._gates:
            return
        known = self._known.get(seen.name)
        if known is not None:
            if known.plug == seen.plug and known.identity == seen.identity:
                self._known_already(seen)
                return
            self._pulled(seen.name)
        self._known[seen.name] = seen
        login = self._front()
        plug = secrets.token_hex(16)
        verdict = self._verdict(seen, plug, login)
        if verdict.target == "allow":
            self.flow.switch(seen.name, lambda: self._door.let_in(seen))
            return
        stick = Stick(
            plug=plug,
            seen=seen,
            target=verdict.target,
            reason=verdict.reason,
            login=login.id if login else None,
        )
        self._sticks[seen.name] = stick
        plugged = media_records.plugged(stick, login, self._mode or "off", self._ground.now())
        if seen.authorized or verdict.approval is None:
            self.flow.switch(seen.name, lambda: self._door.shut(seen))
        if verdict.approval is not None:
            self.flow.take(seen.name, usb.Approve(verdict.approval), plugged=plugged)
            return
        self._ground.keep(plugged)
        if verdict.reason is not None:
            self.flow.keep_shut(stick, verdict.reason)
        self._show(stick, opens=True)

    def _known_already(self, seen: Seen) -> None:
        """Shut a stick again that somebody else let in: USBGuard's rules, or a program of root's."""
        stick = self._sticks.get(seen.name)
        if stick is None or not seen.authorized:
            return
        if not stick.is_active or (stick.state == "released" and self._mode == "copy"):
            log.warning("a stick was let in by somebody else", extra={"state": stick.state})
            self.flow.switch(seen.name, lambda: self._door.shut(seen))

    def _verdict(self, seen: Seen, plug: str, login: Login | None) -> stick_rules.Verdict:
        now = self._ground.now()
        return stick_rules.decide(
            self._ground.settings.usb,
            self._mode or "off",
            seen.media_class,
            seen.identity,
            plug=plug,
            person=login.person.person if login else None,
            staff=login is not None and login.person.tier == "adult",
            approvals=self._adults.in_force(now) if login else (),
            now=now,
        )

    def _pulled(self, name: str) -> None:
        self._known.pop(name, None)
        stick = self._sticks.get(name)
        if stick is None:
            return
        self.flow.take(name, usb.Pull())
        del self._sticks[name]
        self._ground.keep(MediaUnplugged(at=self._ground.now(), login=stick.login, plug=stick.plug))
        self.flow.windows.hide(stick)

    def _show(self, stick: Stick, *, opens: bool) -> None:
        self.flow.windows.show(stick, self.flow.mode, opens=opens)

    # ---- whose ----

    def _front(self) -> Login | None:
        """Return the login at the screen: open, with a seat, the one in use before one that is locked."""
        own = [each for each in self._ground.logins.values() if each.state == "open" and each.seat]
        return min(own, key=lambda each: (bool(each.lock.wanted), -each.state_since_boot), default=None)

    def login_opened(self, login: Login) -> None:
        """A desktop opened: a stick that waits for somebody is theirs to ask for."""
        for other in self._ground.logins.values():
            if other.is_over:  # their programs may still run: what they were given goes to nobody else
                self.login_over(other)
        for name, stick in list(self._sticks.items()):
            owner = self._ground.logins.get(stick.login or "")
            if owner is None:
                self._sticks[name] = msgspec.structs.replace(stick, login=login.id)
                self._decide(name)
            elif owner is login:
                self._show(stick, opens=True)

    def login_over(self, login: Login) -> None:
        """Somebody left: nothing of theirs stays open."""
        for name, stick in list(self._sticks.items()):
            if stick.login == login.id:
                if stick.state == "asked" and stick.request:
                    self._withdraw(stick)
                self.flow.take(name, usb.End("login-over"))
                self._sticks[name] = msgspec.structs.replace(self._sticks[name], login=None)

    def _decide_all(self) -> None:
        for name in list(self._sticks):
            self._decide(name)

    def _decide(self, name: str) -> None:
        """Decide anew what becomes of a stick that is shut."""
        stick = self._sticks[name]
        if stick.state != "shut":
            return
        login = self._ground.logins.get(stick.login or "")
        verdict = self._verdict(stick.seen, stick.plug, login)
        if verdict.target == "allow":
            del self._sticks[name]
            self.flow.switch(name, lambda: self._door.let_in(stick.seen))
            return
        reason = verdict.reason if verdict.reason or stick.target != "ask" else stick.reason
        self._sticks[name] = msgspec.structs.replace(stick, target=verdict.target, reason=reason)
        if verdict.approval is not None:
            self.flow.take(name, usb.Approve(verdict.approval))
        else:
            self._show(self._sticks[name], opens=True)

    # ---- what its person wants ----

    def asked(self, login: Login, word: messages.StickAsked) -> None:
        """A button was pressed in a stick's window."""
        found = next(
            (n for n, each in self._sticks.items() if each.plug == word.plug and each.login == login.id), None
        )
        if found is None:
            return
        stick = self._sticks[found]
        match word.what:
            case "ask":
                self._ask(found, login, word)
            case "withdraw" if stick.state == "asked":
                self._withdraw(stick)
                self.flow.take(found, usb.Withdraw())
            case "cancel" if stick.state in ("opening", "locked", "unlocking", "scanning"):
                self.flow.take(found, usb.End("cancelled"))
            case "finish" if stick.state == "released":
                self.flow.take(found, usb.End("cancelled"), opens=False)
            case "open" if stick.folders and login.session:
                login.session.link.send(messages.OpenFolder(folder=stick.folders[0]))

    def passphrase_given(self, login: Login, word: messages.StickPassphrase) -> None:
        """Its owner typed the passphrase of an encrypted stick."""
        for name, stick in self._sticks.items():
            if stick.plug == word.plug and stick.login == login.id:
                self.flow.try_passphrase(name, word.passphrase)
                return

    def _ask(self, name: str, login: Login, word: messages.StickAsked) -> None:
        now = self._ground.now()
        if not self._sticks[name].may_ask:
            return
        self.flow.take(name, usb.Ask(secrets.token_hex(16), now))
        stick = self._sticks[name]
        pupil_data = word.pupil_data and self._ground.settings.usb.pupil_data_needs_head
        self._ground.keep(media_records.requested(stick, login, word.reason, pupil_data, now))
        verdict = self._verdict(stick.seen, stick.plug, login)
        if verdict.approval is not None:
            self.flow.take(name, usb.Approve(verdict.approval))

    def _withdraw(self, stick: Stick) -> None:
        now = self._ground.now()
        self._ground.keep(
            MediaWithdrawn(at=now, login=stick.login, plug=stick.plug, request=stick.request or "")
        )

    # ---- what adults say ----

    def obey(self, signed: orders.Signed) -> None:
        """Take an adult's answer, if this order is one and is signed for us."""
        match self._adults.take(signed):
            case orders.MediaApproval():
                self._approval_came()
            case orders.MediaRevoked(approval=approval):
                self._end_where(approval, "revoked")
            case orders.MediaDenied() as said:
                self._denied(said)

    def _approval_came(self) -> None:
        for name, stick in list(self._sticks.items()):
            login = self._ground.logins.get(stick.login or "")
            if login is None or stick.state not in ("shut", "asked"):
                continue
            verdict = self._verdict(stick.seen, stick.plug, login)
            if verdict.approval is not None and stick.target != verdict.target:
                self._sticks[name] = msgspec.structs.replace(stick, target=verdict.target, reason=None)
            if verdict.approval is not None:
                self.flow.take(name, usb.Approve(verdict.approval))

    def _denied(self, said: orders.MediaDenied) -> None:
        for name, stick in list(self._sticks.items()):
            if stick.request == said.request and stick.state == "asked":
                self.flow.take(name, usb.Deny(said.reason))
                self.flow.keep_denied(stick, said.order)

    def _end_where(self, approval: str, reason: ShutReason) -> None:
        for name, stick in list(self._sticks.items()):
            if stick.approval is not None and stick.approval.order == approval:
                self.flow.take(name, usb.End(reason))

    def _is_in_force(self, stick: Stick) -> bool:
        """Say whether the approval that a stick was let in for holds still."""
        return stick.approval is not None and self._adults.holds(stick.approval, self._mode_now())

    # ---- time ----

    def _tick(self) -> None:
        """End what has ended, and notice a day on which another mode begins."""
        if self._mode != self._mode_now():
            self.policy_changed()
        for name, stick in list(self._sticks.items()):
            if stick.is_active and not self._is_in_force(stick):
                self.flow.take(name, usb.End("expired"))
        if self._is_deaf and self._gates:
            self.changed(Change("lost"))
        self.flow.windows.show_what_waited(self._sticks.values(), self.flow.mode)
        self.flow.watch.rest(is_checking=self.flow.is_checking)
