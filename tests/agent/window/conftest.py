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
from tests.support import window_looks

PATIENCE_SECONDS = 60.0


class WindowProcess:
    """One `agent window` with its ends in our hands."""

    def __init__(self, display: Display, *arguments: str) -> None:
        self.display = display
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "DISPLAY": display.name,
            "XAUTHORITY": str(display.authority),
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            agent_command("window", "--patience", f"{PATIENCE_SECONDS:g}", *arguments),
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
        """Press keys one after the other, as fast as a person does."""
        window_looks.press(self.display, *names)

    def turn(self, *names: str) -> None:
        """Press keys that change what is shown, and wait until that is drawn and rests."""
        before = window_looks.picture(self.display)
        self.keys(*names)
        self.shows_other(before)

    def shows_other(self, before: bytes) -> None:
        """Wait until the screen shows something else than this, and rests."""
        self._until(lambda: window_looks.picture(self.display) != before, "nothing else was shown")
        self.rest()

    def rest(self) -> None:
        """Wait until nothing changes on the screen any more: everything was taken, and drawn."""
        self._until(lambda: window_looks.rests(self.display), "the page did not come to rest")

    def leave(self) -> pages.WindowAnswer:
        """Press Escape until the window ends: on the page before the one that it closes, it does nothing."""
        answer: list[pages.WindowAnswer] = []

        def has_ended() -> bool:
            self.keys("Escape")
            said = self.next_answer(1.0)
            answer[:] = [said] if said is not None and said.event == "done" else []
            return bool(answer)

        self._until(has_ended, "the window did not end")
        return answer[0]

    def _until(self, fact: Callable[[], bool], otherwise: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not fact():
            assert time.monotonic() < end, otherwise

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
        window = WindowProcess(bare_display, *arguments)
        started.append(window)
        window.send(page)
        return window

    yield start
    for window in started:
        if window.process.poll() is None or not window.process.stdout.closed:  # type: ignore[union-attr]
            window.end()
