"""A laptop on which May has logged in and two sticks were approved: saved once, restored for every test.

The school's data go back with the laptop: a laptop that had told more than it knows would be a forged one.
"""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from installer import places
from tests.support.virus_signatures import write_signatures
from tests.vm.image import Image, Progress
from tests.vm.laptops import one_laptop
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.usb import sticks
from tests.vm.usb.desk import HERE, HITS, KNOWN, KNOWN_GADGET, WEB_VIEW, Desk

GADGET = {
    "name": "known", "files": ["/root/stick.img"], "serial": KNOWN_GADGET, "manufacturer": "Own",
    "product_name": "Making",
}  # fmt: skip
KEPT_HOURS = 4
"""The approvals in it hold for eight."""
MOST_WORKERS = 8


class Ready(NamedTuple):
    """What every test here begins with."""

    saved: Path
    yard: Schoolyard
    school: Path
    """The school's folder as it was in the moment when the laptop was saved."""


def make_ready(laptop: Machine, yard: Schoolyard, share: Path, folder: Path) -> None:
    """Enrol, log in, have two sticks approved, save."""
    tell = Progress()
    write_signatures(share / "signatures", time.time() - 3600)
    laptop.connect_network()
    laptop.sh(f"cp {laptop.mount_share()}/signatures/* /var/lib/clamav/; chmod a+r /var/lib/clamav/*")
    yard.school.change_policy('usb.mode="approve_then_scan"', reason="tests")
    laptop.sh("systemctl start gatepost-agent")
    laptop.wait_until("test -S /run/gatepost/agent.sock")
    yard.enrol(laptop)
    laptop.wait_until("test 0 = $(cat /sys/module/usbcore/parameters/authorized_default)")
    yard.accepted_before("may")
    desk = Desk(laptop, yard)
    desk.seat.log_in()
    desk.seat.wait_has("agent session")
    yard.wait_for("login-started", os_user="may")
    tell("enrolled and logged in")
    stick = sticks.fat32(share / "stick.img")
    desk.bring(stick, "/root/stick.img")
    laptop.sh(f"cp {laptop.mount_share()}/gadget.py /root/")
    plugged = desk.plug(stick, KNOWN)
    desk.approve(desk.ask(plugged))
    desk.wait_released(plugged)
    desk.pull(plugged)
    desk.seat.wait_has_not("agent window")
    desk.gadget(**GADGET)
    plugged = yard.wait_for("media-plugged", serial=KNOWN_GADGET)
    desk.approve(desk.ask(plugged))
    desk.wait_released(plugged)
    desk.gadget_down("known")
    yard.wait_for("media-unplugged", plug=plugged["plug"])
    desk.seat.wait_has_not("agent window")
    tell("two sticks approved")
    laptop.sh("systemctl start udisks2")
    desk.begin_prying()
    # The plain window is enough for whoever does not look at it, and leaves the processor to the stick.
    laptop.sh(f"mv {WEB_VIEW} {WEB_VIEW}.away")
    laptop.sh(f": > {HITS}")
    # With the server gone no request is open: its connection would not live through being saved.
    yard.school.stop()
    laptop.save(folder / "laptop")
    shutil.copytree(yard.school.folder, folder / "school")


def decide_name(installed: Path, at: float) -> str:
    """Return the name of what these programs make ready; another one every few hours."""
    digest = hashlib.sha256(f"{installed.name} {int(at / 3600 / KEPT_HOURS)}".encode())
    ours = [path for name in ("server", "policies") for path in sorted((places.CLONE / name).rglob("*.py"))]
    for path in [*ours, *(HERE / name for name in ("ready.py", "pry.py", "gadget.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def own_place(above: Path, name: str) -> Iterator[Path]:
    """Hold a folder that no other worker uses: its school has one port, which two servers cannot share."""
    for number in range(MOST_WORKERS):
        with (above / f"ready-{number}.lock").open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for old in above.glob(f"ready-{number}-*"):
                if old.name != f"ready-{number}-{name}":
                    shutil.rmtree(old)
            yield above / f"ready-{number}-{name}"
            return
    raise RuntimeError(f"more than {MOST_WORKERS} runs of these tests at once")


@contextmanager
def open_ready(image: Image, installed: Path, share: Path, folder: Path) -> Iterator[Ready]:
    """Have the laptop and its school ready, made now or within the last hours."""
    shutil.copy(HERE / "gadget.py", share / "gadget.py")
    with own_place(image.folder, decide_name(installed, time.time())) as kept:
        if not kept.exists():
            Progress()("logging in and having two sticks approved once (a minute or two)")
            new = image.folder / f"{kept.name}-new"
            new.mkdir(mode=0o700)
            with (
                Schoolyard(folder / "first") as yard, one_laptop(),
                Machine(image.folder, saved=installed, share=share) as laptop,
            ):  # fmt: skip
                make_ready(laptop, yard, share, new)
            new.rename(kept)
        yield Ready(kept / "laptop", Schoolyard(folder / "school"), kept / "school")


@contextmanager
def school_as_it_was(ready: Ready) -> Iterator[Schoolyard]:
    """Have the school run as it was when the laptop was saved."""
    school = ready.yard.school
    shutil.rmtree(school.folder, ignore_errors=True)
    shutil.copytree(ready.school, school.folder)
    school.start()
    try:
        yield ready.yard
    finally:
        school.stop()
