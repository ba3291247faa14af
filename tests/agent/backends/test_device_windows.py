"""The device door on Windows, whole, over a Windows in memory."""

import inspect
import os
import select
import socket

import pytest

from agent.backends import device as device_door
from agent.backends import waiting, windows_pumps
from agent.backends.device import Anchor, LockLook, Seat
from agent.backends.device_windows import LOCKER, NOT_BELIEVED, Api, WindowsDevice, real_api
from agent.backends.win32_problem import ACCESS_DENIED
from agent.backends.windows_accounts import uid_of_sid
from agent.backends.windows_events import Hub
from agent.backends.windows_slices import OWN_KEY, POLICIES_KEY, WINLOGON_KEY
from agent.backends.windows_start import Starter
from agent.errors import DeviceFailed
from agent.paths import Config
from tests.support.fake_usb import FakeUsb
from tests.support.win32.fake_firmware import FakeFirmware, FakeManagement, FakeSpeech
from tests.support.win32.fake_pipes import FakePipes
from tests.support.win32.fake_processes import SYSTEM
from tests.support.win32.fake_registry import FakeRegistry
from tests.support.win32.fake_security import FakeSecurity
from tests.support.win32.fake_sessions import FakeSessions
from tests.support.win32.fake_start import FakeStart, WaitedFor

MAY = "S-1-5-21-1-2-3-1107"
TOM = "S-1-5-21-1-2-3-1200"
USERINIT = r"C:\Windows\system32\userinit.exe,"
HOOK = r"C:\Program Files\Gatepost\gatepost-userinit.exe"
SECONDS = 30.0


class House:
    """One Windows laptop with two pupils."""

    def __init__(self, tmp_path):
        self.processes = WaitedFor()
        self.sessions = FakeSessions(self.processes)
        self.registry = FakeRegistry({WINLOGON_KEY: {"Userinit": USERINIT}})
        self.speech = FakeSpeech()
        self.hub = Hub()
        self.users = {}
        self.starts = FakeStart(self.processes, self.users)
        security = FakeSecurity({MAY: ("SCHOOL", "May"), TOM: ("SCHOOL", "tom")})
        api = Api(
            self.registry,
            self.processes,
            self.sessions,
            security,
            FakeFirmware(),
            self.speech,
            FakeManagement(),
        )
        pipes = FakePipes()
        starter = Starter(uid_of_sid, calls=self.starts, handles=self.processes, pipes=pipes)
        config = Config(state_dir=str(tmp_path), run_dir=str(tmp_path))
        self.device = WindowsDevice(
            config, tmp_path / "agent.toml", api=api, starter=starter, usb=FakeUsb(), hub=self.hub
        )

    def log_in(self, session, sid, name):
        self.users[session] = sid
        return self.sessions.log_in(session, name, sid)

    def seat(self, session, sid):
        return Seat(uid_of_sid(sid), f":{session}", b"", {})

    def locks(self, session, sid):
        """Lock this screen as the service would; return the child."""
        child = self.device.start_locker(self.seat(session, sid), LockLook())
        self.sessions.locked[session] = "locked"
        return child

    def ends(self, child, code):
        self.processes.exit(self.processes.all[child.anchor.pid], code)
        ready, _, _ = select.select([child.pidfd], [], [], SECONDS)

        assert ready


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.log_in(1, MAY, "May")
    house.log_in(2, TOM, "tom")
    return house


def test_it_keeps_every_promise_of_the_door():
    def promises(found):
        return {
            name: list(inspect.signature(each).parameters)
            for name, each in inspect.getmembers(found, inspect.isfunction)
            if not name.startswith("_")
        }

    wanted, real = promises(device_door.Device), promises(WindowsDevice)

    assert wanted == {name: found for name, found in real.items() if name in wanted}


def test_elsewhere_there_is_no_windows_to_ask():
    with pytest.raises(DeviceFailed, match="only Windows"):
        real_api()


