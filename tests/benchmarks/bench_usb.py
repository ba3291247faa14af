"""Sticks: from the kernel's event to the decision, beside USBGuard's own; the check, beside clamd's own.

In the virtual laptop of tests/vm, whose processor is an emulated one: seconds there are not those of a
laptop, so what has to be reached are ratios to others that did the same work there. The check is timed beside
clamd's own outside that laptop too.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from installer import deb
from tests.benchmarks import scan_outside
from tests.support.lab import require_root
from tests.support.measuring import end_tidily, figure, progress, report
from tests.support.virus_signatures import zipped
from tests.vm import image as images
from tests.vm.laptops import ensure_installed, fill_share, one_laptop
from tests.vm.machine import Machine
from tests.vm.usb import sticks
from tests.vm.usb.desk import HERE, KNOWN, Desk
from tests.vm.usb.ready import open_ready, school_as_it_was

REACH_DECIDED = 1.0
REACH_RECORDED = 1.5
REACH_SCAN = 0.95
SEED = 20240901
EVENTS = "/root/events"
FIRST_READ = """
import glob, time
while True:
    for path in glob.glob("/media/gatepost-*/*/essay.txt"):
        try:
            if open(path).read():
                print(time.monotonic()); raise SystemExit
        except OSError: pass
    time.sleep(0.02)
