"""A server and a code that the installation left here, so that nobody has to sit at each laptop.

On Windows the package (or Group Policy) writes them into a registry key that only administrators may read. On
Linux the package's own unit does this work: there is never an offer for the service.
"""

import sys
from typing import NamedTuple, Protocol

from agent.backends.windows_slices import OWN_KEY, RegistryCalls

KEY = OWN_KEY + r"\Enrol"
SERVER, CODE = "Server", "Code"
MOST_LETTERS = 400
"""More is no address and no code; it is not even tried."""


class Offer(NamedTuple):
    """Where to enrol, and with what."""

    server: str
    code: str


class Offers(Protocol):
    """Where an offer lies."""

    def read(self) -> Offer | None:
        """Return the offer, or None if there is none that could be one. DeviceFailed if it cannot be read."""
        ...

    def forget(self) -> None:
        """Remove it, code and all. DeviceFailed if it cannot be removed."""
        ...


class NoOffers:
    """A system whose service is offered nothing."""

    def read(self) -> Offer | None:
        """Return None."""
        return None

    def forget(self) -> None:
        """Do nothing."""


class RegistryOffers:
    """The key the Windows package writes."""

    def __init__(self, registry: RegistryCalls) -> None:
        self._registry = registry

    def read(self) -> Offer | None:
        """Return the offer; what is empty, too long or no text is none."""
        server, code = (self._registry.read(KEY, name) for name in (SERVER, CODE))
        if not isinstance(server, str) or not isinstance(code, str):
            return None
        server, code = server.strip(), code.strip()
        if not server or not code or max(len(server), len(code)) > MOST_LETTERS:
            return None
        return Offer(server, code)

    def forget(self) -> None:
        """Remove the key with both values."""
        self._registry.delete_key(KEY)


def choose() -> Offers:
    """Return where this system keeps an offer."""
    if sys.platform == "win32":
        from agent.backends.win32api import registry

        return RegistryOffers(registry)
    return NoOffers()
