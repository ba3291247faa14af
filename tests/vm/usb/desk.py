"""May at her desktop with sticks, a technician at the server, and somebody who tries to read too early."""

import base64
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from installer import processes
from tests.vm.machine import Done, Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DISPLAY, Seat

HERE = Path(__file__).parent
ASK_BUTTON = (212, 110)
"""Of the stick's window: so many pixels from the right and from the bottom of the screen."""
KNOWN = "KNOWN"
"""Serial number of the stick that was approved before the test began: its check begins by itself."""
KNOWN_GADGET = "KNOWN-GADGET"
"""The same, for one made in the laptop."""
STATE = (
    "for d in /sys/bus/usb/devices/*/; do "
    'if [ "$(cat $d/serial 2>/dev/null)" = {} ]; then cat $d/authorized; fi; done'
)
_TYPELIBS = "/usr/lib/x86_64-linux-gnu/girepository-1.0"
WEB_VIEW, TOOLKIT = f"{_TYPELIBS}/WebKit2-4.1.typelib", f"{_TYPELIBS}/Gtk-3.0.typelib"
HITS, ROUNDS = "/home/may/hits", "/home/may/rounds"
CLOSES_SECONDS = 3.0
"""How long after the word that a stick is shut somebody may still be seen reading it."""


class Hit(NamedTuple):
    """One successful read."""

    at: float
    way: str
    path: str


