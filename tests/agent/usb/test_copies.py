"""Copies of sticks: handed over, kept as long as was said, then gone; and no more than there is room for."""

import os
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.backends import copies, linux_copies, scan_tally
from agent.backends.device import Account
from agent.backends.scan_walk import WalkFailed
from policies import records
from tests.support.stick_laptop import COPY

TODAY = date(2026, 11, 25)
OWN = Account(os.getuid(), os.getgid(), "may", "/home/may")


@pytest.fixture
def every(tmp_path):
    return tmp_path / "copies"


def give(every, tmp_path, token, end, content=b"The sea."):
    staged = tmp_path / token
    staged.mkdir()
    (staged / "essay.txt").write_bytes(content)
    return linux_copies.give(every, staged, OWN, end)


def test_copies_are_kept_to_the_end_of_their_day_and_then_go(every, tmp_path):
    folder = give(every, tmp_path, "ab12", TODAY)

    assert 0 == copies.sweep(every, TODAY)
    assert (folder / "essay.txt").exists()
    assert 1 == copies.sweep(every, TODAY + timedelta(days=1))
    assert not folder.exists()


def test_a_link_in_a_copy_takes_nothing_else_along(every, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    folder = give(every, tmp_path, "ab12", TODAY)
    (folder / "link").symlink_to(outside)
    (folder.parent / "until-2020-01-01-ab13").symlink_to(outside)
    copies.sweep(every, TODAY + timedelta(days=1))

    assert (outside / "kept").exists()


@pytest.mark.parametrize(
    "name", ["notes", "until-2026-13-40-ab12", "until-2026-11-25", "until-2026-11-25-x/y"]
)
def test_what_is_not_named_like_a_copy_stays(every, name):
    assert copies.end_of(name) is None


def test_the_end_stands_in_the_name():
    end = copies.end_for(TODAY)

    assert TODAY + timedelta(days=copies.KEPT_DAYS) == end
    assert end == copies.end_of(f"/var/lib/gatepost/copies/1001/{copies.name_until(end, 'ab12cd34')}")


def test_what_a_person_has_copied_is_counted(every, tmp_path):
    give(every, tmp_path, "ab12", TODAY, b"12345")
    give(every, tmp_path, "ab13", TODAY, b"123")

    assert 8 == copies.bytes_of(every, OWN.uid)
    assert 0 == copies.bytes_of(every, OWN.uid + 1)


def test_a_junction_of_windows_in_a_copy_is_not_counted_to_its_end(every, tmp_path, monkeypatch):
    folder = give(every, tmp_path, "ab12", TODAY, b"12345")
    (folder / "away").mkdir()
    (folder / "away" / "everything").write_bytes(b"x" * 99)
    real = Path.lstat

    def lstat(path):
        found = real(path)
        return SimpleNamespace(st_file_attributes=0x410) if path.name == "away" else found

    monkeypatch.setattr(Path, "lstat", lstat)

    assert 5 == copies.bytes_of(every, OWN.uid)


def test_more_than_there_is_room_for_is_not_copied(tmp_path):
    with pytest.raises(WalkFailed) as caught:
        scan_tally.check_room(tmp_path, 11, 10)

    assert "no-room" == caught.value.reason
    scan_tally.check_room(tmp_path, 10, 10)


def test_the_person_is_told_until_when_and_old_ones_are_looked_for(make_stick_laptop):
    laptop = make_stick_laptop(COPY)
    laptop.usb.copied_bytes = 1000
    session = laptop.copied()
    today = laptop.clock.at.astimezone().date()

    assert copies.end_for(today).isoformat() == laptop.page(session).kept_until
    assert copies.MOST_BYTES - 1000 == laptop.usb.jobs[0].copy_room_bytes
    assert ["copy"] == [each.access for each in laptop.kept(records.MediaReleased)]
    laptop.forward(3700)
    assert today == laptop.usb.swept
