"""Programs of ours in a user's session: what they are given, and how their end is known."""

import select

import pytest

from agent.backends import waiting
from agent.backends.windows_start import KILLED, Starter, child_environment, process_guard
from agent.errors import DeviceFailed
from tests.support.win32.fake_pipes import FakePipes, Program
from tests.support.win32.fake_start import FakeStart, WaitedFor

SECONDS = 30.0
MAY = "S-1-5-21-1-2-3-1001"
UIDS = {MAY: 70001, "S-1-5-18": 0}


@pytest.fixture
def processes():
    return WaitedFor()


@pytest.fixture
def calls(processes):
    return FakeStart(processes, {2: MAY, 3: "S-1-5-18"})


@pytest.fixture
def pipes():
    return FakePipes()


@pytest.fixture
def starter(calls, processes, pipes):
    return Starter(UIDS.__getitem__, calls=calls, handles=processes, pipes=pipes)


def running(processes, child):
    return processes.all[child.anchor.pid]


def wait_for_end(child):
    ready, _, _ = select.select([child.pidfd], [], [], SECONDS)

    assert [child.pidfd] == ready


def test_a_child_is_known_by_its_process_and_its_birth(starter, processes):
    child = starter.start(2, 70001, ["lock-windows"])

    assert running(processes, child).made == child.anchor.started
    assert starter.reap(child) is None

    starter.kill(child)
    wait_for_end(child)

    assert KILLED == starter.reap(child)


@pytest.mark.parametrize("code", [0, 1, 0xC0000005])
def test_how_a_child_ended_is_told_once_and_nothing_stays_open(starter, processes, code):
    child = starter.start(2, 70001, ["lock-windows"])
    processes.exit(running(processes, child), code)
    wait_for_end(child)

    assert code == starter.reap(child)
    assert starter.reap(child) is None
    assert 0 == processes.open_handles


def test_a_session_is_in_a_job_of_its_own_that_is_ended_whole(starter, calls, processes):
    child, sock = starter.start_session(2, 70001, ["--", "--theme", "dark"])

    assert calls.started[0][4]

    starter.kill(child)
    wait_for_end(child)

    assert 1 == len(calls.ended_jobs)
    assert KILLED == starter.reap(child)
    sock.close()


def test_a_lock_outlives_the_service_that_started_it(starter, calls):
    starter.kill(starter.start(2, 70001, ["lock-windows"]))

    assert not calls.started[0][4]


def test_the_session_is_told_the_name_of_its_link_and_heard_on_it(starter, calls, pipes):
    child, sock = starter.start_session(2, 70001, ["--patience", "20"])
    command = calls.started[0][1]
    name = command[command.index("--pipe") + 1]

    assert pipes.made[0].name == name
    assert ["session", "--pipe", name, "--patience", "20"] == command[command.index("session") :]

    pipes.open_as(Program(child.anchor.pid, 2, MAY), name).write(b"connected\n", SECONDS)
    select.select([sock], [], [], SECONDS)

    assert b"connected\n" == sock.recv(100)
    sock.close()
    starter.kill(child)


def test_a_stranger_on_the_link_is_told_of_with_the_users_number(starter, pipes):
    told: list[tuple[int, str]] = []
    starter.on_stranger = lambda uid, problem: told.append((uid, problem))
    child, sock = starter.start_session(2, 70001)
    stranger = pipes.open_as(Program(1, 2, MAY), pipes.made[0].name)
    stranger.read(SECONDS)

    assert [(70001, "another process than the session opened its link")] == told
    sock.close()
    starter.kill(child)


def test_a_session_that_has_ended_is_not_heard_through_its_number(starter, calls, pipes, processes):
    told: list[tuple[int, str]] = []
    starter.on_stranger = lambda uid, problem: told.append((uid, problem))
    child, sock = starter.start_session(2, 70001)
    processes.exit(running(processes, child), 1)
    wait_for_end(child)
    starter.reap(child)
    processes.give_again(calls.given[0].process, processes.run("other.exe", pid=child.anchor.pid))
    pipes.open_as(Program(child.anchor.pid, 2, MAY), pipes.made[0].name).read(SECONDS)

    assert [(70001, "the session had ended when somebody opened its link")] == told
    sock.close()


def test_nothing_is_started_for_somebody_else_than_was_meant(starter, calls):
    calls.users[2] = "S-1-5-18"
    for uid in (70001, 0):
        with pytest.raises(DeviceFailed):
            starter.start(2, uid, ["session"])

    assert [] == calls.started


@pytest.mark.parametrize("function", ["WTSQueryUserToken", "CreateEnvironmentBlock", "CreateProcessAsUser"])
@pytest.mark.parametrize("code", [2, 5, 1314])
def test_a_call_that_fails_starts_nothing_and_leaves_nothing(
    starter, calls, pipes, processes, function, code
):
    calls.fail[function] = code
    with pytest.raises(DeviceFailed):
        starter.start_session(2, 70001)

    assert 0 == processes.open_handles
    assert all(made._closed.is_set() for made in pipes.made)


def test_a_child_that_cannot_be_watched_is_ended(starter, processes):
    processes.fail["GetProcessTimes"] = 5
    with pytest.raises(DeviceFailed):
        starter.start(2, 70001, ["lock-windows"])

    assert 1 == len(processes.ended)
    assert 0 == processes.open_handles


def test_a_child_that_windows_will_not_tell_of_counts_as_killed(starter, processes):
    child = starter.start(2, 70001, ["lock-windows"])
    processes.fail["GetExitCodeProcess"] = 6

    assert KILLED == starter.reap(child)


def test_a_child_that_ended_meanwhile_is_killed_without_complaint(starter, calls, processes):
    calls.fail["TerminateJobObject"] = 5
    processes.fail["TerminateProcess"] = 5
    child, sock = starter.start_session(2, 70001)
    starter.kill(child)

    assert starter.reap(child) is None
    sock.close()
    waiting.close_waitable(child.pidfd)


def test_a_variable_that_the_pupil_set_reaches_no_program_of_ours():
    machine = {"SystemRoot": "W", "Path": "system", "TEMP": "machine", "PATHEXT": ".EXE"}
    user = {
        "USERPROFILE": "home", "Path": "evil", "PYTHONPATH": "evil", "temp": "own",
        "WEBVIEW2_BROWSER_EXECUTABLE_FOLDER": "evil", "SystemRoot": "evil",
    }  # fmt: skip

    assert {
        "SystemRoot": "W", "Path": "system", "PATHEXT": ".EXE", "USERPROFILE": "home", "TEMP": "own",
    } == child_environment(machine, user)  # fmt: skip


def test_other_programs_of_the_same_user_may_look_at_ours_and_wait_for_it_only():
    assert f"O:BAG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x101000;;;{MAY})" == process_guard(MAY)
    with pytest.raises(ValueError):
        process_guard("WD")
