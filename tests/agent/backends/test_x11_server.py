"""Whose X server it is: the kernel says, not the display's name."""

import os
import socket

import pytest

from agent.backends import x11_server
from agent.backends.x11_server import SERVERS, check_server, listeners
from agent.errors import DeviceFailed


@pytest.fixture
def serve(tmp_path):
    """Listen as an X server would; by default in the file system, or by name alone."""
    listening = []

    def run(number=7, abstract=False):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.append(one)
        one.bind(f"\0{tmp_path}/X{number}" if abstract else f"{tmp_path}/X{number}")
        one.listen(1)

    yield run
    for each in listening:
        each.close()


def test_the_kernel_says_who_listens(serve, tmp_path):
    serve()

    assert [(os.getpid(), os.getuid())] == listeners(":7.0", str(tmp_path))


def test_a_server_that_a_pupil_runs_themselves_is_no_screen(monkeypatch):
    mine = x11_server.Listener(os.getpid(), 1001)
    monkeypatch.setattr(x11_server, "listeners", lambda *_: [mine])
    with pytest.raises(DeviceFailed):
        check_server(":7", 1001, program=lambda _: "/home/may/Xvfb")
    check_server(":7", 1001, program=lambda _: SERVERS[0])
    with pytest.raises(DeviceFailed):
        check_server(":7", 1002, program=lambda _: SERVERS[0])


def test_a_second_socket_under_the_same_number_is_looked_at_too(serve, tmp_path, monkeypatch):
    serve()
    serve(abstract=True)
    found = listeners(":7", str(tmp_path))
    monkeypatch.setattr(
        x11_server, "listeners", lambda *_: [x11_server.Listener(1, 0), x11_server.Listener(2, 1001)]
    )

    assert 2 == len(found)
    with pytest.raises(DeviceFailed):
        check_server(":7", 1001, program=lambda _: "/usr/bin/python3")


def test_no_server_and_one_that_takes_nobody_are_refused(serve, tmp_path):
    serve(number=8)
    waiting = []
    try:
        for _ in range(4):
            one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            one.setblocking(False)
            waiting.append(one)
            try:
                one.connect(f"{tmp_path}/X8")
            except BlockingIOError:
                break
        with pytest.raises(DeviceFailed):
            listeners(":8", str(tmp_path))
    finally:
        for one in waiting:
            one.close()
    with pytest.raises(DeviceFailed):
        check_server(":9", 1001, folder=str(tmp_path))


def test_a_link_to_somebody_elses_socket_is_no_display(serve, tmp_path):
    serve(number=8)
    (tmp_path / "X7").symlink_to(tmp_path / "X8")
    with pytest.raises(DeviceFailed):
        check_server(":7", os.getuid(), folder=str(tmp_path))


def test_a_folder_of_a_pupils_own_is_not_looked_into(serve, tmp_path, monkeypatch):
    serve()
    monkeypatch.setattr(x11_server.os, "geteuid", lambda: os.getuid() + 7)
    if os.getuid() == 0:
        os.chown(tmp_path, 1001, 1001)
    with pytest.raises(DeviceFailed):
        listeners(":7", str(tmp_path))