class Desk:
    """One laptop with a person at it."""

    def __init__(self, laptop: Machine, yard: Schoolyard) -> None:
        self.laptop, self.yard = laptop, yard
        self.seat = Seat(laptop, "may")

    # ---- sticks ----

    def plug(self, image: Path, serial: str, name: str = "", **more: Any) -> dict[str, Any]:
        """Plug a stick and return its record."""
        before = self.count("media-plugged", serial=serial)
        self.laptop.plug_stick(name or serial, image, serial=serial, **more)
        return self.yard.wait_for("media-plugged", serial=serial, more_than=before)

    def pull(self, plugged: dict[str, Any], name: str = "") -> None:
        """Pull it out and wait for the word of it."""
        self.laptop.unplug(name or plugged["serial"])
        self.yard.wait_for("media-unplugged", plug=plugged["plug"])

    def gadget(self, **wish: Any) -> Done:
        """Plug a device of our own making (see gadget.py)."""
        self.laptop.sh(["python3", "/root/gadget.py", "up", json.dumps(wish)])
        return Done(0, "", "")

    def gadget_down(self, name: str) -> None:
        """Pull it out."""
        self.laptop.sh(["python3", "/root/gadget.py", "down", name])

    def bring(self, image: Path, target: str) -> None:
        """Lay a file into the laptop where only root reads it: what a gadget shows as its disk."""
        share = self.laptop.mount_share()
        self.laptop.sh(f"cp --sparse=always {share}/{image.name} {target} && umount {share}")

    def is_open(self, serial: str) -> bool:
        """Say whether the kernel uses the device with this serial number."""
        return "1" in self.laptop.sh(STATE.format(serial)).split()

    def wait_shut(self, serial: str) -> None:
        """Wait until the kernel no longer uses it and has no disk."""
        self.laptop.wait_until(f'test 0 = "$({STATE.format(serial)})"')
        self.laptop.wait_until("! ls /dev/sd*")

    # ---- people ----

    def without_windows(self) -> None:
        """Leave the processor to the stick: a window takes most of it, and few tests look at one."""
        self.laptop.sh(f"mv {TOOLKIT} {TOOLKIT}.away")

    def with_windows(self) -> None:
        """Have windows as they are at school."""
        self.laptop.sh(f"mv {TOOLKIT}.away {TOOLKIT}; mv {WEB_VIEW}.away {WEB_VIEW}")

    def ask(self, plugged: dict[str, Any]) -> dict[str, Any]:
        """Press *Ask to open it* in the stick's window and return the request."""
        self.seat.wait_has("agent window")
        self.seat.wait_painted()
        wide, high = map(int, self.laptop.sh(f"{DISPLAY} xdotool getdisplaygeometry").split())
        self.seat.click(wide - ASK_BUTTON[0], high - ASK_BUTTON[1])
        try:
            return self.yard.wait_for("media-requested", plug=plugged["plug"])
        except BaseException:
            # What the service and the kernel say of it, in the test's report.
            print(self.laptop.sh("journalctl --no-pager -n 80; dmesg | tail -n 20"))
            self.seat.picture("stick-not-asked")
            raise

    def approve(self, request: dict[str, Any], *words: str) -> None:
        """Say yes at the server."""
        newest = "SELECT device FROM records WHERE type = 'media-requested' ORDER BY at DESC LIMIT 1"
        device = self.yard.school.rows(newest)[0]["device"]
        self.yard.school.ask("media", "approve", device, request["request"], "--hours", "8", *words)

    def set_policy(self, *pairs: str) -> None:
        """Publish a changed policy and wait until the laptop obeys it."""
        before = self.count("policy-applied")
        self.yard.school.change_policy(*pairs, reason="tests")
        self.yard.wait_for("policy-applied", more_than=before)

    # ---- records ----

    def count(self, *types: str, **wanted: object) -> int:
        """Return how many records of these types with these values the server has."""
        return len([each for each in self.yard.school.records(*types) if wanted.items() <= each.items()])

    def wait_released(self, plugged: dict[str, Any]) -> dict[str, Any]:
        """Wait until the stick is open, and return the record."""
        return self._wait_end("media-released", plugged)

    def wait_kept_shut(self, plugged: dict[str, Any]) -> str:
        """Wait until the stick is shut for good, and return why."""
        return str(self._wait_end("media-shut", plugged)["reason"])

    def _wait_end(self, wanted: str, plugged: dict[str, Any]) -> dict[str, Any]:
        plug = plugged["plug"]
        try:
            ended = self.yard.wait_for("media-released", "media-shut", plug=plug)
        except BaseException:
            print(self.laptop.sh("journalctl --no-pager -n 60; dmesg | tail -n 20"))
            raise
        if ended.get("reason") and wanted == "media-released":
            print(self.laptop.sh("journalctl --no-pager -n 60; dmesg | tail -n 20"))
            raise AssertionError(f"shut: {ended} {self.yard.school.records('media-scanned')[-1:]}")
        if wanted == "media-shut" and "reason" not in ended:
            ended = self.yard.wait_for("media-shut", plug=plug)
        return ended

    # ---- somebody who tries to read ----

    def begin_prying(self) -> None:
        """Have May try to read the stick in every way from now on, as a program of her own session."""
        script = base64.b64encode((HERE / "pry.py").read_bytes()).decode()
        self.laptop.sh(f"echo {script} | base64 -d > /home/may/pry.py; chmod 644 /home/may/pry.py")
        self.laptop.sh(
            "XDG_RUNTIME_DIR=/run/user/$(id -u) systemd-run --user --quiet --unit=pry "
            f"python3 /home/may/pry.py {HITS} {ROUNDS}",
            user="may",
        )
        self.laptop.wait_until(f"test -s {ROUNDS}")

    def hits(self) -> list[Hit]:
        """Return every time she could read."""
        said = self.laptop.sh(f"cat {HITS}")
        return [Hit(**json.loads(line)) for line in said.splitlines()]

    def rounds(self) -> int:
        """Return how often she has tried everything."""
        return int(self.laptop.sh(f"cat {ROUNDS}") or 0)

    def open_times(self) -> list[tuple[float, float]]:
        """Return from when to when each stick was open by right: clean check to shut, pulled or now."""
        records = self.yard.school.records("media-scanned", "media-shut", "media-unplugged")
        found = []
        for checked in (each for each in records if each.get("outcome") == "clean"):
            # An agent that is killed between opening and writing it down has still checked first.
            begin, plug = _at(checked), checked["plug"]
            ends = [_at(each) for each in records if each["plug"] == plug and _at(each) > begin]
            found.append((begin, min(ends, default=time.time() + 60) + CLOSES_SECONDS))
        return found

    def early_hits(self) -> list[Hit]:
        """Return the reads for which nothing was open; waits for records that are still on their way."""
        hits = self.hits()

        def left() -> list[Hit]:
            times = self.open_times()
            return [hit for hit in hits if not any(begin <= hit.at <= end for begin, end in times)]

        try:
            processes.wait_for("records that explain the reads", lambda: not left(), 15.0)
        except processes.NotInTime:
            return left()
        return []


def _at(record: dict[str, Any]) -> float:
    return datetime.fromisoformat(record["at"]).timestamp()
