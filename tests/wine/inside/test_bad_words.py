"""What hostile programs say on our real pipes: cut off, counted, believed in nothing."""

import contextlib
import os
import pickle
import queue
import secrets
import threading
from pathlib import Path

import pytest
import win32ts

from agent.backends import windows_link, windows_public
from agent.backends.clocks import SystemClock
from agent.backends.win32api import pipes
from agent.backends.windows_link import Expected, ServiceEnd
from agent.link import messages
from agent.service import facts
from agent.service.ears import MAX_CALLERS_OF_A_USER, Ears

SECONDS = 30.0


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


class Listening:
    def __init__(self) -> None:
        self.heard: queue.Queue[object] = queue.Queue()
        self.ears = Ears(SystemClock(), self.heard.put)
        self.name = rf"\\.\pipe\gatepost-{secrets.token_hex(8)}"
        self.ears.open_public(Path(self.name))
        self.thread = threading.Thread(target=self.ears.listen, daemon=True)
        self.thread.start()

    def connect(self):
        sock = windows_public.connect(self.name, SECONDS, service_pid=lambda: None)
        sock.settimeout(SECONDS)
        return sock

    def next(self, kind):
        while not isinstance(fact := self.heard.get(timeout=SECONDS), kind):
            pass
        return fact

    def close(self) -> None:
        self.ears.stop()
        self.thread.join(SECONDS)

        assert not self.thread.is_alive()


@pytest.fixture
def listening():
    made = Listening()
    yield made
    made.close()


def words(tmp_path: Path) -> dict[str, bytes]:
    return {
        "bytes that are no JSON": b"\0\xff\xfe\r\n\x80\x04\n",
        "a pickle that does something": pickle.dumps(Evil(tmp_path / "done")) + b"\n",
        "JSON that is no message": b'{"hook":"hello","display":"C:\\\\"}\n',
        "a line without an end": b"x" * (messages.MAX_UP_BYTES + 70_000),
        "deep JSON": b"[" * 9000 + b"\n",
    }


@pytest.mark.parametrize("which", words(Path()))
def test_garbage_on_the_public_pipe_is_cut_off_and_counted(listening, tmp_path, which):
    sock = listening.connect()
    with contextlib.suppress(OSError):  # cut off, perhaps in the middle
        sock.sendall(words(tmp_path)[which])

    assert isinstance(listening.next(facts.Misused).uid, int)
    assert is_over(sock)
    assert not (tmp_path / "done").exists()

    other = listening.connect()
    other.sendall(b'{"hook":"status"}\n')

    assert messages.StatusAsked() == listening.next(facts.PublicSaid).message
    other.close()


def is_over(sock) -> bool:
    try:
        return sock.recv(100) == b""
    except OSError:
        return True
    finally:
        sock.close()


def test_one_user_takes_no_more_places_than_are_theirs(listening):
    socks = [listening.connect() for _ in range(MAX_CALLERS_OF_A_USER)]
    for sock in socks:
        sock.sendall(b'{"hook":"status"}\n')
        listening.next(facts.PublicSaid)
    one_more = listening.connect()
    one_more.sendall(b'{"hook":"status"}\n')

    assert "too many connections at once" == listening.next(facts.Misused).problem
    assert is_over(one_more)
    for sock in socks:
        sock.close()


@pytest.mark.parametrize("which", words(Path()))
def test_garbage_on_a_sessions_link_ends_it(listening, tmp_path, which):
    sid = "S-1-5-21-0-0-0-1000"
    end = ServiceEnd(pipes, sid, lambda problem: pytest.fail(problem))
    session = int(win32ts.ProcessIdToSessionId(os.getpid()))
    link = end.accept(Expected(os.getpid(), session, sid), lambda: True)
    listening.ears.hear_session(7, link)
    ours = windows_link.connect_to_service(end.name)
    ours.settimeout(SECONDS)
    with contextlib.suppress(OSError):  # cut off, perhaps in the middle
        ours.sendall(words(tmp_path)[which])
    gone = listening.next(facts.SessionGone)

    assert 7 == gone.session
    assert gone.misuse
    assert is_over(ours)
    assert not (tmp_path / "done").exists()
