"""One school day played with the real service and the real server; only the laptop's system is invented."""

import threading
import time
from datetime import UTC, datetime

from sqlalchemy import text

from agent.backends.clocks import SystemClock
from agent.errors import LinkClosed
from agent.link import client
from agent.link import messages as m
from agent.link.channel import Peer
from agent.paths import Config
from agent.service import enrol, facts
from agent.service.app import Service
from agent.service.loop import Stopping
from policies.agreements import text_hash, text_in
from server import codes, people
from tests.agent.fakes import Account, FakeDevice
from tests.support import school

WAIT_SECONDS = 90.0
"""For what comes within a second on a machine that is not busy: only a fault lasts so long."""
ROOM = school.ROOM


def wait_for(look, what):
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"never came: {what}")


class Desktop:
    """Plays the pupil's sessions in a thread of its own: always alive, honest about the locker."""

    def __init__(self, device):
        self.device = device
        self.idle_seconds = 0.0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.play, daemon=True)
        self.thread.start()

    def play(self):
        connected = {}
        while not self.stopped.wait(0.05):
            for session in list(self.device.sessions):
                if session.process.status is not None or (session in connected and connected[session] < 0):
                    continue
                try:
                    self.play_one(session, connected)
                except LinkClosed:
                    connected[session] = -1.0

    def play_one(self, session, connected):
        if session not in connected:
            connected[session] = 0.0
            session.say(m.Connected())
        before = len(session.everything)
        session.listen()
        for order in session.everything[before:]:
            if isinstance(order, m.CheckCover):
                session.say(m.Covered(locker_pid=order.locker_pid, covered=True))
            elif isinstance(order, m.ShowAttention):
                session.say(m.AttentionSeen(order=order.page.order, covered=True))
        if time.monotonic() - connected[session] > 0.5:
            connected[session] = time.monotonic()
            session.say(m.Alive(idle_seconds=self.idle_seconds))

    def heard(self, kind):
        newest = self.device.sessions[-1:]
        return [each for session in newest for each in session.everything if isinstance(each, kind)]

    def say(self, message):
        self.device.sessions[-1].say(message)

    def stop(self):
        self.stopped.set()
        self.thread.join(WAIT_SECONDS)
        assert not self.thread.is_alive()


class Running:
    """A service in a thread, with its real ears, queue and exchange."""

    def __init__(self, config, device, scanner=None, hold_seconds=1):
        self.service = Service(config, device, SystemClock(), scanner=scanner)
        self.service.enrolled._hold_seconds = hold_seconds
        self.problem = None
        self.service.start()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.service.run()
        except BaseException as problem:
            self.problem = problem

    def stop(self):
        self.service.loop.put(Stopping())
        self.thread.join(WAIT_SECONDS)
        assert not self.thread.is_alive()
        assert self.problem is None


class Day:
    """Everything of one test."""

    def __init__(self, folder, house=None):
        self.house = house or school.make_house(folder / "server", hosts=("127.0.0.1",))
        self.config = Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))
        self.device = FakeDevice([Account(1001, 1001, "may", "/home/may")])
        self.desktop = Desktop(self.device)
        with self.house.db.write() as connection:
            everybody = people.list_people(connection)
            may = people.Person(
                os_user="may", person="p-may", display_name="May", tier="junior", language="en", room=ROOM
            )
            people.replace_people(connection, [*everybody, may])
            self.code = codes.new_code(
                connection,
                self.house.certificate.ca_der,
                room=ROOM,
                uses=1,
                hours=1,
                by="t.ashby",
                now=datetime.now(UTC),
            ).text

    def enrol(self, address, code=None):
        done = enrol.enrol(self.config, self.device, address, code or self.code, "test", again=False)
        self.device_id = done.device
        return done

    def records(self):
        """Return every record's kind, in the order of its stream."""
        with self.house.db.read() as connection:
            rows = connection.execute(
                text(
                    "SELECT stream, seq, type FROM records WHERE device = :device ORDER BY stream DESC, seq"
                ),
                {"device": self.device_id},
            )
            return [(row.stream, row.seq, row.type) for row in rows]

    def kinds(self):
        return [kind for _stream, _seq, kind in self.records()]

    def close(self):
        self.desktop.stop()
        self.device.close()
        self.house.db.close()


def hello(day):
    """Stand at the gate as the hook does, through the real socket; the device invents the process."""
    answers = []
    shell = day.device.run(1001)
    hook = day.device.run(1001, parent=shell)

    class Caller:
        def send(self, message):
            answers.append(message)

        def close(self):
            pass

    return shell, hook, Caller(), answers


def accept(day, running):
    """May reads the agreement for as long as the service counts and asks for, and accepts it."""
    page = wait_for(lambda: day.desktop.heard(m.ShowGate), "the gate")[-1].page
    day.desktop.say(m.GateShown(kind="web"))
    wait_for(lambda: has_been_read(running.service.ground), "the end of the time to read")
    shown = text_in(page.agreement, page.language)
    day.desktop.say(
        m.GateAnswered(
            answer="accepted",
            version=page.agreement.version,
            text_hash=text_hash(shown),
            language=page.language,
            pages_shown=len(shown.sections),
        )
    )


def has_been_read(ground):
    """Say whether the one who stands at the gate has had the page before them long enough."""
    read = [
        ground.clock.running() - login.gate_shown_running
        >= ground.settings_for(login).agreement.read_at_least_seconds
        for login in list(ground.logins.values())
        if login.state == "gate" and login.gate_shown_running is not None
    ]
    return read == [True]


def log_in(day, running):
    """May logs in, reads and accepts; returns her login's shell."""
    wait_for(lambda: client.ask_status(day.config.socket).policy_number, "the policy")
    shell, hook, caller, answers = hello(day)
    said = m.HookHello(display=":5", xauthority="/x")
    running.service.loop.put(facts.PublicSaid(caller, Peer(hook.pid, 1001), said))
    accept(day, running)
    wait_for(lambda: m.HookAnswer(opens=True) in answers, "the open gate")
    return shell
