"""The whole way of a stick nobody has approved yet: asked for in the real window, answered at the server."""

from pathlib import Path

import pytest

from tests.support.virus_signatures import EICAR, zipped
from tests.vm.usb import sticks
from tests.vm.usb.desk import Desk
from tests.vm.usb.sticks import SECRET

pytestmark = pytest.mark.thorough


def test_a_stick_is_asked_for_approved_checked_and_opened_and_not_a_byte_is_read_before(
    desk: Desk, tmp_path: Path
) -> None:
    laptop = desk.laptop
    desk.with_windows()
    plugged = desk.plug(sticks.fat32(tmp_path / "new"), "NEW")
    request = desk.ask(plugged)
    read_while_asked = desk.hits()
    desk.approve(request)
    released = desk.wait_released(plugged)
    folder = laptop.sh("ls -d /media/gatepost-*/USB-1")
    # She is seen reading: the program that tries all the time would have been seen earlier too.
    laptop.wait_until("grep -q essay /home/may/hits")
    desk.seat.picture("stick-open")

    assert [] == read_while_asked
    assert "read" == released["access"]
    assert SECRET.decode() == laptop.sh(f"cat {folder}/essay.txt", user="may")
    assert laptop.run(f"cat {folder}/essay.txt", user="sam").status

    desk.pull(plugged)
    laptop.wait_until(f"! grep -q {folder} /proc/mounts")
    again = desk.plug(sticks.fat32(tmp_path / "bad", a_zip=zipped(x=EICAR)), "NEW")
    assert "harmful" == desk.wait_kept_shut(again)


def test_in_copy_mode_she_gets_checked_copies_and_the_stick_stays_shut(desk: Desk, tmp_path: Path) -> None:
    laptop = desk.laptop
    desk.with_windows()
    desk.set_policy('usb.mode="copy"')
    plugged = desk.plug(sticks.fat32(tmp_path / "new"), "NEW")
    desk.approve(desk.ask(plugged))
    released = desk.wait_released(plugged)
    copy = laptop.wait_until("ls /var/lib/gatepost/copies/*/*/essay.txt")
    desk.wait_shut("NEW")

    assert "copy" == released["access"]
    assert SECRET.decode() == laptop.sh(f"cat {copy}", user="may")
    assert laptop.run(f"cat {copy}", user="sam").status
    assert laptop.run("grep /media/gatepost- /proc/mounts").status


def test_what_she_wrote_last_is_on_the_stick_when_she_may_use_it_no_longer(
    desk_unwatched: Desk, tmp_path: Path
) -> None:
    # Unwatched: an emulated processor takes seconds to begin the unmounting, and she reads until then.
    desk, last_words = desk_unwatched, "and the sea was quiet again"
    laptop = desk.laptop
    desk.with_windows()
    image = sticks.fat32(tmp_path / "new")
    plugged = desk.plug(image, "NEW")
    desk.approve(desk.ask(plugged), "--write")
    released = desk.wait_released(plugged)
    folder = laptop.sh("ls -d /media/gatepost-*/USB-1")
    # As a window does that still shows the folder.
    laptop.sh(f"sleep 1000 < {folder} > /dev/null 2>&1 &", user="may")
    laptop.sh(f"echo {last_words} > {folder}/last.txt", user="may")
    desk.yard.school.ask("media", "revoke", released["order"])
    desk.wait_shut("NEW")

    assert "write" == released["access"]
    assert last_words.encode() in image.read_bytes()
