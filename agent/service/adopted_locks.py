"""A locker that outlived the service which started it: looked at like any other.

Until the new session has seen it cover the screen nobody is told that the screen is locked; then everybody
is, and an order to lock that waits for it has come to something.
"""

from collections.abc import Callable

from agent.link import messages
from agent.service.ground import Ground
from agent.service.login import Login

ASK_EVERY_SECONDS = 1.0


class AdoptedLocks:
    """Has new sessions look whether the old locker covers the screen still."""

    def __init__(self, ground: Ground, on_confirmed: Callable[[Login], None]) -> None:
        self._ground = ground
        self._on_confirmed = on_confirmed

    def ask(self, login: Login) -> None:
        """Ask this login's session, until it has seen that the screen is covered or the locker has ended."""
        adopted = login.lock.adopted
        if adopted is None or login.lock.confirmed or login.state != "open":
            return
        if login.session is None or not login.session.connected:
            return  # the next session is asked when it comes
        login.session.link.send(messages.CheckCover(locker_pid=adopted.pid))
        self._ground.loop.after(ASK_EVERY_SECONDS, lambda: self.ask(login))

    def covered(self, login: Login, word: messages.Covered) -> None:
        """The session has looked."""
        lock, ground = login.lock, self._ground
        if lock.adopted is None or word.locker_pid != lock.adopted.pid or lock.confirmed or not lock.wanted:
            return
        if login.seat is None or login.state != "open" or not word.covered:
            return
        if ground.device.locker_holds(login.seat, lock.adopted):
            lock.confirmed, lock.locked_boot = True, ground.clock.boot()
            self._on_confirmed(login)
