"""Processes of Windows are never mistaken for one another, and a login's are ended, all of them."""

import pytest

from agent.backends.device import Anchor
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_accounts import uid_of_sid
from agent.backends.windows_processes import GIVE_UP_SECONDS, Ending, Processes, status_of
from agent.errors import DeviceFailed
from tests.support.win32.fake_processes import SYSTEM, FakeProcesses
from tests.support.win32.fake_sessions import FakeSessions

MAY = "S-1-5-21-1-2-3-1107"
TOM = "S-1-5-21-1-2-3-1200"


class House:
    def __init__(self):
        self.calls = FakeProcesses()
        self.processes = Processes(self.calls)
        self.sessions = FakeSessions(self.calls)
        self.seconds = 0.0
        self.ending = Ending(self.sessions, self.processes, clock=lambda: self.seconds, rest=self.rest)

    def rest(self, seconds):
        self.seconds += seconds

    def anchor(self, process):
        return Anchor(process.pid, process.made)

    def living(self, sid):
        return [each.name for each in self.calls.all.values() if each.sid == sid and each.code is None]


@pytest.fixture
def house():
    house = House()
    yield house
    assert house.calls.open_handles == 0


def test_a_pid_given_to_another_process_is_not_the_one_that_was_meant(house):
    first = house.calls.run("notepad.exe", sid=MAY)
    anchor = house.processes.anchor(first.pid)
    house.calls.exit(first)
    house.calls.run("other.exe", sid=MAY, pid=first.pid)

    assert anchor == house.anchor(first)
    assert not house.processes.is_alive(anchor)
    assert house.processes.hold(anchor) is None


def test_a_pid_given_away_between_looking_and_ending_ends_nobody(house):
    first = house.calls.run("notepad.exe", sid=MAY)
    anchor = house.anchor(first)
    taken = []

    def give_away(pid):
        if pid == first.pid and not taken:
            house.calls.exit(first)
            taken.append(house.calls.run("stranger.exe", sid=TOM, pid=pid))

    house.calls.on_open = give_away
    house.processes.end(anchor)

    assert [] == house.calls.ended
    assert taken[0].code is None


def test_an_ended_process_whose_pid_is_still_held_does_not_run(house):
    process = house.calls.run("notepad.exe", sid=MAY)
    held = house.processes.hold(house.anchor(process))
    house.calls.exit(process)

    assert not house.processes.is_alive(house.anchor(process))
    assert house.processes.anchor(process.pid) is None
    house.calls.close(held)


def test_a_process_the_system_guards_is_alive_though_it_may_not_be_ended(house):
    leader = house.sessions.log_in(1, "May", MAY)

    assert house.processes.is_alive(house.anchor(leader))
    house.calls.exit(leader)
    assert not house.processes.is_alive(house.anchor(leader))


def test_when_windows_lets_nobody_look_nothing_counts_as_running(house):
    process = house.calls.run("notepad.exe", sid=MAY)
    house.calls.fail["OpenProcess"] = ACCESS_DENIED

    assert not house.processes.is_alive(house.anchor(process))
    assert house.processes.look(process.pid) is None


@pytest.mark.parametrize(
    ("code", "status"),
    [(None, None), (0, 0), (1, 1), (259, 259), (0xFFFFFFF7, -9), (0xC0000005, -1073741819)],
)
def test_a_kill_or_a_crash_is_never_a_right_password(code, status):
    assert status == status_of(code)


def test_ending_a_login_signs_its_session_out_and_leaves_the_others(house):
    house.sessions.log_in(1, "May", MAY)
    house.calls.run("explorer.exe", 1, sid=MAY)
    house.sessions.log_in(2, "tom", TOM)
    house.calls.run("explorer.exe", 2, sid=TOM)

    count = house.ending.end_processes(uid_of_sid(MAY), [])

    assert [1] == house.sessions.logged_off
    assert count in (0, 1)
    assert ["explorer.exe"] == house.living(TOM)


