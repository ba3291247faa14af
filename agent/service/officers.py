"""Whose keys reports are sealed to: the newest list that follows from the root key this laptop knows.

A list that does not follow is refused and the one before still holds: a server that lies about whom to seal
to gets nothing. The number of the list never goes back, over restarts too.
"""

import logging
from pathlib import Path

import msgspec

from agent.backends.device import Capability
from agent.backends.whole_files import write_whole
from agent.service.enrolment import Enrolment
from policies import sealing
from policies.decoding import UNREADABLE
from policies.officers import OfficersList, OfficersRefused, Pin, SignedOfficers, read_officers, take_officers

log = logging.getLogger(__name__)

SWITCHED_OFF = "reports are switched off in the policy"
SWITCH_ON = "on the server: two officers' keys and a recovery sheet first, then report.enabled"
NO_LIST = "no list of safeguarding officers has come"
NEW_KEY = "the officer makes a new key on the server's Reports page, and the list is signed anew"
COMPARE = "compare this root key with the one the head wrote down; publish the list signed by that key"


class KeptList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The last list taken, as it lies on disk."""

    device: str
    """Another enrolment begins anew."""
    root: bytes
    seq: int
    signed: SignedOfficers


def is_usable(key: bytes) -> bool:
    """Say whether anything can be sealed to this key at all."""
    try:
        sealing.seal(key, b"", sealing.bind("try"))
    except sealing.SealingError:
        return False
    return True


class OfficersStore:
    """Holds the last good list and what it binds the next one to."""

    def __init__(self, path: Path, enrolment: Enrolment) -> None:
        self._path = path
        self._device = enrolment.device
        given = enrolment.school_root_key
        self.pin: Pin | None = Pin(given, 0, b"") if given else None
        self.listed: OfficersList | None = None
        """Whom reports are sealed to; None before the first list."""
        self.problem = ""
        """Why the newest list offered was refused; empty when it is in force."""
        self.unusable = 0
        """Keys on the list to which nothing can be sealed."""
        self._load()

    @property
    def root_fingerprint(self) -> str:
        """Return the root key this laptop holds to, for people to compare; empty for none yet."""
        return sealing.fingerprint(self.pin.root) if self.pin else ""

    def take(self, signed: SignedOfficers | None) -> None:
        """
        Take the list a policy carries; raise OfficersRefused, and keep the last one, if it does not follow.

        A policy without a list takes nothing away.
        """
        if signed is None:
            self.problem = ""
            return
        try:
            listed, pin = take_officers(signed, self.pin)
        except OfficersRefused as refused:
            self.problem = str(refused)
            raise
        self.problem = ""
        if self.listed is not None and pin == self.pin:
            return
        try:
            kept = KeptList(device=self._device, root=pin.root, seq=pin.seq, signed=signed)
            write_whole(self._path, msgspec.json.encode(kept))
        except OSError as problem:
            # In force all the same: a child can tell today, and the next start asks the policy again.
            log.error("list of officers not kept", extra={"problem": str(problem)})
        self._hold(listed, pin)
        log.info("list of officers taken", extra={"seq": listed.seq})

    def _load(self) -> None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=KeptList)
            if kept.device != self._device:
                return
            listed = read_officers(kept.signed)
        except FileNotFoundError:
            return
        except (OSError, *UNREADABLE, OfficersRefused) as problem:
            self.problem = f"the kept list of safeguarding officers is damaged: {problem}"
            log.warning("kept list of officers not usable", extra={"problem": str(problem)})
            return
        self._hold(listed, Pin(kept.root, kept.seq, kept.signed.list))

    def _hold(self, listed: OfficersList, pin: Pin) -> None:
        """Leave out whose key is broken: one bad key must not keep a child's words from everybody else."""
        usable = tuple(officer for officer in listed.officers if is_usable(officer.key))
        self.unusable = len(listed.officers) - len(usable)
        if self.unusable:
            log.error("an officer's key is unusable", extra={"count": self.unusable, "seq": listed.seq})
        self.listed, self.pin = msgspec.structs.replace(listed, officers=usable), pin

    def capability(self, *, enabled: bool) -> Capability:
        """Return whether reports can be told here, for `status` and `doctor`; it names nobody."""
        known = f"root key {self.root_fingerprint}" if self.pin else "no root key is known yet"
        if self.listed is not None:
            known = f"list {self.listed.seq} of {len(self.listed.officers)} keys, {known}"
        if self.problem:
            return Capability("broken", f"{self.problem}; {known} still holds", COMPARE)
        if not enabled:
            return Capability("lacking", SWITCHED_OFF, SWITCH_ON)
        if self.listed is None:
            return Capability("lacking", NO_LIST, SWITCH_ON)
        if self.unusable:
            why = f"{self.unusable} of the officers' keys cannot be sealed to; {known}"
            return Capability("broken", why, NEW_KEY)
        return Capability("works", known)
