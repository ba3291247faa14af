"""What only the service may read, and the folders it lies in.

Linux: modes, and files that only root opens. Windows: access lists, and keys that DPAPI wraps for this
machine, so that whoever takes the disk out reads none of them. DPAPI alone keeps nobody out who already runs
programs here: that is what the access list is for.
"""

import errno
import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from agent.backends.config_file import is_safe_acl
from agent.backends.whole_files import write_whole
from agent.errors import DeviceFailed

log = logging.getLogger(__name__)

MARK = b"gatepost dpapi 1\n"
"""So begins a wrapped file: what begins otherwise was not written by us on this system."""
SYSTEM_SID = "S-1-5-18"
CLOSED = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
"""SYSTEM and Administrators, with all that comes to lie below."""
ENTERED = CLOSED + "(A;;0x1200a9;;;BU)"
"""Users may enter the folder, and that is all: nothing in it inherits that."""
READ_BY_ALL = CLOSED + "(A;OICI;0x1200a9;;;BU)"
READ_FILE = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x120089;;;BU)"
"""Users read it and nothing else (FILE_GENERIC_READ)."""
FILES_READ_BY_ALL = ("agent.toml", "without_service")
"""In the state folder: what the programs of every login read, where it is there."""


class Protects(Protocol):
    """The two calls of Windows that wrap a key."""

    def protect(self, content: bytes) -> bytes:
        """Return it so that only this machine opens it."""
        ...

    def unprotect(self, protected: bytes) -> bytes:
        """Open what this machine protected."""
        ...


class Settles(Protocol):
    """The calls of Windows that close a folder."""

    def own_sid(self) -> str:
        """Return the SID this process runs as."""
        ...

    def is_elevated(self) -> bool:
        """Say whether this process holds the rights of Administrators now."""
        ...

    def leads_elsewhere(self, path: str) -> bool:
        """Say whether this folder is a junction or a link."""
        ...

    def folder_owner(self, path: str) -> str:
        """Return the owner of a folder itself."""
        ...

    def set_acl(self, path: str, sddl: str) -> None:
        """Give a folder this access list and no inherited one."""
        ...


def write_secret(path: Path, content: bytes) -> None:
    """Keep a key on disk, whole or not at all; raises OSError."""
    if sys.platform == "win32":
        from agent.backends.win32api import own

        content = wrap(own, content)
    write_whole(path, content)


def read_secret(path: Path) -> bytes:
    """Return what `write_secret` kept; raises OSError, also for another machine's."""
    content = path.read_bytes()
    if sys.platform == "win32":
        from agent.backends.win32api import own

        return unwrap(own, content)
    return content


def wrap(calls: Protects, content: bytes) -> bytes:
    """Return the file's content for a secret; raises OSError."""
    try:
        return MARK + calls.protect(content)
    except DeviceFailed as problem:
        raise OSError(errno.EIO, f"a key cannot be protected: {problem}") from problem


def unwrap(calls: Protects, content: bytes) -> bytes:
    """Return the secret in a file's content; raises OSError."""
    if not content.startswith(MARK):
        raise OSError(errno.EINVAL, "a key that nothing protects: it was not written here")
    try:
        return calls.unprotect(content[len(MARK) :])
    except DeviceFailed as problem:
        raise OSError(errno.EACCES, f"a key that another machine protected: {problem}") from problem


def closed_folder(path: Path) -> None:
    """Make this folder one that only the service enters, with all that lies in it; raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _settle(path, 0o700, CLOSED)


def entered_folder(path: Path) -> None:
    """Make this folder one that all may pass through, to read FILES_READ_BY_ALL; raises OSError."""
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    _settle(path, 0o711, ENTERED)
    if sys.platform == "win32":
        from agent.backends.win32api import own

        let_all_read(own, [path / name for name in FILES_READ_BY_ALL])


def let_all_read(calls: Settles, files: Iterable[Path]) -> None:
    """
    Let everybody read these files, on Windows; never raises.

    Whoever makes one there by hand makes one that users may not read: the hook could not read its settings,
    and would sign everybody out.
    """
    for file in files:
        try:
            if file.is_file():
                settle(calls, file, READ_FILE)
        except OSError as problem:
            log.warning("a file is not readable for all", extra={"file": file.name, "problem": str(problem)})


def shared_folder(path: Path) -> None:
    """Make this folder one in which everybody may read, and nobody else write; raises OSError."""
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    _settle(path, 0o755, READ_BY_ALL)


def run_folder(path: Path) -> None:
    """Make the folder of the public socket; raises OSError. Windows' pipe lies in none, so nobody enters."""
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    _settle(path, 0o755, CLOSED)


def acl_for(sddl: str, own_sid: str, *, is_elevated: bool) -> str:
    """Return the access list with ourselves in it, where we are neither SYSTEM nor administrator. Pure."""
    return sddl if is_elevated or own_sid == SYSTEM_SID else f"{sddl}(A;OICI;FA;;;{own_sid})"


def settle(calls: Settles, path: Path, sddl: str) -> None:
    """
    Give a folder this access list, on Windows; raises OSError.

    Where data of all programs lies, any user may make a folder, and its owner may always change its access
    list back. So one that somebody else made before us, or that leads elsewhere, is refused.
    """
    try:
        own_sid = calls.own_sid()
        if calls.leads_elsewhere(str(path)):
            raise OSError(errno.EACCES, f"{path} leads to another folder; delete it")
        if not is_safe_acl(calls.folder_owner(str(path)), (), own_sid):
            raise OSError(errno.EACCES, f"{path} belongs to another account; look into it, then delete it")
        calls.set_acl(str(path), acl_for(sddl, own_sid, is_elevated=calls.is_elevated()))
    except DeviceFailed as problem:
        raise OSError(errno.EACCES, f"{path} cannot be kept from others: {problem}") from problem


def _settle(path: Path, mode: int, sddl: str) -> None:
    if sys.platform == "win32":
        from agent.backends.win32api import own

        settle(own, path, sddl)
        return
    path.chmod(mode)