def test_a_hook_at_the_gate_is_its_sessions_user_below_a_leader_that_ends_with_it(house):
    hook = house.processes.run("gatepost-agent.exe", 1, sid=MAY)
    (leader,) = house.device.ancestors(hook.pid)

    assert uid_of_sid(MAY) == house.device.uid_of(hook.pid) == house.device.uid_of(leader.pid)
    assert house.device.is_alive(leader)
    watched = house.device.watch(leader)
    house.sessions.end(1)
    ready, _, _ = select.select([watched], [], [], SECONDS)
    waiting.close_waitable(watched)

    assert [watched] == ready
    assert house.device.watch(leader) is None
    assert ["tom"] == [seen.os_user for seen in house.device.logins()]


def test_a_program_that_takes_every_port_of_the_machine_keeps_no_screen_open(house, monkeypatch):
    ports = [True]

    def make():
        if not ports:
            raise OSError("no port is free")
        return socket.socketpair()

    spare = waiting.SparePairs(make)
    spare.fill()
    monkeypatch.setattr(windows_pumps, "SPARE", spare)
    monkeypatch.setattr(waiting, "socket_pair", make)
    ports.clear()
    child = house.locks(1, MAY)

    assert house.device.locker_holds(house.seat(1, MAY), child.anchor)
    house.ends(child, 3)
    assert 3 == house.device.reap(child)
    for _ in range(waiting.SPARE_PAIRS - 1):
        for end in spare.take():
            end.close()


def test_a_lock_is_believed_only_when_windows_itself_says_locked(house):
    seat = house.seat(1, MAY)
    child = house.device.start_locker(seat, LockLook())

    assert LOCKER == child.name
    assert not house.device.locker_holds(seat, child.anchor)

    house.sessions.locked[1] = "locked"
    assert house.device.locker_holds(seat, child.anchor)
    assert not house.device.locker_holds(house.seat(2, TOM), child.anchor)
    assert not house.device.locker_holds(seat, Anchor(child.anchor.pid, 1))


def test_where_windows_does_not_answer_the_session_event_confirms(house):
    house.sessions.fail["WTSQuerySessionInformation"] = ACCESS_DENIED
    seat = house.seat(1, MAY)
    child = house.device.start_locker(seat, LockLook())
    house.hub.session_changed(7, 2)
    assert not house.device.locker_holds(seat, child.anchor)

    house.hub.session_changed(7, 1)
    assert house.device.locker_holds(seat, child.anchor)


def test_the_right_password_ends_a_lock_with_nought(house):
    child = house.locks(1, MAY)
    house.sessions.locked[1] = "unlocked"
    house.ends(child, 0)

    assert 0 == house.device.reap(child)


def test_a_lock_that_says_opened_while_windows_says_locked_was_killed(house):
    child = house.locks(1, MAY)
    house.ends(child, 0)

    assert NOT_BELIEVED == house.device.reap(child)


@pytest.mark.parametrize("code", [3, 4])
def test_a_lock_that_never_held_says_so(house, code):
    child = house.device.start_locker(house.seat(1, MAY), LockLook())
    house.ends(child, code)

    assert code == house.device.reap(child)


def test_a_killed_or_crashed_lock_was_not_opened(house):
    child = house.locks(1, MAY)
    house.device.kill(child)
    select.select([child.pidfd], [], [], SECONDS)
    assert house.device.reap(child) < 0

    child = house.locks(1, MAY)
    house.ends(child, 0xC0000005)
    assert house.device.reap(child) < 0


def test_no_lock_is_started_in_a_session_that_is_another_users(house):
    for seat in (house.seat(2, MAY), house.seat(9, MAY)):
        with pytest.raises(DeviceFailed):
            house.device.start_locker(seat, LockLook())

    assert [] == house.starts.started


