"""What `doctor` looks at itself, beside what the running service says: the installation on this system.

And the words of this system for what a technician does about it.
"""

import sys

from agent.backends.device import Capability

START_IT = "start it: systemctl start gatepost-agent"
ENCRYPT_IT = (
    "install it anew with LUKS (Debian's installer: guided, encrypted LVM) before pupil data is on it"
)
if sys.platform == "win32":
    START_IT = "start it, as administrator: sc start gatepost-agent"
    ENCRYPT_IT = "switch BitLocker on, as administrator: manage-bde -on C: -recoverypassword"


def look() -> dict[str, Capability]:
    """Return what can be seen of the installation here, by stable names; nothing on Linux: dpkg knows."""
    if sys.platform == "win32":
        from agent.backends import webview2, windows_installed
        from agent.backends.win32api import registry, services

        return windows_installed.look(services, registry, webview2.problem)
    return {}
