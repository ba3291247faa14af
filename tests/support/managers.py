"""A window manager that is known to manage: Openbox says so long before, and may lose what is mapped then."""

import select
import subprocess
import time

from installer.displays import Display

_PATIENCE_SECONDS = 60.0
_ONE_TRY_SECONDS = 1.0


def start_manager(display: Display) -> "subprocess.Popen[bytes]":
    """
    Start Openbox and return once it has taken a window under its management, which is gone again.

    `_NET_SUPPORTING_WM_CHECK` stands before it looks for the windows that are there already; under load a
    window mapped in between was neither found nor managed, and waits on no screen for ever.
    """
    manager = _start(display, "openbox")
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        probe = _start(display, "xev", "-geometry", "10x10", "-event", "structure")
        managed = _comes_true(display, min(until, time.monotonic() + _ONE_TRY_SECONDS), managing=True)
        end(probe)
        if managed and _comes_true(display, until, managing=False):
            return manager
    end(manager)
    raise AssertionError(f"Openbox managed no window in {_PATIENCE_SECONDS:g} s")


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a program that was started here."""
    process.kill()
    process.wait()


def _start(display: Display, *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, env=display.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _comes_true(display: Display, until: float, *, managing: bool) -> bool:
    while time.monotonic() < until:
        if managing == ("0x" in display.run("xprop", "-root", "_NET_CLIENT_LIST")):
            return True
        select.select([], [], [], 0.02)
    return False
