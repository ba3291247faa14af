"""The rooms of a lesson, composed: what a teacher's order, an open desktop or a pupil's word means to each.

One line per room in each step; what a room does stands in the room.
"""

from agent.link import messages
from agent.service.app_lists import AppLists
from agent.service.arrivals import Arrivals
from agent.service.attending import Attending
from agent.service.desk import Desk
from agent.service.endings import Endings
from agent.service.gatekeeping import Gatekeeping
from agent.service.ground import Ground
from agent.service.lab_messages import LabMessages
from agent.service.locking import Locking
from agent.service.login import Login
from agent.service.ordered_locks import OrderedLocks
from agent.service.pausing import Pausing
from agent.service.supervising import Supervising
from agent.words import say_in
from policies import orders


class Lesson:
    """Everything that only a lesson needs."""

    def __init__(self, ground: Ground, locking: Locking, endings: Endings) -> None:
        self._ground = ground
        self.apps = AppLists(ground)
        self.supervising = Supervising(ground, locking, endings)
        self.pausing = Pausing(ground)
        self.attending = Attending(ground, locking)
        self.messages = LabMessages(ground)
        self.locks = OrderedLocks(ground, locking)

    def connect(self, gate: Gatekeeping, arrivals: Arrivals, desk: Desk) -> None:
        """Tell the rooms what to call when something concerns another."""
        self.supervising.on_gate = gate.look_again
        gate.on_presence = arrivals.decide_again
        desk.lesson_lines = self.lines_of
        help_asked = messages.Asked(what="help", place="attention")
        self.messages.on_help = lambda login: desk.asked(login, help_asked)

        def tell() -> None:
            for login in self._ground.logins.values():
                desk.work(login)
            desk.renew_panels()

        self.supervising.on_named = self.pausing.on_changed = tell

    def lines_of(self, login: Login) -> tuple[str, str]:
        """Return who supervises and who has paused the idle lock, as sentences; empty where nobody."""
        say = say_in(login.person.language, login.person.tier)
        supervised = paused = ""
        word = self._ground.supervisor_of(login)
        asks = login.person.tier != "adult" and self._ground.settings_for(login).hours.needs_supervisor
        if word is not None and asks:
            supervised = say("{name} supervises this room.", name=word.by)
        if self.pausing.pause is not None:
            by, until = self.pausing.pause
            paused = say(
                "{name} has paused the screen lock until {time}.", name=by, time=say.time(until.astimezone())
            )
        return supervised, paused

    def obey(self, said: orders.AnySaid) -> None:
        """Give one verified order to the room it is for."""
        if isinstance(said, orders.Supervised):
            self.supervising.obey(said)
        elif isinstance(said, orders.PauseLock):
            self.pausing.obey(said)
        elif isinstance(said, orders.Attention):
            self.attending.obey(said)
        elif isinstance(said, orders.LockNow):
            self.locks.lock(said)
        elif isinstance(said, orders.Unlock):
            self.locks.unlock(said)
        elif isinstance(said, orders.LabMessage):
            self.messages.obey(said)
        elif isinstance(said, orders.AppAnswered):
            self.apps.obey(said)

    def said(self, login: Login, message: messages.AnyUp) -> None:
        """Take what a session says of a lesson."""
        match message:
            case messages.Focused():
                self.apps.focused(login, message)
            case messages.AppWanted():
                self.apps.wanted(login, message)
            case messages.AttentionSeen():
                self.attending.said(login, message)
            case messages.MessageShown():
                self.messages.painted(login, message)
            case messages.MessageDone():
                self.messages.answered(login, message)

    def opened(self, login: Login) -> None:
        """A desktop has opened, or the session of an open one is back."""
        self.attending.opened(login)
        self.apps.opened(login)
        self.messages.opened(login)
        self.supervising.look()
        self.pausing.look()

    def settings_changed(self) -> None:
        """Other settings hold: another policy, or another window of the timetable."""
        self.apps.look()
        self.supervising.look()
        self.pausing.look()

    def forget(self, login: Login) -> None:
        """A login has ended."""
        self.attending.forget(login)
        self.messages.forget(login)
        self.apps.forget(login)
        self.supervising.forget(login)
