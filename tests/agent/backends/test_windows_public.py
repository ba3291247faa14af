"""The public pipe: callers that are who Windows says, and everybody else refused."""

import contextlib
import logging
import select
import threading
import time

import pytest

from agent.backends.public_door import Peer
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_link import FIRST_WORD_SECONDS
from agent.backends.windows_pipes import ABORTED, PUBLIC_NAME, Caller
from agent.backends.windows_public import (
    MOST_SILENT_OF_A_SESSION,
    WindowsListener,
    connect,
    end_stranger,
    uid_of_caller,
)
from agent.errors import DeviceFailed
from tests.support.win32.fake_pipes import SERVICE_PID, FakePipes, Program
from tests.support.win32.fake_processes import FakeProcesses

SECONDS = 30.0
UIDS = {"S-1-5-18": 0, "S-1-5-21-1-2-3-1001": 70001, "S-1-5-21-1-2-3-1002": 70002}
MAY = Program(pid=4242, session=2, sid="S-1-5-21-1-2-3-1001")
SAM = Program(pid=4343, session=3, sid="S-1-5-21-1-2-3-1002")


def nobody() -> None:
    """No service is installed."""


@pytest.fixture
def pipes():
    return FakePipes()


@pytest.fixture
def listener(pipes):
    listening = WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__, again_after_seconds=0.01)
    yield listening
    listening.close()


def next_caller(listener):
    ready, _, _ = select.select([listener.fileno()], [], [], SECONDS)

    assert ready
    found = listener.accept()

    assert found is not None
    return found


def is_refused(end) -> bool:
    """Say whether it is cut off well before the silent are."""
    try:
        return end.read(FIRST_WORD_SECONDS / 2) == b""
    except WinProblem as problem:
        return problem.code != ABORTED


def test_a_caller_is_handed_over_with_its_process_and_user_and_its_first_words(pipes, listener):
    client = pipes.open_as(MAY, PUBLIC_NAME)
    client.write(b"hello\n", SECONDS)
    sock, peer = next_caller(listener)
    sock.settimeout(SECONDS)

    assert Peer(4242, 70001) == peer
    assert b"hello\n" == sock.recv(100)

    sock.sendall(b"wait\n")
    sock.close()

    assert b"wait\n" == client.read(SECONDS)
    assert b"" == client.read(SECONDS)


def test_two_callers_are_both_heard_after_one_ring(pipes, listener):
    for who in (MAY, SAM):
        pipes.open_as(who, PUBLIC_NAME).write(b"hello\n", SECONDS)

    assert {70001, 70002} == {next_caller(listener)[1].uid for _ in range(2)}
    assert listener.accept() is None


def test_an_instance_always_waits_so_that_nobody_else_can_take_the_name(pipes, listener):
    for _ in range(3):
        pipes.open_as(MAY, PUBLIC_NAME).write(b"hello\n", SECONDS)
        next_caller(listener)

    assert pipes.made[-1].is_free


def test_an_administrator_with_raised_rights_counts_as_root():
    assert 0 == uid_of_caller(Caller("S-1-5-21-1-2-3-1001", is_elevated=True), UIDS.__getitem__)
    assert 70001 == uid_of_caller(Caller("S-1-5-21-1-2-3-1001", is_elevated=False), UIDS.__getitem__)


@pytest.mark.parametrize("code", [5, 1314, 1347, 1368])
def test_whoever_cannot_be_identified_is_refused(pipes, listener, code):
    pipes.fail("ImpersonateNamedPipeClient", code)
    client = pipes.open_as(MAY, PUBLIC_NAME)
    client.write(b"hello\n", SECONDS)

    assert is_refused(client)
    assert listener.accept() is None


@pytest.mark.parametrize("function", ["GetNamedPipeClientProcessId", "GetNamedPipeClientSessionId"])
def test_a_caller_of_whom_windows_says_nothing_is_refused(pipes, listener, function):
    pipes.fail(function, 87)
    client = pipes.open_as(MAY, PUBLIC_NAME)

    assert is_refused(client)

    pipes.open_as(SAM, PUBLIC_NAME).write(b"hello\n", SECONDS)

    assert Peer(4343, 70002) == next_caller(listener)[1]


