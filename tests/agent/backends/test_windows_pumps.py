"""Pipes and the ends of processes as sockets: nothing is lost, nothing stays open."""

import select
import threading
import time

import pytest

from agent.backends import waiting, windows_pumps
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import public_sddl
from agent.errors import DeviceFailed
from tests.support.win32.fake_pipes import FakePipes
from tests.support.win32.fake_start import WaitedFor

SECONDS = 30.0
NAME = r"\\.\pipe\gatepost-pump"


@pytest.fixture
def ends():
    pipes = FakePipes()
    server = pipes.create(NAME, public_sddl(), is_first=True, most=1)
    client = pipes.open(NAME, SECONDS)
    yield server, client
    for end in (server, client):
        end.close()


def pumped(end, **how):
    sock = windows_pumps.pump(end, **how)
    sock.settimeout(SECONDS)
    return sock


def read_all(sock, count):
    got = b""
    while len(got) < count:
        piece = sock.recv(65536)
        assert piece
        got += piece
    return got


def threads():
    return [each for each in threading.enumerate() if each.name in ("pipe-in", "pipe-out", "process-end")]


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.01)


def test_a_megabyte_each_way_at_once_arrives_whole(ends):
    server, client = ends
    one, other = pumped(server), pumped(client)
    up, down = b"u" * 1_000_000, b"d" * 1_000_000
    senders = [
        threading.Thread(target=sock.sendall, args=(data,)) for sock, data in ((one, down), (other, up))
    ]
    got = {}
    readers = [
        threading.Thread(target=lambda k=k, s=s: got.update({k: read_all(s, 1_000_000)}))
        for k, s in (("up", one), ("down", other))
    ]
    for thread in senders + readers:
        thread.start()
    for thread in senders + readers:
        thread.join(SECONDS)

    assert (up, down) == (got["up"], got["down"])
    for sock in (one, other):
        sock.close()


def test_what_was_read_before_comes_first(ends):
    server, client = ends
    client.write(b"second", SECONDS)
    sock = pumped(server, already=b"first, ")

    assert b"first, second" == read_all(sock, 13)
    sock.close()


def test_last_words_are_delivered_before_the_pipe_is_closed(ends):
    server, client = ends
    sock = pumped(server)
    sock.sendall(b"x" * 200_000)
    sock.close()
    got = b""
    while piece := client.read(SECONDS):
        got += piece

    assert 200_000 == len(got)


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_when_one_side_ends_the_other_does_and_no_thread_stays(ends, side):
    server, client = ends
    before = len(threads())
    sock = pumped(server)
    if side == "theirs":
        client.close()

        assert b"" == sock.recv(10)
    sock.close()
    wait_until(lambda: len(threads()) <= before)
    with pytest.raises(WinProblem):
        server.read(SECONDS)


def test_a_pipe_that_fails_in_the_middle_is_an_end(ends):
    server, _client = ends
    server._pipes.fail("ReadFile", 5)
    sock = pumped(server)

    assert b"" == sock.recv(10)
    sock.close()


def test_the_end_of_a_process_makes_its_descriptor_readable():
    processes = WaitedFor()
    process = processes.run("gatepost-session.exe")
    handle = processes.open_process(process.pid)
    descriptor = windows_pumps.ended_waitable(handle, processes)

    assert [] == select.select([descriptor], [], [], 0)[0]

    processes.exit(process, 3)

    assert [descriptor] == select.select([descriptor], [], [], SECONDS)[0]
    waiting.close_waitable(descriptor)
    processes.close(handle)
    wait_until(lambda: processes.open_handles == 0)


def test_a_descriptor_closed_before_the_process_ends_disturbs_nobody():
    processes = WaitedFor()
    process = processes.run("gatepost-session.exe")
    handle = processes.open_process(process.pid)
    waiting.close_waitable(windows_pumps.ended_waitable(handle, processes))
    processes.close(handle)
    processes.exit(process, 0)
    wait_until(lambda: processes.open_handles == 0)


def test_a_process_that_cannot_be_watched_is_a_problem():
    with pytest.raises(WinProblem):
        windows_pumps.ended_waitable(12345, WaitedFor())


def test_a_process_whose_end_nobody_can_wait_for_leaves_no_handle(monkeypatch):
    processes = WaitedFor()
    process = processes.run("gatepost-session.exe")
    handle = processes.open_process(process.pid)

    def start(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(DeviceFailed):
        windows_pumps.ended_waitable(handle, processes)

    assert 1 == processes.open_handles
