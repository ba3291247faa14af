"""Plugged media under Wine: Windows' own slices, a check in a real process, and rules in a real registry.

What Wine has not (nodes on a USB bus, disk attributes, the mount manager's switch, Defender, BitLocker) is
asserted only where it is refused: never that it works.
"""

import ctypes
import struct
import sys
import threading
import weakref

import pytest
import pywintypes
import win32api
import win32con
import win32file
import win32gui
import win32security

from agent.backends import windows_usb_policy as policy
from agent.backends.scan_count import WalkFailed
from agent.backends.scan_job import Counted, Failed, Mounted, ScanJob, read_said
from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import (
    device_changes,
    devices,
    event_reading,
    folders,
    jobs,
    limited,
    own,
    registry,
    streams,
    usb_hubs,
    volumes,
    wmi,
)
from agent.backends.windows_bitlocker import BitLocker
from agent.backends.windows_checker import DefenderChecker, real_defender
from agent.backends.windows_copies import ANYBODY
from agent.backends.windows_media import WindowsUsb
from agent.backends.windows_scan import Tools, check
from agent.backends.windows_scan_child import ROUTE, start_child
from agent.backends.windows_usb_policy import ALLOWED, RESTRICTIONS
from agent.backends.windows_walk import walk
from agent.paths import Config
from agent.service.scanner import Scanner
from policies.settings import ScanSettings
from tests.support.win32 import usb_contract

WINE_DRIVE = "<IIIIQHHHH"
"""`mountmgr_unix_drive` of Wine: size, type (2: removable), …, letter, and where its two paths begin."""


@pytest.mark.parametrize("promise", usb_contract.DEVICES)
def test_devices_keep_the_promises(promise):
    promise(devices)


@pytest.mark.parametrize("promise", usb_contract.VOLUMES)
def test_volumes_keep_the_promises(promise):
    promise(volumes)


def test_hubs_and_wmi_keep_the_promises():
    usb_contract.a_hub_that_is_not_there(usb_hubs)
    usb_contract.a_part_of_wmi_that_is_not_there(wmi)


def test_wmi_answers_what_it_is_asked_for_by_name_from_any_thread():
    answers = []
    asked = "SELECT Manufacturer FROM Win32_BIOS"
    thread = threading.Thread(target=lambda: answers.append(wmi.query(r"root\cimv2", asked)))
    thread.start()
    thread.join(30)

    assert answers == [wmi.query(r"root\cimv2", asked)]
    assert isinstance(answers[0][0]["Manufacturer"], str)


def test_waiting_for_a_change_ends_by_itself():
    # Not the first time, perhaps: a Windows that has just begun has words of its own.
    assert not all(devices.wait_for_change(0.2) for _time in range(50))


def test_windows_word_of_devices_is_asked_for_as_long_as_somebody_listens(monkeypatch):
    """Pywin32 takes back what was asked for as soon as nobody holds its handle."""

    class Handle:
        pass

    handles, held = [], []

    def register(_window, _wanted, _flags):
        handle = Handle()
        handles.append(weakref.ref(handle))
        return handle

    monkeypatch.setattr(device_changes, "_make_window", lambda: 1)
    monkeypatch.setattr(win32gui, "RegisterDeviceNotification", register)
    monkeypatch.setattr(
        win32gui, "PumpMessages", lambda: held.extend(handle() is not None for handle in handles)
    )
    device_changes._listen()

    assert [True, True] == held


# ---- rules, in the real registry ----


@pytest.fixture
def clean_rules():
    yield
    for key in (RESTRICTIONS, policy.OWN_USB):
        registry.delete_key(key)


def do(steps):
    for key, name, value in steps:
        if value is None:
            registry.delete_value(key, name)
        elif isinstance(value, int):
            registry.write_number(key, name, value)
        else:
            registry.write_text(key, name, value)


def test_rules_are_set_and_given_back_in_the_real_registry(clean_rules):
    registry.write_number(RESTRICTIONS, "DenyDeviceIDs", 0)
    registry.write_text(rf"{RESTRICTIONS}\DenyDeviceIDs", "1", "PCI\\İĞŞ")
    do(policy.plan_shut(registry.read))
    stood = policy.missing(registry.read)
    registry.write_text(*policy.allowed("USB\\VID_0951&PID_1666\\X"))
    do(policy.plan_open(registry.read, registry.values(ALLOWED)))

    assert [] == stood
    assert {} == registry.values(ALLOWED)
    assert 0 == registry.read(RESTRICTIONS, "DenyDeviceIDs")
    assert {"1": "PCI\\İĞŞ"} == registry.values(rf"{RESTRICTIONS}\DenyDeviceIDs")
    assert registry.read(RESTRICTIONS, "AllowDenyLayered") is None


def test_the_door_comes_up_and_says_what_this_windows_lacks(tmp_path, clean_rules):
    config = Config(state_dir=str(tmp_path / "state"), run_dir=str(tmp_path / "run"))
    door = WindowsUsb(config, sid_of=lambda _uid: None)

    assert "works" != door.capability().state or not door.is_shut()
    assert [] == door.present()
    assert door.look(usb_contract.NOWHERE) is None


# ---- the check ----


def test_without_defender_the_scanner_is_missing_and_says_why():
    class Rights:
        def set_acl(self, path, sddl):
            raise AssertionError

    scanner = Scanner(DefenderChecker(wmi, real_defender(), Rights(), lambda: 0.0), lambda: None)
    health = scanner.health(ScanSettings())

    assert "missing" == health.state
    assert "Defender" in health.why


