"""The public socket against hostile neighbours: capped, cut off, counted."""

import socket
import threading
from datetime import UTC, datetime

import pytest

from agent.errors import LinkClosed
from agent.link import client, messages
from agent.service import facts
from agent.service.ears import MAX_CALLERS_OF_A_USER, Budget, Ears
from tests.agent.fakes import FakeClock


class Listening:
    def __init__(self, folder):
        self.path = folder / "agent.sock"
        self.heard = []
        self.clock = FakeClock(datetime(2026, 9, 14, tzinfo=UTC))
        self.ears = Ears(self.clock, self.heard.append)
        self.ears.open_public(self.path)
        self.open = []

    def connect(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(30)
        sock.connect(str(self.path))
        self.open.append(sock)
        return sock

    def hear(self, times=6):
        for _ in range(times):
            self.ears.hear(0)

    def of(self, kind):
        return [each for each in self.heard if isinstance(each, kind)]

    def close(self):
        for sock in self.open:
            sock.close()
        self.ears._stopped = True
        self.ears.listen()


@pytest.fixture
def listening(tmp_path):
    made = Listening(tmp_path)
    yield made
    made.close()


def test_a_message_arrives_with_the_kernels_word_on_who_sent_it(listening):
    import os

    listening.connect().sendall(b'{"hook":"status"}\n')
    listening.hear()

    (said,) = listening.of(facts.PublicSaid)
    assert (os.getpid(), os.geteuid()) == (said.peer.pid, said.peer.uid)
    assert messages.StatusAsked() == said.message


@pytest.mark.parametrize(
    "garbage",
    [b"\0\xff\xfe\n", b"{}\n", b'{"hook":"hello"}\n', b'{"hook":"status","x":1}\n', b"[" * 9000 + b"\n"],
)
def test_garbage_is_counted_and_cut_off(listening, garbage):
    sock = listening.connect()
    sock.sendall(garbage)
    listening.hear()

    assert 1 == len(listening.of(facts.Misused))
    assert b"" == sock.recv(1)


def test_a_line_without_end_is_cut_off(listening):
    sock = listening.connect()
    sock.sendall(b"x" * (messages.MAX_UP_BYTES + 10))
    listening.hear()

    assert 1 == len(listening.of(facts.Misused))


def test_a_flood_of_good_messages_is_cut_off(listening):
    listening.connect().sendall(b'{"hook":"status"}\n' * 100)
    listening.hear()

    assert [] == listening.of(facts.PublicSaid)
    assert 1 == len(listening.of(facts.Misused))


def test_one_user_cannot_take_every_connection(listening):
    for _ in range(MAX_CALLERS_OF_A_USER + 3):
        listening.connect()
        listening.hear()

    assert 3 == len(listening.of(facts.Misused))


def test_who_says_nothing_is_dropped_and_makes_room(listening):
    sock = listening.connect()
    listening.hear()
    listening.clock.forward(11)
    listening.hear()

    assert b"" == sock.recv(1)


def test_a_hang_up_is_a_fact(listening):
    listening.connect().close()
    listening.hear()

    assert 1 == len(listening.of(facts.PublicGone))


def test_a_budget_fills_again_with_time():
    budget = Budget(10, 2.0, 0.0)

    assert budget.spend(10, 0.0)
    assert not budget.spend(1, 0.1)
    assert budget.spend(2, 1.1)


def answer_with(listening, *answers):
    """Play the service for one caller at a time."""

    def serve():
        given = list(answers)
        while given:
            listening.ears.hear(0.05)
            while listening.of(facts.PublicSaid):
                said = listening.of(facts.PublicSaid)[0]
                listening.heard.remove(said)
                for each in given.pop(0):
                    said.caller.send(each)
                said.caller.close()
                listening.ears.hear(0.05)
                if not given:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


HELLO = messages.HookHello(display=":5", xauthority="/x")


@pytest.mark.parametrize("opens", [True, False])
def test_the_hook_waits_for_its_answer(listening, opens):
    thread = answer_with(listening, [messages.HookWait(), messages.HookAnswer(opens=opens)])
    opened = client.stand_at_gate(listening.path, HELLO, opens_without_service=not opens)
    thread.join(30)

    assert opens is opened


def test_the_hook_asks_again_when_the_service_dies_meanwhile(listening):
    thread = answer_with(listening, [messages.HookWait()], [messages.HookAnswer(opens=True)])
    opened = client.stand_at_gate(listening.path, HELLO, opens_without_service=False)
    thread.join(30)

    assert opened


@pytest.mark.parametrize("opens", [True, False])
def test_without_a_service_the_configuration_decides(tmp_path, opens):
    opened = client.stand_at_gate(
        tmp_path / "nobody.sock",
        HELLO,
        opens_without_service=opens,
        reach_within_seconds=0.0,
        pause=lambda _s: None,
    )

    assert opens is opened


def test_a_service_that_only_hangs_up_keeps_the_gate_shut(listening):
    thread = answer_with(listening, [])
    opened = client.stand_at_gate(
        listening.path, HELLO, opens_without_service=True, reach_within_seconds=0.0, pause=lambda _s: None
    )
    thread.join(30)

    assert not opened


def test_status_without_a_service_is_a_closed_link(tmp_path):
    with pytest.raises(LinkClosed):
        client.ask_status(tmp_path / "nobody.sock")
