"""
Veyon, a classroom manager that streams screens, for comparison: how many bytes its thumbnails take.

A server at one display and a master at another, both on this machine, with a configuration of their own in a
mount namespace. What passes between them is counted on its way, as it is for our laptops.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from installer.displays import Display
from tests.support.counting import Counting

PACKAGES = ("veyon-service", "veyon-master", "libqca-qt5-2-plugins")
PORT = 11100
SETTLED_SECONDS = 12.0
CONFIG = "/etc/xdg/Veyon Solutions"
LOCATIONS_BUTTON, FIRST_BOX = ("98", "692"), ("41", "137")
"""Where the master has them at 1366 by 768: it has no other way to be told what to show."""


class Missing(Exception):
    """Veyon is not installed; the text is what to run."""


def require() -> None:
    """Raise Missing where Veyon is not installed."""
    if not all(shutil.which(name) for name in ("veyon-server", "veyon-master", "veyon-cli")):
        raise Missing(f"apt-get install --no-install-recommends {' '.join(PACKAGES)}")


@contextlib.contextmanager
def watched_desktop(folder: Path) -> Iterator[tuple[Counting, Display]]:
    """Show a desktop in the master for as long as the block lasts; yields what counts, and the desktop."""
    require()
    config, home, keys = (folder / name for name in ("config", "home", "keys"))
    for each in (config, home, keys):
        each.mkdir(parents=True)
    counting = Counting("127.0.0.1", PORT)
    started: list[subprocess.Popen[bytes]] = []
    with contextlib.ExitStack() as later:
        later.callback(counting.close)
        pupil = later.enter_context(Display(folder / "pupil"))
        teacher = later.enter_context(Display(folder / "teacher"))

        def run(*command: str, display: Display | None = None, waits: bool = False) -> None:
            words = [
                "unshare",
                "--mount",
                "sh",
                "-c",
                f'mount --bind "{config}" "{CONFIG}" && exec "$0" "$@"',
            ]
            environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
            environment |= display.environment() if display else {"QT_QPA_PLATFORM": "offscreen"}
            environment |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
            quiet = subprocess.DEVNULL
            process = subprocess.Popen(
                [*words, *command], env=environment, stdin=quiet, stdout=quiet, stderr=quiet,
                start_new_session=True,
            )  # fmt: skip
            if waits:
                process.wait(60)
            else:
                started.append(process)

        Path(CONFIG).mkdir(parents=True, exist_ok=True)
        for name, value in (
            ("Authentication/Method", "1"),
            ("Authentication/PublicKeyBaseDir", str(keys / "public")),
            ("Authentication/PrivateKeyBaseDir", str(keys / "private")),
        ):
            run("veyon-cli", "config", "set", name, value, waits=True)
        run("veyon-cli", "authkeys", "create", "teacher", waits=True)
        run("veyon-cli", "networkobjects", "add", "location", "Lab", waits=True)
        address = f"127.0.0.1:{counting.port}"
        run("veyon-cli", "networkobjects", "add", "computer", "seat", address, "", "Lab", waits=True)
        later.callback(_end, started)
        pupil.run("xsetroot", "-solid", "#39586b")
        for title, place in (("one", "40x10+20+40"), ("two", "40x10+320+240")):
            run("xterm", "-T", title, "-geometry", place, "-e", "sleep", "infinity", display=pupil)
        run("openbox", display=pupil)
        run("veyon-server", display=pupil)
        run("openbox", display=teacher)
        time.sleep(3)
        run("veyon-master", display=teacher)
        time.sleep(6)
        for x, y in (LOCATIONS_BUTTON, FIRST_BOX):
            teacher.run("xdotool", "mousemove", x, y, "click", "1")
            time.sleep(2)
        time.sleep(SETTLED_SECONDS)
        teacher.screenshot(folder / "master.png")
        yield counting, pupil


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(started):
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait(5)