def test_a_log_that_wine_has_not_proves_nothing():
    with pytest.raises(WinProblem):
        event_reading.entries("Microsoft-Windows-Windows Defender/Operational", "2026-01-01T00:00:00.000Z")
    assert [] == real_defender().log_since(0.0)


def test_without_bitlocker_encryption_is_unknown():
    found = BitLocker(wmi, volumes).look(volumes.volume_at("C:\\"), 7)

    assert "unknown" == found.encryption
    assert "ntfs" == found.filesystem


def start(tmp_path, node):
    job = ScanJob(
        volumes=(Mounted(node=node, sequence=1, filesystem="ntfs"),),
        limits=ScanSettings(),
        folder=str(tmp_path / "İki klasör" / "scan"),
    )
    return start_child(job, [sys.executable, "-m", "agent", ROUTE], jobs.Group)


def test_a_check_in_a_real_process_ends_with_a_reason_where_there_is_no_volume(tmp_path):
    child = start(tmp_path, "C:\\")
    (said,) = [read_said(line) for line in child.lines()]

    assert Failed(reason="unreadable", problem="that is no volume") == said
    assert child._process.returncode == 0


def test_a_killed_check_ends_with_all_that_it_started(tmp_path):
    child = start_child(
        ScanJob(volumes=(), limits=ScanSettings(), folder=str(tmp_path)),
        [sys.executable, "-c", "import sys, time; print('one', flush=True); time.sleep(60)"],
        jobs.Group,
    )
    lines = child.lines()

    assert b"one" == next(lines).strip()
    child.kill()
    assert [] == list(lines)
    assert child._process.poll() is not None


def tell_wine(letter, place, device):
    """Have Wine show this folder as a removable disk, as long as this Windows lasts."""
    head = struct.calcsize(WINE_DRIVE)
    at, behind = head, head + len(place)
    drive = struct.pack(WINE_DRIVE, head + len(place) + len(device), 2, 0, 0, 0, ord(letter), at, behind, 0)
    manager = win32file.CreateFile(
        r"\\.\MountPointManager", win32con.GENERIC_READ | win32con.GENERIC_WRITE, 3, None,
        win32con.OPEN_EXISTING, 0, None,
    )  # fmt: skip
    try:
        win32file.DeviceIoControl(manager, 0x6DC080, drive + place + device, None)
    finally:
        manager.Close()


@pytest.fixture
def removable(tmp_path):
    """A folder that is a removable disk S: to Windows."""
    place_of = ctypes.WinDLL("kernel32").wine_get_unix_file_name
    place_of.argtypes, place_of.restype = [ctypes.c_wchar_p], ctypes.c_char_p
    tell_wine("S", place_of(str(tmp_path)) + b"\0", b"/dev/nobody\0")
    return tmp_path


def hear(words, said):
    """Keep what is said, also where it ends in a fault."""
    for word in words:
        said.append(word)


def test_what_is_on_a_removable_disk_of_wine_is_counted_read_and_never_clean_without_defender(removable):
    (removable / "spiele").mkdir()
    (removable / "spiele" / "İıŞş.txt").write_bytes(b"seven 7")
    name = volumes.volume_at("S:\\")
    job = ScanJob(volumes=(), limits=ScanSettings(), folder=str(removable))
    said = []
    with pytest.raises(WalkFailed) as caught:
        hear(check(job, Tools(volumes, real_defender()), ["S:\\"]), said)

    assert name in volumes.volumes()
    assert ["S:\\"] == volumes.mount_points(name)
    assert [Counted(files=1, size_bytes=7), 1] == [said[0], said[-1].files]
    assert "no-scanner" == caught.value.reason


def test_the_walk_takes_long_paths_and_turkish_names(tmp_path):
    folder = tmp_path
    for _ in range(8):
        folder = folder / ("ığüşöçİ" * 5)
    deep = "\\\\?\\" + str(folder)
    import os

    os.makedirs(deep)  # noqa: PTH103
    with open(deep + "\\son.", "wb") as file:  # noqa: PTH123 - a name that ends with a dot
        file.write(b"12345")

    assert [5] == [seen.size_bytes for seen in walk(str(tmp_path))]


def test_what_lies_beside_a_file_s_content_is_asked_for_where_wine_knows_of_none(tmp_path):
    (tmp_path / "İıŞş.txt").write_bytes(b"seven 7")

    assert [] == streams.named(str(tmp_path / "İıŞş.txt"))
    assert [] == streams.named(str(tmp_path))


def token_of_this_thread():
    """Return who this thread goes on as; an error that says so where it is only the process itself."""
    token = win32security.OpenThreadToken(win32api.GetCurrentThread(), win32con.TOKEN_QUERY, True)
    try:
        return win32security.IsTokenRestricted(token)
    finally:
        token.Close()


def test_a_thread_is_limited_as_long_as_it_is_told_and_no_longer(tmp_path):
    """The calls alone: Wine asks no access list."""
    (tmp_path / "slides.odp").write_bytes(b"x")
    with limited.limited_to((own.own_sid(), *ANYBODY)):
        token_of_this_thread()
        (tmp_path / "slides.odp").unlink()
    with pytest.raises(pywintypes.error) as caught:
        token_of_this_thread()

    assert 1008 == caught.value.winerror  # there is no token
    with pytest.raises(WinProblem), limited.limited_to(("nobody",)):
        raise AssertionError


def test_a_folder_is_made_once(tmp_path):
    place = str(tmp_path / "Gatepost")
    folders.make(place, "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")
    with pytest.raises(WinProblem) as caught:
        folders.make(place, "D:P(A;OICI;FA;;;SY)")

    assert 183 == caught.value.code
    assert not folders.leads_elsewhere(place)
    assert folders.owner_of(place).startswith("S-1-")