def test_the_silent_of_one_session_do_not_take_the_places_of_others(pipes, listener):
    silent = [pipes.open_as(MAY, PUBLIC_NAME) for _ in range(MOST_SILENT_OF_A_SESSION + 1)]
    last = pipes.open_as(MAY, PUBLIC_NAME)

    assert is_refused(last)

    pipes.open_as(SAM, PUBLIC_NAME).write(b"hello\n", SECONDS)

    assert Peer(4343, 70002) == next_caller(listener)[1]
    for each in silent:
        each.close()


@pytest.mark.parametrize("most", [255, 1])
def test_a_program_that_has_taken_our_name_is_ended_and_the_service_listens(pipes, caplog, most):
    squatter = pipes.create(PUBLIC_NAME, "D:P(A;;GA;;;WD)", is_first=True, most=most)
    pipes.owner, pipes.server_pid = MAY.sid, 6666
    ended: list[int] = []

    def end(pid):
        ended.append(pid)
        squatter.close()

    listener = WindowsListener(
        PUBLIC_NAME, pipes, UIDS.__getitem__, again_after_seconds=0.01, end_process=end
    )
    wait_until(lambda: ended)
    call_until_heard(pipes, listener)

    assert [6666] == ended
    assert any("taken the name" in each.message for each in caplog.records)
    listener.close()


def call_until_heard(pipes, listener):
    for _ in range(500):
        with contextlib.suppress(WinProblem):
            pipes.open_as(SAM, PUBLIC_NAME, seconds=0.05).write(b"hello\n", SECONDS)
        if select.select([listener.fileno()], [], [], 0.05)[0]:
            break

    assert Peer(4343, 70002) == next_caller(listener)[1]


def test_an_older_service_that_is_still_ending_is_waited_for_not_ended(pipes):
    older = pipes.create(PUBLIC_NAME, "D:P(A;;GA;;;WD)", is_first=True, most=255)
    ended: list[int] = []
    listener = WindowsListener(
        PUBLIC_NAME, pipes, UIDS.__getitem__, again_after_seconds=0.01, end_process=ended.append
    )
    for asked in (1, 2, 3):
        wait_until(lambda asked=asked: pipes.calls["GetSecurityInfo"] >= asked)
        older.disconnect()
    older.close()
    call_until_heard(pipes, listener)

    assert [] == ended
    listener.close()


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.01)


def test_a_program_that_cannot_be_ended_keeps_the_service_alive_and_unheard(pipes, caplog):
    squatter = pipes.create(PUBLIC_NAME, "D:P(A;;GA;;;WD)", is_first=True, most=255)
    pipes.owner = MAY.sid

    def end(_pid):
        raise DeviceFailed("access denied")

    listener = WindowsListener(
        PUBLIC_NAME, pipes, UIDS.__getitem__, again_after_seconds=0.01, end_process=end
    )
    wait_until(lambda: any("cannot be ended" in each.message for each in caplog.records))

    assert listener.accept() is None
    listener.close()
    squatter.close()


def test_a_listener_that_never_got_its_name_can_be_closed(pipes):
    squatter = pipes.create(PUBLIC_NAME, "D:P(A;;GA;;;WD)", is_first=True, most=255)
    pipes.fail("CreateFile", ACCESS_DENIED, times=1000)
    listener = WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__, again_after_seconds=0.01)
    listener.close()
    squatter.close()


def test_a_pipe_that_cannot_be_made_at_all_is_a_failure(pipes):
    pipes.fail("CreateNamedPipe", 1450)
    with pytest.raises(DeviceFailed):
        WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__)


def test_only_a_pupils_own_program_is_ended_for_taking_our_name():
    processes = FakeProcesses()
    pupils = processes.run("squat.exe", sid=MAY.sid)
    systems = processes.run("spoolsv.exe", sid="S-1-5-18")
    end_stranger(pupils.pid, processes)
    with pytest.raises(DeviceFailed):
        end_stranger(systems.pid, processes)

    assert [pupils] == processes.ended
    assert 0 == processes.open_handles


@pytest.mark.parametrize("sid", ["S-1-5-19", "S-1-5-20", "S-1-5-80-1-2-3", "S-1-5-21-1-2-3-500"])
def test_a_number_that_is_the_systems_by_now_is_not_ended_for_the_program_that_had_it(sid):
    processes = FakeProcesses()
    innocent = processes.run("svchost.exe", sid=sid)
    with pytest.raises(DeviceFailed):
        end_stranger(innocent.pid, processes)

    assert [] == processes.ended
    assert 0 == processes.open_handles