"""
OWN_CLAMD = "/run/own-clamd"
"""A clamd for comparison: our settings, another socket, as root, because only root reads these mounts."""
START_CLAMD = (
    f"mkdir -p {OWN_CLAMD}; sed 's#/run/gatepost/clamd#{OWN_CLAMD}#; /^User /d' "
    f"/run/gatepost/clamd/clamd.conf > {OWN_CLAMD}/clamd.conf; "
    f"clamd --config-file={OWN_CLAMD}/clamd.conf >/dev/null 2>&1 &"
)
ASK_CLAMD = """
import socket, sys, time
link = socket.socket(socket.AF_UNIX); link.connect(sys.argv[1] + "/clamd.sock")
began = time.monotonic(); link.sendall(b"zMULTISCAN " + sys.argv[2].encode() + b"\\0")
said = b""
while piece := link.recv(65536): said += piece
print(time.monotonic() - began, said.count(b"FOUND"), said.count(b"ERROR"))
"""
CHECK_OURSELVES = """
import os, sys, time
from agent.backends import scan_worker
from agent.backends.scan_job import ScanJob
from policies.settings import ScanSettings
job = ScanJob(volumes=(), limits=ScanSettings(), folder="/run/own-check", clamd=sys.argv[1] + "/clamd.sock")
began = time.monotonic()
*_, said = scan_worker.check(job, [os.fsencode(sys.argv[2])])
print(time.monotonic() - began, said.files - said.scanned, said.size_bytes)
"""
OUR_PYTHON = "/usr/lib/gatepost-agent/venv/bin/python"
ADDED, USED = "add-usb_device", "add-usb_interface"
GUARD_RULES = f'allow serial "{KNOWN}"\\n'


class Event(NamedTuple):
    """Something that the stopwatch in the laptop has seen."""

    at: float
    what: str
    where: str


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_usb")
    parser.add_argument("--rounds", type=int, default=9, help="plugs of each kind")
    parser.add_argument("--scans", type=int, default=5, help="checks beside clamd's own")
    parser.add_argument("--megabytes", type=int, default=12, help="on the stick that is checked")
    asked = parser.parse_args(arguments)
    end_tidily()
    require_root()
    folder = Path(tempfile.mkdtemp(prefix="gp-bench-"))
    (folder / "share").mkdir()
    bench = Bench(folder)
    scan_outside.measure(pupils_files(asked.megabytes), asked.scans, bench.note)
    image = images.ensure_image()
    share = fill_share(folder / "share", deb.build())
    with (
        open_ready(image, ensure_installed(image, share), share, folder) as ready,
        school_as_it_was(ready) as yard, one_laptop(),
        Machine(image.folder, saved=ready.saved, share=share) as laptop,
    ):  # fmt: skip
        bench.sit_down(Desk(laptop, yard))
        bench.measure_ours(asked.rounds)
        bench.measure_scans(asked.scans, asked.megabytes)
        bench.measure_usbguard(asked.rounds)
        early, rounds = bench.desk.early_hits(), bench.desk.rounds()
    return bench.tell(len(early), rounds)


class Bench:
    """One laptop and what was measured in it."""

    desk: Desk
    laptop: Machine

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[str, list[float]] = {}
        self._numbers = iter(range(10_000))

    def sit_down(self, desk: Desk) -> None:
        """Begin to listen at this laptop."""
        self.desk, self.laptop = desk, desk.laptop
        stopwatch = (HERE / "stopwatch.py").read_text()
        self.laptop.start(["python3", "-c", stopwatch, EVENTS], seconds=3600)
        self.laptop.wait_until(f"test -e {EVENTS}")
        desk.without_windows()

    def note(self, name: str, value: float) -> None:
        """Keep one value and show it."""
        self.values.setdefault(name, []).append(value)
        progress(f"{name} {value:.3f}")

    def _events(self) -> list[Event]:
        """Return what happened since the last call, once it is quiet."""
        self.laptop.wait_until(f"sleep 1; test -s {EVENTS}")
        said = self.laptop.sh(f"cat {EVENTS}; : > {EVENTS}")
        words = (line.split(" ", 2) for line in said.splitlines())
        return [Event(float(at), what, where) for at, what, where in words]

    # ---- events ----

    def measure_ours(self, rounds: int) -> None:
        """Plug approved and unknown sticks under our own switch."""
        stick = sticks.fat32(self.folder / "one")
        for _ in range(rounds):
            self._until_quiet()
            self.laptop.plug_stick("new", stick, serial=f"NEW{next(self._numbers)}")
            seen = self._events()
            added = next(each.at for each in seen if each.what == ADDED)
            writes = [each.at for each in seen if each.what == "journal" and each.at >= added]
            self.note("event_to_recorded_seconds", _end_of_burst(writes) - added)
            self.laptop.unplug("new")
            self._until_quiet()
            reading = self.laptop.start(["python3", "-c", FIRST_READ], user="may", seconds=120)
            plugged = self.desk.plug(stick, KNOWN)
            usable = float(reading.wait().out)
            added, used = _added_and_let_in(self._events())
            self.note("event_to_let_in_seconds", used - added)
            self.note("event_to_usable_seconds", usable - added)
            self.desk.pull(plugged)

    def measure_usbguard(self, rounds: int) -> None:
        """Plug the same stick under USBGuard alone, which allows it by a rule."""
        stick = sticks.fat32(self.folder / "one")
        self.laptop.sh(
            "systemctl stop gatepost-agent; usbguard generate-policy > /etc/usbguard/rules.conf; "
            f"printf '{GUARD_RULES}' >> /etc/usbguard/rules.conf; chmod 600 /etc/usbguard/rules.conf; "
            "systemctl start usbguard"
        )
        for _ in range(rounds):
            self._until_quiet()
            self.laptop.plug_stick(KNOWN, stick, serial=KNOWN)
            self.laptop.wait_until("ls /dev/sd?")
            added, used = _added_and_let_in(self._events())
            self.note("usbguard_event_to_let_in_seconds", used - added)
            self.laptop.unplug(KNOWN)
        self.laptop.sh("systemctl stop usbguard; systemctl start gatepost-agent")
        self.laptop.wait_until("gatepost-agent status --json")

    def _until_quiet(self) -> None:
        self.laptop.wait_until("! pgrep -x 'stick-.*'")
        # What is seen next is the next one.
        self.laptop.wait_until("! grep -q /media/gatepost- /proc/mounts")
        self.laptop.sh(f": > {EVENTS}")

    # ---- checking ----

    def measure_scans(self, rounds: int, megabytes: int) -> None:
        """
        Have the same files checked by our checker, and by clamd alone with its own walk.

        Each time by a fresh clamd, which would not look again at files that it knows; with nothing else at
        work, since whoever takes part of an emulated processor takes it from both, but not in equal parts.
        """
        stick = sticks.fat32(self.folder / "many", megabytes=megabytes + 40, **pupils_files(megabytes))
        plugged = self.desk.plug(stick, KNOWN)
        self.desk.wait_released(plugged)
        mounted = self.laptop.sh("ls -d /media/gatepost-*/USB-1")
        self.laptop.sh("pkill -STOP -f '[p]ry.py'")
        for _ in range(rounds):
            seconds, missed, size = self._checked([OUR_PYTHON, "-I", "-c", CHECK_OURSELVES], mounted)
            self.note("scan_megabytes_a_second", size / 1e6 / seconds)
            seconds, found, problems = self._checked(["python3", "-c", ASK_CLAMD], mounted)
            self.note("clamd_megabytes_a_second", size / 1e6 / seconds)
            if missed or found or problems:
                raise RuntimeError(f"not everything was checked: {missed} {found} {problems}")
        self.laptop.sh("pkill -CONT -f '[p]ry.py'")
        self.desk.pull(plugged)
        progress(f"{size:.0f} bytes")

    def _checked(self, command: list[str], mounted: str) -> list[float]:
        """Return what a program says of a check with a clamd that has seen nothing yet."""
        self.laptop.sh(START_CLAMD)
        self.laptop.wait_until(f"test -S {OWN_CLAMD}/clamd.sock")
        self.laptop.sh("echo 3 > /proc/sys/vm/drop_caches; sleep 1")
        said = self.laptop.sh([*command, OWN_CLAMD, mounted], seconds=600).split()
        self.laptop.sh(f"kill $(cat {OWN_CLAMD}/clamd.pid)")
        self.laptop.wait_until(f"! test -S {OWN_CLAMD}/clamd.sock")
        return [float(each) for each in said]

    # ---- the result ----

    def tell(self, early: int, rounds: int) -> int:
        """Print the result."""
        median = {name: statistics.median(values) for name, values in self.values.items()}
        guard = median["usbguard_event_to_let_in_seconds"]
        ratios = {
            "let_in_beside_usbguard": round(median["event_to_let_in_seconds"] / guard, 3),
            "recorded_beside_usbguard": round(median["event_to_recorded_seconds"] / guard, 3),
            "scan_beside_clamd": round(
                median["scan_megabytes_a_second"] / median["clamd_megabytes_a_second"], 3
            ),
        }
        for cores in ("", "one_core_"):
            ours, its_own = (f"outside_{cores}{who}_megabytes_a_second" for who in ("scan", "clamd"))
            ratios[f"outside_{cores}scan_beside_clamd"] = round(median[ours] / median[its_own], 3)
        ok = (
            ratios["let_in_beside_usbguard"] <= REACH_DECIDED
            and ratios["recorded_beside_usbguard"] <= REACH_RECORDED
            and min(ratios[each] for each in ratios if "scan" in each) >= REACH_SCAN
            and early == 0
        )
        figures = {name: figure(values) for name, values in self.values.items()}
        figures |= {"ratios": ratios, "reads_before_release": early, "rounds_of_prying": rounds}
        reach = {
            "let_in_beside_usbguard": REACH_DECIDED, "recorded_beside_usbguard": REACH_RECORDED,
            "scan_beside_clamd": REACH_SCAN,
            "outside_scan_beside_clamd": REACH_SCAN, "outside_one_core_scan_beside_clamd": REACH_SCAN,
            "reads_before_release": 0,
        }  # fmt: skip
        return report("usb", figures, reach, ok=ok)


def _added_and_let_in(seen: list[Event]) -> tuple[float, float]:
    """Return when the kernel named the device, and when it began to use it: then its interfaces appear."""
    added = next(each for each in seen if each.what == ADDED)
    used = next(each for each in seen if each.what == USED and each.where.startswith(added.where + "/"))
    return added.at, used.at


def _end_of_burst(writes: list[float], gap_seconds: float = 0.04) -> float:
    """Return when the first run of writes without a pause ended: one batch, written and synced."""
    end = writes[0]
    for at in writes[1:]:
        if at - end > gap_seconds:
            break
        end = at
    return end


def pupils_files(megabytes: int) -> dict[str, bytes]:
    """Return what pupils have on their sticks: many small texts, some archives, a few large files."""
    chance = random.Random(SEED)
    files: dict[str, bytes] = {}
    size = 0
    while size < megabytes * 1_000_000:
        number = len(files)
        kind = chance.choice(("txt", "txt", "txt", "zip", "bin"))
        if kind == "bin":
            content = chance.randbytes(600_000)
        else:
            text = " ".join(f"word{chance.randrange(5000)}" for _ in range(4000)).encode()
            content = text if kind == "txt" else zipped(document=text, more=text[::-1])
        files[f"f{number:04}_{kind}"] = content
        size += len(content)
    return files


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
