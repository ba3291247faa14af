"""Who knocks is said by the kernel."""

import os
import socket
import stat

import pytest

from agent.backends import public_door
from agent.backends.public_door import Peer


@pytest.fixture
def door(tmp_path):
    made = public_door.listen(tmp_path / "okul dosyaları" / "agent.sock")
    yield made
    made.close()


@pytest.fixture
def address(tmp_path):
    return tmp_path / "okul dosyaları" / "agent.sock"


def test_a_caller_is_known_by_process_and_user(door, address):
    with public_door.connect(address, 5) as calling:
        sock, peer = door.accept()
        with sock:
            calling.sendall(b"hello")

            assert Peer(os.getpid(), os.geteuid()) == peer
            assert b"hello" == sock.recv(64)


def test_nobody_at_the_door_is_nobody(door):
    assert door.accept() is None


def test_everybody_may_knock(door, address):
    assert 0o666 == stat.S_IMODE(address.stat().st_mode)


def test_what_a_dead_service_left_is_replaced(door, address):
    door.close()
    again = public_door.listen(address)
    try:
        with public_door.connect(address, 5):
            found = again.accept()

            assert found is not None
            found[0].close()
    finally:
        again.close()


def test_a_door_nobody_listens_at_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        public_door.connect(tmp_path / "none.sock", 5)


def test_a_caller_who_cannot_be_named_is_nobody(door, address, monkeypatch):
    def refuse(sock):
        raise OSError("gone")

    monkeypatch.setattr(public_door, "peer_of", refuse)
    with public_door.connect(address, 5) as calling:
        assert door.accept() is None
        assert b"" == calling.recv(1)


def test_no_waiting_for_a_service_that_does_not_answer(door, address):
    with public_door.connect(address, 0.05) as calling, pytest.raises(TimeoutError):
        calling.recv(1)


def test_a_socket_is_never_inherited(door, address):
    with public_door.connect(address, 5) as calling:
        sock, _peer = door.accept()
        with sock:
            assert [False, False] == [calling.get_inheritable(), sock.get_inheritable()]
            assert isinstance(sock, socket.socket)
