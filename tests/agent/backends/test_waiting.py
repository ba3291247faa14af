"""What a thread waits for: the pair that Windows needs is made and tried here too."""

import socket
import threading

import pytest

from agent.backends import waiting
from agent.backends.waiting import Waker, close_waitable, is_our_pair, loopback_pair, socket_pair


@pytest.fixture(params=[socket_pair, loopback_pair], ids=["system", "loopback"])
def pair(request):
    ours, theirs = request.param()
    with ours, theirs:
        yield ours, theirs


def test_what_goes_in_at_one_end_comes_out_at_the_other(pair):
    ours, theirs = pair
    ours.sendall("öğretmen ı".encode())
    theirs.sendall(b"back")

    assert ("öğretmen ı".encode(), b"back") == (theirs.recv(64), ours.recv(64))


def test_an_end_that_closes_is_heard_as_the_end(pair):
    ours, theirs = pair
    ours.close()

    assert b"" == theirs.recv(64)


def test_no_child_inherits_a_pair(pair):
    assert [False, False] == [end.get_inheritable() for end in pair]


def test_a_pair_waits_for_ever_like_any_new_socket(pair):
    assert [None, None] == [end.gettimeout() for end in pair]


class StrangerFirst:
    """A listening socket whose first caller is somebody else."""

    def __init__(self, real, strangers):
        self._real = real
        self._strangers = strangers
        self.turned_away = []

    def accept(self):
        if self._strangers:
            self._strangers -= 1
            stranger, other = socket.socketpair()
            other.close()
            self.turned_away.append(stranger)
            return stranger, ("127.0.0.1", 1)
        return self._real.accept()


@pytest.mark.parametrize("strangers", [1, 15])
def test_a_stranger_on_our_loopback_port_is_turned_away(strangers):
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as ours:
        ours.connect(listening.getsockname())
        first = StrangerFirst(listening, strangers)
        with waiting._the_one_accepted(first, ours) as accepted:
            accepted.sendall(b"it is us")

            assert b"it is us" == ours.recv(64)
            assert [-1] * strangers == [each.fileno() for each in first.turned_away]


def test_strangers_without_end_are_a_failure_and_no_pair():
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as ours:
        ours.connect(listening.getsockname())

        with pytest.raises(OSError, match="strangers"):
            waiting._the_one_accepted(StrangerFirst(listening, 1000), ours)


def test_a_pair_is_ours_only_if_both_ends_say_so():
    us, them, other = ("127.0.0.1", 5), ("127.0.0.1", 6), ("127.0.0.1", 7)

    assert is_our_pair(us, us, them, them)
    assert not is_our_pair(other, us, them, them)
    assert not is_our_pair(us, us, other, them)


def test_many_pulls_wake_once():
    waker = Waker()
    try:
        for _ in range(200_000):  # more than a pipe holds: a pull never waits
            waker.wake()

        assert [waker.fileno()] == waiting.wait([waker.fileno()], [], 5)[0]
        while waker.drain():
            pass
        assert not waker.drain()
        assert [] == waiting.wait([waker.fileno()], [], 0)[0]
    finally:
        waker.close()


def test_a_pull_in_another_thread_ends_the_wait():
    waker = Waker()
    try:
        threading.Thread(target=waker.wake).start()

        assert [waker.fileno()] == waiting.wait([waker.fileno()], [], 30)[0]
    finally:
        waker.close()


def test_a_closed_waker_is_silent():
    waker = Waker()
    waker.close()
    waker.wake()
    waker.close()

    assert not waker.drain()
    assert -1 == waker.fileno()


def test_the_wakers_of_windows_work_here_too(monkeypatch):
    waker = Waker()
    waker.close()
    waker._pair = loopback_pair()
    for end in waker._pair:
        end.setblocking(False)
    try:
        assert not waker.drain()
        waker.wake()

        assert [waker.fileno()] == waiting.wait([waker.fileno()], [], 5)[0]
        assert waker.drain()
    finally:
        waker.close()


def test_what_was_waited_for_is_closed_once_and_forgotten():
    ours, theirs = socket_pair()
    with theirs:
        close_waitable(descriptor := ours.detach())
        close_waitable(descriptor)

        assert b"" == theirs.recv(1)


def test_waiting_for_nothing_is_a_rest():
    assert ([], []) == waiting.wait([], [], 0.0)


def test_pairs_that_were_kept_serve_when_none_can_be_made():
    ports = ["free"] * 100

    def make():
        if not ports:
            raise OSError("no port is free")
        ports.pop()
        return socket.socketpair()

    spare = waiting.SparePairs(make)
    spare.fill()
    spare.fill()
    left = len(ports)
    ports.clear()
    taken = [spare.take() for _ in range(waiting.SPARE_PAIRS)]
    with pytest.raises(OSError, match="no port"):
        spare.take()
    spare.fill()

    assert 100 - waiting.SPARE_PAIRS == left
    for pair in taken:
        for end in pair:
            end.close()
