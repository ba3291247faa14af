"""Folders on their way back from whoever read in them: remembered until they are back, also past a stop."""

import logging
from collections.abc import Sequence

from agent.backends.usb import UsbDoor
from agent.errors import AgentError, DeviceFailed
from agent.service.ground import Ground

log = logging.getLogger(__name__)


class TakingBack:
    """Unmounts beside the service; what it has not done when the service ends, it does then."""

    def __init__(self, ground: Ground, door: UsbDoor) -> None:
        self._ground = ground
        self._door = door
        self._leaving: list[tuple[str, ...]] = []

    def begin(self, folders: Sequence[str]) -> None:
        """Take these back soon."""
        if not folders:
            return
        leaving = tuple(folders)
        self._leaving.append(leaving)

        def then(result: AgentError | None) -> None:
            self._leaving.remove(leaving)
            if isinstance(result, AgentError):
                log.error("left undone about a stick", extra={"problem": str(result)})

        self._ground.loop.work("usb-take-back", lambda: self._door.take_back(leaving), then)

    def finish(self) -> None:
        """Take back what is still on its way, in this thread: nothing is heard of it any more."""
        for leaving in self._leaving:
            try:
                self._door.take_back(leaving)
            except DeviceFailed as problem:
                log.error("left undone about a stick", extra={"problem": str(problem)})
