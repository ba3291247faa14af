"""The answers of adults, kept for days without a server: approvals in force, and what may never come back.

On disk as they came, signed; verified again when read. An order told twice changes nothing. An approval
that was revoked, or that was given under a mode that no longer holds, is remembered until it would have
ended by itself, so that neither a restart, a replay nor an older policy brings it back.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from agent.backends.whole_files import write_whole
from policies import orders, sealing
from policies.decoding import UNREADABLE
from policies.orders import MediaApproval, MediaDenied, MediaRevoked, Signed
from policies.settings import UsbMode

log = logging.getLogger(__name__)

MOST_KEPT = 2000


class Kept(msgspec.Struct, frozen=True):
    """The file."""

    mode: str = ""
    approvals: tuple[Signed, ...] = ()
    ended: dict[str, datetime] = {}
    """Approvals that are over before their time, until when they are remembered."""
    answered: dict[str, datetime] = {}
    """Orders whose outcome was recorded."""


class MediaOrders:
    """Every media order this laptop holds."""

    def __init__(self, path: Path, read: Callable[[Signed], orders.AnySaid]) -> None:
        self._path = path
        self._read = read
        self._signed: dict[str, Signed] = {}
        self._approvals: dict[str, MediaApproval] = {}
        self._ended: dict[str, datetime] = {}
        self._answered: dict[str, datetime] = {}
        self._mode = ""
        self._load()

    def _load(self) -> None:
        try:
            kept = msgspec.msgpack.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return
        except (OSError, *UNREADABLE) as problem:
            # Without the file nothing is approved; what the server holds, it tells again.
            log.error("media orders not read", extra={"problem": str(problem)})
            return
        self._mode, self._ended, self._answered = kept.mode, dict(kept.ended), dict(kept.answered)
        for signed in kept.approvals:
            try:
                said = self._read(signed)
            except sealing.SealingError as problem:
                log.warning("kept approval not believed", extra={"problem": str(problem)})
                continue
            if isinstance(said, MediaApproval) and said.order not in self._ended:
                self._approvals[said.order], self._signed[said.order] = said, signed

    # ---- what holds ----

    def in_force(self, now: datetime) -> tuple[MediaApproval, ...]:
        """Return every approval that has not ended."""
        return tuple(each for each in self._approvals.values() if now < each.terms.until)

    def find(self, order: str, now: datetime) -> MediaApproval | None:
        """Return this approval if it is still in force."""
        found = self._approvals.get(order)
        return found if found is not None and now < found.terms.until else None

    # ---- what comes ----

    def approve(self, approval: MediaApproval, signed: Signed, now: datetime) -> bool:
        """Keep an approval; False if it is over already, or is known."""
        self._forget_old(now)
        known = approval.order in self._approvals or approval.order in self._ended
        if known or now >= approval.terms.until or len(self._approvals) >= MOST_KEPT:
            return False
        self._approvals[approval.order], self._signed[approval.order] = approval, signed
        return self._save()

    def revoke(self, revoked: MediaRevoked) -> None:
        """End an approval for good, also one that has not come yet."""
        self._end(revoked.approval, revoked.expires_at)
        self._save()

    def mode_is(self, mode: UsbMode, now: datetime) -> None:
        """A mode holds: if it is another one than before, what was approved under others has ended."""
        if mode == self._mode:
            return
        self._forget_old(now)
        for approval in list(self._approvals.values()):
            if approval.terms.mode != mode:
                self._end(approval.order, approval.terms.until)
        self._mode = mode
        self._save()

    def is_answered(self, order: str) -> bool:
        """Say whether this order's outcome was recorded."""
        return order in self._answered

    def answered(self, order: MediaApproval | MediaDenied | MediaRevoked) -> None:
        """Its outcome is recorded: told again, it is not recorded again."""
        until = order.terms.until if isinstance(order, MediaApproval) else order.expires_at
        self._answered[order.order] = until
        self._save()

    # ---- how ----

    def _end(self, order: str, until: datetime) -> None:
        self._approvals.pop(order, None)
        self._signed.pop(order, None)
        self._ended[order] = max(until, self._ended.get(order, until))

    def _forget_old(self, now: datetime) -> None:
        for order, approval in list(self._approvals.items()):
            if now >= approval.terms.until:
                del self._approvals[order], self._signed[order]
        self._ended = {order: until for order, until in self._ended.items() if now < until}
        self._answered = {order: until for order, until in self._answered.items() if now < until}

    def _save(self) -> bool:
        kept = Kept(self._mode, tuple(self._signed.values()), self._ended, self._answered)
        try:
            write_whole(self._path, msgspec.msgpack.encode(kept))
        except OSError as problem:
            log.error("media orders not kept", extra={"problem": str(problem)})
            return False
        return True
