"""A second laptop on which somebody asks for a memory stick: no USB here, but the real agent's own words.

It enrols, seals and signs as every laptop does, with the agent's own code; only the stick is made up. What
real sticks do on a real kernel is seen in `tests/vm/usb`.
"""

import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.backends.clocks import SystemClock
from agent.paths import Config
from agent.service import enrol, enrolment
from agent.service.journal import Journal, Seal
from agent.service.uplink import Uplink
from installer.errors import InstallerError
from policies import orders
from policies.recording import Stream
from policies.records import (
    LoginStarted,
    MediaDecided,
    MediaPlugged,
    MediaRequested,
    MediaUnplugged,
    OrderDone,
    Record,
)
from policies.schools import DemoPerson
from policies.settings import UsbMode

HOSTNAME = "demo-stick-laptop"


class _Machine:
    """What enrolling asks of a machine: one that is no other."""

    def __init__(self) -> None:
        self._fingerprint = secrets.token_hex(32)

    def machine_fingerprint(self) -> str:
        return self._fingerprint

    def os_name(self) -> str:
        return "A pretended laptop of the tour"

    def hostname(self) -> str:
        return HOSTNAME


class PretendStick:
    """One person at one laptop with one stick, from plugging it in to the adult's yes."""

    def __init__(self, address: str, code: str, person: DemoPerson, mode: UsbMode) -> None:
        """Enrol with a one-time code; raises the agent's own errors."""
        self._folder = tempfile.TemporaryDirectory(prefix="gatepost-stick-")
        root = Path(self._folder.name)
        config = Config(state_dir=str(root / "state"), run_dir=str(root / "run"))
        config.state.mkdir(parents=True)
        machine = _Machine()
        enrol.enrol(config, machine, address, code, VERSION, again=False)  # type: ignore[arg-type]
        known = enrolment.load_enrolment(config.keys, machine.machine_fingerprint())
        self.device = known.device
        self._policy_key = known.policy_key
        self._uplink = Uplink(known, SystemClock())
        self._journal = Journal(
            config.journal,
            Seal(known.device, known.device_private, known.record_key),
            cap_bytes=8 * 1024 * 1024,
            now=lambda: datetime.now(UTC),
        )
        self._person, self._mode = person, mode
        self.login, self.plug, self.request = (secrets.token_hex(16) for _ in range(3))
        self._cursor = 0

    def ask(self, reason: str) -> None:
        """Plug the stick in and ask for it."""
        now = datetime.now(UTC)
        who: dict[str, Any] = {"os_user": self._person.os_user, "person": self._person.person}
        stick: dict[str, Any] = {"at": now, "login": self.login, "plug": self.plug}
        self._tell(
            LoginStarted(at=now, login=self.login, tier=self._person.tier, kind="x11", grant="fresh", **who),
            MediaPlugged(
                **stick, **who, media_class="storage", vendor="0951", model="1666",
                serial="0019E06B9C85F170", descriptors="ab" * 32, interfaces="080650", maker="Kingston",
                product="DataTraveler 3.0", size_bytes=31_004_294_144, encryption="none", mode=self._mode,
                target="ask",
            ),
            MediaRequested(**stick, **who, request=self.request, reason=reason),
        )  # fmt: skip

    def hears_approval(self, seconds: float = 20.0) -> orders.MediaApproval:
        """Wait for the adult's yes, and believe it only under the school's signature."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self._uplink.hold(0, self._cursor, 2)
            self._cursor = answer.cursor
            for signed in answer.orders:
                said = orders.read_said(self._policy_key, self.device, signed)
                if isinstance(said, orders.MediaApproval) and said.request == self.request:
                    return said
        raise InstallerError("the laptop with the stick heard no yes")

    def confirm(self, approval: orders.MediaApproval) -> None:
        """Say that the yes is held and the check begins."""
        now = datetime.now(UTC)
        stick: dict[str, Any] = {"at": now, "login": self.login, "plug": self.plug}
        self._tell(
            MediaDecided(**stick, order=approval.order, answer="approved"),
            OrderDone(at=now, order=approval.order, outcome="done", problem=""),
        )

    def close(self) -> None:
        """Pull the stick out and leave nothing behind on this machine."""
        now = datetime.now(UTC)
        self._tell(MediaUnplugged(at=now, login=self.login, plug=self.plug))
        self._uplink.close()
        self._journal.close()
        self._folder.cleanup()

    def _tell(self, *told: Record) -> None:
        self._journal.append(Stream.VITAL, list(told))
        answer = self._uplink.upload(self._journal.next_upload())
        self._journal.acknowledged(answer.next_seq)