def greet(client):
    """Say hello, unless one is hung up on before that."""
    with contextlib.suppress(WinProblem):
        client.write(b"hello\n", SECONDS)


def test_a_caller_for_whom_there_is_no_memory_is_let_go_and_the_next_one_heard(pipes, listener, monkeypatch):
    real, left = threading.Thread.start, ["public-caller", "pipe-in", "pipe-out"]

    def start(thread):
        if left and thread.name == left[0]:
            left.pop(0)
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    for _ in range(3):
        client = pipes.open_as(MAY, PUBLIC_NAME)
        greet(client)

        assert is_refused(client)
    monkeypatch.undo()
    call_until_heard(pipes, listener)


def test_a_caller_of_a_kind_nobody_knows_is_refused(pipes):
    def uid_of_sid(_sid):
        raise ValueError("not a SID")

    listener = WindowsListener(PUBLIC_NAME, pipes, uid_of_sid, again_after_seconds=0.01)
    client = pipes.open_as(MAY, PUBLIC_NAME)
    greet(client)

    assert is_refused(client)
    listener.close()


def test_a_door_that_has_gone_deaf_ends_whoever_listens_to_it(pipes):
    listener = WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__)

    def fails(*_given, **_named):
        raise MemoryError

    pipes.create = fails
    greet(pipes.open_as(MAY, PUBLIC_NAME))
    ready, _, _ = select.select([listener.fileno()], [], [], SECONDS)

    assert ready
    with pytest.raises(MemoryError):
        listener.accept()
    listener.close()


def test_an_instance_that_cannot_be_made_is_tried_again(pipes, listener, caplog):
    pipes.fail("CreateNamedPipe", 1450, times=3)
    with caplog.at_level(logging.ERROR):
        pipes.open_as(MAY, PUBLIC_NAME).write(b"hello\n", SECONDS)
        next_caller(listener)
        pipes.open_as(SAM, PUBLIC_NAME).write(b"hello\n", SECONDS)

    assert Peer(4343, 70002) == next_caller(listener)[1]
    assert 1 == sum("no further instance" in each.message for each in caplog.records)


def test_a_caller_that_came_and_went_is_no_end_of_listening(pipes, listener):
    pipes.fail("ConnectNamedPipe", 232)
    pipes.open_as(MAY, PUBLIC_NAME).close()
    call_until_heard(pipes, listener)


def test_after_closing_nobody_is_heard(pipes):
    listener = WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__)
    listener.close()
    with pytest.raises(WinProblem):
        pipes.open_as(MAY, PUBLIC_NAME, seconds=0.1)

    assert -1 == listener.fileno()


# ---- the program that calls ----


def test_a_program_speaks_to_the_service(pipes, listener):
    sock = connect(PUBLIC_NAME, SECONDS, pipes, lambda: SERVICE_PID)
    sock.sendall(b"hello\n")
    theirs, _peer = next_caller(listener)
    theirs.sendall(b"wait\n")

    assert b"wait\n" == sock.recv(100)
    for each in (sock, theirs):
        each.close()


def test_a_program_says_nothing_to_a_pipe_that_a_pupil_owns(pipes, listener):
    pipes.owner = MAY.sid
    with pytest.raises(DeviceFailed, match="another program than the service"):
        connect(PUBLIC_NAME, SECONDS, pipes, nobody)


def test_a_program_says_nothing_to_another_process_than_the_installed_service(pipes, listener):
    pipes.server_pid = 777
    with pytest.raises(DeviceFailed, match="another process than the service"):
        connect(PUBLIC_NAME, SECONDS, pipes, lambda: SERVICE_PID)


def test_where_no_service_is_installed_the_owner_alone_counts(pipes, listener):
    pipes.server_pid = 777
    sock = connect(PUBLIC_NAME, SECONDS, pipes, nobody)
    sock.close()


@pytest.mark.parametrize("function", ["CreateFile", "GetSecurityInfo", "GetNamedPipeServerProcessId"])
def test_a_call_that_fails_is_no_connection(pipes, listener, function):
    pipes.fail(function, ACCESS_DENIED)
    with pytest.raises(DeviceFailed):
        connect(PUBLIC_NAME, SECONDS, pipes, lambda: SERVICE_PID)
