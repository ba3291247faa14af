"""The whole device door over Windows' real calls; a login and its leader, which Wine lacks, are told.

Never asserted here, for Wine does not do it: that a screen is locked, that a session is signed out.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agent.backends import lock_windows, own_process, windows_start
from agent.backends.device import Anchor, Seat
from agent.backends.device_windows import WindowsDevice, real_api
from agent.backends.win32api import processes, registry, sessions
from agent.backends.windows_accounts import SYSTEM_SID, uid_of_sid
from agent.backends.windows_events import Hub
from agent.backends.windows_logins import LEADER
from agent.backends.windows_processes import Processes
from agent.backends.windows_slices import POLICIES_KEY, ProcessRow, SessionRow
from agent.errors import DeviceFailed
from agent.link import pages
from agent.paths import Config
from tests.support.fake_usb import FakeUsb

SECONDS = 60.0


class ToldSessions:
    """One login; the rest is Wine's."""

    def __init__(self, rows):
        self.rows = rows
        self.logged_off = []

    def listed(self):
        return list(self.rows)

    def logoff(self, session_id):
        self.logged_off.append(session_id)
        self.rows = []

    def __getattr__(self, name):
        return getattr(sessions, name)


class ToldProcesses:
    """One process is the session's leader, as far as its name and owner go; the rest is Wine's."""

    def __init__(self, leader):
        self.leader = leader
        self._looking = set()

    def listed(self):
        return [row._replace(name=LEADER) if row.pid == self.leader else row for row in processes.listed()]

    def sid_of(self, handle):
        is_leader = handle in self._looking
        return SYSTEM_SID if is_leader else processes.sid_of(handle)

    def open_to_look(self, pid):
        handle = processes.open_to_look(pid)
        if pid == self.leader:
            self._looking.add(handle)
        return handle

    def close(self, handle):
        self._looking.discard(handle)
        processes.close(handle)

    def __getattr__(self, name):
        return getattr(processes, name)


@pytest.fixture
def leader():
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def own_sid():
    handle = processes.open_to_look(os.getpid())
    try:
        return processes.sid_of(handle)
    finally:
        processes.close(handle)


@pytest.fixture
def told(leader, own_sid):
    session = processes.session_of(leader.pid)
    return ToldSessions([SessionRow(session, "active", "May", "SCHOOL", own_sid)])


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def device(tmp_path: Path, leader, told, hub):
    api = real_api()._replace(sessions=told, processes=ToldProcesses(leader.pid))
    config = Config(state_dir=str(tmp_path), run_dir=str(tmp_path))
    starter = windows_start.Starter(uid_of_sid)
    return WindowsDevice(config, tmp_path / "agent.toml", api=api, starter=starter, usb=FakeUsb(), hub=hub)


def test_a_told_login_is_seen_with_its_real_leader_and_ends_with_it(device, leader, told):
    (seen,) = device.logins()

    assert leader.pid == seen.leader.pid
    assert uid_of_sid(told.rows[0].sid) == seen.uid
    assert device.is_alive(seen.leader)

    leader.kill()
    leader.wait(SECONDS)
    assert not device.is_alive(seen.leader)
    assert [] == device.logins()


def test_we_stand_below_that_leader_and_are_its_user(device, leader):
    device.logins()
    above = device.ancestors(os.getpid())

    assert [leader.pid] == [anchor.pid for anchor in above]
    assert device.uid_of(os.getpid()) == device.uid_of(leader.pid)


def test_what_is_lacking_here_is_said_and_never_shown_as_working(device):
    found = device.capabilities()

    assert {"broken"} == {found[name].state for name in ("logins", "login-end", "session-start")}
    assert "lacking" == found["speech"].state
    assert all(each.why for each in found.values() if each.state != "works")


def test_inventory_name_and_fingerprint_are_asked_of_the_real_calls(device):
    found = device.inventory()

    assert found.memory_bytes > 2**28
    assert "unknown" == found.disk_encryption
    assert 64 == len(device.machine_fingerprint())
    assert device.os_name().startswith("Windows")
    assert device.hostname()


def test_a_lock_that_windows_does_not_confirm_is_not_believed(device, told, hub):
    session = told.rows[0].session
    seat = Seat(uid_of_sid(told.rows[0].sid), f":{session}", b"", {})
    anchor = device.anchor(os.getpid())

    assert not device.locker_holds(seat, anchor)
    hub.session_changed(7, session)
    assert device.locker_holds(seat, anchor)
    assert not device.locker_holds(seat, Anchor(anchor.pid, anchor.started + 1))
    hub.session_changed(8, session)
    assert not device.locker_holds(seat, anchor)


def test_the_lock_program_says_that_it_could_not_lock():
    """Wine cannot lock: what may not happen is that this counts as opened by the right password."""
    done = subprocess.run(
        own_process.agent_command("lock-windows"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )

    assert done.returncode in (lock_windows.REFUSED, lock_windows.NEVER_LOCKED), done.stderr


def test_the_guard_sets_the_real_idle_limit_and_gives_it_back(device):
    before = registry.read(POLICIES_KEY, "InactivityTimeoutSecs")
    device.stand_guard(3660)
    set_to = registry.read(POLICIES_KEY, "InactivityTimeoutSecs")
    device.stand_guard(None)

    assert 3660 == set_to
    assert before == registry.read(POLICIES_KEY, "InactivityTimeoutSecs")


def test_a_switched_off_lock_is_found_in_the_real_registry(device):
    registry.write_number(POLICIES_KEY, "DisableLockWorkstation", 1)
    try:
        with pytest.raises(DeviceFailed, match="policy"):
            device.try_locker()
    finally:
        registry.delete_value(POLICIES_KEY, "DisableLockWorkstation")
    device.try_locker()


def test_a_kept_login_keeps_everything_in_its_session(device, leader, told):
    """Everything of Wine's is this one user's: nothing may end."""
    device.logins()
    count = device.end_processes(uid_of_sid(told.rows[0].sid), [Processes(processes).anchor(leader.pid)])

    assert (0, []) == (count, told.logged_off)
    assert leader.poll() is None
    assert isinstance(processes.listed()[0], ProcessRow)


def test_the_plain_window_is_tried_without_a_screen_and_a_broken_page_is_found(device):
    page = pages.NoticePage(school="Çınar Okulu", language="tr", tier="teen", kind="closed", contacts=())

    assert "drawn" == device.try_window(msgspec.json.encode(page), plain=True)
    with pytest.raises(DeviceFailed, match="window"):
        device.try_window(b"no page", plain=True)
