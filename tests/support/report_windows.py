"""The pupil's waits, measured: from the key to the covered screen, from asking to the first screen."""

import contextlib
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from Xlib import XK, X
from Xlib.ext import xtest

from agent.backends.device_linux import LinuxDevice
from agent.backends.own_process import agent_command
from agent.link import channel, pages
from agent.link import messages as m
from agent.link.hiding import hidden_words
from agent.paths import Config
from agent.words import say_in
from installer import accounts, places
from installer.accounts import DemoAccount
from installer.displays import Display
from tests.support import managers, window_pages
from tests.support.lab import seat_at
from tests.support.measuring import descendants, precise_cpu_seconds
from tests.support.screen import Screen

REACH_HIDE_SECONDS = 0.5
REACH_OPEN_SECONDS = 1.0
SHORTCUT = "Ctrl+Alt+H"
KEYS = ("Control_L", "Alt_L", "h")
SETTLE_SECONDS = 2.0
COVER_SECONDS = 10.0
WAIT_SECONDS = 60.0


@contextlib.contextmanager
def bench_house() -> Iterator[tuple[Path, DemoAccount]]:
    """Make a folder and an account, and take both away."""
    with contextlib.ExitStack() as stack:
        folder = places.open_folder(Path(tempfile.mkdtemp(prefix="report-windows-", dir=places.base_dir())))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        pupil = accounts.make_account(f"gpbench-{folder.name[-6:].lower().replace('_', 'x')}")
        stack.callback(accounts.remove_account, pupil.name)
        yield folder, pupil


def hide_times(runs: int) -> list[float]:
    """
    Return the seconds from the key's press to the mapped cover, over a desktop with a window in front.

    A real session process of a real account; this program stands where the service stands and presses the
    keys through XTEST. Between two runs the screen is shown again through the cover's own button.
    """
    times = []
    with bench_house() as (folder, pupil), Display(folder / "display") as display:
        manager = managers.start_manager(display)
        program = subprocess.Popen(
            ["xterm", "-maximized"], env=display.environment(), stderr=subprocess.DEVNULL
        )
        device = LinuxDevice(
            Config(state_dir=str(folder / "state"), run_dir=str(folder / "run")), folder / "agent.toml"
        )
        child, ours = device.start_session(seat_at(display, pupil))
        screen = Screen(display)
        try:
            link = channel.service_end(ours)
            _wait_for(link, ours, m.Connected)
            link.send(_work())
            _rest(link, ours, SETTLE_SECONDS)
            for _run in range(runs):
                screen.forget_events()
                begun = press(screen, *KEYS)
                seen = screen.wait_for_cover(COVER_SECONDS)
                if seen is None:
                    raise RuntimeError("the screen was not covered")
                times.append(seen.at - begun)
                _rest(link, ours, 0.3)
                press(screen, "Tab")
                press(screen, "Return")
                shown_by = time.monotonic() + COVER_SECONDS
                while screen.is_covered():
                    if time.monotonic() > shown_by:
                        raise RuntimeError("the screen was not shown again")
                    _rest(link, ours, 0.1)
        finally:
            screen.close()
            device.kill(child)
            select.select([child.pidfd], [], [], 3.0)
            device.reap(child)
            ours.close()
            for process in (program, manager):
                process.kill()
                process.wait()
    return times


def open_times(runs: int, tier: str = "teen") -> tuple[list[float], list[float]]:
    """Return the seconds from the start of the report's window to its first screen, and of processor time.

    The second hardly depends on what else the machine does. The first run, which warms the page cache, is
    left out.
    """
    times, work = [], []
    page = msgspec.json.encode(window_pages.report(tier)) + b"\n"  # type: ignore[arg-type]
    with bench_house() as (folder, pupil), Display(folder / "display") as display:
        manager = managers.start_manager(display)
        try:
            for run in range(runs + 1):
                taken, cpu = _open_once(display, pupil, folder, page)
                if run:
                    times.append(taken)
                    work.append(cpu)
        finally:
            manager.kill()
            manager.wait()
    return times, work


def _open_once(display: Display, pupil: DemoAccount, folder: Path, page: bytes) -> tuple[float, float]:
    authority = folder / "pupil.xauth"
    shutil.copy(display.authority, authority)
    os.chown(authority, pupil.uid, pupil.uid)
    environment = {
        "PATH": "/usr/bin:/bin",
        "DISPLAY": display.name,
        "XAUTHORITY": str(authority),
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        agent_command("window"), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, cwd="/", user=pupil.uid, group=pupil.uid, extra_groups=[],
    )  # fmt: skip
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a window without pipes")
    try:
        process.stdin.write(page)
        process.stdin.flush()
        ready = select.select([process.stdout], [], [], WAIT_SECONDS)[0]
        said = msgspec.json.decode(process.stdout.readline(), type=pages.WindowAnswer) if ready else None
        taken = time.perf_counter() - begun
        if said is None or (said.event, said.kind) != ("painted", "web"):
            raise RuntimeError(f"the report's window said {said}")
        shown_by = {process.pid, *descendants(process.pid)}
        return taken, sum(precise_cpu_seconds(pid) for pid in shown_by)
    finally:
        process.stdin.close()
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def press(screen: Screen, *names: str) -> float:
    """Press these keys together; return when the last of them went down."""
    codes = [screen._x.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
    for code in codes[:-1]:
        xtest.fake_input(screen._x, X.KeyPress, code)
    screen._x.sync()
    at = time.monotonic()
    xtest.fake_input(screen._x, X.KeyPress, codes[-1])
    for code in reversed(codes):
        xtest.fake_input(screen._x, X.KeyRelease, code)
    screen._x.sync()
    return at


def _work() -> m.Work:
    say = say_in("tr", "teen")
    return m.Work(
        language="tr",
        sense_apps=True,
        texts=pages.TrayWords(title="Gatepost", open_panel="Aç"),
        hide_shortcut=SHORTCUT,
        hidden=hidden_words(say, school="Fındık Bahçesi İlkokulu", reports=True),
    )


def _wait_for(link: "channel.Channel[m.AnyUp, m.AnyDown]", ours: socket.socket, kind: type[m.AnyUp]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.2)[0] and any(
            isinstance(said, kind) for said in link.read_ready()
        ):
            return
    raise RuntimeError(f"the session never said {kind.__name__}")


def _rest(link: "channel.Channel[m.AnyUp, m.AnyDown]", ours: socket.socket, seconds: float) -> None:
    """Read what the session says for so long; a key refused is no measurement."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([ours], [], [], left)[0]:
            for said in link.read_ready():
                if isinstance(said, m.Lacks):
                    raise RuntimeError("the key that hides the screen was refused")
