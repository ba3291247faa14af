"""What happened between two looks at the plugged devices. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from agent.backends.usb import Change


class Mark(NamedTuple):
    """What is remembered of a device from one look to the next."""

    arrived: int
    in_use: bool
    disks: tuple[int, ...] = ()
    """Of one that was let in: more of them than were looked at, and it has to be shut."""
    volumes: tuple[str, ...] = ()
    """What is on these disks; a further one is as little looked at as a further disk."""
    gated: bool = True


def decide_changes(known: Mapping[str, Mark], now: Mapping[str, Mark]) -> list[Change]:
    """
    Return what happened between two lists of devices, what went before what came.

    One that turned out to be of another kind (its driver makes disks of it) is another device.
    """
    gone = [
        name
        for name, mark in known.items()
        if name not in now or (now[name].arrived, now[name].gated) != (mark.arrived, mark.gated)
    ]
    came = [
        name
        for name, mark in now.items()
        if name not in known or name in gone or known[name].in_use != mark.in_use
    ]
    same = [name for name in now if name in known and name not in gone]
    disks = [
        name
        for name in same
        if (known[name].disks, known[name].volumes) != (now[name].disks, now[name].volumes)
    ]
    return [
        *(Change("remove", name) for name in gone),
        *(Change("add", name) for name in came),
        *(Change("disk", name) for name in disks),
    ]


class StillOpen:
    """Which gated devices are in use though nobody let them in; asked at every look."""

    def __init__(self) -> None:
        self._looks: dict[str, int] = {}

    def to_tell(self, now: Mapping[str, Mark], let_in: Mapping[str, object]) -> list[str]:
        """Return those that are to be told again: after 2, 4, 8… looks, since it may never help."""
        open_now = [name for name, mark in now.items() if mark.gated and mark.in_use and name not in let_in]
        self._looks = {name: self._looks.get(name, 0) + 1 for name in open_now}
        return [name for name, count in self._looks.items() if count > 1 and count & (count - 1) == 0]
