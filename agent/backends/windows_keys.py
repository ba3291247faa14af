"""A shortcut as Windows' RegisterHotKey wants it. Pure."""

MODIFIERS = {"Alt": 1, "Ctrl": 2, "Shift": 4, "Super": 8}
"""MOD_* (winuser.h)."""
_NAMED = {
    "space": 0x20,
    "Escape": 0x1B,
    "Tab": 0x09,
    "Return": 0x0D,
    "Pause": 0x13,
    "Print": 0x2C,
    "Insert": 0x2D,
    "Delete": 0x2E,
    "Home": 0x24,
    "End": 0x23,
    "Prior": 0x21,
    "Next": 0x22,
    "Left": 0x25,
    "Up": 0x26,
    "Right": 0x27,
    "Down": 0x28,
}
_F1, _MOST_F = 0x70, 24


def parse_shortcut(shortcut: str) -> tuple[int, int]:
    """Return the modifiers and the virtual key of e.g. `Ctrl+Alt+H`; ValueError for anything else."""
    *modifiers, key = shortcut.split("+")
    if not modifiers or any(each not in MODIFIERS for each in modifiers):
        raise ValueError(f"no shortcut: {shortcut[:40]}")
    mask = 0
    for each in modifiers:
        mask |= MODIFIERS[each]
    return mask, _key(key, shortcut)


def _key(key: str, shortcut: str) -> int:
    if len(key) == 1 and key.isascii() and key.isalnum():
        return ord(key.upper())
    if key in _NAMED:
        return _NAMED[key]
    if key[:1] == "F" and key[1:].isascii() and key[1:].isdigit() and 1 <= int(key[1:]) <= _MOST_F:
        return _F1 + int(key[1:]) - 1
    raise ValueError(f"no shortcut: {shortcut[:40]}")
