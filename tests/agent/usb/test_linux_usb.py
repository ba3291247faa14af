"""The kernel's switch, on a /sys made of files."""

import pytest

from agent.backends import linux_usbguard
from agent.backends.linux_media import LinuxUsb
from agent.backends.linux_usb import SysfsUsb
from agent.backends.linux_usbguard import find_number
from agent.errors import DeviceFailed
from agent.paths import Config
from tests.support.usb_trees import KEYBOARD, STICK, UsbTree


@pytest.fixture
def tree(tmp_path):
    return UsbTree(tmp_path)


@pytest.fixture
def usb(tree):
    return SysfsUsb(tree.root)


def test_every_bus_and_every_bus_to_come_is_shut(usb, tree):
    usb.set_default(shut=True)
    tree.add_bus(9)
    tree.plug("9-1", STICK)

    assert usb.shuts_by_default()
    assert not tree.is_open("9-1")


def test_one_bus_left_open_is_not_shut(usb, tree):
    usb.set_default(shut=True)
    (tree.devices / "usb2" / "authorized_default").write_text("1")

    assert not usb.shuts_by_default()


def test_a_device_is_read_while_it_is_shut(usb, tree):
    usb.set_default(shut=True)
    tree.plug("1-2.4", STICK)

    seen = usb.look("1-2.4")

    assert ("0951", "1666", "AA01", "080650") == (
        seen.identity.vendor, seen.identity.model, seen.identity.serial, seen.identity.interfaces,
    )  # fmt: skip
    assert ("Kingston", "DataTraveler", "storage", False) == (
        seen.maker, seen.model, seen.media_class, seen.authorized,
    )  # fmt: skip


def test_strings_of_a_device_are_made_harmless(usb, tree):
    tree.plug("1-1", STICK, serial="\x1b[31m<b>\x00\udcff" + "x" * 500)

    serial = usb.look("1-1").identity.serial

    assert "\x1b" not in serial
    assert "\x00" not in serial
    assert 200 >= len(serial)


def test_a_device_s_name_cannot_turn_the_words_around_it(usb, tree):
    tree.plug("1-1", STICK, model="\u202egnp.exe \u2066\u200b\ufeffÇağ")

    assert "\ufffdgnp.exe \ufffd\ufffd\ufffdÇağ" == usb.look("1-1").model


def test_a_device_without_strings_has_empty_ones(usb, tree):
    tree.plug("1-1", STICK, serial=None, model=None)

    assert "" == usb.look("1-1").identity.serial


def test_letting_in_reaches_that_very_device(usb, tree):
    usb.set_default(shut=True)
    tree.plug("1-1", STICK)

    usb.let_in(usb.look("1-1"))

    assert tree.is_open("1-1")


def test_another_stick_in_its_place_is_not_let_in(usb, tree):
    usb.set_default(shut=True)
    tree.plug("1-1", STICK)
    seen = usb.look("1-1")
    tree.pull("1-1")
    tree.plug("1-1", STICK)

    with pytest.raises(DeviceFailed):
        usb.let_in(seen)

    assert not tree.is_open("1-1")


def test_a_device_whose_ids_and_descriptors_differ_is_refused_whole(usb, tree):
    folder = tree.plug("1-1", KEYBOARD)
    (folder / "idVendor").write_text("1234\n")

    assert "mixed" == usb.look("1-1").media_class


def test_shutting_what_is_gone_is_no_fault(usb):
    usb.shut("1-7")
    usb.shut("../../etc")


def test_present_leaves_out_root_hubs_and_interfaces(usb, tree):
    tree.plug("1-1", STICK)
    (tree.devices / "1-1:1.0").mkdir()

    assert ["1-1"] == [seen.name for seen in usb.present()]


def test_usbguard_s_number_is_found_by_port_and_not_by_what_the_device_claims(usb, tree):
    tree.plug("1-1", STICK)
    seen = usb.look("1-1")
    listing = (
        '4: block id 0951:1666 serial "via-port \\"1-1\\"" name "x" hash "a" via-port "1-9" x\n'
        '7: block id 0951:1666 serial "AA01" name "x" hash "a" via-port "1-1" x\n'
    )

    assert "7" == find_number(listing, seen)


@pytest.mark.parametrize(("guarded", "open_devices"), [(False, ["1-1"]), (True, [])])
def test_with_policy_off_usb_is_open_but_for_what_usbguard_says(
    usb, tree, tmp_path, monkeypatch, guarded, open_devices
):
    usb.set_default(shut=True)
    tree.plug("1-1", STICK)
    run = tmp_path / "run"
    run.mkdir()
    monkeypatch.setattr(linux_usbguard, "is_active", lambda: guarded)
    LinuxUsb(Config(run_dir=str(run)), usb).open_all()

    assert (open_devices, guarded) == (
        [seen.name for seen in usb.present() if seen.authorized], usb.shuts_by_default(),
    )  # fmt: skip
    assert ["usb-guarded", "usb-open"][not guarded :] == sorted(each.name for each in run.iterdir())


def test_where_usbguard_runs_no_more_usb_is_open_again(usb, tree, tmp_path, monkeypatch):
    run = tmp_path / "run"
    run.mkdir()
    door = LinuxUsb(Config(run_dir=str(run)), usb)
    for guarded in (True, False):
        monkeypatch.setattr(linux_usbguard, "is_active", lambda active=guarded: active)
        door.open_all()

    assert ["usb-open"] == [each.name for each in run.iterdir()]


def test_a_demo_on_somebodys_own_computer_neither_shuts_nor_opens_its_usb(usb, tree, tmp_path):
    usb.set_default(shut=True)
    door = LinuxUsb(Config(run_dir=str(tmp_path / "run"), usb="leave"), usb)

    assert "lacking" == door.capability().state
    with pytest.raises(DeviceFailed):
        door.shut_all()
    door.open_all()
    assert door.is_shut()
    usb.set_default(shut=False)

    assert not door.is_shut()
