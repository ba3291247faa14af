"""Checked copies handed over on Windows: access lists say whose they are.

Their owner may do everything with what is in the folder, and nothing with the folder itself: its name says
until when it is kept.
"""

import contextlib
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Protocol

from agent.backends.copies import name_until
from agent.backends.device import Account
from agent.backends.secret_files import CLOSED
from agent.errors import DeviceFailed

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


ANYBODY = ("S-1-1-0", "S-1-5-11", "S-1-5-32-545")
"""Everyone, whoever signed in, and Users: the way to a folder is open to these."""


class Limits(Protocol):
    """The one call of Windows that deleting needs."""

    def limited_to(self, sids: Sequence[str]) -> AbstractContextManager[None]:
        """Have this thread go on with our rights only as far as one of these has them too. WinProblem."""
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


def forget(limits: Limits, folder: Path, sid: str | None) -> None:
    """
    Delete copies with no more rights than their owner has; what cannot be deleted stays. Raises WinProblem.

    Their owner writes in there, and may put a junction in a folder's place while it is being deleted: with
    all our rights we would delete what lies at its end. `sid`: None is nobody who could still sign in.
    """
    if sid is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with limits.limited_to((sid, *ANYBODY)):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rmdir()  # the folder itself is not its owner's; a junction goes alone
