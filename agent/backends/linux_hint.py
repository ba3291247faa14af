"""LockedHint: what logind tells everybody about a session's screen. Set by us and never believed by us.

The session's owner can set it too, so it opens and closes nothing; desktops and remote tools show it.
"""

import sys

assert sys.platform == "linux"

import subprocess

from agent.backends import linux_logins
from agent.errors import DeviceFailed

_BUSCTL = "/usr/bin/busctl"
_LOGIND = "org.freedesktop.login1"
_SECONDS = 20.0


def session_of(claimed: str, uid: int, shown: str) -> bool:
    """Say whether what logind shows of a claimed session makes it this user's. Pure."""
    return claimed.isalnum() and linux_logins.parse_loginctl(shown).get("User") == str(uid)


def set_locked(session: str, uid: int, locked: bool) -> None:
    """Set the hint on this user's session; DeviceFailed where logind does not know it as theirs."""
    # A name that begins with a dash is no option: nothing but letters and digits comes this far.
    shown = _run("/usr/bin/loginctl", "show-session", session, "--property=User") if session.isalnum() else ""
    if not session_of(session, uid, shown):
        raise DeviceFailed("logind knows no such session of this user's")
    path = _call("GetSession", "s", session, of="/org/freedesktop/login1", interface="Manager").split('"')
    if len(path) < 2:
        raise DeviceFailed("logind does not say where the session is")
    _call("SetLockedHint", "b", "true" if locked else "false", of=path[1], interface="Session")


def _call(method: str, signature: str, value: str, *, of: str, interface: str) -> str:
    return _run(_BUSCTL, "call", _LOGIND, of, f"{_LOGIND}.{interface}", method, signature, value)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise DeviceFailed(f"{command[0]} does not answer as it should") from problem
    return done.stdout
