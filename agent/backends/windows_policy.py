"""Windows' own lock after idleness, a little later than ours: it holds when this agent is dead.

The value is the machine's (`InactivityTimeoutSecs`). A school's group policy or Intune may set it too; then
it is theirs, and we neither change it nor fight over it.
"""

import logging
import sys
from typing import Literal, NamedTuple

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import on_windows
from agent.backends.windows_slices import OWN_KEY, POLICIES_KEY, RegistryCalls, RegistryValue

log = logging.getLogger(__name__)

VALUE = "InactivityTimeoutSecs"
WRITTEN = "InactivityWritten"
BEFORE = "InactivityBefore"
INTUNE_KEY = r"SOFTWARE\Microsoft\PolicyManager\current\device\LocalPoliciesSecurityOptions"
INTUNE_VALUE = "InteractiveLogon_MachineInactivityLimit"
MOST_SECONDS = 599_940
"""The most Windows takes."""
Owner = Literal["ours", "managed", "nobody"]


class Limit(NamedTuple):
    """Whose limit holds, and after how many seconds; 0: none."""

    owner: Owner
    seconds: int


def decide_owner(current: RegistryValue | None, written: RegistryValue | None, *, by_intune: bool) -> Owner:
    """Return whose value stands there. Ours is what we wrote and nobody has changed since. Pure."""
    if by_intune:
        return "managed"
    if current is None or current == 0:
        return "nobody"
    return "ours" if written is not None and current == written else "managed"


class InactivityPolicy:
    """Sets Windows' own limit where nobody else does, and gives back what was there."""

    def __init__(self, registry: RegistryCalls) -> None:
        self._registry = registry

    def look(self) -> Limit:
        """Return what holds now; raises WinProblem."""
        read = self._registry.read
        current = read(POLICIES_KEY, VALUE)
        by_intune = read(INTUNE_KEY, INTUNE_VALUE) is not None
        owner = decide_owner(current, read(OWN_KEY, WRITTEN), by_intune=by_intune)
        return Limit(owner, current if isinstance(current, int) else 0)

    def set(self, seconds: int | None) -> Limit:
        """Have Windows lock after so many idle seconds (None: not through us); return what holds then."""
        limit = self.look()
        if limit.owner == "managed":
            return limit
        if seconds is None:
            self.give_back()
            return self.look()
        wanted = min(max(seconds, 1), MOST_SECONDS)
        if limit == Limit("ours", wanted):
            return limit
        if limit.owner == "nobody":
            current = self._registry.read(POLICIES_KEY, VALUE)
            if current is None:
                self._registry.delete_value(OWN_KEY, BEFORE)
            else:
                self._registry.write_number(OWN_KEY, BEFORE, 0)
        # Noted first: a cut in between leaves a note of what is not there, and that claims nothing.
        self._registry.write_number(OWN_KEY, WRITTEN, wanted)
        self._registry.write_number(POLICIES_KEY, VALUE, wanted)
        return self.look()

    def give_back(self) -> None:
        """Leave the value as it was before us; one that somebody else has set since stays. Idempotent."""
        if self.look().owner == "ours":
            before = self._registry.read(OWN_KEY, BEFORE)
            if isinstance(before, int):
                self._registry.write_number(POLICIES_KEY, VALUE, before)
            else:
                self._registry.delete_value(POLICIES_KEY, VALUE)
        self._registry.delete_value(OWN_KEY, WRITTEN)
        self._registry.delete_value(OWN_KEY, BEFORE)


def give_back(registry: RegistryCalls | None = None) -> None:
    """Give back Windows' own idle limit, at removal; raises WinProblem."""
    InactivityPolicy(registry or real_registry()).give_back()


def real_registry() -> RegistryCalls:
    """Return the registry of this machine. Only on Windows."""
    found: RegistryCalls | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import registry

        found = registry
    return on_windows(found)


def keep_limit(registry: RegistryCalls, seconds: int | None) -> None:
    """Set the limit and say in the log when it is somebody else's, or could not be set; never raises."""
    try:
        limit = InactivityPolicy(registry).set(seconds)
    except WinProblem as problem:
        log.warning("Windows' own idle limit was not set", extra={"code": problem.code})
        return
    if limit.owner == "managed":
        log.info("Windows' own idle limit is managed by others", extra={"seconds": limit.seconds})
