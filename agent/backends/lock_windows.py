"""`agent lock-windows`: lock this session by Windows' own lock screen, and live as long as it is locked.

Runs as the pupil in their session, started by the service. Its end says how it went; that the screen is
locked the service believes Windows alone.
"""

import sys
import time
from collections.abc import Callable, Sequence

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_slices import NOT_THE_USERS_DESKTOPS, DesktopLookCalls

OPENED, REFUSED, NEVER_LOCKED, NOT_WINDOWS = 0, 3, 4, 5
LOCK_WITHIN_SECONDS = 10.0
LOOK_SECONDS = 0.25
OPEN_FOR_LOOKS = 4
"""So often in a row the desktop is seen before it counts as open: the service has heard of it by then."""


def stand(
    calls: DesktopLookCalls,
    *,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> int:
    """Lock, wait until the screen is open again, and return how it went."""
    try:
        calls.lock_workstation()
    except WinProblem:
        if _is_open(calls):
            return REFUSED
        # Locked already, or switched away from: nobody sees it, and Windows asks who comes back.
    until = clock() + LOCK_WITHIN_SECONDS
    while _is_open(calls):
        if clock() > until:
            return NEVER_LOCKED
        rest(LOOK_SECONDS)
    looks = 0
    while looks < OPEN_FOR_LOOKS:
        rest(LOOK_SECONDS)
        looks = looks + 1 if _is_open(calls) else 0
    return OPENED


def _is_open(calls: DesktopLookCalls) -> bool:
    """Say whether a desktop of the pupil's has the keyboard; what cannot be asked for is none."""
    try:
        return calls.input_desktop().casefold() not in NOT_THE_USERS_DESKTOPS
    except WinProblem:
        return False


def main(arguments: Sequence[str]) -> int:
    """Run until the screen is open again."""
    calls: DesktopLookCalls | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        calls = desktop
    return NOT_WINDOWS if calls is None or arguments else stand(calls)
