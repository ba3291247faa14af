"""What has to be put in place and given back on Windows, and which room of ours does each."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.errors import DeviceFailed
from agent.paths import Config


class Parts(NamedTuple):
    """The functions behind the steps; each stands in the room that knows the matter."""

    own_state: Callable[[], object]
    quote_service_path: Callable[[], object]
    set_failure_actions: Callable[[], object]
    register_event_source: Callable[[], object]
    remove_event_source: Callable[[], object]
    put_first: Callable[[], object]
    put_back: Callable[[], object]
    end_own: Callable[[int], object]
    give_back_usb: Callable[[], object]
    give_back_policy: Callable[[], object]
    forget_state: Callable[[], object]


def choose(config: Config) -> Parts:
    """Return the real ones; DeviceFailed on another system."""
    if sys.platform == "win32":
        from agent.backends import (
            windows_installed,
            windows_policy,
            windows_services,
            windows_usb,
            windows_userinit,
        )
        from agent.backends.win32api import own, processes, registry

        folder = Path(sys.executable).parent
        program = folder / "gatepost-agent.exe"
        return Parts(
            own_state=lambda: windows_installed.own_state(own, config.state),
            quote_service_path=lambda: windows_installed.quote_service_path(registry),
            set_failure_actions=windows_services.set_failure_actions,
            register_event_source=lambda: windows_services.register_event_source(program),
            remove_event_source=windows_services.remove_event_source,
            put_first=lambda: windows_userinit.put_first(folder / windows_installed.USERINIT_PROGRAM),
            put_back=windows_userinit.put_back,
            end_own=lambda code: windows_installed.end_own(processes, str(folder), code),
            give_back_usb=windows_usb.give_back,
            give_back_policy=windows_policy.give_back,
            forget_state=lambda: windows_installed.forget_state(registry, config.state),
        )
    raise DeviceFailed("this is for Windows Installer; on Linux the package's own scripts do it")
