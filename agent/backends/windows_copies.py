"""Checked copies handed over on Windows: access lists say whose they are.

Their owner may do everything with what is in the folder, and nothing with the folder itself: its name says
until when it is kept.
"""

from datetime import date
from pathlib import Path
from typing import Protocol

from agent.backends.copies import name_until
from agent.backends.device import Account
from agent.errors import DeviceFailed

CLOSED = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
_THROUGH = "0x1000a0"
"""Pass through and look at its attributes, not list it (FILE_TRAVERSE, FILE_READ_ATTRIBUTES, SYNCHRONIZE)."""
EVERY = f"{CLOSED}(A;;{_THROUGH};;;BU)"
"""Of the folder in which everybody's copies lie: nobody sees who else has some."""
_ENTER = "0x1200a9"
"""List and read, nothing else (FILE_GENERIC_READ | FILE_GENERIC_EXECUTE)."""
_ADD = "0x1200af"
"""The same, and make files and folders in it."""
_CHANGE = "0x1301bf"
"""Read, write and delete (modify)."""


class Rights(Protocol):
    """The one call of Windows that this needs."""

    def set_acl(self, path: str, sddl: str) -> None:
        """Give a file or folder, with all that is in it, this access list. Raises WinProblem."""
        ...


def own_folder_acl(sid: str) -> str:
    """Return the access list of the folder in which one person's copies lie. Pure."""
    return f"{CLOSED}(A;;{_ENTER};;;{sid})"


def copies_acl(sid: str) -> str:
    """Return the access list of one folder of copies: its owner's inside, and not to be renamed. Pure."""
    return f"{CLOSED}(A;;{_ADD};;;{sid})(A;OICIIO;{_CHANGE};;;{sid})"


def give(rights: Rights, every: Path, staged: Path, account: Account, sid: str, end: date) -> Path:
    """Hand checked copies over to their owner; raises DeviceFailed."""
    own = every / str(account.uid)
    target = own / name_until(end, staged.name)
    try:
        every.mkdir(parents=True, exist_ok=True)
        rights.set_acl(str(every), EVERY)
        own.mkdir(exist_ok=True)
        rights.set_acl(str(own), own_folder_acl(sid))
        staged.rename(target)
        rights.set_acl(str(target), copies_acl(sid))
    except OSError as problem:
        raise DeviceFailed(f"the copies cannot be given: {problem.strerror}") from problem
    return target
