"""The gate: from `Connected` of a session to the first paint of the agreement, the web view warm.

A real session process runs as a real pupil on a bare virtual display; this program stands where the
service stands, on the other end of the socketpair, and orders the gate the moment the session connects.
"""

import argparse
import contextlib
import select
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent.backends.device_linux import LinuxDevice
from agent.link import channel, pages
from agent.link import messages as m
from agent.link.channel import Channel
from agent.paths import Config
from installer import accounts, places
from installer.accounts import DemoAccount
from installer.displays import Display
from policies import composing, schools
from tests.support.lab import require_root, seat_at
from tests.support.measuring import (
    descendants,
    end_tidily,
    figure,
    memory_mib,
    precise_cpu_seconds,
    progress,
    report,
)

REACH_SECONDS = 1.3
WAIT_SECONDS = 60.0
TIER = "teen"


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_gate")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--profile", default="secondary-turkiye")
    parser.add_argument("--picture", type=Path, help="save one of the last gate here")
    asked = parser.parse_args(arguments)
    end_tidily()
    require_root()
    page = gate_page(asked.profile)
    connects, paints, windows, work = [], [], [], []
    with contextlib.ExitStack() as stack:
        folder = places.open_folder(Path(tempfile.mkdtemp(prefix="gate-", dir=places.base_dir())))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        pupil = accounts.make_account(f"gpbench-{folder.name[-6:].lower().replace('_', 'x')}")
        stack.callback(accounts.remove_account, pupil.name)
        config = Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))
        device = LinuxDevice(config, folder / "agent.toml")
        for run in range(asked.runs + 1):
            with Display(folder / f"display-{run}") as display:
                picture = asked.picture if run == asked.runs else None
                connect, paint, window, cpu = once(device, display, pupil, page, picture)
            progress(f"run {run}: connected after {connect:.2f} s, painted {paint:.2f} s later")
            if run:  # the first one warms the page cache
                connects.append(connect)
                paints.append(paint)
                windows.append(window)
                work.append(cpu)
    figures = {
        "connected_to_paint_seconds": figure(paints),
        "start_to_connected_seconds": figure(connects),
        "window_cpu_seconds_to_paint": figure(work),
        "window_pss_mib_while_it_stands": figure(windows, 1),
    }
    ok = statistics.median(paints) <= REACH_SECONDS
    return report("gate", figures, {"connected_to_paint_seconds_median": REACH_SECONDS}, ok=ok)


def gate_page(profile: str) -> pages.GatePage:
    """Return the page a pupil of this school meets."""
    school = schools.load_profile(profile)
    versions = composing.compose(school.school, school.settings, (TIER,), 1)
    return pages.GatePage(
        school=school.school.name,
        language="en",
        tier=TIER,
        person="Deniz Aksoy",
        agreement=versions[0],
        contacts=school.school.contacts,
    )


def once(
    device: LinuxDevice, display: Display, pupil: DemoAccount, page: pages.GatePage, picture: Path | None
) -> tuple[float, float, float, float]:
    """
    Start one session and show it the gate.

    Returns the seconds to `Connected`, from there to the paint, the window's PSS in MiB, and the processor
    time it took (which, unlike the seconds, hardly depends on what else the machine does).
    """
    begun = time.perf_counter()
    child, ours = device.start_session(seat_at(display, pupil))
    try:
        link = channel.service_end(ours)
        wait_for_message(link, ours, lambda said: isinstance(said, m.Connected))
        connected = time.perf_counter()
        link.send(m.ShowGate(page=page))
        shown = wait_for_message(link, ours, lambda said: isinstance(said, m.GateShown))
        painted = time.perf_counter()
        if not isinstance(shown, m.GateShown) or shown.kind != "web":
            raise RuntimeError(f"the gate was shown by {shown}")
        if picture:
            display.screenshot(picture)
        shown_by = descendants(child.anchor.pid)[1:]
        cpu = sum(precise_cpu_seconds(pid) for pid in shown_by)
        memory = sum(memory_mib(pid)["pss"] for pid in shown_by)
        with contextlib.suppress(Exception):
            link.send(m.Stop())
        return connected - begun, painted - connected, memory, cpu
    finally:
        select.select([child.pidfd], [], [], 3.0)
        device.kill(child)
        select.select([child.pidfd], [], [], 3.0)
        device.reap(child)
        ours.close()


def wait_for_message(
    link: Channel[m.AnyUp, m.AnyDown], ours: socket.socket, wanted: Callable[[m.AnyUp], bool]
) -> m.AnyUp:
    """Return the first such message; RuntimeError when it does not come."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        ready, _, _ = select.select([ours], [], [], 1.0)
        for said in link.read_ready() if ready else []:
            if wanted(said):
                return said
    raise RuntimeError(f"the session did not say what was waited for within {WAIT_SECONDS:g} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
