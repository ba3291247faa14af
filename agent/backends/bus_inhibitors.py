"""Who else may ask that the screen stay on: the desktop's own services and logind, over D-Bus.

A bare window manager has none of them and is asked nothing; where one runs, it is asked seldom, by a
small program that ends at once, so that no D-Bus library stays in the session's memory.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

GDBUS = "/usr/bin/gdbus"
ASK_EVERY_SECONDS = 30.0
LOOK_EVERY_SECONDS = 600.0
_PATIENCE_SECONDS = 1
_GNOME_IDLE = "8"
"""gnome-session's flag for *do not call this session idle*."""


class Question(NamedTuple):
    """One call, and the words in the answer that mean yes."""

    bus: str
    name: str
    path: str
    call: tuple[str, ...]
    yes: str


QUESTIONS = (
    Question(
        "--session",
        "org.gnome.SessionManager",
        "/org/gnome/SessionManager",
        ("org.gnome.SessionManager.IsInhibited", _GNOME_IDLE),
        "true",
    ),
    Question(
        "--session",
        "org.freedesktop.PowerManagement.Inhibit",
        "/org/freedesktop/PowerManagement/Inhibit",
        ("org.freedesktop.PowerManagement.Inhibit.HasInhibit",),
        "true",
    ),
    Question(
        "--system",
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        (
            "org.freedesktop.DBus.Properties.Get",
            "org.freedesktop.login1.Manager",
            "BlockInhibited",
        ),
        "idle",
    ),
)
Ask = Callable[[Sequence[str]], str]


def ask_bus(arguments: Sequence[str]) -> str:
    """Return what `gdbus call` printed; empty where there is no such bus or service."""
    if not Path(GDBUS).exists():
        return ""
    try:
        done = subprocess.run(
            [GDBUS, "call", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


class BusInhibitors:
    """Asks the services that are there, and remembers the answer for a while."""

    def __init__(self, ask: Ask = ask_bus, now: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._now = now
        self._there: tuple[Question, ...] = ()
        self._look_at = 0.0
        self._ask_at = 0.0
        self._answer = False

    def inhibit(self) -> bool:
        """Say whether one of them keeps the screen on."""
        now = self._now()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_SECONDS
            self._there = self._find()
        if self._there and now >= self._ask_at:
            self._ask_at = now + ASK_EVERY_SECONDS
            self._answer = any(self._asks(question) for question in self._there)
        return self._answer and bool(self._there)

    def _find(self) -> tuple[Question, ...]:
        found: list[Question] = []
        for bus in ("--session", "--system"):
            names = self._ask(_call(bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"))
            found += [asked for asked in QUESTIONS if asked.bus == bus and f"'{asked.name}'" in names]
        return tuple(found)

    def _asks(self, question: Question) -> bool:
        return question.yes in self._ask(_call(question.bus, question.name, question.path, *question.call))


def _call(bus: str, name: str, path: str, method: str, *values: str) -> tuple[str, ...]:
    return (bus, "--timeout", "1", "--dest", name, "--object-path", path, "--method", method, *values)
