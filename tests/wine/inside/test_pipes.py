"""The real slice `pipes` and our two doors on it. Wine keeps no pipe's first instance apart: not asserted."""

import os
import secrets
import select
import subprocess
import sys
import threading

import pytest
import pywintypes
import win32file

from agent.backends import windows_public
from agent.backends.public_door import Peer
from agent.backends.win32api import pipes as real
from agent.backends.windows_link import Expected, ServiceEnd
from agent.backends.windows_pipes import PIPE_BUSY, public_sddl
from agent.errors import DeviceFailed
from tests.support.win32.pipes_contract import PipesContract

SECONDS = 30.0


def new_name() -> str:
    return rf"\\.\pipe\gatepost-{secrets.token_hex(8)}"


class TestTheRealOne(PipesContract):
    @pytest.fixture
    def pipes(self):
        return real

    @pytest.fixture
    def name(self):
        return new_name()


def test_an_instance_that_another_caller_took_first_is_waited_for_again(monkeypatch):
    name = new_name()
    server = real.create(name, public_sddl(), is_first=True, most=1)
    really_open, tries = win32file.CreateFile, []

    def open_second(*given):
        tries.append(given[0])
        if len(tries) == 1:
            raise pywintypes.error(PIPE_BUSY, "CreateFile", "All pipe instances are busy.")
        return really_open(*given)

    monkeypatch.setattr(win32file, "CreateFile", open_second)
    client = real.open(name, SECONDS)
    server.wait_for_client(SECONDS)
    client.write(b"hello\n", SECONDS)

    assert b"hello\n" == server.read(SECONDS)
    assert [name, name] == tries
    client.close()
    server.close()


def next_caller(listener):
    ready, _, _ = select.select([listener.fileno()], [], [], SECONDS)

    assert ready
    return listener.accept()


def test_another_process_is_heard_on_the_public_pipe_as_who_it_is():
    name = new_name()
    listener = windows_public.WindowsListener(name, real, lambda _sid: 70001)
    program = (
        "import sys; from agent.backends import windows_public as p; "
        "s = p.connect(sys.argv[1], 20.0); s.sendall(b'hello\\n'); print(s.recv(100)); s.close()"
    )
    child = subprocess.Popen([sys.executable, "-c", program, name], stdout=subprocess.PIPE)
    sock, peer = next_caller(listener)

    assert peer.pid == child.pid
    assert peer in (Peer(child.pid, 70001), Peer(child.pid, 0))

    sock.settimeout(SECONDS)

    assert b"hello\n" == sock.recv(100)

    sock.sendall(b"wait\n")

    assert b"b'wait\\n'" == child.communicate(timeout=SECONDS)[0].strip()
    assert b"" == sock.recv(100)
    sock.close()
    listener.close()


def test_many_callers_one_after_the_other_leave_nothing_behind():
    name = new_name()
    listener = windows_public.WindowsListener(name, real, lambda _sid: 70001)
    threads = threading.active_count()
    for _ in range(20):
        mine = windows_public.connect(name, SECONDS, service_pid=lambda: None)
        mine.sendall(b"x" * 100_000)
        sock, _peer = next_caller(listener)
        sock.settimeout(SECONDS)
        got = 0
        while got < 100_000:
            got += len(sock.recv(65536))
        sock.close()

        assert b"" == mine.recv(1)
        mine.close()
    listener.close()
    for thread in threading.enumerate():
        if thread.name in ("pipe-in", "pipe-out", "public-caller"):
            thread.join(SECONDS)

    assert threading.active_count() <= threads


def test_a_closed_listener_gives_its_name_back():
    name = new_name()
    listener = windows_public.WindowsListener(name, real, lambda _sid: 70001)
    listener.close()
    listener._serving.join(SECONDS)  # on a slow machine its thread may take longer than `close` waits
    with pytest.raises(DeviceFailed):
        windows_public.connect(name, 0.2, service_pid=lambda: None)


def test_only_the_started_process_is_heard_on_a_sessions_link():
    sid = "S-1-5-21-0-0-0-1000"
    told: list[str] = []
    heard = threading.Event()

    def on_stranger(problem: str) -> None:
        told.append(problem)
        heard.set()

    end = ServiceEnd(real, sid, on_stranger)
    program = (
        "import sys; from agent.backends import windows_link as l; sys.stdin.readline(); "
        "s = l.connect_to_service(sys.argv[1]); s.sendall(b'connected\\n'); print(s.recv(100))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, end.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    session = own_session()
    link = end.accept(Expected(child.pid, session, sid), lambda: child.poll() is None)
    link.settimeout(SECONDS)
    # We are it: the right user, another process. Opened only: it is thrown out before it could ask anything.
    stranger = real.open(end.name, SECONDS)

    assert heard.wait(SECONDS)
    assert ["another process than the session opened its link"] == told
    assert b"" == stranger.read(SECONDS)

    link.sendall(b"work\n")
    out, _ = child.communicate(b"now\n", timeout=SECONDS)

    assert b"connected\n" == link.recv(100)
    assert b"b'work\\n'" == out.strip()
    link.close()
    stranger.close()


def own_session() -> int:
    import win32ts

    return int(win32ts.ProcessIdToSessionId(os.getpid()))


def test_a_process_that_cannot_be_itself_again_ends_at_once():
    program = (
        "import pywintypes, win32security; from agent.backends.win32api import pipes\n"
        "def refuses(): raise pywintypes.error(5, 'RevertToSelf', 'no')\n"
        "win32security.RevertToSelf = refuses; pipes.be_ourselves(); print('goes on', flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=SECONDS, check=False)

    assert (1, b"", b"") == (done.returncode, done.stdout, done.stderr)
