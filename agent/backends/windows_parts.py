"""What has to be put in place and given back on Windows, and which room of ours does each."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.backends import enrol_offer
from agent.errors import DeviceFailed
from agent.paths import Config


class Parts(NamedTuple):
    """The functions behind the steps; each stands in the room that knows the matter."""

    own_state: Callable[[], object]
    supervise: Callable[[], object]
    put_first: Callable[[], object]
    put_back: Callable[[], object]
    end_own: Callable[[int], object]
    give_back_usb: Callable[[], object]
    give_back_policy: Callable[[], object]
    forget_offer: Callable[[], object]
    forget_event_source: Callable[[], object]
    forget_state: Callable[[], object]


def choose(config: Config) -> Parts:
    """Return the real ones; DeviceFailed on another system."""
    if sys.platform == "win32":
        from agent.backends import (
            windows_eventlog,
            windows_installed,
            windows_policy,
            windows_service,
            windows_userinit,
        )
        from agent.backends.win32api import folders, own, processes, registry, services
        from agent.backends.windows_media import WindowsUsb

        folder = Path(sys.executable).parent
        return Parts(
            own_state=lambda: windows_installed.own_state(folders, own.own_sid(), config.state),
            supervise=lambda: windows_service.supervise(services, sys.executable),
            put_first=lambda: windows_userinit.put_first(folder / windows_installed.USERINIT_PROGRAM),
            put_back=windows_userinit.put_back,
            end_own=lambda code: windows_installed.end_own(processes, str(folder), code),
            give_back_usb=lambda: WindowsUsb(config, sid_of=lambda _uid: None).open_all(),
            give_back_policy=windows_policy.give_back,
            forget_offer=lambda: enrol_offer.choose().forget(),
            forget_event_source=windows_eventlog.give_back,
            forget_state=lambda: windows_installed.forget_state(registry, config.state),
        )
    raise DeviceFailed("this is for Windows Installer; on Linux the package's own scripts do it")