def test_what_windows_does_not_sign_out_is_ended_one_by_one(house):
    house.sessions.log_in(1, "May", MAY)
    house.calls.run("game.exe", 1, sid=MAY)
    house.sessions.stuck.add(1)
    rest = house.rest

    def rest_and_end(seconds):
        rest(seconds)
        if not house.living(MAY):
            house.sessions.end(1)

    house.ending._rest = rest_and_end

    assert house.ending.end_processes(uid_of_sid(MAY), []) == 1
    assert ["game.exe"] == [each.name for each in house.calls.ended]


def test_windows_is_given_time_to_sign_out_before_programs_are_ended(house):
    house.sessions.log_in(1, "May", MAY)
    house.calls.run("word.exe", 1, sid=MAY)
    house.sessions.stuck.add(1)
    ended_at = []

    def rest(seconds):
        house.rest(seconds)
        if house.calls.ended and not ended_at:
            ended_at.append(house.seconds)
            house.sessions.end(1)

    house.ending._rest = rest
    house.ending.end_processes(uid_of_sid(MAY), [])

    assert ended_at[0] >= 4.0


def test_a_kept_process_keeps_its_whole_session_and_the_users_other_one_ends(house):
    house.sessions.log_in(1, "May", MAY)
    old = house.calls.run("explorer.exe", 1, sid=MAY)
    leader = house.sessions.log_in(3, "May", MAY)
    new = house.calls.run("gatepost-session.exe", 3, sid=MAY)

    house.ending.end_processes(uid_of_sid(MAY), [house.anchor(leader)])

    assert [1] == house.sessions.logged_off
    assert old.pid not in house.calls.all
    assert new.code is None


def test_a_kept_process_that_has_ended_keeps_nothing(house):
    house.sessions.log_in(1, "May", MAY)
    session = house.calls.run("gatepost-session.exe", 1, sid=MAY)
    anchor = house.anchor(session)
    house.calls.exit(session)

    house.ending.end_processes(uid_of_sid(MAY), [anchor])

    assert [1] == house.sessions.logged_off


def test_what_a_pupil_left_among_the_services_is_ended_too_and_nobody_elses(house):
    task = house.calls.run("miner.exe", 0, sid=MAY)
    system = house.calls.run("svchost.exe", 0, sid=SYSTEM)
    other = house.calls.run("backup.exe", 0, sid=TOM)

    assert house.ending.end_processes(uid_of_sid(MAY), []) == 1
    assert [task] == house.calls.ended
    assert system.code is None
    assert other.code is None


def test_a_login_that_will_not_end_is_a_failure_said_in_time(house):
    house.sessions.log_in(1, "May", MAY)
    stubborn = house.calls.run("stuck.exe", 1, sid=MAY)
    stubborn.survives = True
    house.sessions.stuck.add(1)

    with pytest.raises(DeviceFailed, match="would not end"):
        house.ending.end_processes(uid_of_sid(MAY), [])

    assert GIVE_UP_SECONDS <= house.seconds <= GIVE_UP_SECONDS + 1


def test_a_refused_sign_out_still_ends_the_programs(house):
    house.sessions.log_in(1, "May", MAY)
    house.calls.run("game.exe", 1, sid=MAY)
    house.sessions.fail["WTSLogoffSession"] = 1314

    def rest(seconds):
        house.rest(seconds)
        if not house.living(MAY):
            house.sessions.end(1)

    house.ending._rest = rest

    assert house.ending.end_processes(uid_of_sid(MAY), []) == 1


def test_the_system_is_never_ended(house):
    house.calls.run("svchost.exe", 0, sid=SYSTEM)

    with pytest.raises(DeviceFailed):
        house.ending.end_processes(0, [])

    assert [] == house.calls.ended


def test_without_a_list_of_sessions_nothing_is_ended(house):
    house.sessions.log_in(1, "May", MAY)
    house.calls.run("explorer.exe", 1, sid=MAY)
    house.sessions.fail["WTSEnumerateSessions"] = ACCESS_DENIED

    with pytest.raises(WinProblem):
        house.ending.end_processes(uid_of_sid(MAY), [])

    assert ["explorer.exe"] == house.living(MAY)
