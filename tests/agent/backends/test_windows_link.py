"""The session's link: the one process that was started, and nobody else."""

import contextlib
import threading

import pytest

from agent.backends import windows_link
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_link import Expected, Seen, ServiceEnd, connect_to_service, decide_stranger
from agent.backends.windows_pipes import SESSION_PREFIX
from agent.errors import DeviceFailed
from tests.support.win32.fake_pipes import FakePipes, Program

SECONDS = 30.0
SID = "S-1-5-21-1-2-3-1001"
SESSION = Program(pid=4242, session=2, sid=SID)
EXPECTED = Expected(4242, 2, SID)


class Strangers:
    """What was told of wrong callers; `wait` until there are so many."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._more = threading.Condition()

    def __call__(self, problem: str) -> None:
        with self._more:
            self.told.append(problem)
            self._more.notify_all()

    def wait(self, number: int) -> list[str]:
        with self._more:
            self._more.wait_for(lambda: len(self.told) >= number, SECONDS)
            return list(self.told)


@pytest.fixture
def pipes():
    return FakePipes()


@pytest.fixture
def strangers():
    return Strangers()


@pytest.fixture
def end(pipes, strangers):
    made = ServiceEnd(pipes, SID, strangers)
    yield made
    made.close()


@pytest.fixture
def link(end):
    sock = end.accept(EXPECTED, lambda: True)
    sock.settimeout(SECONDS)
    yield sock
    sock.close()


def test_the_started_process_is_heard_and_answered(pipes, end, link, strangers):
    session = pipes.open_as(SESSION, end.name)
    session.write(b'{"up":"connected"}\n', SECONDS)

    assert b'{"up":"connected"}\n' == link.recv(100)

    link.sendall(b'{"down":"stop"}\n')

    assert b'{"down":"stop"}\n' == session.read(SECONDS)
    assert [] == strangers.told


def test_an_order_given_before_the_session_has_connected_reaches_it(pipes, end, link):
    link.sendall(b'{"down":"work"}\n')
    session = pipes.open_as(SESSION, end.name)
    session.write(b"connected\n", SECONDS)

    assert b'{"down":"work"}\n' == session.read(SECONDS)


@pytest.mark.parametrize(
    ("stranger", "told"),
    [
        (SESSION._replace(pid=6666), "another process than the session opened its link"),
        (SESSION._replace(session=3), "a process of another session opened a session's link"),
        (SESSION._replace(sid="S-1-5-21-1-2-3-1002"), "another user opened a session's link"),
    ],
)
def test_a_stranger_is_thrown_out_and_told_of_and_the_session_still_comes(
    pipes, end, link, strangers, stranger, told
):
    wrong = pipes.open_as(stranger, end.name)
    with contextlib.suppress(WinProblem):  # it may be thrown out before it has said a word
        wrong.write(b"let me in\n", SECONDS)

    assert [told] == strangers.wait(1)

    pipes.open_as(SESSION, end.name).write(b"connected\n", SECONDS)

    assert b"connected\n" == link.recv(100)


def test_a_process_that_later_got_the_number_of_the_session_is_a_stranger(pipes, end, strangers):
    link = end.accept(EXPECTED, lambda: False)
    link.settimeout(SECONDS)
    pipes.open_as(SESSION, end.name)

    assert ["the session had ended when somebody opened its link"] == strangers.wait(1)
    link.close()


@pytest.mark.parametrize("function", ["ImpersonateNamedPipeClient", "GetNamedPipeClientProcessId"])
def test_whoever_cannot_be_identified_does_not_speak(pipes, end, link, strangers, function):
    pipes.fail(function, 5)
    with contextlib.suppress(WinProblem):
        pipes.open_as(SESSION, end.name).write(b"let me in\n", SECONDS)

    assert ["whoever opened a session's link could not be identified"] == strangers.wait(1)

    pipes.open_as(SESSION, end.name).write(b"connected\n", SECONDS)

    assert b"connected\n" == link.recv(100)


def test_a_session_that_goes_before_it_has_said_a_word_is_no_stranger(pipes, end, link, strangers):
    pipes.open_as(SESSION, end.name).close()
    pipes.open_as(SESSION, end.name).write(b"connected\n", SECONDS)

    assert b"connected\n" == link.recv(100)
    assert [] == strangers.told


def test_too_many_strangers_end_the_link(pipes, end, link, strangers):
    for number in range(windows_link.MOST_STRANGERS):
        pipes.open_as(SESSION._replace(pid=9000 + number), end.name)
        strangers.wait(number + 1)

    assert b"" == link.recv(100)
    assert "too many strangers on a session's link" == strangers.wait(windows_link.MOST_STRANGERS + 1)[-1]


def test_a_session_that_never_comes_is_a_closed_link(pipes, strangers):
    end = ServiceEnd(pipes, SID, strangers, connect_seconds=0.05)
    link = end.accept(EXPECTED, lambda: True)
    link.settimeout(SECONDS)

    assert b"" == link.recv(100)
    link.close()


def test_hanging_up_before_anybody_came_gives_the_name_back(pipes, end, link):
    link.close()
    made = pipes.made[0]

    assert made._closed.wait(SECONDS)


def test_a_pipe_of_that_name_made_by_somebody_else_is_never_used(pipes, strangers):
    name = SESSION_PREFIX + "00" * 16
    pipes.create(name, "D:P(A;;GA;;;WD)", is_first=True, most=255)
    with pytest.raises(DeviceFailed):
        ServiceEnd(pipes, SID, strangers, name=name)


def test_names_are_never_the_same():
    assert windows_link.new_name() != windows_link.new_name()


def test_only_the_expected_process_session_and_user_are_no_strangers():
    assert not decide_stranger(EXPECTED, Seen(*EXPECTED), lives=True)
    assert decide_stranger(EXPECTED, Seen(*EXPECTED), lives=False)
    assert decide_stranger(EXPECTED, Seen(*EXPECTED)._replace(pid=1), lives=True)
    assert decide_stranger(EXPECTED, Seen(*EXPECTED)._replace(session=1), lives=True)
    assert decide_stranger(EXPECTED, Seen(*EXPECTED)._replace(sid="S-1-5-18"), lives=True)


# ---- the session's own end ----


def test_the_session_speaks_to_a_pipe_that_system_owns(pipes, end, link):
    pipes.caller = SESSION
    sock = connect_to_service(end.name, pipes)
    sock.sendall(b"connected\n")

    assert b"connected\n" == link.recv(100)
    sock.close()


def test_the_session_says_nothing_to_a_pipe_of_somebody_else(pipes, end, link):
    pipes.owner = "S-1-5-21-1-2-3-1002"
    with pytest.raises(DeviceFailed, match="another program"):
        connect_to_service(end.name, pipes)


def test_the_session_opens_no_other_kind_of_pipe(pipes):
    with pytest.raises(DeviceFailed, match="no session's link"):
        connect_to_service(r"\\.\pipe\gatepost", pipes)
