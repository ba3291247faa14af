"""Which keys press *Something's wrong* on the cover of *Eyes to the front*: the same on every system.

The cover comes in the middle of a word. What is still being typed must not open a report over it: the button
has no focus until somebody asks for it with Tab, and in the first moments even that is part of the typing.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

Key = Literal["tab", "enter", "other"]
"""`enter`: Return or the space bar, the keys that press a button."""
GRACE_SECONDS = 1.5
"""Longer than anybody types on without seeing that the screen has changed, or close to it."""


class KeyStep(NamedTuple):
    """What a key has done."""

    focused: bool
    """The button has the focus now."""
    pressed: bool


def decide_front_key(key: Key, *, up_seconds: float, focused: bool) -> KeyStep:
    """Return what one key does to the button of a cover that has been up for so long. Pure."""
    if up_seconds < GRACE_SECONDS:
        return KeyStep(focused=False, pressed=False)
    if key == "tab":
        return KeyStep(focused=True, pressed=False)
    # A press takes the focus along: a key that is held down presses once. So does what is typed blindly.
    return KeyStep(focused=False, pressed=key == "enter" and focused)


class FrontKeys:
    """The focus of one cover's button, from its coming to its going."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._up_since: float | None = None
        self.focused = False

    def came(self) -> None:
        """The cover is up; one that was up already stays as it was."""
        if self._up_since is None:
            self._up_since, self.focused = self._now(), False

    def went(self) -> None:
        """The cover is gone."""
        self._up_since, self.focused = None, False

    def typed(self, key: Key) -> bool:
        """Take a key; say whether it presses the button."""
        if self._up_since is None:
            return False
        step = decide_front_key(key, up_seconds=self._now() - self._up_since, focused=self.focused)
        self.focused = step.focused
        return step.pressed
