"""What a check finds, told as soon as the scanner has found it (R30), and once for each check.

A check may never come to its verdict: its worker dies, its person stops it, the stick is pulled out. What it
found until then is written down already, and so is a word that was on its way when the check was ended.
"""

from agent.service import facts, media_records
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.usb import Stick


class Finds:
    """The checks whose workers may still speak, and have told of nothing harmful yet."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._untold: dict[tuple[str, int], tuple[Stick, Login | None]] = {}
        """By plug and check: the stick, and whose it was when the check began."""

    def begin(self, stick: Stick) -> None:
        """A check begins."""
        self._untold[stick.plug, stick.scan] = (stick, self._ground.logins.get(stick.login or ""))

    def heard(self, fact: facts.ScanSaid) -> None:
        """Keep the first find of a check; what its worker says of harm after that is no news."""
        check = (fact.plug, fact.scan)
        if fact.said is None:
            self._untold.pop(check, None)
        elif check in self._untold:
            found = media_records.detection(*self._untold[check], fact.said, self._ground.now())
            if found is not None:
                del self._untold[check]
                self._ground.keep(found)
