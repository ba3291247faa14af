"""Disks on Windows: read-only, without a letter until they are clean, and given back as they were."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from agent.backends.device import Account
from agent.backends.scan_job import Mounted, ScanJob
from agent.backends.usb import Disk
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_copies import ANYBODY, EVERY, copies_acl, own_folder_acl
from agent.backends.windows_usb_ids import sequence_of
from agent.backends.windows_usb_policy import LETTERS
from agent.errors import DeviceFailed
from policies.settings import ScanSettings
from tests.support.fake_usb import FakeRunning
from tests.support.win32.fake_usb_world import STICK, WindowsMachine, config_in

MAY = Account(1001, 1001, "may ığüş", "C:\\Users\\may")


@pytest.fixture
def machine():
    return WindowsMachine()


@pytest.fixture
def door(machine, tmp_path):
    door = machine.door(config_in(tmp_path))
    door.shut_all()
    return door


@pytest.fixture
def stick(machine, door):
    found = machine.plug()
    door.let_in(door.look(STICK))
    return found


def look(door):
    return door.look_inside(door.look(STICK), 5.0)


def test_a_stick_that_was_let_in_is_read_only_and_has_no_letter(machine, door, stick):
    given = machine.mount_points(stick.volumes[0])
    contents = look(door)

    assert ["D:\\"] == given  # Windows gives removable disks one, whatever it was told
    assert [] == machine.mount_points(stick.volumes[0])
    assert {stick.number} == machine.read_only
    number = sequence_of(f"USBSTOR\\DISK\\{stick.number}", stick.arrived)
    assert (Disk(rf"\\.\PhysicalDrive{stick.number}", number, 32_000_000_000),) == contents.disks
    assert [("exfat", "none")] == [(v.filesystem, v.encryption) for v in contents.volumes]


def test_one_that_stays_writable_is_not_looked_at(machine, door, stick):
    machine.stays_writable = True

    with pytest.raises(DeviceFailed):
        look(door)


def test_one_whose_letter_does_not_go_is_not_looked_at(machine, door, stick):
    machine.problems["unmount"] = ACCESS_DENIED

    with pytest.raises(DeviceFailed):
        look(door)


def test_one_whose_letter_is_said_to_go_and_stays_is_not_looked_at(machine, door, stick):
    machine.unmount = lambda _point: None

    with pytest.raises(DeviceFailed):
        look(door)


def test_one_without_a_disk_is_waited_for_and_not_for_ever(machine, door, stick):
    machine.disks = list

    with pytest.raises(DeviceFailed):
        look(door)


def test_one_pulled_out_while_it_is_looked_at_is_told(machine, door, stick):
    seen = door.look(STICK)
    machine.pull()

    with pytest.raises(DeviceFailed):
        door.look_inside(seen, 5.0)


def test_a_volume_that_lies_on_the_laptop_s_disk_too_is_refused(machine, door, stick):
    real = machine.disks_of
    machine.disks_of = lambda volume: (*real(volume), 0)

    with pytest.raises(DeviceFailed):
        look(door)


def test_the_laptop_s_own_volume_is_left_alone(machine, door, stick):
    look(door)

    assert ["C:\\"] == [point for point in machine.mounted if point[0] == "C"]


def test_is_same_knows_another_plug_and_another_disk(machine, door, stick):
    seen, disks = door.look(STICK), look(door).disks

    assert door.is_same(seen, disks)
    machine.pull()
    assert not door.is_same(seen, disks)
    machine.plug()
    assert not door.is_same(seen, disks)


def test_what_was_approved_for_reading_is_handed_out_read_only(machine, door, stick):
    volumes = look(door).volumes
    folders = door.release(volumes, MAY, writable=False)

    assert ["E:\\"] == folders
    assert ["E:\\"] == machine.mount_points(stick.volumes[0])
    assert {stick.number} == machine.read_only


def test_what_was_approved_for_writing_is_writable_only_then(machine, door, stick):
    volumes = look(door).volumes
    door.release(volumes, MAY, writable=True)

    assert set() == machine.read_only


def test_what_was_mounted_while_nobody_could_write_is_mounted_anew_before_it_gets_its_letter(
    machine, door, stick
):
    """A file system asks its disk once whether it can be written to: as it is mounted."""
    volumes, told = look(door).volumes, []
    machine.dismount = lambda volume: told.append(
        (volume, set(machine.read_only), *machine.mount_points(volume))
    )
    door.release(volumes, MAY, writable=True)

    assert [(stick.volumes[0], set())] == told


def test_what_became_writable_meanwhile_is_not_handed_out_for_reading(machine, door, stick):
    volumes = look(door).volumes
    machine.read_only.clear()

    with pytest.raises(DeviceFailed):
        door.release(volumes, MAY, writable=False)
    assert [] == machine.mount_points(stick.volumes[0])


def test_of_several_volumes_all_are_handed_out_or_none(machine, door):
    found = machine.plug(volumes=2)
    door.let_in(door.look(STICK))
    volumes = look(door).volumes
    real = machine.mount

    def mount(volume, point):
        if volume == found.volumes[1]:
            raise WinProblem("SetVolumeMountPoint", ACCESS_DENIED)
        real(volume, point)

    machine.mount = mount
    with pytest.raises(DeviceFailed):
        door.release(volumes, MAY, writable=False)

    assert [] == [point for volume in found.volumes for point in machine.mount_points(volume)]


def test_another_disk_with_the_same_volume_name_is_neither_checked_nor_handed_out(machine, door, tmp_path):
    found = machine.plug()
    door.let_in(door.look(STICK))
    volumes = look(door).volumes
    found.arrived += 1  # pulled out and put back, or another one with the same names

    with pytest.raises(DeviceFailed):
        door.release(volumes, MAY, writable=False)
    with pytest.raises(DeviceFailed):
        door.start_scan(job(tmp_path / "scan", volumes))
    assert [] == machine.mount_points(found.volumes[0])


def test_one_swapped_while_it_gets_its_letter_loses_it_again(machine, door, stick):
    volumes, real = look(door).volumes, machine.mount

    def mount(volume, point):
        real(volume, point)
        stick.arrived += 1

    machine.mount = mount
    with pytest.raises(DeviceFailed):
        door.release(volumes, MAY, writable=False)

    assert [] == machine.mount_points(stick.volumes[0])


def test_where_no_letter_is_free_nothing_is_handed_out(machine, door, stick):
    volumes = look(door).volumes
    machine.letters = lambda: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    with pytest.raises(DeviceFailed):
        door.release(volumes, MAY, writable=False)


def test_taken_back_it_has_no_letter_and_no_open_files(machine, door, stick):
    folders = door.release(look(door).volumes, MAY, writable=False)
    door.take_back(folders)

    assert [] == machine.mount_points(stick.volumes[0])
    assert [stick.volumes[0]] == machine.dismounted
    assert {} == machine.registry.values(LETTERS)


def test_a_letter_that_is_somebody_else_s_by_now_is_left_alone(machine, door, stick):
    folders = door.release(look(door).volumes, MAY, writable=False)
    machine.mounted[folders[0]] = machine.mounted["C:\\"]
    door.take_back(folders)

    assert machine.mounted["C:\\"] == machine.mounted[folders[0]]


@pytest.mark.parametrize(
    "folder", ["C:\\", "C:\\Users\\may", "", "E:", "..\\E:\\", "copies/until-2026-12-10-ab12"]
)
def test_nothing_but_a_letter_is_taken_back(machine, door, stick, folder):
    door.release(look(door).volumes, MAY, writable=False)
    before = dict(machine.mounted)
    door.take_back([folder])

    assert before == machine.mounted


def test_letters_of_a_killed_service_are_taken_back_by_the_next(machine, door, stick, tmp_path):
    door.release(look(door).volumes, MAY, writable=False)
    machine.door(config_in(tmp_path)).shut_all()

    assert [] == machine.mount_points(stick.volumes[0])


def test_unlocked_it_has_no_letter_either(machine, door, stick):
    machine.lock_state = dict.fromkeys(stick.volumes, 1)
    volumes = look(door).volumes
    machine.mounted["D:\\"] = stick.volumes[0]
    door.unlock(volumes, machine.passphrase)

    assert [] == machine.mount_points(stick.volumes[0])


def test_a_letter_that_came_meanwhile_is_gone_when_the_check_begins(machine, tmp_path):
    door = machine.door(config_in(tmp_path), lambda _job: FakeRunning())
    door.shut_all()
    found = machine.plug()
    door.let_in(door.look(STICK))
    contents = look(door)
    machine.mounted["D:\\"] = found.volumes[0]
    door.start_scan(job(tmp_path / "scan", contents.volumes))

    assert [] == machine.mount_points(found.volumes[0])


# ---- checks ----


def job(folder, volumes):
    return ScanJob(
        volumes=tuple(Mounted(node=v.node, sequence=v.sequence, filesystem=v.filesystem) for v in volumes),
        limits=ScanSettings(),
        folder=str(folder),
    )


@pytest.mark.parametrize("ends_by", ["itself", "kill"])
def test_however_a_check_ends_nothing_stays_mounted(machine, tmp_path, ends_by):
    started = []

    def start(one):
        started.append((one, FakeRunning()))
        return started[-1][1]

    door = machine.door(config_in(tmp_path), start)
    door.shut_all()
    found = machine.plug()
    door.let_in(door.look(STICK))
    contents = look(door)
    running = door.start_scan(job(tmp_path / "scan", contents.volumes))
    room = started[0][0].folder
    (tmp_path / "scan" / room.rpartition("/")[2] / "0").mkdir(parents=True)
    machine.mount(found.volumes[0], f"{room}/0/")
    if ends_by == "kill":
        running.kill()
    else:
        started[0][1].end()
    list(running.lines())

    assert [] == machine.mount_points(found.volumes[0])
    assert [] == list((tmp_path / "scan").iterdir())


def test_what_a_killed_service_had_mounted_to_check_is_taken_away_by_the_next(machine, door, stick, tmp_path):
    room = tmp_path / "run" / "scan" / "ab12cd34"
    (room / "0").mkdir(parents=True)
    machine.mount(stick.volumes[0], f"{room}/0/")
    machine.door(config_in(tmp_path)).shut_all()

    assert [] == [point for point in machine.mount_points(stick.volumes[0]) if len(point) > 3]
    assert not room.exists()


def test_two_checks_have_two_folders(machine, tmp_path):
    rooms = []
    door = machine.door(config_in(tmp_path), lambda one: rooms.append(one.folder) or FakeRunning())
    for _ in range(2):
        door.start_scan(job(tmp_path / "scan", ()))

    assert 2 == len(set(rooms))


# ---- copies ----


def test_copies_are_their_owner_s_inside_and_their_folder_is_not(machine, door, tmp_path):
    staged = door.new_staging()
    (tmp_path / "state" / "staging" / staged.rpartition("/")[2] / "slides.odp").write_bytes(b"x" * 7)
    (folder,) = door.release_copies(staged, MAY, date(2026, 12, 10))
    sid = "S-1-5-21-1-2-3-1001"

    assert "/copies/1001/until-2026-12-10-" in folder
    assert copies_acl(sid) == machine.acls[folder]
    assert own_folder_acl(sid) == machine.acls[folder.rpartition("/")[0]]
    assert EVERY == machine.acls[str(tmp_path / "state" / "copies")]
    assert 7 == door.bytes_of_copies(MAY)
    door.sweep_copies(date(2026, 12, 11))
    assert 0 == door.bytes_of_copies(MAY)


def test_copies_are_deleted_with_no_more_rights_than_their_owner_has(machine, door, tmp_path, monkeypatch):
    staged = door.new_staging()
    (folder,) = door.release_copies(staged, MAY, date(2026, 12, 10))
    (Path(folder) / "slides.odp").write_bytes(b"x")
    limits, real = [], shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda *a, **k: (limits.append(machine.limits), real(*a, **k)))
    door.sweep_copies(date(2026, 12, 11))

    assert [("S-1-5-21-1-2-3-1001", *ANYBODY)] == limits
    assert not Path(folder).exists()


def test_copies_stay_where_rights_cannot_be_limited(machine, door):
    (folder,) = door.release_copies(door.new_staging(), MAY, date(2026, 12, 10))
    machine.problems["limited_to"] = ACCESS_DENIED
    with pytest.raises(WinProblem):
        door.sweep_copies(date(2026, 12, 11))

    assert Path(folder).exists()


def test_copies_of_somebody_windows_does_not_know_are_given_to_nobody(machine, tmp_path):
    door = machine.door(config_in(tmp_path), sid_of=lambda _uid: None)
    staged = door.new_staging()

    with pytest.raises(DeviceFailed):
        door.release_copies(staged, MAY, date(2026, 12, 10))


def test_only_a_staging_folder_of_ours_is_deleted(door, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    staged = door.new_staging()
    door.drop_staging(str(precious))
    door.drop_staging(staged)

    assert precious.is_dir()
    assert [] == list((tmp_path / "state" / "staging").iterdir())
