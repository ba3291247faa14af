"""What a Windows laptop says of itself, and what its firmware's nonsense is taken for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import smbios, windows_inventory, windows_machine
from agent.backends.device import Inventory
from agent.backends.win32_problem import ACCESS_DENIED
from agent.errors import DeviceFailed
from tests.support.win32.fake_firmware import (
    SLATE,
    FakeFirmware,
    FakeManagement,
    FakeSpeech,
    structure,
    table,
)
from tests.support.win32.fake_registry import FakeRegistry

ON = {"VolumeType": 0, "ProtectionStatus": 1}
OFF = {"VolumeType": 1, "ProtectionStatus": 0}
STICK = {"VolumeType": 2, "ProtectionStatus": 0}
ODD = {"VolumeType": 1, "ProtectionStatus": 2}


def test_firmware_battery_and_bitlocker_make_an_inventory():
    wmi = FakeManagement(
        Win32_EncryptableVolume=[ON, STICK],
        BatteryFullChargedCapacity=[{"InstanceName": "a", "FullChargedCapacity": 45_500}],
        BatteryStaticData=[{"InstanceName": "a", "DesignedCapacity": 50_000}],
    )
    found = windows_inventory.look(FakeFirmware(), wmi)

    assert Inventory("Acme", "Slate 13", "AC-0107", "on", 8 * 2**30, 91) == found


def test_what_windows_does_not_tell_stays_empty():
    firmware = FakeFirmware()
    firmware.fail = ACCESS_DENIED

    assert Inventory("", "", "", "unknown", 0, None) == windows_inventory.look(firmware, FakeManagement())


@pytest.mark.parametrize(
    ("volumes", "state"),
    [
        ([], "unknown"),
        ([STICK], "unknown"),
        ([ON], "on"),
        ([ON, OFF], "part"),
        ([OFF], "off"),
        ([ON, ODD], "unknown"),
        ([OFF, ODD], "off"),
        ([{"VolumeType": "0"}], "unknown"),
        ([{"VolumeType": 0}], "unknown"),
    ],
)
def test_bitlocker_counts_only_where_it_protects(volumes, state):
    assert state == windows_inventory.read_encryption(volumes)


@pytest.mark.parametrize("capacity", [-1, 10**9, None, "50000"])
def test_a_battery_that_makes_no_sense_is_no_battery(capacity):
    full = [{"InstanceName": "a", "FullChargedCapacity": 40_000}]

    assert windows_inventory.read_battery(full, [{"InstanceName": "a", "DesignedCapacity": capacity}]) is None


def test_lenovos_name_and_a_placeholder_serial():
    raw = table(
        structure(1, b"\1\2\3\4" + b"\0" * 19, ("LENOVO", "20XY", "ThinkPad X1", "Default string")),
        structure(3, b"\1\3\0\2", ("LENOVO", "PF-11")),
    )

    assert ("LENOVO", "ThinkPad X1 (20XY)", "PF-11") == windows_inventory.say_maker(smbios.read_machine(raw))


def test_a_machine_number_that_was_never_set_is_none():
    for number in (b"\0" * 16, b"\xff" * 16):
        raw = table(structure(1, b"\0\0\0\0" + number + b"\0\0\0"))

        assert "" == smbios.read_machine(raw).uuid
    assert "03020100-0504-0706-0809-0a0b0c0d0e0f" == smbios.read_machine(SLATE).uuid


@given(st.binary(max_size=600))
def test_no_table_whatever_stands_in_it_stops_us(raw):
    smbios.read_machine(raw)


@given(st.integers(0, len(SLATE)), st.integers(0, len(SLATE) - 1), st.integers(0, 255))
def test_a_torn_or_changed_table_says_less_and_never_more(cut, at, value):
    changed = bytearray(SLATE)
    changed[at] = value
    windows_inventory.say_maker(smbios.read_machine(bytes(changed)[:cut]))


def test_a_clone_of_the_disk_has_another_fingerprint():
    registry = FakeRegistry({windows_machine.CRYPTOGRAPHY_KEY: {"MachineGuid": "1f3a"}})
    here = windows_machine.fingerprint(registry, FakeFirmware())
    there = windows_machine.fingerprint(registry, FakeFirmware(SLATE.replace(b"BRD-9", b"BRD-8")))

    assert here == windows_machine.fingerprint(registry, FakeFirmware())
    assert here != there
    assert 64 == len(here)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (
            {
                "ProductName": "Windows 10 Education",
                "CurrentBuildNumber": "22631",
                "DisplayVersion": "23H2",
                "UBR": 3007,
            },
            "Windows 11 Education 23H2 (22631.3007)",
        ),
        ({"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "19045"}, "Windows 10 Pro (19045)"),
        ({}, "Windows"),
        ({"ProductName": 5, "CurrentBuildNumber": "x"}, "Windows (x)"),
    ],
)
def test_the_systems_name_says_eleven_where_it_is(values, name):
    assert name == windows_machine.os_name(FakeRegistry({windows_machine.VERSION_KEY: values}))


@pytest.mark.parametrize(
    ("edition", "home"), [("Core", True), ("CoreSingleLanguage", True), ("Professional", False), ("", False)]
)
def test_a_home_edition_is_known_as_one(edition, home):
    registry = FakeRegistry({windows_machine.VERSION_KEY: {"EditionID": edition}})

    assert home is windows_machine.is_home(registry)


def test_a_voice_speaks_its_own_language_and_the_british_one_comes_first(tmp_path: Path):
    speech = FakeSpeech([("zira", "409;9"), ("hazel", "809;9"), ("tolga", "41F"), ("odd", "zz;")])
    windows_machine.render_speech(speech, "en", "x" * 3000, tmp_path / "a.wav")
    windows_machine.render_speech(speech, "tr", "<b>İyi günler</b>", tmp_path / "b.wav")

    assert ["hazel", "tolga"] == [voice for voice, _text, _rate in speech.spoken]
    assert (2000, "<b>İyi günler</b>") == (len(speech.spoken[0][1]), speech.spoken[1][1])
    assert ["a.wav", "b.wav"] == sorted(path.name for path in tmp_path.iterdir())


def test_without_a_turkish_voice_it_is_said_and_nothing_is_read_by_another(tmp_path: Path):
    speech = FakeSpeech([("hazel", "809")])

    assert ["tr"] == windows_machine.lacking_voices(speech)
    with pytest.raises(DeviceFailed, match="voice"):
        windows_machine.render_speech(speech, "tr", "merhaba", tmp_path / "a.wav")
    assert [] == speech.spoken


@pytest.mark.parametrize("written", [b"", b"MZ", None])
def test_what_is_no_sound_leaves_no_file(tmp_path: Path, written):
    speech = FakeSpeech()
    speech.writes = written
    with pytest.raises(DeviceFailed):
        windows_machine.render_speech(speech, "en", "hello", tmp_path / "a.wav")

    assert [] == list(tmp_path.iterdir())
