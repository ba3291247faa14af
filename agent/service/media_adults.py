"""What adults have answered about sticks: signed orders, as they come and for as long as they hold."""

from datetime import datetime
from typing import Literal

from agent.service.ground import Ground
from agent.service.media_orders import MediaOrders
from policies import orders, sealing
from policies.orders import MediaApproval, MediaDenied, MediaRevoked
from policies.records import OrderDone
from policies.settings import UsbMode


class Adults:
    """Takes orders for this laptop's sticks, answers the server, and keeps those that hold."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._kept: MediaOrders | None = None
        self._server: object = None

    def follow_enrolment(self) -> None:
        """Hold the orders of the server that this laptop belongs to now."""
        server = self._ground.server
        if server is self._server:
            return
        self._server = server
        if server is None:
            self._kept = None
            return
        enrolment = server.enrolment
        self._kept = MediaOrders(
            self._ground.config.state / "media-orders",
            lambda signed: orders.read_said(enrolment.policy_key, enrolment.device, signed),
        )

    def mode_is(self, mode: UsbMode) -> None:
        """End what was approved under another mode; only once a policy has said which one holds."""
        if self._kept is not None and self._ground.policy is not None:
            self._kept.mode_is(mode, self._ground.now())

    def in_force(self, now: datetime) -> tuple[MediaApproval, ...]:
        """Return every approval that holds."""
        return self._kept.in_force(now) if self._kept else ()

    def holds(self, approval: MediaApproval, mode: UsbMode) -> bool:
        """Say whether this approval holds still."""
        if self._kept is None or approval.terms.mode != mode:
            return False
        return self._kept.find(approval.order, self._ground.now()) is not None

    def take(self, signed: orders.Signed) -> MediaApproval | MediaDenied | MediaRevoked | None:
        """Keep an order and record its outcome; return it if there is anything to do about it."""
        self.follow_enrolment()
        server, kept = self._ground.server, self._kept
        if server is None or kept is None:
            return None
        try:
            said = orders.read_said(server.enrolment.policy_key, server.enrolment.device, signed)
        except sealing.SealingError:
            return None
        if not isinstance(said, MediaApproval | MediaDenied | MediaRevoked):
            return None
        now = self._ground.now()
        outcome: Literal["done", "expired", "refused"] = "done"
        if isinstance(said, MediaApproval):
            known = kept.approve(said, signed, now) or kept.find(said.order, now) is not None
            outcome = "done" if known else "expired" if now >= said.terms.until else "refused"
        elif isinstance(said, MediaRevoked):
            kept.revoke(said)
        if not kept.is_answered(said.order):
            self._ground.keep(OrderDone(at=now, order=said.order, outcome=outcome))
            kept.answered(said)
        return said if outcome == "done" else None
