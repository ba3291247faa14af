"""What this laptop remembers about accounts: signed grants for offline days, and who accepted what here."""

import contextlib
import hashlib
import logging
from datetime import datetime
from pathlib import Path

import msgspec

from agent.backends.whole_files import write_whole
from agent.service.enrolment import Enrolment
from policies import orders, sealing
from policies.orders import Accepted, LoginGrant

log = logging.getLogger(__name__)


class KeptGrant(msgspec.Struct, frozen=True):
    """A grant as it came, and when by our own clock."""

    signed: orders.Signed
    received_at: datetime


class Known:
    """Grants and acceptances on disk. A file that cannot be read counts as not there."""

    def __init__(self, folder: Path, enrolment: Enrolment) -> None:
        self._folder = folder
        self._enrolment = enrolment
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read_grant(self, signed: orders.Signed, os_user: str) -> LoginGrant:
        """Return a verified grant for this account; raises SealingError for any other."""
        said = orders.read_said(self._enrolment.policy_key, self._enrolment.device, signed)
        if not isinstance(said, LoginGrant) or said.os_user != os_user[:200]:
            raise sealing.BadSignature("signed for another account")
        return said

    def keep_grant(self, os_user: str, signed: orders.Signed, received_at: datetime) -> None:
        """Remember a grant for days without a server."""
        with contextlib.suppress(OSError):
            kept = KeptGrant(signed, received_at)
            write_whole(self._file("grant", os_user), msgspec.msgpack.encode(kept))

    def kept_grant(self, os_user: str) -> tuple[LoginGrant, datetime] | None:
        """Return the last grant of this account and when it came."""
        with contextlib.suppress(OSError, msgspec.DecodeError, sealing.SealingError):
            kept = msgspec.msgpack.decode(self._file("grant", os_user).read_bytes(), type=KeptGrant)
            return self.read_grant(kept.signed, os_user), kept.received_at
        return None

    def keep_acceptance(self, os_user: str, person: str, accepted: Accepted) -> None:
        """Remember what was accepted here. The journal has it already, so a failure only asks again."""
        with contextlib.suppress(OSError):
            write_whole(self._accepted_file(os_user, person), msgspec.msgpack.encode(accepted))

    def acceptance(self, os_user: str, person: str) -> Accepted | None:
        """Return what this person last accepted here; an account may be handed on to another child."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.msgpack.decode(self._accepted_file(os_user, person).read_bytes(), type=Accepted)
        return None

    def _accepted_file(self, os_user: str, person: str) -> Path:
        return self._file("accepted", f"{os_user}\0{person}")

    def _file(self, kind: str, os_user: str) -> Path:
        # Hashed: an account's name may hold anything, a file's name may not.
        return self._folder / f"{kind}-{hashlib.sha256(os_user.encode()).hexdigest()[:32]}"
