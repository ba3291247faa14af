"""Whom to end, and that they end: the stopped, the deaf and the orphaned too."""

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import linux_processes as lp
from agent.backends.device import Anchor
from agent.errors import DeviceFailed

PUPIL, OTHER = 1001, 1002


def process(pid, parent, uid=PUPIL, name="app", started=0):
    return pid, lp.Process(Anchor(pid, started or pid * 10), parent, name, uid)


def anchors(*pids):
    return [Anchor(pid, pid * 10) for pid in pids]


HOUSE = dict(
    [
        process(2, 1, 0, "lightdm"),
        process(10, 2, PUPIL, "sh"),
        process(11, 10, PUPIL, "openbox"),
        process(12, 11, PUPIL, "firefox"),
        process(20, 1, PUPIL, "left-over"),
        process(21, 20, PUPIL, "left-over-child"),
        process(30, 1, OTHER, "somebody"),
        process(40, 1, PUPIL, "systemd"),
        process(41, 40, PUPIL, "(sd-pam)"),
        process(42, 40, PUPIL, "dbus-daemon"),
        process(43, 20, PUPIL, "dbus-daemon"),
    ]
)


PROGRAMS = {
    40: lp._MANAGER_PROGRAMS[0],
    41: lp._MANAGER_PROGRAMS[0],
    42: "/usr/bin/dbus-daemon",
    43: "/usr/bin/dbus-daemon",
}


def chosen_pids(house, keep, programs):
    chosen = lp.decide_whom_to_end(house, PUPIL, keep, lambda pid: programs.get(pid, "/home/may/systemd"))
    return {found.anchor.pid for found in chosen}


def test_leftovers_are_chosen_and_the_login_is_kept():
    assert {20, 21, 43} == chosen_pids(HOUSE, anchors(10), PROGRAMS)


def test_without_anything_to_keep_all_but_the_users_own_manager_go():
    assert {10, 11, 12, 20, 21, 43} == chosen_pids(HOUSE, [], PROGRAMS)


def test_a_reused_pid_keeps_nobody():
    assert 10 in chosen_pids(HOUSE, [Anchor(10, 999)], PROGRAMS)


def test_a_taken_name_does_not_spare():
    house = dict([process(50, 1, PUPIL, "systemd"), process(51, 50, PUPIL, "dbus-daemon")])

    assert {50, 51} == chosen_pids(house, [], {})


def test_a_login_that_the_system_opens_during_the_ending_is_no_leftover():
    house = HOUSE | dict(
        [
            process(60, 2, PUPIL, "sh", started=600),
            process(61, 60, PUPIL, "openbox", started=601),
            process(62, 12, PUPIL, "child-of-old", started=602),
            process(63, 1, PUPIL, "left-to-init", started=603),
            process(64, 30, PUPIL, "from-another-pupil", started=604),
        ]
    )
    chosen = lp.decide_whom_to_end(
        house, PUPIL, [], lambda pid: PROGRAMS.get(pid, "/home/may/systemd"), begun_ticks=500
    )

    assert {10, 11, 12, 20, 21, 43, 62, 63, 64} == {found.anchor.pid for found in chosen}


@given(st.text(alphabet="ab() \n1", max_size=15))
def test_a_hostile_name_in_stat_hides_nothing(name):
    fields = " ".join(str(number) for number in range(7, 7 + 40))
    line = f"42 ({name}) S 17 {fields}"

    assert (name, "S", 17) == lp.parse_stat(line)[:3]


@given(st.text(max_size=60))
def test_nonsense_in_stat_is_a_value_error_or_read(text):
    try:
        lp.parse_stat(text)
    except ValueError:
        return


def test_the_processes_of_root_are_never_ended():
    with pytest.raises(DeviceFailed):
        lp.end_processes(0, [])


def test_our_own_process_is_seen_with_its_parents():
    me = lp.read_process(os.getpid())

    assert me is not None
    assert os.getuid() == me.uid
    assert lp.is_alive(me.anchor)
    assert os.getppid() == lp.ancestors(os.getpid())[0].pid


def test_a_watch_becomes_readable_when_the_process_ends():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    anchor = lp.read_process(child.pid).anchor
    pidfd = lp.watch(anchor)
    try:
        before = lp.wait_for(pidfd, 0.0)
        child.communicate()

        assert (False, True) == (before, lp.wait_for(pidfd, 30.0))
        assert lp.watch(anchor) is None
    finally:
        os.close(pidfd)


@pytest.mark.account
def test_a_stopped_and_a_deaf_process_end_too(demo_account, monkeypatch):
    monkeypatch.setattr(lp, "GIVE_UP_SECONDS", 60.0)  # that they end, not how fast this machine is

    def start(code):
        return subprocess.Popen(
            ["/bin/sh", "-c", code],
            user=demo_account.uid,
            group=demo_account.gid,
            extra_groups=[],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    deaf = start("trap '' TERM HUP; echo up; while :; do sleep 0.1; done")
    stopped = start("echo up; kill -STOP $$; sleep 100")
    kept = start("echo up; exec sleep 100")
    try:
        for child in (deaf, stopped, kept):
            child.stdout.readline()
        ended = lp.end_processes(demo_account.uid, [lp.read_process(kept.pid).anchor])

        assert ended >= 2
        assert -signal.SIGKILL == deaf.wait(30)
        assert stopped.wait(30) in (-signal.SIGTERM, -signal.SIGKILL)
        assert kept.poll() is None
    finally:
        for child in (deaf, stopped, kept):
            child.kill()
            child.wait()
            child.stdout.close()
