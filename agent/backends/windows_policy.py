"""Windows' own lock, for when this agent is dead: after idleness a little later than ours, and on waking.

The values are the machine's. A school's group policy or Intune may set them too; then they are theirs, and we
neither change them nor fight over them.
"""

import logging
import sys
from typing import Literal, NamedTuple

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import on_windows
from agent.backends.windows_slices import OWN_KEY, POLICIES_KEY, RegistryCalls, RegistryValue

log = logging.getLogger(__name__)

VALUE = "InactivityTimeoutSecs"
INTUNE_KEY = r"SOFTWARE\Microsoft\PolicyManager\current\device\LocalPoliciesSecurityOptions"
INTUNE_VALUE = "InteractiveLogon_MachineInactivityLimit"
WAKE_KEY = r"SOFTWARE\Policies\Microsoft\Power\PowerSettings\0e796bdb-100d-47d6-a2d5-f7d2daa51f51"
"""The group policy *Require a password when a computer wakes*, on mains and on battery."""
WAKE_VALUES = ("ACSettingIndex", "DCSettingIndex")
MOST_SECONDS = 599_940
"""The most Windows takes."""
Owner = Literal["ours", "managed", "nobody"]


class Limit(NamedTuple):
    """Whose value holds, and what it is; 0: none."""

    owner: Owner
    seconds: int


class Owned(NamedTuple):
    """One value that is ours only where nobody else sets it."""

    key: str
    name: str
    note: str
    """What our own key calls it."""
    free: tuple[RegistryValue | None, ...]
    """What means that nobody has set it."""
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Where somebody else's wish for it may stand already."""

    @property
    def written(self) -> str:
        """The name of our note of what we wrote."""
        return f"{self.note}Written"

    @property
    def before(self) -> str:
        """The name of our note of what stood there."""
        return f"{self.note}Before"


IDLE = Owned(POLICIES_KEY, VALUE, "Inactivity", (None, 0), ((INTUNE_KEY, INTUNE_VALUE),))
ON_WAKING = tuple(Owned(WAKE_KEY, name, f"Wake{name[:2]}", (None,)) for name in WAKE_VALUES)


def decide_owner(
    current: RegistryValue | None,
    written: RegistryValue | None,
    *,
    elsewhere: bool,
    free: tuple[RegistryValue | None, ...] = (None, 0),
) -> Owner:
    """Return whose value stands there. Ours is what we wrote and nobody has changed since. Pure."""
    if elsewhere:
        return "managed"
    if current in free:
        return "nobody"
    return "ours" if written is not None and current == written else "managed"


class OwnPolicy:
    """Sets one value of Windows' where nobody else does, and gives back what was there."""

    def __init__(self, registry: RegistryCalls, owned: Owned = IDLE) -> None:
        self._registry = registry
        self._owned = owned

    def look(self) -> Limit:
        """Return what holds now; raises WinProblem."""
        owned, read = self._owned, self._registry.read
        current = read(owned.key, owned.name)
        elsewhere = any(read(key, name) is not None for key, name in owned.elsewhere)
        owner = decide_owner(current, read(OWN_KEY, owned.written), elsewhere=elsewhere, free=owned.free)
        return Limit(owner, current if isinstance(current, int) else 0)

    def set(self, number: int | None) -> Limit:
        """Have this number stand there (None: nothing of ours); return what holds then."""
        limit = self.look()
        if limit.owner == "managed":
            return limit
        if number is None:
            self.give_back()
            return self.look()
        wanted = min(max(number, 1), MOST_SECONDS)
        if limit == Limit("ours", wanted):
            return limit
        owned = self._owned
        if limit.owner == "nobody":
            if self._registry.read(owned.key, owned.name) is None:
                self._registry.delete_value(OWN_KEY, owned.before)
            else:
                self._registry.write_number(OWN_KEY, owned.before, 0)
        # Noted first: a cut in between leaves a note of what is not there, and that claims nothing.
        self._registry.write_number(OWN_KEY, owned.written, wanted)
        self._registry.write_number(owned.key, owned.name, wanted)
        return self.look()

    def give_back(self) -> None:
        """Leave the value as it was before us; one that somebody else has set since stays. Idempotent."""
        owned = self._owned
        if self.look().owner == "ours":
            before = self._registry.read(OWN_KEY, owned.before)
            if isinstance(before, int):
                self._registry.write_number(owned.key, owned.name, before)
            else:
                self._registry.delete_value(owned.key, owned.name)
        self._registry.delete_value(OWN_KEY, owned.written)
        self._registry.delete_value(OWN_KEY, owned.before)


def give_back(registry: RegistryCalls | None = None) -> None:
    """Give back every value of Windows' own lock, at removal; raises WinProblem."""
    registry = registry or real_registry()
    for owned in (IDLE, *ON_WAKING):
        OwnPolicy(registry, owned).give_back()


def real_registry() -> RegistryCalls:
    """Return the registry of this machine. Only on Windows."""
    found: RegistryCalls | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import registry

        found = registry
    return on_windows(found)


def keep_limit(registry: RegistryCalls, seconds: int | None) -> None:
    """Have Windows lock by itself when idle for so long, and on waking; never raises."""
    for owned in (IDLE, *ON_WAKING):
        wanted = seconds if owned is IDLE or seconds is None else 1
        try:
            limit = OwnPolicy(registry, owned).set(wanted)
        except WinProblem as problem:
            log.warning("Windows' own lock was not set", extra={"value": owned.name, "code": problem.code})
            continue
        if limit.owner == "managed":
            log.info("Windows' own lock is managed by others", extra={"value": owned.name})
