"""The one thread that listens: the public socket, the sessions' links and the ends of processes.

It only turns what it hears into facts. Everything local is capped here, so that no pupil's program can
flood the thread that decides: connections per user, bytes per line, messages per second.
"""

import contextlib
import queue
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.backends import public_door
from agent.backends.device import Anchor
from agent.backends.public_door import Peer, PublicListener
from agent.backends.waiting import Waker, close_waitable
from agent.clock import Clock
from agent.errors import LinkClosed, LinkMisuse
from agent.link.channel import Channel, public_server, service_end
from agent.link.messages import AnyDown, AnyUp, FromPublic, ToPublic
from agent.service import facts

MAX_CALLERS = 64
MAX_CALLERS_OF_A_USER = 8
FIRST_WORD_SECONDS = 10.0
PUBLIC_BURST = 20
SESSION_BURST = 300
SESSION_A_SECOND = 60.0


class Budget:
    """A bucket that fills steadily: how many messages somebody may still send."""

    def __init__(self, burst: float, a_second: float, now: float) -> None:
        self._burst, self._a_second = burst, a_second
        self._left, self._at = burst, now

    def spend(self, number: int, now: float) -> bool:
        """Take so many out; False if there were not enough."""
        self._left = min(self._burst, self._left + (now - self._at) * self._a_second)
        self._at = now
        if number > self._left:
            return False
        self._left -= number
        return True


class PublicCaller:
    """One connection to the public socket."""

    def __init__(self, channel: Channel[ToPublic, FromPublic], peer: Peer, ears: "Ears") -> None:
        self.channel = channel
        self.peer = peer
        self.heard = False
        self.opened_at = ears.clock.running()
        self.budget = Budget(PUBLIC_BURST, 1.0, self.opened_at)
        self._ears = ears

    def send(self, message: FromPublic) -> None:
        """Say something; a caller that has gone hears nothing."""
        with contextlib.suppress(LinkClosed):
            self.channel.send(message)

    def close(self) -> None:
        """Hang up, in the listening thread."""
        self._ears.ask(lambda: self._ears.drop(self))


class SessionLink:
    """The service's end of one session's socketpair."""

    def __init__(self, number: int, channel: Channel[AnyUp, AnyDown], ears: "Ears") -> None:
        self.number = number
        self.channel = channel
        self.budget = Budget(SESSION_BURST, SESSION_A_SECOND, ears.clock.running())
        self._ears = ears

    def send(self, message: AnyDown) -> None:
        """Give an order; if the session is gone, that is heard of as a fact."""
        with contextlib.suppress(LinkClosed):
            self.channel.send(message)
            if self.channel.wants_to_write:
                self._ears.ask(lambda: None)

    def close(self) -> None:
        """Hang up, in the listening thread."""
        self._ears.ask(lambda: self._ears.drop(self))


class Watched(NamedTuple):
    """A process whose end is awaited."""

    pidfd: int
    anchor: Anchor
    is_ours: bool
    """We opened the pidfd, so we close it."""


