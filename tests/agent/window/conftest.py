"""A real display for the windows' tests, one per module, and a driver for one window process."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from agent.backends.own_process import agent_command
from agent.link import pages
from installer.displays import Display

PATIENCE_SECONDS = 30.0


class WindowProcess:
    """One `agent window` with its ends in our hands."""

    def __init__(self, display: str, authority: str, *arguments: str) -> None:
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "DISPLAY": display,
            "XAUTHORITY": authority,
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            agent_command("window", *arguments),
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._rest = b""

    def send(self, what: pages.AnyPage | dict[str, bool]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(what) + b"\n")
        self.process.stdin.flush()

    def next_answer(self, seconds: float = PATIENCE_SECONDS) -> pages.WindowAnswer | None:
        """Return the next line, or None if the window ended or said nothing in time."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return msgspec.json.decode(line, type=pages.WindowAnswer)

    def keys(self, *names: str) -> None:
        """Press keys one after the other, slowly enough for each page to be painted in between."""
        subprocess.run(
            ["xdotool", "key", "--delay", "200", *names], env=self.environment, check=True, timeout=20
        )

    def end(self) -> int:
        """Close our end and return how it exited."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@pytest.fixture(scope="module")
def bare_display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    """A display without a window manager, as at the gate."""
    with Display(tmp_path_factory.mktemp("window-display")) as display:
        yield display


@pytest.fixture
def open_window(bare_display: Display) -> Iterator[Callable[..., WindowProcess]]:
    """Start window processes that are gone after the test."""
    started: list[WindowProcess] = []

    def start(page: pages.AnyPage, *arguments: str) -> WindowProcess:
        window = WindowProcess(bare_display.name, str(bare_display.authority), *arguments)
        started.append(window)
        window.send(page)
        return window

    yield start
    for window in started:
        if window.process.poll() is None or not window.process.stdout.closed:  # type: ignore[union-attr]
            window.end()
