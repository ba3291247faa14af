"""A school laptop with Windows: the agent in Windows Python under Wine, its people and their hands."""

import json
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from installer import environment, places, wine_python, wine_rig
from installer.displays import Display
from installer.errors import InstallerError
from installer.processes import wait_for
from tests.wine.windows import Windows, seen_from_windows

FOLDER = "Okul Bilgisayarı İşleri"
"""Where the agent lies on C: a path with spaces and letters that no code page of the West has."""
SESSION = 1
"""The one that Wine says every process is in."""
LOGON, LOGOFF, LOCK, UNLOCK = 5, 6, 7, 8
"""WTS_SESSION_… (winuser.h)."""
COMMAND_SECONDS = 90.0
WINLOGON = """\
#include <windows.h>
int WINAPI WinMain(HINSTANCE a, HINSTANCE b, LPSTR c, int d) { Sleep(INFINITE); return 0; }
"""


class Heard:
    """What a program says, read all the time: a full pipe would stop it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._said = bytearray()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            threading.Thread(target=self._read, args=(pipe.fileno(),), daemon=True).start()

    def _read(self, descriptor: int) -> None:
        while data := os.read(descriptor, 65536):
            self._said += data

    @property
    def text(self) -> str:
        """Return what it has said so far."""
        return self._said.decode(errors="replace").replace("\r\n", "\n")


class WindowsLaptop:
    """One laptop. Its service is a process that a test may kill; logins come by `log_in`."""

    def __init__(self, windows: Windows, display: Display, scratch: Path) -> None:
        self.windows = windows
        self.display = display
        self.scratch = scratch
        self.home = windows.c / FOLDER
        self.home.mkdir()
        for package in ("agent", "policies"):
            environment.mirror(places.CLONE / package, self.home / package)
        self._script = seen_from_windows(places.CLONE / "tests" / "wine" / "stage" / "service.py")
        self._stage = windows.c / "stage.json"
        self._logins: list[list[object]] = []
        self._events: list[list[int]] = []
        self._tell()
        self.service: Heard | None = None
        self.services: list[Heard] = []
        self._leader: subprocess.Popen[bytes] | None = None
        self._winlogon = windows.c / "winlogon.exe"
        (scratch / "winlogon.c").write_text(WINLOGON)
        wine_python.run(
            [
                wine_python.GCC,
                "-mwindows",
                "-Os",
                "-s",
                "-o",
                str(self._winlogon),
                str(scratch / "winlogon.c"),
            ]
        )

    @property
    def data(self) -> Path:
        """Where the agent keeps what is its own."""
        return self.windows.path(r"C:\ProgramData\Gatepost")

    def _environ(self) -> dict[str, str]:
        return {
            "DISPLAY": self.display.name,
            "XAUTHORITY": str(self.display.authority),
            "PYTHONPATH": rf"C:\{FOLDER}",
        }

    # ---- programs ----

    def agent(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `gatepost-agent WORDS` to its end."""
        return self.windows.run(
            "-m", "agent", *words, seconds=COMMAND_SECONDS, check=check, environ=self._environ()
        )

    def enrol(self, address: str, code: str) -> str:
        """Enrol with a server; return the device's id."""
        done = self.agent("enrol", address, code, "--json")
        return str(json.loads(done.stdout.strip().splitlines()[-1])["device"])

    def start_service(self) -> None:
        """Start the service, staged, and wait until it answers."""
        self.service = self._start(self._script, r"C:\stage.json", "service", "--verbose")
        self.services.append(self.service)

    def _start(self, *words: str) -> Heard:
        return Heard(self.windows.start(*words, environ=self._environ()))

    def kill_service(self) -> None:
        """End the service as nothing on it could prevent, wherever it is just now."""
        assert self.service is not None
        self.service.process.kill()
        self.service.process.wait()
        self.service = None

    def status(self) -> dict[str, object]:
        """Return what the running service says of itself; empty if it does not answer."""
        done = self.agent("status", "--json", check=False)
        try:
            return dict(json.loads(done.stdout.strip().splitlines()[-1]))
        except (ValueError, IndexError):
            return {}

    def logs(self) -> str:
        """Return what every service of this laptop has said."""
        return "\n----\n".join(each.text[-6000:] for each in self.services)

    # ---- people ----

    def _tell(self) -> None:
        new = self._stage.with_suffix(".new")
        new.write_text(json.dumps({"logins": self._logins, "events": self._events}), encoding="utf-8")
        new.replace(self._stage)

    def happens(self, event: int) -> None:
        """Have Windows tell the service of something in the session."""
        self._events.append([event, SESSION])
        self._tell()

    def log_in(self, user: str, domain: str = "OKUL") -> Heard:
        """Log somebody in; return the hook that stands before the shell."""
        self.happens_login(user, domain)
        return self.hook()

    def happens_login(self, user: str, domain: str = "OKUL") -> None:
        """Have a session begin in which nothing runs yet."""
        self._leader = self._start_program(self._winlogon)
        self._logins = [[SESSION, domain, user]]
        self.happens(LOGON)

    def hook(self) -> Heard:
        """Start the hook of the login anew."""
        return self._start("-m", "agent", "hook")

    def log_out(self) -> None:
        """Sign out: the session's first process ends, Windows tells."""
        assert self._leader is not None
        self._leader.kill()
        self._leader.wait()
        self._leader = None
        self._logins = []
        self.happens(LOGOFF)

    def _start_program(self, program: Path, *words: str) -> subprocess.Popen[bytes]:
        nothing = subprocess.DEVNULL
        return subprocess.Popen(
            [str(wine_rig.WINE), str(program), *words], stdin=nothing, stdout=nothing, stderr=nothing,
            env=self.windows.environment(**self._environ()),
        )  # fmt: skip

    # ---- hands and eyes ----

    def shows(self, title: str) -> bool:
        """Say whether a window with this in its title can be seen."""
        try:
            return bool(self.display.run("xdotool", "search", "--onlyvisible", "--name", title).split())
        except InstallerError:
            return False  # xdotool's way to say that there is none

    def is_painted(self) -> bool:
        """Say whether the screen shows more than two colours: a window's words."""
        colours = self.display.run("import", "-window", "root", "-format", "%k", "info:-")
        return int(colours) > 2

    def press(self, *keys: str) -> None:
        """Press keys, one after another, in whatever has the keyboard."""
        self.display.run("xdotool", "key", "--delay", "60", *keys)

    def click(self, x: int, y: int) -> None:
        """Click there."""
        self.display.run("xdotool", "mousemove", str(x), str(y), "click", "1")

    def wait_for(self, what: str, look, seconds: float):  # type: ignore[no-untyped-def]
        """Wait, and show what the services said if it never comes, or the service ends by itself."""

        def look_at_both():  # type: ignore[no-untyped-def]
            code = None if self.service is None else self.service.process.poll()
            assert code is None, f"the service has ended by itself with {code}"
            return look()

        try:
            return wait_for(what, look_at_both, seconds, every=0.3)
        except Exception as problem:
            self.display.screenshot(self.scratch / "never.png")
            raise AssertionError(f"{problem}\n{self.logs()}") from problem

    def close(self) -> None:
        """End what a person would: the session; the rest goes with the Windows."""
        if self._leader is not None:
            self._leader.kill()
            self._leader.wait()


@contextmanager
def windows_laptop(windows: Windows, display: Display, scratch: Path) -> Iterator[WindowsLaptop]:
    """Give a laptop until the end of the block."""
    laptop = WindowsLaptop(windows, display, scratch)
    try:
        yield laptop
    finally:
        laptop.close()


def texts_in(files: Iterable[Path], words: Sequence[str]) -> list[str]:
    """Return which of these words stand readable in any of the files, in UTF-8 or UTF-16."""
    contents = {path.name: path.read_bytes() for path in files}
    assert contents, "no such files"
    return [
        f"{name}: {word}"
        for name, content in contents.items()
        for word in words
        if word.encode() in content or word.encode("utf-16-le") in content
    ]
