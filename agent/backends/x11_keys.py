"""One key of the whole desktop, asked of the X server (XGrabKey): it tells us of this one and of no other.

Never a listener: what else is typed does not reach us.
"""

from itertools import combinations
from typing import Any

from Xlib import XK, X, error

_MODIFIERS = {"Ctrl": X.ControlMask, "Alt": X.Mod1Mask, "Shift": X.ShiftMask, "Super": X.Mod4Mask}
_LOCKS = ("Num_Lock", "Scroll_Lock")


def parse_shortcut(shortcut: str) -> tuple[int, str]:
    """Return the modifiers and the key's name of e.g. `Ctrl+Alt+H`; ValueError for anything else."""
    *modifiers, key = shortcut.split("+")
    if not modifiers or not key or any(each not in _MODIFIERS for each in modifiers):
        raise ValueError(f"no shortcut: {shortcut[:40]}")
    mask = 0
    for each in modifiers:
        mask |= _MODIFIERS[each]
    return mask, key.lower() if len(key) == 1 else key


def with_locks(mask: int, locks: list[int]) -> list[int]:
    """Return the mask with every mixture of the locks: Caps Lock makes no other shortcut of it."""
    mixtures = [mixture for size in range(len(locks) + 1) for mixture in combinations(locks, size)]
    return [mask | sum(mixture) for mixture in mixtures]


class GrabbedKey:
    """At most one shortcut, held for as long as this client lives."""

    def __init__(self, display: Any) -> None:
        self._x = display
        self._root = display.screen().root
        self._shortcut = ""
        self._code = 0
        self._mask = 0

    def grab(self, shortcut: str) -> bool:
        """Hold this shortcut in place of the last; False if another program has it or no key makes it."""
        self.release()
        self._shortcut = shortcut
        if not shortcut:
            return True
        try:
            self._mask, name = parse_shortcut(shortcut)
        except ValueError:
            return False
        self._code = self._x.keysym_to_keycode(XK.string_to_keysym(name))
        if not self._code:
            return False
        refused = error.CatchError(error.BadAccess)
        for mask in with_locks(self._mask, self._locks()):
            self._root.grab_key(self._code, mask, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
        self._x.sync()
        return refused.get_error() is None

    def again(self) -> bool:
        """Hold it anew: the keyboard has another layout now."""
        return self.grab(self._shortcut)

    def is_it(self, event: Any) -> bool:
        """Say whether this key press is the shortcut."""
        return bool(self._code and event.window == self._root and event.detail == self._code)

    def release(self) -> None:
        """Let go of it."""
        if self._code:
            for mask in with_locks(self._mask, self._locks()):
                self._root.ungrab_key(self._code, mask)
        self._code = 0

    def _locks(self) -> list[int]:
        """Return the masks of Caps Lock, Num Lock and Scroll Lock on this keyboard."""
        masks = [X.LockMask]
        mapping = self._x.get_modifier_mapping()
        for name in _LOCKS:
            code = self._x.keysym_to_keycode(XK.string_to_keysym(name))
            masks += [1 << at for at, codes in enumerate(mapping) if code and code in codes]
        return list(dict.fromkeys(masks))
