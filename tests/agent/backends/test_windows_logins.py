"""Who is logged in on Windows, and what stands for each login."""

import pytest

from agent.backends.device import Anchor, Seat
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_accounts import Accounts, uid_of_sid
from agent.backends.windows_logins import Logins, parse_display, session_of_seat
from agent.backends.windows_processes import Processes
from agent.errors import DeviceFailed
from tests.support.win32.fake_processes import SYSTEM, FakeProcesses
from tests.support.win32.fake_registry import FakeRegistry
from tests.support.win32.fake_security import FakeSecurity
from tests.support.win32.fake_sessions import FakeSessions

MAY = "S-1-5-21-1-2-3-1107"
TOM = "S-1-5-21-1-2-3-1200"


class House:
    def __init__(self):
        self.processes = FakeProcesses()
        self.sessions = FakeSessions(self.processes)
        self.security = FakeSecurity({MAY: ("SCHOOL", "May"), TOM: ("SCHOOL", "tom")})
        self.accounts = Accounts(FakeRegistry(), self.security, self.sessions)
        self.logins = Logins(self.sessions, Processes(self.processes), self.accounts)


@pytest.fixture
def house():
    house = House()
    yield house
    assert house.processes.open_handles == 0


def test_a_login_is_its_session_and_ends_with_its_winlogon(house):
    leader = house.sessions.log_in(1, "May", MAY)

    (seen,) = house.logins.look()

    assert (uid_of_sid(MAY), "may", "other") == (seen.uid, seen.os_user, seen.kind)
    assert Anchor(leader.pid, leader.made) == seen.leader


def test_the_sign_in_screen_and_the_systems_own_sessions_are_nobodys(house):
    house.sessions.log_in(1, "", "")
    house.sessions.log_in(2, "DWM-2", "S-1-5-90-0-2")

    assert [] == house.logins.look()


def test_fast_user_switching_leaves_two_logins(house):
    house.sessions.log_in(1, "May", MAY)
    house.sessions.log_in(2, "tom", TOM)
    house.sessions.switch_away(1)

    assert ["may", "tom"] == [seen.os_user for seen in house.logins.look()]


def test_a_pupils_program_called_winlogon_leads_nothing(house):
    house.sessions.log_in(1, "May", MAY)
    forged = house.processes.run("WinLogon.exe", 1, sid=MAY)
    for process in list(house.processes.all.values()):
        if process is not forged:
            house.processes.exit(process)

    assert [] == house.logins.look()
    assert house.logins.leader_of(1) is None


def test_a_session_number_used_again_has_another_leader(house):
    house.sessions.log_in(1, "May", MAY)
    (before,) = house.logins.look()
    house.sessions.end(1)
    house.sessions.log_in(1, "May", MAY)

    (now,) = house.logins.look()

    assert before.leader != now.leader
    assert before.key != now.key


def test_whatever_runs_in_a_session_stands_below_its_leader_and_is_the_users(house):
    leader = house.sessions.log_in(1, "May", MAY)
    hook = house.processes.run("gatepost-userinit.exe", 1, sid=MAY, parent=99999)

    (above,) = house.logins.ancestors(hook.pid)

    assert leader.pid == above.pid
    assert () == house.logins.ancestors(leader.pid)
    assert uid_of_sid(MAY) == house.logins.uid_of(hook.pid) == house.logins.uid_of(above.pid)


def test_a_program_run_as_another_in_somebodys_session_is_not_at_that_users_gate(house):
    leader = house.sessions.log_in(1, "May", MAY)
    other = house.processes.run("gatepost-agent.exe", 1, sid=TOM)

    assert house.logins.uid_of(other.pid) != house.logins.uid_of(leader.pid)


def test_nobody_is_logged_in_behind_a_process_that_has_ended(house):
    assert house.logins.uid_of(4242) is None
    assert () == house.logins.ancestors(4242)


def test_a_shell_from_afar_is_a_login_of_its_own(house):
    door = house.processes.run("sshd.exe", 0, sid=SYSTEM)
    shell = house.processes.run("sshd.exe", 0, sid=MAY, parent=door.pid)
    house.processes.run("cmd.exe", 0, sid=MAY, parent=shell.pid)

    (seen,) = [each for each in house.logins.look() if each.kind == "ssh" and each.leader.pid == shell.pid]

    assert uid_of_sid(MAY) == seen.uid
    assert door.pid in [anchor.pid for anchor in house.logins.ancestors(shell.pid)]


def test_a_shell_from_afar_is_seen_whatever_openssh_calls_its_door_since(house):
    listens = house.processes.run("sshd.exe", 0, sid=SYSTEM)
    door = house.processes.run("sshd-session.exe", 0, sid=SYSTEM, parent=listens.pid)
    shell = house.processes.run("sshd-session.exe", 0, sid=MAY, parent=door.pid)

    assert [shell.pid] == [each.leader.pid for each in house.logins.look()]


def test_a_program_that_got_the_number_of_an_ended_leader_is_its_own_users(house):
    leader = house.sessions.log_in(1, "May", MAY)
    house.logins.look()
    house.sessions.end(1)
    later = house.processes.run("game.exe", 2, sid=TOM, pid=leader.pid)

    assert uid_of_sid(TOM) == house.logins.uid_of(later.pid)


def test_a_pupils_own_program_called_sshd_opens_no_login(house):
    forged = house.processes.run("sshd.exe", 0, sid=MAY)
    house.processes.run("cmd.exe", 0, sid=TOM, parent=forged.pid)

    assert [] == house.logins.look()


def test_a_parent_younger_than_its_child_is_somebody_elses_number(house):
    child = house.processes.run("cmd.exe", 0, sid=MAY, parent=5000)
    house.processes.run("sshd.exe", 0, sid=SYSTEM, pid=5000)

    assert () == house.logins.ancestors(child.pid)
    assert [] == house.logins.look()


def test_a_list_that_windows_refuses_is_a_failure_and_not_an_empty_house(house):
    house.sessions.log_in(1, "May", MAY)
    house.sessions.fail["WTSEnumerateSessions"] = ACCESS_DENIED

    with pytest.raises(WinProblem, match="error 5"):
        house.logins.look()


@pytest.mark.parametrize("display", ["", ":", "1", ":x", ":-1", ":123456", ":٣", ":1.0"])
def test_a_display_that_names_no_session_is_refused(house, display):
    assert parse_display(display) is None
    with pytest.raises(DeviceFailed):
        session_of_seat(house.sessions, Seat(1001, display, b"", {}))


def test_a_hook_may_not_name_another_users_session(house):
    house.sessions.log_in(1, "May", MAY)
    house.sessions.log_in(2, "tom", TOM)
    seat = Seat(uid_of_sid(MAY), ":1", b"", {})

    assert session_of_seat(house.sessions, seat) == 1
    for display in (":2", ":0", ":7"):
        with pytest.raises(DeviceFailed):
            session_of_seat(house.sessions, seat._replace(display=display))
