"""The real slice `start` and our starter on it. Wine has one account and one session: neither is asserted."""

import os
import select
import sys
import threading
import time
from pathlib import Path

import pytest
import win32ts

from agent.backends import waiting, windows_pumps
from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import processes, start
from agent.backends.windows_start import KILLED, Starter, child_environment, process_guard

SECONDS = 60.0
UID = 70001
ROOT = str(Path(__file__).parents[3])


@pytest.fixture
def session():
    return int(win32ts.ProcessIdToSessionId(os.getpid()))


def starter_of(program: str) -> Starter:
    """A starter that starts this instead of the agent."""
    return Starter(lambda _sid: UID, command=lambda *given: [sys.executable, "-c", program, *given])


def wait_for_end(child):
    ready, _, _ = select.select([child.pidfd], [], [], SECONDS)

    assert ready


def test_a_program_runs_in_the_users_session_with_the_environment_it_was_given(session, tmp_path):
    sid = start.user_sid(session)
    environment = child_environment(*start.environments(session))
    out = tmp_path / "ışık.txt"
    program = "import os, sys; open(sys.argv[1], 'w', encoding='utf-8').write(os.environ['GATEPOST_TRY'])"
    started = start.start_in_session(
        session,
        [sys.executable, "-c", program, str(out)],
        environment | {"GATEPOST_TRY": "İnce"},
        process_guard(sid),
        dies_with_us=True,
    )

    assert processes.wait(started.process, int(SECONDS * 1000))
    assert 0 == processes.exit_code(started.process)
    assert "İnce" == out.read_text(encoding="utf-8")
    assert processes.created_at(started.process) > 0
    for handle in (started.process, started.job):
        processes.close(handle)


def test_a_program_ends_with_our_last_handle_to_its_job(session):
    started = start.start_in_session(
        session,
        [sys.executable, "-c", "import time; time.sleep(600)"],
        child_environment(*start.environments(session)),
        process_guard(start.user_sid(session)),
        dies_with_us=True,
    )
    waitable = windows_pumps.ended_waitable(started.process)
    processes.close(started.job)
    ready, _, _ = select.select([waitable], [], [], SECONDS)

    assert ready
    processes.close(started.process)
    waiting.close_waitable(waitable)


def test_a_session_is_started_heard_and_killed(session):
    starter = starter_of(
        f"import sys; sys.path.insert(0, {ROOT!r}); from agent.backends import windows_link as l; "
        "s = l.connect_to_service(sys.argv[3]); s.sendall(b'connected\\n'); "
        "print(s.recv(100)); s.recv(100); sys.exit(3)"
    )
    child, sock = starter.start_session(session, UID)
    assert starter.reap(child) is None

    ready, _, _ = select.select([sock], [], [], SECONDS)
    assert ready
    assert b"connected\n" == sock.recv(100)

    sock.setblocking(True)
    sock.sendall(b"work\n")
    starter.kill(child)
    wait_for_end(child)

    assert KILLED == starter.reap(child)
    sock.settimeout(SECONDS)
    assert b"" == sock.recv(100)
    sock.close()


def test_how_a_program_ended_is_told(session):
    starter = starter_of("import sys; sys.exit(7)")
    child = starter.start(session, UID, ["lock-windows"])
    wait_for_end(child)

    assert 7 == starter.reap(child)


def test_the_end_of_a_process_is_not_missed_by_many_who_wait(session):
    starter = starter_of("pass")
    children = [starter.start(session, UID, []) for _ in range(3)]
    for child in children:
        wait_for_end(child)

        assert 0 == starter.reap(child)

    until = time.monotonic() + SECONDS
    while any(thread.name == "process-end" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_program_that_is_not_there_is_a_problem_with_its_code(session):
    with pytest.raises(WinProblem) as caught:
        start.start_in_session(
            session, [r"C:\none\such.exe"], {}, process_guard("S-1-5-18"), dies_with_us=False
        )

    assert caught.value.code in (2, 3)
