"""The windows of plugged sticks, as far as the service has a say in them."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from agent.link import messages
from agent.service import media_records
from agent.service.ground import Ground
from agent.service.usb import State, Stick
from policies.settings import UsbMode

Sign = Literal["", "asks", "checking", "open", "shut"]
_SIGNS: dict[str, Sign] = {
    "asked": "asks",
    "opening": "checking",
    "unlocking": "checking",
    "scanning": "checking",
    "releasing": "checking",
    "released": "open",
}
_URGENT: tuple[Sign, ...] = ("asks", "checking", "open", "shut", "")


def decide_sign(states: Iterable[State]) -> Sign:
    """Return what a watching adult is told of all sticks of one login: the most urgent. Pure."""
    return min((_SIGNS.get(state, "shut") for state in states), key=_URGENT.index, default="")


class StickWindows:
    """Shows each stick's person how it stands, and later what happened while the screen was locked."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._unshown: set[str] = set()
        self._states: dict[str, tuple[str, State]] = {}
        """Whose each stick is, and how it stands, by plug."""

    def show(self, stick: Stick, mode: UsbMode, *, opens: bool) -> None:
        """Show its person how it stands; not while the screen is locked or the gate is up."""
        if stick.state == "gone":
            self._states.pop(stick.plug, None)
        else:
            self._states[stick.plug] = (stick.login or "", stick.state)
        self._sign(stick.login or "")
        login = self._ground.logins.get(stick.login or "")
        if login is None or login.state != "open" or not login.session or not login.session.connected:
            return
        if login.lock.wanted:
            if opens:
                self._unshown.add(stick.plug)
            return
        page = media_records.stick_page(
            stick,
            login,
            mode,
            self._ground.school,
            self._ground.contacts,
            pupil_data=self._ground.settings.usb.pupil_data_needs_head,
        )
        page = msgspec.structs.replace(page, reports=self._ground.takes_reports, text_scale=login.text_scale)
        login.session.link.send(messages.ShowStick(page=page, opens=opens))

    def show_what_waited(self, sticks: Iterable[Stick], mode: UsbMode) -> None:
        """Show what happened while a screen was locked."""
        for stick in sticks:
            if stick.plug in self._unshown:
                login = self._ground.logins.get(stick.login or "")
                if login is not None and not login.lock.wanted:
                    self._unshown.discard(stick.plug)
                    self.show(stick, mode, opens=True)

    def hide(self, stick: Stick) -> None:
        """Take its window away."""
        self._unshown.discard(stick.plug)
        self._states.pop(stick.plug, None)
        self._sign(stick.login or "")
        login = self._ground.logins.get(stick.login or "")
        if login and login.session and login.session.connected:
            login.session.link.send(messages.HideStick(plug=stick.plug))

    def _sign(self, number: str) -> None:
        login = self._ground.logins.get(number)
        if login is not None:
            login.signs.media = decide_sign(
                state for owner, state in self._states.values() if owner == number
            )
