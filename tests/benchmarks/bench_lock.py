"""The lock: from the idle threshold to the locker on the screen; and no false lock in an hour of use.

The first part is real: a pupil's login on a virtual display, the real service and session, the real locker,
the X server's own idle clock, with a countdown and without. The hour is played on a pretended clock through
the decisions themselves, many hours with different chances, with films on and off.
"""

import argparse
import contextlib
import random
import statistics
import sys
import time
from pathlib import Path

from installer import processes
from installer.accounts import DemoAccount
from installer.demo_login import Login
from installer.displays import Display
from policies.settings import LockSettings
from tests.support.lab import Lab, agent_pids, require_root
from tests.support.measuring import end_tidily, figure, progress, report
from tests.support.pretend_hour import Outcome, play_hour
from tests.support.screen import Screen

REACH_SECONDS = 1.0
IDLE_SECONDS = 30
COUNTDOWN_SECONDS = 8
SEED = 20240901


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_lock")
    parser.add_argument("--runs", type=int, default=5, help="real locks with a countdown, and without")
    parser.add_argument("--hours", type=int, default=200, help="pretended hours with films, and without")
    parser.add_argument("--locker", default="auto")
    parser.add_argument("--picture", type=Path, help="save one of the locked screen here")
    asked = parser.parse_args(arguments)
    end_tidily()
    require_root()
    figures: dict[str, object] = {}
    false_locks = late_hours = 0
    for films in (True, False):
        hours = pretended_hours(asked.hours, films=films)
        false_locks += sum(each.false_locks for each in hours)
        late_hours += sum(each.missed for each in hours)
        figures[f"hours_{'with' if films else 'without'}_films"] = {
            "hours": len(hours),
            "locks": sum(each.locks for each in hours),
            "false_locks": sum(each.false_locks for each in hours),
            "late_locks": sum(each.missed for each in hours),
            "latest_decision_seconds": round(max(each.latest_seconds for each in hours), 2),
        }
    progress(f"{2 * asked.hours} pretended hours: {false_locks} false locks, {late_hours} late")
    waits: list[float] = []
    for countdown in (COUNTDOWN_SECONDS, 0):
        settings: dict[str, int | bool] = {
            "lock.idle_after_seconds": IDLE_SECONDS,
            "lock.countdown_seconds": countdown,
        }
        with Lab(settings=settings, config={"locker": asked.locker}) as lab:
            measured = real_locks(lab, asked.runs, asked.picture)
        waits += measured
        figures[f"threshold_to_mapped_seconds_{'with' if countdown else 'without'}_countdown"] = figure(
            measured
        )
    ok = statistics.median(waits) <= REACH_SECONDS and not false_locks and not late_hours
    reach = {"threshold_to_mapped_seconds_median": REACH_SECONDS, "false_locks": 0}
    return report("lock", figures, reach, ok=ok, slowest_seconds=round(max(waits), 3))


def pretended_hours(count: int, *, films: bool) -> list[Outcome]:
    """Play so many hours under several schools' settings."""
    schools = (
        LockSettings(),
        LockSettings(idle_after_seconds=120, countdown_seconds=20),
        LockSettings(idle_after_seconds=60, countdown_seconds=0, inhibit_cap_seconds=1800),
    )
    return [play_hour(random.Random(SEED + run), schools[run % 3], films=films) for run in range(count)]


def real_locks(lab: Lab, runs: int, picture: Path | None) -> list[float]:
    """Leave the laptop alone so many times; return the seconds by which each locker came late."""
    lab.accepted_before()
    lab.enrol()
    lab.start_laptop()
    display, pupil = lab.display(), lab.pupils[0]
    login = lab.log_in(display, pupil)
    with contextlib.closing(Screen(display)) as screen:
        wait_for_desktop(lab, login, pupil)
        waits = []
        for run in range(runs):
            screen.forget_events()
            touched = screen.touch()
            seen = screen.wait_for_cover(IDLE_SECONDS + 20)
            if seen is None:
                raise RuntimeError(f"the screen did not lock\n{lab.logs()}")
            waits.append(seen.at - touched - IDLE_SECONDS)
            progress(f"locked {waits[-1]:.2f} s after the threshold (idle clock {seen.idle_seconds:.2f} s)")
            if picture and run == 0:
                time.sleep(1.0)
                display.screenshot(picture)
            unlock(lab, screen, display, pupil)
    kept = lab.school.records("screen-locked")
    if len(kept) < runs - 1:
        raise RuntimeError(f"{runs} locks were seen, {len(kept)} are recorded\n{lab.logs()}")
    login.close()
    return waits


def wait_for_desktop(lab: Lab, login: Login, pupil: DemoAccount) -> None:
    """Wait until the desktop is open and the session works there."""

    def look() -> bool:
        if not login.is_open():
            raise RuntimeError(f"the login ended\n{lab.logs()}")
        openbox = processes.pids_where(lambda pid: Path(f"/proc/{pid}/comm").read_text() == "openbox\n")
        mine = [pid for pid in openbox if processes.uid_of(pid) == pupil.uid]
        return bool(mine and agent_pids("session", uid=pupil.uid))

    processes.wait_for("the desktop opens", look, 40)
    processes.wait_for("the login is known", lambda: lab.school.records("login-started"), 20)


def unlock(lab: Lab, screen: Screen, display: Display, pupil: DemoAccount) -> None:
    """Type the password, as often as it takes (a locker that has just come may miss the first letters)."""
    for _ in range(4):
        display.run("xdotool", "key", "Escape")
        time.sleep(0.7)
        display.run("xdotool", "type", "--delay", "40", pupil.password)
        display.run("xdotool", "key", "Return")
        try:
            processes.wait_for("the screen opens", lambda: not screen.is_covered(), 8)
            return
        except processes.NotInTime:
            continue
    raise RuntimeError(f"the password opens nothing\n{lab.logs()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
