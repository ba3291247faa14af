"""Folders on their way back from whoever read in them: remembered until they are back, also past a stop."""

import logging
from collections.abc import Callable, Sequence

from agent.backends.usb import UsbDoor
from agent.errors import DeviceFailed

log = logging.getLogger(__name__)


class TakingBack:
    """Unmounts beside the service; what it has not done when the service ends, it does then."""

    def __init__(self, door: UsbDoor) -> None:
        self._door = door
        self._leaving: list[tuple[str, ...]] = []

    def begin(self, folders: Sequence[str], turn: Callable[[Callable[[], None]], None]) -> None:
        """
        Take these back soon.

        `turn` does so in the turn of their stick's switch: shut before, it would lose what was written last.
        """
        if not folders:
            return
        leaving = tuple(folders)
        self._leaving.append(leaving)

        def job() -> None:
            self._take_back(leaving)
            self._leaving.remove(leaving)

        turn(job)

    def finish(self) -> None:
        """Take back what is still on its way, in this thread: nothing is heard of it any more."""
        for leaving in list(self._leaving):
            self._take_back(leaving)

    def _take_back(self, folders: Sequence[str]) -> None:
        try:
            self._door.take_back(folders)
        except DeviceFailed as problem:
            log.error("left undone about a stick", extra={"problem": str(problem)})
