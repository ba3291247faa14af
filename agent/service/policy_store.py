"""The policy this laptop obeys: signed for it, checked whole, and the last good one kept on disk."""

import hashlib
import logging
from pathlib import Path

import msgspec

from agent.backends.whole_files import write_whole
from agent.service.enrolment import Enrolment
from policies import orders, sealing, wire
from policies.agreements import Agreement, AgreementRefused
from policies.settings import SettingsRefused, Tier

log = logging.getLogger(__name__)


class Refused(Exception):
    """This policy is not obeyed; the last good one still holds. The message says why."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(problem)
        self.number = number
        self.problem = problem[:200]


class Policy(msgspec.Struct, frozen=True):
    """A policy in force."""

    number: int
    body_hash: str
    body: wire.PolicyBody

    def agreement_for(self, tier: Tier) -> Agreement | None:
        """Return what this tier is asked."""
        return next((each for each in self.body.agreements if each.tier == tier), None)


class PolicyStore:
    """Holds the current policy and replaces it only by a newer one that is good."""

    def __init__(self, folder: Path, enrolment: Enrolment) -> None:
        self._folder = folder
        self._enrolment = enrolment
        self.problem = ""
        """Why the newest policy offered is not in force; empty when it is."""
        self.rejected_number = 0
        """The highest number refused, not to be fetched again and again."""
        self.current = self._load()

    @property
    def number(self) -> int:
        """The number of the policy in force; 0 for none."""
        return self.current.number if self.current else 0

    def read_assignment(self, signed: orders.Signed) -> orders.Assignment:
        """Return a verified assignment newer than ours; raise Refused otherwise."""
        try:
            said = orders.read_said(self._enrolment.policy_key, self._enrolment.device, signed)
        except sealing.SealingError as problem:
            raise Refused(0, f"the assignment is not believed: {problem}") from problem
        if not isinstance(said, orders.Assignment):
            raise Refused(0, "what was sent as a policy is something else")
        if said.number <= self.number:
            raise Refused(said.number, f"policy {said.number} is not newer than {self.number}")
        return said

    def apply(self, signed: orders.Signed, body: bytes) -> Policy:
        """Check a policy and keep it; raise Refused, and keep the last good one, if anything is wrong."""
        assignment = self.read_assignment(signed)
        policy = self._check(assignment, body)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The body first: an assignment on disk always finds its body beside it.
        write_whole(self._body_file(policy.body_hash), body)
        write_whole(self._folder / "assignment", msgspec.msgpack.encode(signed))
        for file in self._folder.glob("*.json"):
            if file != self._body_file(policy.body_hash):
                file.unlink(missing_ok=True)
        self.current, self.problem, self.rejected_number = policy, "", 0
        return policy

    def refuse(self, refused: Refused) -> bool:
        """Note a refusal; say whether it is a new one, worth a record."""
        is_new = refused.number > self.rejected_number or refused.problem != self.problem
        self.problem = refused.problem
        self.rejected_number = max(self.rejected_number, refused.number)
        return is_new

    def _check(self, assignment: orders.Assignment, body: bytes) -> Policy:
        if hashlib.sha256(body).hexdigest() != assignment.body_hash:
            raise Refused(assignment.number, "the policy is not the one that was signed")
        try:
            return Policy(assignment.number, assignment.body_hash, wire.read_policy(body))
        except (SettingsRefused, AgreementRefused) as problem:
            raise Refused(assignment.number, str(problem)) from problem

    def _load(self) -> Policy | None:
        try:
            signed = msgspec.msgpack.decode((self._folder / "assignment").read_bytes(), type=orders.Signed)
            said = orders.read_said(self._enrolment.policy_key, self._enrolment.device, signed)
            if not isinstance(said, orders.Assignment):
                return None
            return self._check(said, self._body_file(said.body_hash).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, sealing.SealingError, Refused) as problem:
            self.problem = f"the policy kept here is not usable: {problem}"
            log.warning("kept policy not usable", extra={"problem": str(problem)})
            return None

    def _body_file(self, body_hash: str) -> Path:
        return self._folder / f"{body_hash}.json"
