"""What the service's other threads put on its queue. Data only."""

import threading
from typing import Literal, NamedTuple, Protocol

from agent.backends.device import Anchor, LoginSeen
from agent.backends.scan_job import AnySaid
from agent.backends.usb import Change
from agent.errors import AgentError
from agent.link.channel import Peer
from agent.link.messages import AnyUp, FromPublic, ToPublic
from policies import orders, wire


class Caller(Protocol):
    """One connection to the public socket, to answer on."""

    def send(self, message: FromPublic) -> None:
        """Say something; a caller that has gone hears nothing."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class PublicSaid(NamedTuple):
    """A local program said something on the public socket."""

    caller: Caller
    peer: Peer
    message: ToPublic


class PublicGone(NamedTuple):
    """A local program hung up."""

    caller: Caller


GARBAGE = "a local program sent garbage or too much to the service"
STRANGER = "a program tried to speak in a session's place"


class Misused(NamedTuple):
    """A local program sent garbage or too much, or spoke in another's place, and was cut off."""

    uid: int
    problem: str
    kept: str = GARBAGE
    """What is recorded of it."""


def stranger(uid: int, problem: str) -> Misused:
    """Return the fact that somebody spoke where only a session may."""
    return Misused(uid, problem, STRANGER)


class SessionSaid(NamedTuple):
    """The session with this number said something."""

    session: int
    message: AnyUp


class SessionGone(NamedTuple):
    """The link to this session is closed; `misuse` says so if we closed it for that."""

    session: int
    misuse: str = ""


class ProcessEnded(NamedTuple):
    """A process that was watched has ended."""

    anchor: Anchor


class MediaChanged(NamedTuple):
    """Something was plugged or pulled."""

    change: Change


class ScanSaid(NamedTuple):
    """The check with this number, of this plug, said something; None: it has ended."""

    plug: str
    scan: int
    said: AnySaid | None


class LoginsListed(NamedTuple):
    """Who is logged in now, as the system knows."""

    seen: list[LoginSeen]


class Slept(NamedTuple):
    """The machine is about to sleep, or has woken."""

    moment: Literal["before", "after"]


class Held(NamedTuple):
    """The server answered the held request."""

    answer: wire.HoldAnswer
    said: tuple[orders.AnySaid, ...]
    """Its orders, verified; what did not verify is left out and was logged."""


class PolicyFetched(NamedTuple):
    """A newer policy has arrived, not yet believed."""

    assignment: orders.Signed
    body: bytes
    taken: threading.Event | None = None
    """Set once it was applied or refused: only then the held request goes on."""


class Connection(NamedTuple):
    """Whether the server answers."""

    state: Literal["online", "unreachable", "refused", "not-enrolled"]
    problem: str = ""


class HoldFailed(NamedTuple):
    """The held request was not answered."""

    problem: AgentError
