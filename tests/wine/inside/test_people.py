"""The real slices of processes, registry, sessions, accounts and firmware, and what is built on them.

Wine knows no session of a user, no SYSTEM, no lock and no sign-out: nothing of that is asserted here.
"""

import os
import secrets
import select
import subprocess
import sys

import pytest

from agent.backends import (
    smbios,
    waiting,
    windows_accounts,
    windows_inventory,
    windows_machine,
    windows_pumps,
)
from agent.backends.device import Seat
from agent.backends.device_windows import real_api
from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import firmware, processes, registry, security, sessions
from agent.backends.windows_accounts import SYSTEM_SID, Accounts, uid_of_sid
from agent.backends.windows_logins import session_of_seat
from agent.backends.windows_processes import Processes
from agent.backends.windows_slices import OWN_KEY, WINLOGON_KEY
from agent.backends.windows_userinit import Userinit
from agent.errors import DeviceFailed
from tests.support.win32.processes_contract import ProcessesContract
from tests.support.win32.registry_contract import RegistryContract

SECONDS = 30.0
NONE_MAPPED = 1332
HOOK = r"C:\Program Files\Gatepost\gatepost-userinit.exe"


class TestTheRealRegistry(RegistryContract):
    @pytest.fixture
    def registry(self):
        return registry

    @pytest.fixture
    def key(self):
        key = rf"SOFTWARE\Gatepost-Test-{secrets.token_hex(4)}"
        yield key
        registry.delete_key(key)


@pytest.fixture
def started():
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


class TestTheRealProcesses(ProcessesContract):
    @pytest.fixture
    def processes(self):
        return processes

    @pytest.fixture
    def child(self, started):
        return started.pid


def test_a_child_of_ours_descends_from_us_as_far_as_windows_can_prove_it(started):
    found = Processes(processes).parents(started.pid)

    assert os.getpid() in [anchor.pid for anchor in found]


def test_the_end_of_a_process_wakes_who_waits_for_it(started):
    anchor = Processes(processes).anchor(started.pid)
    handle = Processes(processes).hold(anchor)
    ended = windows_pumps.ended_waitable(handle, processes)
    processes.close(handle)
    assert [] == select.select([ended], [], [], 0.2)[0]

    started.kill()
    ready = select.select([ended], [], [], SECONDS)[0]
    waiting.close_waitable(ended)

    assert [ended] == ready


def test_we_are_somebody_with_a_number_of_our_own():
    handle = processes.open_to_look(os.getpid())
    sid = processes.sid_of(handle)
    processes.close(handle)

    assert uid_of_sid(sid) >= 1000
    assert processes.session_of(os.getpid()) == windows_accounts.own_session_id()


def test_the_system_has_a_name_and_a_stranger_has_none():
    domain, name = security.name_of_sid(SYSTEM_SID)

    assert "SYSTEM" == name.upper()
    assert domain
    assert SYSTEM_SID == security.sid_of_name("SYSTEM")
    with pytest.raises(WinProblem) as caught:
        security.name_of_sid("S-1-5-21-1-2-3-4444")
    assert NONE_MAPPED == caught.value.code
    with pytest.raises(WinProblem):
        security.name_of_sid("nonsense")


def test_an_account_nobody_has_is_no_account():
    accounts = Accounts(registry, security, sessions)

    assert accounts.by_uid(1001) is None
    assert accounts.by_sid("S-1-5-21-1-2-3-4444") is None


def test_a_list_of_sessions_comes_and_a_seat_without_one_is_refused():
    assert all(row.session for row in sessions.listed())
    with pytest.raises(DeviceFailed):
        session_of_seat(sessions, Seat(1001, ":60000", b"", {}))


def test_a_session_that_is_not_there_is_a_problem_and_not_an_unlocked_one():
    with pytest.raises(WinProblem):
        sessions.lock_state(60000)


def test_firmware_and_memory_are_read_by_the_real_calls():
    machine = smbios.read_machine(firmware.smbios())

    assert 3 == len(windows_inventory.say_maker(machine))
    assert firmware.memory().total > 2**28
    assert 64 == len(windows_machine.fingerprint(registry, firmware))
    assert windows_machine.os_name(registry).startswith("Windows")


def test_every_slice_of_the_device_is_there():
    assert all(real_api())


def test_the_hook_is_put_first_and_back_in_the_real_registry():
    userinit = Userinit(registry)
    before = registry.read(WINLOGON_KEY, "Userinit")
    try:
        userinit.put_first(HOOK)
        userinit.put_first(HOOK)
        assert f"{HOOK}," == registry.read(WINLOGON_KEY, "Userinit")
        assert userinit.is_first()
    finally:
        userinit.put_back()
    after = registry.read(WINLOGON_KEY, "Userinit")
    if before is None:
        registry.delete_value(WINLOGON_KEY, "Userinit")

    assert (before or r"C:\Windows\system32\userinit.exe,") == after
    assert registry.read(OWN_KEY, "UserinitHook") is None


def test_who_is_logged_in_is_asked_of_the_session_and_of_no_domain_where_that_answers(monkeypatch):
    def far_away(_name):
        raise AssertionError("asked a domain")

    monkeypatch.setattr(sessions, "session_sid", lambda _number: "S-1-5-21-1-2-3-1107")
    monkeypatch.setattr(security, "sid_of_name", far_away)

    assert "S-1-5-21-1-2-3-1107" == sessions._sid_in(1, "May", "SCHOOL")
