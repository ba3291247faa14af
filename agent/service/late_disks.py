"""Disks that a stick shows only once it is open: nobody looked at them, so all of it is shut again."""

from collections.abc import Callable, Mapping

from agent.backends.usb import UsbDoor
from agent.errors import AgentError
from agent.service import usb
from agent.service.ground import Ground
from agent.service.usb import Stick


class LateDisks:
    """Looks again at the open sticks whenever the kernel speaks of a disk; many words are one look."""

    def __init__(
        self,
        ground: Ground,
        door: UsbDoor,
        opened: Callable[[], Mapping[str, Stick]],
        take: Callable[[str, usb.End], None],
    ) -> None:
        """`opened` gives the sticks whose owners read the stick itself, by their place."""
        self._ground = ground
        self._door = door
        self._opened = opened
        self._take = take
        self._looking = False
        self._again = False

    def heard(self) -> None:
        """A disk came, went or changed."""
        if self._looking:
            self._again = True
            return
        opened = self._opened()
        if not opened:
            return
        self._looking = True

        def job() -> list[str]:
            return [name for name, stick in opened.items() if not self._door.is_same(stick.seen, stick.disks)]

        def then(result: list[str] | AgentError) -> None:
            self._looking = False
            for name in result if isinstance(result, list) else ():
                now = self._opened().get(name)
                if now is not None and now.plug == opened[name].plug:
                    self._take(name, usb.End("changed"))
            if self._again:
                self._again = False
                self.heard()

        self._ground.loop.work("usb-late-disks", job, then)
