"""What this laptop is, kept at start and when it changes (R41, R72, R77)."""

import logging

import msgspec

from agent import VERSION
from agent.backends.device import Inventory
from agent.errors import AgentError
from agent.service.ground import Ground
from policies.records import InventorySeen, short

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 6 * 3600.0
"""A battery fades over months; a disk is not encrypted in between two looks."""


class Inventorying:
    """Looks at the machine, and keeps what is news."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._kept: InventorySeen | None = None
        self.seen: Inventory | None = None
        """As it was last looked at, for `status` and `doctor`."""
        ground.loop.every(LOOK_EVERY_SECONDS, self.look)

    def begun(self) -> None:
        """A journal is open, perhaps another one: what was kept elsewhere is not known there."""
        self._kept = None
        self.look()

    def look(self) -> None:
        """Have the machine looked at."""
        self._ground.loop.work("inventory", self._ground.device.inventory, self._know)

    def _know(self, result: Inventory | AgentError) -> None:
        if isinstance(result, AgentError):
            log.warning("inventory not read", extra={"problem": str(result)})
            return
        self.seen = result
        ground = self._ground
        record = InventorySeen(
            at=ground.now(),
            maker=short(result.maker),
            model=short(result.model),
            serial=short(result.serial),
            os=short(ground.device.os_name()),
            hostname=short(ground.device.hostname()),
            agent_version=VERSION,
            disk_encryption=result.disk_encryption,
            memory_bytes=result.memory_bytes,
            battery_percent=result.battery_percent,
        )
        if self._kept is not None and record == msgspec.structs.replace(self._kept, at=record.at):
            return
        if ground.server is not None and ground.keep(record) is not None:
            self._kept = record
