"""The footprint: memory and time of everything of ours that stays resident on a laptop.

A real login on a virtual display, real server, real service and session. Ten minutes of use (windows open,
close and come to the front, hands move and type, the panel is opened), then a minute of nothing, then a
minute of steady input. PSS of all our processes, windows excluded only when they have gone by themselves.
Once with the XEmbed tray (tint2) and once with AppIndicator.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from installer import own, places, processes
from installer.accounts import DemoAccount
from installer.displays import Display
from tests.benchmarks.bench_lock import wait_for_desktop
from tests.support.lab import Lab, agent_pids, require_root
from tests.support.measuring import (
    alone_mib,
    command_line,
    descendants,
    end_tidily,
    figure,
    memory_mib,
    precise_cpu_seconds,
    progress,
    report,
    sums,
)
from tests.support.screen import Screen

REACH_MIB = {"xembed": 60.0, "appindicator": 85.0}
REACH_CPU_PERCENT = 0.3
STEADY_EVENTS_A_SECOND = 20
WITHOUT_PANEL = "#!/bin/sh\nxsetroot -solid '#39586b'\nexec openbox\n"
APPS = (("xterm", "-title", "notes"), ("mousepad",), ("xterm", "-title", "more"))


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_footprint")
    parser.add_argument("--minutes", type=float, default=10.0, help="of use before memory is measured")
    parser.add_argument("--cpu-seconds", type=float, default=60.0)
    parser.add_argument("--tray", choices=("xembed", "appindicator", "both"), default="both")
    parser.add_argument("--picture", type=Path, help="save one of the desktop in use here")
    asked = parser.parse_args(arguments)
    end_tidily()
    require_root()
    trays = ("xembed", "appindicator") if asked.tray == "both" else (asked.tray,)
    figures: dict[str, Any] = {}
    ok = True
    for tray in trays:
        settings: dict[str, int | bool] = {"lock.idle_after_seconds": 3600, "lock.countdown_seconds": 0}
        with Lab(settings=settings, config={"tray": tray}) as lab:
            found = measure(lab, tray, asked.minutes, asked.cpu_seconds, asked.picture)
        figures[tray] = found
        ok = ok and found["pss_mib"]["median"] <= REACH_MIB[tray]
        ok = ok and found["cpu_percent_idle"] <= REACH_CPU_PERCENT
        ok = ok and found["cpu_percent_steady_input"] <= REACH_CPU_PERCENT
    reach = {f"pss_mib_{tray}": REACH_MIB[tray] for tray in trays} | {"cpu_percent": REACH_CPU_PERCENT}
    return report("footprint", figures, reach, ok=ok, minutes=asked.minutes)


def measure(lab: Lab, tray: str, minutes: float, cpu_for: float, picture: Path | None) -> dict[str, Any]:
    """Play the use and measure; return the figures of one kind of tray."""
    lab.accepted_before()
    lab.enrol()
    lab.start_laptop()
    display, pupil = lab.display(), lab.pupils[0]
    with contextlib.ExitStack() as stack:
        exports, desktop = None, None
        if tray == "appindicator":
            exports = {"DBUS_SESSION_BUS_ADDRESS": start_bus(stack, lab, pupil)}
            desktop = WITHOUT_PANEL
        login = lab.log_in(display, pupil, exports=exports, desktop=desktop)
        screen = stack.enter_context(contextlib.closing(Screen(display)))
        wait_for_desktop(lab, login, pupil)
        progress(f"{tray}: the desktop is open")
        use(lab, login, display, screen, minutes * 60, picture)
        processes.wait_for("our windows close", lambda: not agent_pids("window", uid=pupil.uid), 30)
        samples = []
        for _ in range(5):
            samples.append(parts_of(lab, pupil))
            time.sleep(2)
        totals = [sums(each.values()) for each in samples]
        alone = alone_mib(resident(lab, pupil))
        idle = cpu_percent(lab, pupil, cpu_for, lambda: time.sleep(0.2))
        progress(f"{tray}: idle {idle:.3f} % of a core")
        steady = cpu_percent(lab, pupil, cpu_for, lambda: work_steadily(screen))
        progress(f"{tray}: steady input {steady:.3f} % of a core")
        login.close()
        try:  # a measurement of an agent that does nothing would be worthless
            processes.wait_for("the apps are recorded", lambda: lab.school.records("app-used"), 30)
        except processes.NotInTime as problem:
            raise RuntimeError(f"{problem}\n{lab.logs()}") from problem
    found: dict[str, Any] = {
        "pss_mib": figure([each["pss"] for each in totals], 1),
        "uss_mib": figure([each["uss"] for each in totals], 1),
        "rss_mib": figure([each["rss"] for each in totals], 1),
        "alone_mib": round(alone, 1),
        "cpu_percent_idle": round(idle, 3),
        "cpu_percent_steady_input": round(steady, 3),
        "processes": {
            name: {kind: round(value, 1) for kind, value in part.items()}
            for name, part in samples[-1].items()
        },
    }
    progress(f"{tray}: PSS {found['pss_mib']['median']} MiB, USS {found['uss_mib']['median']} MiB")
    return found


def resident(lab: Lab, pupil: DemoAccount) -> list[int]:
    """Return every process of ours: the service and all below it, the session and all below it."""
    service = lab.laptop.service.pid
    assert service is not None
    sessions = agent_pids("session", uid=pupil.uid)
    return sorted({pid for root in (service, *sessions) for pid in descendants(root)})


def parts_of(lab: Lab, pupil: DemoAccount) -> dict[str, dict[str, float]]:
    """Return the memory of each of our processes by a name for it."""
    found = {}
    for pid in resident(lab, pupil):
        with contextlib.suppress(OSError, KeyError):
            words = command_line(pid)
            known = [word for word in ("service", "session", "window") if word in words]
            name = known[0] if known else (words[0].rpartition("/")[2] if words else "gone")
            found[name if name not in found else f"{name} {pid}"] = memory_mib(pid)
    return found


def cpu_percent(lab: Lab, pupil: DemoAccount, seconds: float, meanwhile: Any) -> float:
    """Return what our processes used of one core over a while, in percent."""
    before = {pid: precise_cpu_seconds(pid) for pid in resident(lab, pupil)}
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        meanwhile()
    passed = time.monotonic() - begun
    used = 0.0
    for pid in resident(lab, pupil):
        with contextlib.suppress(OSError):
            used += precise_cpu_seconds(pid) - before.get(pid, 0.0)
    return used / passed * 100


def work_steadily(screen: Screen) -> None:
    """Move and type for a moment, at a steady rate."""
    screen.touch()
    screen.key("a")
    time.sleep(2 / STEADY_EVENTS_A_SECOND)


def use(lab: Lab, login: Any, display: Display, screen: Screen, seconds: float, picture: Path | None) -> None:
    """Use the desktop as a lesson does: apps come, change and go; hands move; the panel is looked at once."""
    begun = time.monotonic()
    running: list[subprocess.Popen[bytes]] = []
    turn = 0
    try:
        while time.monotonic() - begun < seconds:
            if turn % 12 == 0:
                running.append(login.start_app(*APPS[(turn // 12) % len(APPS)]))
            if len(running) > 3:
                processes.stop(running.pop(0), seconds=3)
            if turn == 6:
                show_panel(lab, login, picture, display)
            for _ in range(20):
                screen.touch()
                screen.key("e")
                time.sleep(0.1)
            with contextlib.suppress(Exception):  # no window yet, or it has just gone
                display.run("xdotool", "key", "alt+Tab")
            turn += 1
    finally:
        for process in running:
            processes.stop(process, seconds=3)


def show_panel(lab: Lab, login: Any, picture: Path | None, display: Display) -> None:
    """Open the panel as the desktop launcher does, look at it, close it."""
    command = own.module("agent", "--config", str(lab.laptop.config), "panel")
    panel = login.start_app(*command)
    panel.wait(30)
    uid = login.account.uid
    processes.wait_for("the panel shows", lambda: agent_pids("window", uid=uid), 20)
    time.sleep(3)
    if picture:
        display.screenshot(picture)
    display.run("xdotool", "key", "Escape")
    with contextlib.suppress(processes.NotInTime):
        processes.wait_for("the panel closes", lambda: not agent_pids("window", uid=uid), 5)
    for pid in agent_pids("window", uid=uid):
        with contextlib.suppress(ProcessLookupError):
            processes.end_all(lambda each, gone=pid: each == gone)  # type: ignore[misc]


def start_bus(stack: contextlib.ExitStack, lab: Lab, pupil: DemoAccount) -> str:
    """Start the pupil's session bus and an indicator host on it; return the bus's address."""
    folder = places.open_folder(places.base_dir() / "users") / f"bus-{pupil.uid}"
    folder.mkdir(mode=0o700, exist_ok=True)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    os.chown(folder, pupil.uid, pupil.gid)
    address = f"unix:path={folder}/bus"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(pupil.home), "DBUS_SESSION_BUS_ADDRESS": address}
    commands = (
        ["dbus-daemon", "--session", "--nofork", f"--address={address}"],
        own.module("tests.support.indicator_host"),
    )
    for command in commands:
        process = subprocess.Popen(
            command, env=environment, cwd="/", user=pupil.uid, group=pupil.gid, extra_groups=[],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(processes.stop, process, seconds=3)
        if "dbus-daemon" in command[0]:
            processes.wait_for("the bus", lambda: (folder / "bus").exists(), 10)
        else:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the indicator host did not start")
    return address


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
