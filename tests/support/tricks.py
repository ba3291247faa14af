"""What each thing would cost if it were resident: memory of fresh processes, with it and without.

`python -m tests.support.tricks` prints one JSON line; docs/figures.md quotes it. USS, so that what other
programs share does not matter.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from installer.displays import Display
from tests.support.measuring import memory_mib
from tests.support.screen import Screen

RUNS = 3
SERVICE = "import agent.service.app, agent.backends.device_linux"
SESSION = "import agent.session.app, agent.backends.desktop_linux"
SETTLE = "import ctypes, gc; gc.collect(); gc.freeze(); ctypes.CDLL(None).malloc_trim(0)"
XORG = "import os; os.environ['PYSTRAY_BACKEND'] = 'xorg'"
GTK = "import gi; gi.require_version('Gtk', '3.0')"
CASES = {
    "python alone": "",
    "service, imported": SERVICE,
    "service, imported and settled (gc, freeze, malloc_trim)": f"{SERVICE}; {SETTLE}",
    "session, imported": SESSION,
    "service + apscheduler": f"{SERVICE}; import apscheduler.schedulers.background",
    "service + psutil": f"{SERVICE}; import psutil",
    "session + pynput": f"{SESSION}; import pynput.keyboard, pynput.mouse",
    "session + psutil": f"{SESSION}; import psutil",
    "session + tray icon (pystray xorg, PIL.Image)": f"{SESSION}; {XORG}; import pystray, PIL.Image",
    "session + PIL.Image, PIL.ImageDraw": f"{SESSION}; import PIL.Image, PIL.ImageDraw",
    "session + GTK 3": f"{SESSION}; {GTK}; from gi.repository import Gtk",
    "session + pywebview": f"{SESSION}; import webview",
    "service and session in one process": f"{SERVICE}; {SESSION}",
}


def uss_of(code: str) -> float:
    """Return the USS of a fresh process that has run this, in MiB."""
    waits = f"{code}\nprint('ready', flush=True)\nimport sys; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", waits], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/"
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError(code)
        found = memory_mib(process.pid)["uss"]
        process.stdin.close()
    return found


def main() -> None:
    """Measure every case and print the medians."""
    with tempfile.TemporaryDirectory() as folder, Display(Path(folder)) as display:
        os.environ["DISPLAY"] = display.name
        with contextlib.closing(Screen(display)):  # leaves the key where python-xlib looks for it
            found = {
                name: round(statistics.median(uss_of(code) for _ in range(RUNS)), 1)
                for name, code in CASES.items()
            }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
