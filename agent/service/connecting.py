"""Which address of the server is used, tried, or given up. Pure; what acts on it is `reaching`.

A new address is tried beside the one that works, and used only once it has answered; nothing is let go
before that. Not reached within its grace time it is given up, and asked again only when the server that
works is itself gone. Every address here came from the enrolment or a signed policy.
"""

from typing import NamedTuple

import msgspec

from agent.service.enrolment import Enrolment
from policies.settings import ConnectionSettings

RESTART_COUNTS_SECONDS = 15.0
"""A start of the service counts as so much waiting: restarts for ever must not make a trial endless."""
LONGEST_SINGLE_WAIT_SECONDS = 120.0
"""More between two looks was no waiting: the machine stood still."""
BEFORE_AFTER_SECONDS = 24 * 3600.0
"""The address before is asked only after so long without the present one, counted while running: until then
a server that is down for a while must not send its laptops to the old one, which may still stand there."""
OTHERS_AFTER_LEAST_SECONDS = 600.0
EAGER_FOR_SECONDS = 90.0
PAUSE_SECONDS = 15.0


class Address(msgspec.Struct, frozen=True):
    """Where a server is, and who vouches for it."""

    server: str
    ca_pem: str


class Trial(msgspec.Struct, frozen=True):
    """An address that a policy has asked for and that has not answered yet."""

    address: Address
    number: int
    grace_seconds: float
    waited_seconds: float = 0.0


class Connecting(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is to remember; on disk, whole."""

    device: str
    enrolled: Address
    works: Address
    """In use: the last that answered."""
    before: Address | None = None
    """The one that worked before it."""
    trial: Trial | None = None
    refused: Trial | None = None
    """Given up: the policy asks for it still, and it is not tried until the policy asks for another."""
    lost_seconds: float = 0.0
    """How long the one in use has not answered, counted while the service ran."""


class Wanted(NamedTuple):
    """A policy is in force, and asks for this address."""

    number: int
    address: Address
    grace_seconds: float


class Answered(NamedTuple):
    """A signed held request was answered there."""

    address: Address


class Waited(NamedTuple):
    """Time has passed. `online`: the address in use answers."""

    seconds: float
    online: bool


Event = Wanted | Answered | Waited


class Decision(NamedTuple):
    """What is so from now on."""

    state: Connecting
    given_up: Trial | None = None
    """To be recorded: not reached, and no longer tried."""


def begin_connecting(enrolment: Enrolment, kept: Connecting | None) -> Connecting:
    """Return where to begin: what was kept, if it is this enrolment's, else the enrolment's own address."""
    enrolled = Address(enrolment.server, enrolment.ca_pem)
    if kept is None or kept.device != enrolment.device or kept.enrolled != enrolled:
        return Connecting(device=enrolment.device, enrolled=enrolled, works=enrolled)
    if kept.trial is None:
        return kept
    waited = kept.trial.waited_seconds + RESTART_COUNTS_SECONDS
    return msgspec.structs.replace(kept, trial=msgspec.structs.replace(kept.trial, waited_seconds=waited))


def address_of(settings: ConnectionSettings, enrolled: Address) -> Address:
    """Return the address these settings ask for; what they leave empty is as at enrolment."""
    return Address(settings.server or enrolled.server, settings.ca_pem or enrolled.ca_pem)


def decide_connection(state: Connecting, event: Event) -> Decision:
    """Return what follows. Pure."""
    match event:
        case Wanted():
            return Decision(_want(state, event))
        case Answered(address=address):
            return Decision(_answered(state, address))
        case Waited():
            return _wait(state, event)


def _want(state: Connecting, wanted: Wanted) -> Connecting:
    replace = msgspec.structs.replace
    if wanted.address == state.works:
        return replace(state, trial=None, refused=None)
    if state.refused is not None and wanted.address == state.refused.address:
        return replace(state, trial=None)
    waited = 0.0
    if state.trial is not None and state.trial.address == wanted.address:
        waited = state.trial.waited_seconds
    trial = Trial(wanted.address, wanted.number, wanted.grace_seconds, waited)
    return replace(state, trial=trial, refused=None)


def _answered(state: Connecting, address: Address) -> Connecting:
    replace = msgspec.structs.replace
    if address == state.works:
        return replace(state, lost_seconds=0.0)
    trial, refused = state.trial, state.refused
    if trial is not None and trial.address == address:
        trial = None
    if refused is not None and refused.address == address:
        refused = None
    return replace(state, works=address, before=state.works, trial=trial, refused=refused, lost_seconds=0.0)


def _wait(state: Connecting, waited: Waited) -> Decision:
    replace = msgspec.structs.replace
    seconds = min(max(0.0, waited.seconds), LONGEST_SINGLE_WAIT_SECONDS)
    state = replace(state, lost_seconds=0.0 if waited.online else state.lost_seconds + seconds)
    if state.trial is None:
        return Decision(state)
    trial = replace(state.trial, waited_seconds=state.trial.waited_seconds + seconds)
    if trial.waited_seconds < trial.grace_seconds:
        return Decision(replace(state, trial=trial))
    return Decision(replace(state, trial=None, refused=trial), trial)


def addresses_to_ask(state: Connecting) -> tuple[Address, ...]:
    """
    Return which addresses to ask now, beside the one in use; the first that answers is used.

    A trial is asked all the time. Without one, and only while the one in use is lost: what the policy asks
    for after its grace time, older ones after a day. Then the one in use comes first.
    """
    asked: list[Address] = [state.trial.address] if state.trial is not None else []
    others: list[Address] = []
    if state.refused is not None:
        patience = max(state.refused.grace_seconds, OTHERS_AFTER_LEAST_SECONDS)
        if state.lost_seconds >= patience:
            others.append(state.refused.address)
    if state.lost_seconds >= BEFORE_AFTER_SECONDS:
        others += [state.before] if state.before is not None else []
        others.append(state.enrolled)
    others = [each for each in others if each != state.works and each not in asked]
    return (*asked, *((state.works, *dict.fromkeys(others)) if others else ()))


def pause_seconds(state: Connecting) -> float:
    """Return how long to wait between two rounds: a whole school at a wrong address is no flood there."""
    eager = state.trial is not None and state.trial.waited_seconds < EAGER_FOR_SECONDS
    return 0.0 if eager else PAUSE_SECONDS


def needs_keeping(before: Connecting, now: Connecting) -> bool:
    """Say whether this has to be on disk at once; passing time is written down once in a while."""
    plain = {"lost_seconds": 0.0}
    one, other = (msgspec.structs.replace(each, **plain) for each in (before, now))
    if one.trial is not None and other.trial is not None:
        same = msgspec.structs.replace(other.trial, waited_seconds=one.trial.waited_seconds)
        other = msgspec.structs.replace(other, trial=same)
    return one != other