class Ears:
    """Hears everything local and puts it on the queue."""

    def __init__(self, clock: Clock, put: Callable[[object], None]) -> None:
        self.clock = clock
        self._put = put
        self._selector = selectors.DefaultSelector()
        self._asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waker = Waker()
        self._selector.register(self._waker, selectors.EVENT_READ, None)
        self._listening: PublicListener | None = None
        self._callers: set[PublicCaller] = set()
        self._links: set[SessionLink] = set()
        self._stopped = False

    # ---- from the deciding thread ----

    def open_public(self, path: Path) -> None:
        """Listen where every local program may speak."""
        listening = public_door.listen(path)
        self._listening = listening
        self.ask(lambda: self._watch_for(listening, listening))

    def hear_session(self, number: int, sock: socket.socket) -> SessionLink:
        """Listen to a session that was just started."""
        link = SessionLink(number, service_end(sock), self)
        self.ask(lambda: self._add_link(link))
        return link

    def watch_process(self, pidfd: int, anchor: Anchor, *, is_ours: bool) -> None:
        """Put ProcessEnded when this process ends."""
        watched = Watched(pidfd, anchor, is_ours)
        self.ask(lambda: self._watch_for(pidfd, watched))

    def ask(self, action: Callable[[], None]) -> None:
        """Have something done in the listening thread."""
        self._asked.put(action)
        self._waker.wake()

    def stop(self) -> None:
        """End the listening thread."""
        self._stopped = True
        self.ask(lambda: None)

    # ---- the listening thread ----

    def listen(self) -> None:
        """Hear until stopped."""
        try:
            while not self._stopped:
                self.hear(5.0)
        finally:
            for caller in self._callers:
                caller.channel.close()
            for link in self._links:
                link.channel.close()
            if self._listening:
                self._listening.close()
            self._selector.close()
            self._waker.close()

    def hear(self, seconds: float) -> None:
        """Wait at most so long for something to hear, and turn it into facts."""
        ready = self._selector.select(seconds)
        # What a process said comes before its end: a report may be the last thing a session passed on.
        for key, events in sorted(ready, key=lambda each: isinstance(each[0].data, Watched)):
            heard = key.data
            if heard is None:
                self._waker.drain()
            elif heard is self._listening:
                self._accept()
            elif isinstance(heard, Watched):
                self._selector.unregister(heard.pidfd)
                if heard.is_ours:
                    close_waitable(heard.pidfd)
                self._put(facts.ProcessEnded(heard.anchor))
            elif isinstance(heard, PublicCaller):
                self._hear_caller(heard)
            elif isinstance(heard, SessionLink):
                self._hear_link(heard, events)
        while True:
            try:
                self._asked.get_nowait()()
            except queue.Empty:
                break
        self._mind_writing()
        self._mind_the_silent()

    def _watch_for(self, fileobj: int | PublicListener, data: object) -> None:
        self._selector.register(fileobj, selectors.EVENT_READ, data)

    def _add_link(self, link: SessionLink) -> None:
        self._links.add(link)
        self._selector.register(link.channel, selectors.EVENT_READ, link)

    def _accept(self) -> None:
        assert self._listening is not None
        accepted = self._listening.accept()
        if accepted is None:
            return
        sock, peer = accepted
        of_user = sum(caller.peer.uid == peer.uid for caller in self._callers)
        if of_user >= MAX_CALLERS_OF_A_USER or len(self._callers) >= MAX_CALLERS + (peer.uid == 0):
            sock.close()
            self._put(facts.Misused(peer.uid, "too many connections at once"))
            return
        caller = PublicCaller(public_server(sock), peer, self)
        self._callers.add(caller)
        self._selector.register(caller.channel, selectors.EVENT_READ, caller)

    def _hear_caller(self, caller: PublicCaller) -> None:
        try:
            said = caller.channel.read_ready()
            if not caller.budget.spend(max(1, len(said)), self.clock.running()):
                raise LinkMisuse("too many messages")
        except LinkClosed:
            self.drop(caller)
            self._put(facts.PublicGone(caller))
            return
        except LinkMisuse as misuse:
            self.drop(caller)
            self._put(facts.Misused(caller.peer.uid, str(misuse)))
            self._put(facts.PublicGone(caller))
            return
        for message in said:
            caller.heard = True
            self._put(facts.PublicSaid(caller, caller.peer, message))

    def _hear_link(self, link: SessionLink, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                link.channel.flush()
            if not events & selectors.EVENT_READ:
                return
            said = link.channel.read_ready()
            if not link.budget.spend(len(said), self.clock.running()):
                raise LinkMisuse("too many messages")
        except LinkClosed:
            self.drop(link)
            self._put(facts.SessionGone(link.number))
            return
        except LinkMisuse as misuse:
            self.drop(link)
            self._put(facts.SessionGone(link.number, str(misuse)))
            return
        for message in said:
            self._put(facts.SessionSaid(link.number, message))

    def drop(self, heard: PublicCaller | SessionLink) -> None:
        """Stop listening to one end and close it. Only in the listening thread."""
        self._callers.discard(heard)
        self._links.discard(heard)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(heard.channel)
        heard.channel.close()

    def _mind_writing(self) -> None:
        for link in self._links:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.channel.wants_to_write else 0)
            if self._selector.get_key(link.channel).events != events:
                self._selector.modify(link.channel, events, link)

    def _mind_the_silent(self) -> None:
        now = self.clock.running()
        for caller in [each for each in self._callers if not each.heard]:
            if now - caller.opened_at > FIRST_WORD_SECONDS:
                self.drop(caller)
