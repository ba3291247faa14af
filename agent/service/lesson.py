"""The rooms of a lesson, composed: what a teacher's order, an open desktop or a pupil's word means to each.

One line per room in each step; what a room does stands in the room.
"""

from agent.link import messages
from agent.service.app_lists import AppLists
from agent.service.ground import Ground
from agent.service.login import Login
from policies import orders


class Lesson:
    """Everything that only a lesson needs."""

    def __init__(self, ground: Ground) -> None:
        self.apps = AppLists(ground)

    def obey(self, said: orders.AnySaid) -> None:
        """Give one verified order to the room it is for."""
        if isinstance(said, orders.AppAnswered):
            self.apps.obey(said)
        elif isinstance(said, orders.LoginGrant):
            self.apps.look()

    def said(self, login: Login, message: messages.AnyUp) -> None:
        """Take what a session says of a lesson."""
        match message:
            case messages.Focused():
                self.apps.focused(login, message)
            case messages.AppWanted():
                self.apps.wanted(login, message)

    def opened(self, login: Login) -> None:
        """A desktop has opened, or the session of an open one is back."""
        self.apps.opened(login)

    def settings_changed(self) -> None:
        """Other settings hold: another policy, or another window of the timetable."""
        self.apps.look()

    def forget(self, login: Login) -> None:
        """A login has ended."""
        self.apps.forget(login)
