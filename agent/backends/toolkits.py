"""Which toolkit shows windows on this system, and what it reads from the environment."""

import os
import sys
from typing import Literal


def plain_toolkit() -> Literal["gtk", "tk"]:
    """Return what the plain fallback is made with."""
    return "tk" if sys.platform == "win32" else "gtk"


def web_toolkit() -> Literal["gtk", "edge"]:
    """Return what shows web pages: WebKitGTK, or WebView2."""
    return "edge" if sys.platform == "win32" else "gtk"


def settle_environment() -> None:
    """Set what the toolkits read from the environment, before they are loaded."""
    if sys.platform == "win32":
        from agent.backends.win32api import desktop

        desktop.be_dpi_aware()  # before the first window: later, Windows does not listen
        return
    os.environ["GDK_BACKEND"] = "x11"
    os.environ["WEBKIT_DISABLE_DMABUF_RENDERER"] = "1"  # a quarter less memory, faster first paint
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        # Else the toolkit starts a bus of its own, which outlives us, or waits ten seconds for one.
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
        os.environ["NO_AT_BRIDGE"] = "1"