def test_a_lock_of_windows_cannot_be_taken_back_and_says_why(house):
    child = house.locks(1, MAY)
    with pytest.raises(DeviceFailed, match="sign-in"):
        house.device.open_locker(house.seat(1, MAY), child.anchor)

    assert house.device.is_alive(child.anchor)


def test_ending_a_login_signs_out_its_session_and_no_other(house):
    house.device.end_processes(uid_of_sid(MAY), [])

    assert [1] == house.sessions.logged_off


def as_service(house):
    """Run as LocalSystem, as far as Windows says."""
    house.processes.run("gatepost-agent.exe", 0, sid=SYSTEM, pid=os.getpid())


def test_without_localsystem_nothing_about_logins_works(house):
    house.processes.run("python.exe", 1, sid=MAY, pid=os.getpid())
    found = house.device.capabilities()

    assert {"broken"} == {found[name].state for name in ("logins", "login-end", "session-start")}
    assert all(found[name].remedy for name in ("logins", "login-end", "session-start"))


def test_the_gate_is_lacking_until_the_hook_comes_first(house):
    as_service(house)
    assert "lacking" == house.device.capabilities()["session-start"].state

    house.registry.write_text(WINLOGON_KEY, "Userinit", f"{HOOK},")
    assert "works" == house.device.capabilities()["session-start"].state


@pytest.mark.parametrize("key", [POLICIES_KEY, WINLOGON_KEY])
def test_a_lock_that_a_policy_switched_off_is_broken(house, key):
    house.registry.write_number(key, "DisableLockWorkstation", 1)

    assert "broken" == house.device.capabilities()["lock"].state
    with pytest.raises(DeviceFailed, match="policy"):
        house.device.try_locker()


def test_a_registry_that_refuses_leaves_every_capability_said(house):
    as_service(house)
    house.registry.refuse_reading[("", "")] = ACCESS_DENIED
    found = house.device.capabilities()

    assert {"broken"} == {found[name].state for name in ("lock", "session-start")}


def test_on_windows_home_all_but_sticks_works_alike_and_a_missing_voice_is_said(house):
    as_service(house)
    house.speech.known = [("zira", "409")]
    house.device.stand_guard(3660)
    found = house.device.capabilities()

    assert ("works", "lacking") == (found["lock"].state, found["speech"].state)
    assert "3660" in found["lock"].why
    assert "tr" in found["speech"].why


def test_the_guard_sets_windows_own_limit_and_stands_through_a_refusal(house):
    house.device.stand_guard(3660)
    assert 3660 == house.registry.read(POLICIES_KEY, "InactivityTimeoutSecs")

    house.registry.refuse[("", "")] = ACCESS_DENIED
    house.registry.refuse_reading[("", "")] = ACCESS_DENIED
    house.device.stand_guard(900)


def test_the_guard_takes_a_hook_out_whose_file_is_gone(house, tmp_path):
    hook = tmp_path / "gatepost-userinit.exe"
    house.registry.write_text(OWN_KEY, "UserinitHook", str(hook))
    house.registry.write_text(OWN_KEY, "UserinitBefore", USERINIT)
    house.registry.write_text(WINLOGON_KEY, "Userinit", f"{hook},")
    house.device.stand_guard(None)
    assert USERINIT == house.registry.read(WINLOGON_KEY, "Userinit")

    hook.write_bytes(b"MZ")
    house.device.stand_guard(None)
    assert f"{hook}," == house.registry.read(WINLOGON_KEY, "Userinit")


def test_a_session_needs_no_cookie_and_a_terminal_is_not_written_to(house):
    house.device.tell_terminal("pts/0", "hello")
    house.device.show_locked(house.seat(1, MAY), True)

    assert b"" == house.device.read_cookie(uid_of_sid(MAY), "-")


def test_accounts_are_told_by_number(house):
    account = house.device.account(uid_of_sid(TOM))

    assert account is not None
    assert ("tom", uid_of_sid(TOM)) == (account.name, account.uid)
    assert house.device.account(4711) is None
