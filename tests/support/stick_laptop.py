"""A lab laptop with memory sticks and a scanner that live only in memory."""

import threading
import time
from datetime import timedelta

from agent.errors import DeviceFailed
from agent.link import messages as m
from agent.service import facts
from agent.service.app import Service
from agent.service.scanner import Health, Ready
from policies import orders, records, wire
from policies.media import Terms
from policies.settings import Settings, UsbSettings
from tests.support.fake_usb import clean_scan
from tests.support.lab_laptop import LabLaptop
from tests.support.model_server import DEVICE

APPROVE = Settings(usb=UsbSettings(mode="approve_then_scan"))
COPY = Settings(usb=UsbSettings(mode="copy"))
FORBID = Settings(usb=UsbSettings(mode="forbid"))
STAFF = Settings(usb=UsbSettings(mode="staff_encrypted_approved"))
WAIT_SECONDS = 60.0
"""For what a thread does beside."""


class FakeScanner:
    """A scanner that is always there, unless a test says otherwise."""

    def __init__(self, now):
        self.now = now
        self.state = "ready"
        self.blind = False
        """Says clean of everything."""

    def health(self, limits):
        return Health("clamd", self.state, self.now() if self.state in ("ready", "stale") else None)

    def make_ready(self, limits):
        return Ready(self.health(limits), "/run/clamd.sock", "", "/signatures")

    def try_sample(self, limits, folder):
        if self.blind:
            raise DeviceFailed("the scanner did not find the test virus")
        return self.health(limits)

    def stop(self):
        self.stopped = True


class StickLaptop(LabLaptop):
    """A lab laptop with memory sticks. Only the check runs in a thread of its own."""

    def start(self):
        self.scanner = FakeScanner(lambda: self.clock.at)
        self.service = Service(
            self.config, self.device, self.clock, make_uplink=lambda _e, _c: self.server,
            scanner=self.scanner, spawn=self.spawn,
        )  # fmt: skip
        self.service.start()
        self.settle()

    def spawn(self, name, job):
        if name == "usb-scan":
            threading.Thread(target=job, daemon=True).start()
        else:
            super().spawn(name, job)

    @property
    def usb(self):
        return self.device.plugs

    @property
    def stick(self):
        return next(iter(self.service.media.flow.sticks.values()), None)

    def until(self, state):
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            self.settle()
            if self.stick is not None and self.stick.state == state:
                return
            threading.Event().wait(0.005)
        raise AssertionError(f"never {state}: {self.stick}")

    def plug(self, **more):
        self.usb.plug(**more)
        self.settle()

    def say(self, session, what, **more):
        session.say(m.StickAsked(plug=self.stick.plug, what=what, **more))
        self.settle()

    def page(self, session):
        shown = self.heard(session, m.ShowStick)
        return shown[-1].page if shown else None

    def order(self, said):
        signed = self.server.sign(said)
        answer = wire.HoldAnswer(cursor=1, orders=(signed,))
        self.service.loop.put(facts.Held(answer, (said,)))
        self.settle()

    def approve(self, order="a1", mode="approve_then_scan", hours=1, **terms):
        values = {
            "stick": self.stick.seen.identity,
            "mode": mode,
            "until": self.clock.at + timedelta(hours=hours),
        }
        approval = orders.MediaApproval(
            device=DEVICE, order=order, by="Mr Ashby", issued_at=self.clock.at, request=self.stick.request,
            terms=Terms(**(values | terms)),
        )  # fmt: skip
        self.order(approval)
        return approval

    def kept(self, *kinds):
        self.forward(1)
        return [each for each in self.server.all_records() if isinstance(each, kinds)]

    def shut_reasons(self):
        return [each.reason for each in self.kept(records.MediaShut)]

    def copied(self):
        """Plug, ask, approve in copy mode: the person has checked copies, and the stick is shut again."""
        _shell, session = self.log_in()
        self.plug()
        self.usb.script = clean_scan()
        self.say(session, "ask")
        self.approve(mode="copy")
        self.until("released")
        return session

    def opened(self, script=None):
        """Plug, ask, approve: a stick on its way."""
        _shell, session = self.log_in()
        self.plug()
        self.usb.script = clean_scan() if script is None else script
        self.say(session, "ask", reason="My history slides")
        self.approve()
        return session
