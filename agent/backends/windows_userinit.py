"""The gate before the shell: our hook stands where Windows starts `userinit.exe`, and starts that one itself.

What stood there before is kept in our own key. Whatever goes wrong, the way back leads there: `put_back`
gives the value back, at removal, at an upgrade, and when the hook's file is gone.
"""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_slices import OWN_KEY, WINLOGON_KEY, RegistryCalls

log = logging.getLogger(__name__)

HOOK = "gatepost-userinit.exe"
VALUE = "Userinit"
BEFORE = "UserinitBefore"
"""What stood there before us. The hook itself reads it, and starts each part."""
OURS = "UserinitHook"
"""The hook's path while the gate is wanted: what a feature update of Windows undoes is done again."""
_USERINIT = "userinit.exe"
_VARIABLE = re.compile("%([^%,]+)%")


class Chain(NamedTuple):
    """What is to be written."""

    value: str
    before: str


def parts_of(value: str) -> list[str]:
    """Return the programs of a Userinit value, in order, as written. Pure."""
    return [part.strip() for part in value.split(",") if part.strip()]


def expanded(value: str, environment: Mapping[str, str]) -> str:
    """Return a value with its `%NAME%` written out: the plain text we write is not expanded. Pure."""
    return _VARIABLE.sub(lambda found: environment.get(found[1].upper(), found[0]), value)


def is_hook(part: str) -> bool:
    """Say whether a part names our hook, wherever it lies and however it is quoted. Pure."""
    program = part.strip('" ')
    return PureWindowsPath(program).name.casefold() == HOOK


def decide_put(current: str, hook: str, default: str) -> Chain | None:
    """
    Return what to write so that the hook comes first, or None where it does. Pure.

    The hook stands alone there: what it found is what it starts. One of ours that lies elsewhere is replaced.
    """
    parts = parts_of(current)
    others = [part for part in parts if not is_hook(part)]
    if parts and parts[0].strip('"').casefold() == hook.casefold() and not others:
        return None
    return Chain(f"{hook},", _joined(others) or default)


def decide_back(current: str, before: str, default: str) -> str | None:
    """
    Return what to write so that Windows is as it was, or None where no hook of ours is in the way. Pure.

    What others have added since stays. There is always a userinit.exe: without one nobody gets a desktop.
    """
    parts = parts_of(current)
    if not any(is_hook(part) for part in parts) and _has_userinit(parts):
        return None
    found: list[str] = []
    for part in [*parts_of(before), *parts]:
        if not is_hook(part) and part.casefold() not in (each.casefold() for each in found):
            found.append(part)
    if not _has_userinit(found):
        found = [*parts_of(default), *found]
    return _joined(found)


def _has_userinit(parts: list[str]) -> bool:
    return any(PureWindowsPath(part.strip('" ')).name.casefold() == _USERINIT for part in parts)


def _joined(parts: list[str]) -> str:
    return "".join(f"{part}," for part in parts)


class Userinit:
    """Puts the hook there, and back."""

    def __init__(self, registry: RegistryCalls, environment: Mapping[str, str] | None = None) -> None:
        self._registry = registry
        self._environment = {"SYSTEMROOT": r"C:\Windows", "WINDIR": r"C:\Windows"}
        self._environment |= {name.upper(): text for name, text in (environment or {}).items()}
        self._default = rf"{self._environment['SYSTEMROOT']}\system32\userinit.exe,"

    def _text(self, key: str, name: str) -> str:
        found = self._registry.read(key, name)
        return expanded(found, self._environment) if isinstance(found, str) else ""

    def is_first(self) -> bool:
        """Say whether Windows starts our hook before anything else; raises WinProblem."""
        parts = parts_of(self._text(WINLOGON_KEY, VALUE))
        return bool(parts) and is_hook(parts[0])

    def put_first(self, hook: str) -> None:
        """Have Windows start the hook instead of userinit.exe; raises WinProblem. Idempotent."""
        current = self._text(WINLOGON_KEY, VALUE)
        chain = decide_put(current, hook, self._default)
        self._registry.write_text(OWN_KEY, OURS, hook)
        if chain is None:
            return
        if any(is_hook(part) for part in parts_of(current)):
            # Ours stood there already, elsewhere or not alone: what we noted then is still what was there.
            chain = chain._replace(before=self._merged(chain.before))
        # Noted first: from the next line on the hook needs it.
        self._registry.write_text(OWN_KEY, BEFORE, chain.before)
        self._registry.write_text(WINLOGON_KEY, VALUE, chain.value)

    def _merged(self, added: str) -> str:
        noted = parts_of(self._text(OWN_KEY, BEFORE))
        known = {part.casefold() for part in noted}
        more = [] if added == self._default else parts_of(added)
        whole = [*noted, *(part for part in more if part.casefold() not in known)]
        return _joined(whole) or self._default

    def put_back(self) -> None:
        """Give Windows back what stood there before us; raises WinProblem. Idempotent."""
        value = decide_back(self._text(WINLOGON_KEY, VALUE), self._text(OWN_KEY, BEFORE), self._default)
        if value is not None:
            self._registry.write_text(WINLOGON_KEY, VALUE, value)
        self._registry.delete_value(OWN_KEY, OURS)
        self._registry.delete_value(OWN_KEY, BEFORE)

    def mend(self, *, hook_exists: bool) -> None:
        """Do again what an update of Windows has undone; undo it where the hook's file is gone."""
        hook = self._text(OWN_KEY, OURS)
        if not hook:
            return
        if not hook_exists:
            log.error("the hook before the desktop is gone: Windows starts as without us")
            wanted = hook
            self.put_back()
            self._registry.write_text(
                OWN_KEY, OURS, wanted
            )  # as soon as it is there again it comes first again
        elif not self.is_first():
            log.warning("the hook before the desktop was taken out: put in again")
            self.put_first(hook)

    def hook(self) -> str:
        """Return where the hook lies that is wanted first; empty where none is."""
        return self._text(OWN_KEY, OURS)


def _real() -> Userinit:
    from agent.backends.windows_policy import real_registry

    return Userinit(real_registry(), os.environ)


def put_first(hook: Path) -> None:
    """Put the hook before the shell of this machine; raises WinProblem. Only on Windows."""
    _real().put_first(str(hook))


def put_back() -> None:
    """Give this machine its own userinit back; raises WinProblem. Only on Windows. Idempotent."""
    _real().put_back()


def keep_mended(userinit: Userinit) -> None:
    """Mend it, and log what could not be; never raises."""
    try:
        hook = userinit.hook()
        userinit.mend(hook_exists=bool(hook) and Path(hook).is_file())
    except WinProblem as problem:
        log.warning("the hook before the desktop was not looked at", extra={"code": problem.code})
