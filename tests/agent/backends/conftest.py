"""A real display that this very process may use too, and a bounded way to wait for a fact."""

import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.backends import x11_cookie
from agent.backends.desktop_linux import X11Desktop
from agent.backends.device import Seat
from tests.support import managers


@pytest.fixture
def eventually() -> Callable[..., None]:
    def wait(fact: Callable[[], object], seconds: float = 30.0, every: float = 0.05) -> None:
        until = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < until, "it did not come true in time"
            select.select([], [], [], every)

    return wait


@pytest.fixture
def x11(display, monkeypatch):
    display.authority.write_bytes(x11_cookie.for_display(display.entry, display.name, socket.gethostname()))
    monkeypatch.setenv("DISPLAY", display.name)
    monkeypatch.setenv("XAUTHORITY", str(display.authority))
    return display


@pytest.fixture
def desktop(x11) -> Iterator[X11Desktop]:
    desktop = X11Desktop()
    yield desktop
    desktop.close()


@pytest.fixture
def start(x11) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start a program on the display; it is ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*command: str) -> "subprocess.Popen[bytes]":
        started.append(
            subprocess.Popen(
                command, env=x11.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def managed(x11) -> Iterator[None]:
    """A window manager runs."""
    manager = managers.start_manager(x11)
    yield
    managers.end(manager)


@pytest.fixture
def seat(x11, demo_account) -> Seat:
    return Seat(demo_account.uid, x11.name, x11.entry, {"LANGUAGE": "tr"})


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the demo account can reach; pytest's own are shut to everybody else."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
