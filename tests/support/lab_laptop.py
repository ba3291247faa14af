"""One laptop with a fake system, a fake server and a clock moved by hand: `LabLaptop` plays whole logins."""

from datetime import UTC, datetime

from agent.backends.device import Account
from agent.link import messages as m
from agent.link.channel import Peer
from agent.paths import Config
from agent.service import facts
from agent.service.app import Service
from agent.service.enrolment import save_enrolment
from policies.agreements import text_hash, text_in
from policies.settings import Settings
from policies.wire import HoldAnswer
from tests.agent.fakes import FakeClock, FakeDevice
from tests.support.model_server import ModelServer

MAY = Account(1001, 1001, "may", "/home/may")
SAM = Account(1002, 1002, "sam", "/home/sam")
STEP_SECONDS = 0.5


class Hook:
    """The hook's end of the public socket."""

    def __init__(self):
        self.heard = []
        self.closed = False

    def send(self, message):
        self.heard.append(message)

    def close(self):
        self.closed = True

    @property
    def opens(self):
        answers = [each.opens for each in self.heard if isinstance(each, m.HookAnswer)]
        return answers[-1] if answers else None


class LabLaptop:
    """A service in one thread, stepped by hand."""

    def __init__(self, folder, *, settings=None, enrolled=True, with_policy=True):
        self.clock = FakeClock(datetime(2026, 9, 14, 8, 30, tzinfo=UTC))
        self.device = FakeDevice([MAY, SAM])
        self.server = ModelServer(lambda: self.clock.at)
        self.server.people = {
            "may": {"person": "p-may", "display_name": "May", "tier": "teen", "language": "en"},
            "sam": {"person": "p-sam", "display_name": "Sam", "tier": "teen", "language": "tr"},
        }
        self.config = Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))
        self.cover = True
        self.typing = True
        """Somebody touches the keyboard all the time."""
        self.last_input = 0.0
        self.inhibited = False
        if enrolled:
            save_enrolment_of(self)
        self.start()
        if enrolled and with_policy:
            self.publish(settings or Settings())

    def start(self):
        self.service = Service(
            self.config, self.device, self.clock, make_uplink=lambda _e, _c: self.server, spawn=self.spawn
        )
        self.service.start()
        self.settle()

    def spawn(self, name, job):
        """Jobs run at once; what lasts as long as the service is played by the test."""
        if name not in ("hold", "ears"):
            job()

    def publish(self, settings, versions=1, officers=None):
        assignment, body = self.server.policy(settings, versions, officers=officers)
        self.service.loop.put(facts.PolicyFetched(assignment, body))
        self.settle()

    def settle(self):
        for _ in range(2000):
            self.service.ears.hear(0)
            busy = self.service.loop.step()
            for session in self.device.sessions:
                if session.process.status is None:
                    busy = self.play(session) or busy
            if not busy:
                return
        raise AssertionError("the service never came to rest")

    def play(self, session):
        """What every session does by itself."""
        before = len(session.everything)
        session.listen()
        for message in session.everything[before:]:
            if isinstance(message, m.CheckCover):
                session.say(m.Covered(locker_pid=message.locker_pid, covered=self.cover))
        return len(session.everything) > before

    def forward(self, seconds):
        until = self.clock.booted + seconds
        while self.clock.booted < until:
            self.clock.forward(min(STEP_SECONDS, until - self.clock.booted))
            if self.typing:
                self.last_input = self.clock.booted
            for session in self.device.sessions:
                if session.process.status is None and getattr(session, "connected", False):
                    idle = self.clock.booted - self.last_input
                    session.say(m.Alive(idle_seconds=idle, inhibited=self.inhibited))
            self.settle()

    def order(self, said):
        """The server says something signed, in answer to the held request."""
        answer = HoldAnswer(orders=(self.server.sign(said),), cursor=1)
        self.service.loop.put(facts.Held(answer, (said,)))
        self.settle()

    # ---- people ----

    def hello(self, account=MAY, parent=None):
        """Somebody logs in: an Xsession shell whose hook says hello."""
        shell = parent or self.device.run(account.uid)
        hook_process = self.device.run(account.uid, parent=shell)
        hook = Hook()
        self.service.loop.put(
            facts.PublicSaid(
                hook, Peer(hook_process.pid, account.uid), m.HookHello(display=":5", xauthority="/x")
            )
        )
        self.settle()
        return shell, hook

    def connect(self, session=None):
        session = session or self.device.sessions[-1]
        session.connected = True
        session.say(m.Connected())
        self.settle()
        return session

    def answer(self, session, answer="accepted", after=30.0, **changes):
        page = self.gate_page(session)
        session.say(m.GateShown(kind="web"))
        self.settle()
        self.forward(after)
        text = text_in(page.agreement, page.language)
        values = {
            "answer": answer,
            "version": page.agreement.version,
            "text_hash": text_hash(text),
            "language": page.language,
            "pages_shown": len(text.sections),
        }
        session.say(m.GateAnswered(**(values | changes)))
        self.settle()

    def gate_page(self, session):
        pages = [each.page for each in session.listen() if isinstance(each, m.ShowGate)]
        return pages[-1] if pages else None

    def log_in(self, account=MAY):
        """A whole login up to the open desktop."""
        shell, hook = self.hello(account)
        session = self.connect()
        if hook.opens is None:
            self.answer(session)
        assert hook.opens
        return shell, session

    def heard(self, session, kind):
        session.listen()
        return [each for each in session.everything if isinstance(each, kind)]

    def kinds(self):
        self.forward(1)
        return [type(each).__name__ for each in self.server.all_records()]

    def records(self, kind):
        self.forward(1)
        return [each for each in self.server.all_records() if isinstance(each, kind)]

    def kill_service(self):
        """The service dies without a word: its links close, its queue is lost."""
        for session in self.device.sessions:
            session.process.end(-9)
            session.channel.close()
        self.service.ears._stopped = True
        self.service.ears.listen()
        if self.service.ground.server:
            self.service.ground.server.journal.close()

    def close(self):
        self.kill_service()
        self.device.close()


def save_enrolment_of(laptop):
    save_enrolment(laptop.config.keys, laptop.server.enrolment())
