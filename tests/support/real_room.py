"""
A room of real agents on one machine: each a service of its own, with a display, an account and a login.

Nothing is faked but one thing: laptops are told apart by their machine's id, so each service runs in a mount
namespace with an id of its own. Needs root. About 150 MB for each laptop.
"""

import contextlib
import secrets
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from installer import own, places, processes
from installer.accounts import DemoAccount
from installer.demo_login import Login
from installer.displays import Display
from installer.laptop import COMMAND_SECONDS, Laptop
from installer.service import Service
from tests.support.lab import Lab

SMALL = (800, 600)
READY_SECONDS = 180.0
DESKTOP = """\
#!/bin/sh
xsetroot -solid '#39586b' -cursor_name left_ptr
xterm -class Writer -T one -geometry 40x10+20+40 -e sleep infinity &
xterm -class Browser -T two -geometry 40x10+320+240 -e sleep infinity &
exec openbox
"""
"""Two apps and a window manager; no clock that ticks."""


class SeparateLaptop(Laptop):
    """A laptop that takes itself for another machine."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        super().__init__(folder, names)
        self._machine = folder / "machine-id"
        self._machine.write_text(secrets.token_hex(16) + "\n")
        service = own.service("agent", ["--config", str(self.config), "service"])
        self.service = Service("agent", self._apart(service), self.log)

    def _apart(self, command: Sequence[str]) -> list[str]:
        mount = f"mount --bind {shlex.quote(str(self._machine))} /etc/machine-id"
        return ["unshare", "--mount", "sh", "-c", f"{mount} && exec {shlex.join(command)}"]

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one `gatepost-agent` command, as this machine."""
        command = self._apart(own.module("agent", "--config", str(self.config), *arguments))
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip


class Seat(NamedTuple):
    """One laptop with the pupil at it."""

    device: str
    laptop: SeparateLaptop
    display: Display
    login: Login
    pupil: DemoAccount

    def bring_to_front(self, title: str) -> None:
        """Bring one of the two apps to the front, as a click would."""
        found = self.display.run("xdotool", "search", "--name", f"^{title}$").split()
        self.display.run("xdotool", "windowactivate", found[-1])


class Room:
    """So many laptops of one lab, each with a pupil at an open desktop; all accepted before."""

    def __init__(self, lab: Lab, room: str, address: str = "") -> None:
        self.lab = lab
        self.room = room
        self.address = address or lab.school.address
        """Where laptops find the server; something may stand between."""
        self.seats: list[Seat] = []
        self._later = contextlib.ExitStack()

    def seat(self, pupils: Sequence[DemoAccount], told: Callable[[str], None]) -> None:
        """Enrol a laptop for each pupil, start it, log the pupil in and wait until every desktop is open."""
        for place, pupil in enumerate(pupils, 1):
            self.seats.append(self._one(len(self.seats) + 1, pupil))
            told(f"laptop {place} of {len(pupils)}")
        for each in self.seats:
            each.display.run("xdotool", "search", "--sync", "--name", "^two$", seconds=READY_SECONDS)

    def _one(self, number: int, pupil: DemoAccount) -> Seat:
        folder = places.open_folder(self.lab.folder / f"seat-{number}")
        laptop = SeparateLaptop(folder, [pupil.name])
        before = self._devices()
        laptop.enrol(self.address, self.lab.school.new_code(self.room))
        (device,) = self._devices() - before
        self._later.callback(laptop.stop)
        laptop.start()
        display = Display(folder / "display", size=SMALL)
        self._later.callback(display.close)
        xsession = laptop.session_files()
        (xsession.parent / "desktop").write_text(DESKTOP)
        login = Login(display, pupil, xsession, language="en", log=folder / "login.log")
        self._later.callback(login.close)
        return Seat(device, laptop, display, login, pupil)

    def _devices(self) -> set[str]:
        return {row["id"] for row in self.lab.school.rows("SELECT id FROM devices WHERE state = 'active'")}

    def logs(self) -> str:
        """Return the ends of the logs of all laptops, for an error message."""
        return "\n".join(
            f"--- {path}\n{processes.tail(path, 15)}"
            for each in self.seats
            for path in (each.laptop.log, each.laptop.folder / "login.log")
        )

    def close(self) -> None:
        """End it all."""
        self._later.close()
