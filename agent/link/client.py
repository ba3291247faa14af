"""The short-lived programs that speak on the public socket: the login hook, the launcher, status.

They run as whoever calls them and decide nothing: the kernel tells the service who they are.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from agent.backends import public_door, waiting
from agent.errors import DeviceFailed, LinkClosed, LinkMisuse
from agent.link.channel import Channel, public_client
from agent.link.messages import (
    FromPublic,
    HookAnswer,
    HookHello,
    LauncherAsked,
    LauncherHeard,
    SelfTestAsked,
    SelfTestTold,
    StatusAsked,
    StatusTold,
    ToPublic,
)

REACH_WITHIN_SECONDS = 20.0
SILENT_SECONDS = 15.0
"""The service says HookWait every three seconds; this long without one means it is dead or stuck."""
RETRY_SECONDS = 0.25
ANSWER_SECONDS = 5.0
TEST_SECONDS = 600.0
"""A self-test loads the whole database of virus signatures: minutes on a slow laptop."""
PASSED_ON = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_SESSION_ID", "LANGUAGE")


def connect(path: Path, timeout_seconds: float = ANSWER_SECONDS) -> Channel[FromPublic, ToPublic]:
    """Return an open channel to the service; raise LinkClosed if nobody listens."""
    try:
        sock = public_door.connect(path, timeout_seconds)
    except (OSError, DeviceFailed) as problem:
        raise LinkClosed(f"the service does not answer on {path}") from problem
    return public_client(sock)


def receive(channel: Channel[FromPublic, ToPublic], timeout_seconds: float) -> list[FromPublic]:
    """Return what arrives within the time; nothing if it stays silent. Raises LinkClosed."""
    until = time.monotonic() + timeout_seconds
    while (left := until - time.monotonic()) > 0:
        ready, _ = waiting.wait([channel.fileno()], [], left)
        if ready and (said := channel.read_ready()):
            return said
    return []


def hello_from(environment: Mapping[str, str], display: str, xauthority: str) -> HookHello:
    """Return what the hook says of its login; raises ValueError for a display that cannot be one."""
    language = environment.get("LANGUAGE") or environment.get("LC_ALL") or environment.get("LANG") or ""
    hello = HookHello(
        display=display,
        xauthority=xauthority,
        language=language[:40],
        environment={
            name: environment[name]
            for name in PASSED_ON
            if name in environment and len(environment[name]) <= 200
        },
    )
    return msgspec.json.decode(msgspec.json.encode(hello), type=HookHello)


def decide_reach(up_seconds: float, services_start_within: float) -> float:
    """Return how long the hook looks for the service, by how long the machine has been up. Pure."""
    return max(REACH_WITHIN_SECONDS, services_start_within - up_seconds)


def stand_at_gate(
    path: Path,
    hello: HookHello,
    *,
    opens_without_service: bool,
    reach_within_seconds: float = REACH_WITHIN_SECONDS,
    silent_seconds: float = SILENT_SECONDS,
    pause: Callable[[float], None] | None = None,
) -> bool:
    """
    Say hello and wait for the answer; return whether the desktop may open.

    A service that dies meanwhile is looked for again. Only one that *cannot be reached* for
    `reach_within_seconds` leaves the decision to the root-owned configuration; one that hangs up on us that
    long keeps the gate shut. Waiting for a person takes as long as it takes.
    """
    rest = pause or waiting.rest
    lost_at: float | None = None
    hung_up = False
    while True:
        try:
            channel = connect(path)
        except LinkClosed:
            pass
        else:
            hung_up = True
            try:
                channel.send(hello)
                while said := receive(channel, silent_seconds):
                    lost_at, hung_up = None, False
                    for message in said:
                        if isinstance(message, HookAnswer):
                            return message.opens
            except (LinkClosed, LinkMisuse):
                pass
            finally:
                channel.close()
        now = time.monotonic()
        lost_at = now if lost_at is None else lost_at
        if now - lost_at >= reach_within_seconds:
            return opens_without_service and not hung_up
        rest(RETRY_SECONDS)


def ask_launcher(path: Path, asked: LauncherAsked) -> bool:
    """Have the panel (or a page of it) shown in the caller's own login; False if there is none."""
    for message in _ask(path, asked):
        if isinstance(message, LauncherHeard):
            return message.shown
    return False


def ask_status(path: Path) -> StatusTold:
    """Return how the service is; raise LinkClosed if it does not say."""
    for message in _ask(path, StatusAsked()):
        if isinstance(message, StatusTold):
            return message
    raise LinkClosed("the service does not answer")


def ask_self_test(path: Path) -> SelfTestTold:
    """Have every part tried and return what was found; raise LinkClosed if no answer comes."""
    for message in _ask(path, SelfTestAsked(), TEST_SECONDS):
        if isinstance(message, SelfTestTold):
            return message
    raise LinkClosed("the service does not answer")


def _ask(path: Path, question: ToPublic, answer_seconds: float = ANSWER_SECONDS) -> list[FromPublic]:
    channel = connect(path)
    try:
        channel.send(question)
        return receive(channel, answer_seconds)
    except LinkMisuse as problem:
        raise LinkClosed("the answer is not understood: is the service another version?") from problem
    finally:
        channel.close()


def xauthority_of(environment: Mapping[str, str]) -> str:
    """Return the X authority file of a login."""
    home = environment.get("HOME") or "/"
    return environment.get("XAUTHORITY") or os.path.join(home, ".Xauthority")  # noqa: PTH118
