"""The program that holds sleep off: ended when sleep is allowed, and collected when it ends by itself."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from agent.backends.linux_sleep import SleepWatch


def children_of_us() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread may end while we look
            found |= set((task / "children").read_text().split())
    return found


def wait_until_none_but(before: set[str]) -> set[str]:
    """Return the children that are left at the latest after half a minute."""
    until = time.monotonic() + 30
    while children_of_us() - before and time.monotonic() < until:
        os.sched_yield()
    return children_of_us() - before


def test_a_holder_that_ends_by_itself_leaves_no_dead_child():
    before = children_of_us()
    watch = SleepWatch(hold=("true",), listen=("true",))

    assert watch.start(lambda moment: None)
    assert set() == wait_until_none_but(before)


def test_a_holder_that_holds_ends_when_sleep_is_allowed():
    before = children_of_us()
    watch = SleepWatch(hold=("sleep", "infinity"), listen=("true",))
    watch.start(lambda moment: None)
    held = children_of_us() - before
    watch.allow()

    assert held
    assert set() == wait_until_none_but(before)


HOLDS = """
import time
from agent.backends.linux_sleep import SleepWatch
watch = SleepWatch(hold=("cat",), listen=("true",))
watch.start(lambda moment: None)
print(watch._held.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_service_holds_nobody_awake():
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as service:
        holder = Path("/proc", service.stdout.readline().strip())
        held = holder.exists()
        service.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while holder.exists() and time.monotonic() < until:
        os.sched_yield()

    assert held
    assert not holder.exists()
