"""The public pipe: callers that are who Windows says, and everybody else refused."""

import logging
import select

import pytest

from agent.backends.public_door import Peer
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_pipes import PUBLIC_NAME, Caller
from agent.backends.windows_public import (
    MOST_SILENT_OF_A_SESSION,
    WindowsListener,
    connect,
    uid_of_caller,
)
from agent.errors import DeviceFailed
from tests.support.win32.fake_pipes import SERVICE_PID, FakePipes, Program

SECONDS = 10.0
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
    try:
        return end.read(SECONDS) == b""
    except WinProblem:
        return True


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


def test_a_name_that_another_program_has_taken_is_a_clear_refusal(pipes):
    squatter = pipes.create(PUBLIC_NAME, "D:P(A;;GA;;;WD)", is_first=True, most=255)
    with pytest.raises(DeviceFailed, match="another program has taken"):
        WindowsListener(PUBLIC_NAME, pipes, UIDS.__getitem__)
    squatter.close()


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
    pipes.open_as(SAM, PUBLIC_NAME).write(b"hello\n", SECONDS)

    assert Peer(4343, 70002) == next_caller(listener)[1]


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
