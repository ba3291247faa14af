"""What was opened for writing is taken back whole: written out and unmounted before the stick is shut."""

import os
import subprocess

import pytest

from agent.backends import linux_mounts
from tests.support.fake_usb import clean_scan

LAST_WORDS = b"and so the sea was quiet again."


def test_a_stick_is_shut_only_when_it_was_taken_back_however_slow_that_is(laptop, monkeypatch):
    laptop.opened(clean_scan())
    laptop.until("released")
    happened, waiting = [], []
    take_back, shut, spawn = laptop.usb.take_back, laptop.usb.shut, laptop.service.loop._spawn
    monkeypatch.setattr(laptop.usb, "take_back", lambda given: (happened.append("back"), take_back(given)))
    monkeypatch.setattr(laptop.usb, "shut", lambda seen: (happened.append("shut"), shut(seen)))
    monkeypatch.setattr(
        laptop.service.loop,
        "_spawn",
        lambda name, job: waiting.append(job) if name == "usb-switch" else spawn(name, job),
    )
    laptop.say(laptop.device.sessions[-1], "finish")
    while waiting:
        waiting.pop()()  # threads that run beside each other: the last may be the first
        laptop.settle()

    assert ["back", "shut"] == happened


def test_a_service_that_stops_before_the_switch_is_turned_turns_it(laptop, monkeypatch):
    laptop.opened(clean_scan())
    laptop.until("released")
    spawn = laptop.service.loop._spawn
    monkeypatch.setattr(
        laptop.service.loop, "_spawn", lambda name, job: None if name == "usb-switch" else spawn(name, job)
    )
    laptop.say(laptop.device.sessions[-1], "finish")
    before = laptop.usb.is_open()
    laptop.service.stop()

    assert (True, False, {}) == (before, laptop.usb.is_open(), laptop.usb.mounted)


def test_what_is_written_while_a_window_stays_open_is_on_the_stick_when_it_is_taken_back(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root; run: sudo python3 installer test")
    image, place = tmp_path / "image", tmp_path / "place"
    place.mkdir()
    subprocess.run(["truncate", "--size", "24M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    done = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True)
    if done.returncode:
        pytest.skip("no loop devices here")
    node = done.stdout.strip()
    linux_mounts.mount(node, place, "ext4", *linux_mounts.options("ext4", 0, 0, writable=True))
    window = os.open(place, os.O_RDONLY)
    (place / "essay.txt").write_bytes(LAST_WORDS)

    linux_mounts.unmount(place)
    written = LAST_WORDS in image.read_bytes()
    os.close(window)
    subprocess.run(["losetup", "--detach", node], check=True)

    assert written
    assert not os.path.ismount(place)
