"""mount(2), umount2(2), unshare(2), setns(2), and how a stranger's file system is mounted."""

import sys

assert sys.platform == "linux"

import ctypes
import os
import threading
from pathlib import Path

from agent.errors import DeviceFailed

_RDONLY, _NOSUID, _NODEV, _NOEXEC = 1, 2, 4, 8
_REC, _PRIVATE = 1 << 14, 1 << 18
_DETACH, _NOFOLLOW = 2, 8
_NEW_MOUNTS = 0x00020000
_OWN_PLACES = 0x00000200
WRITE_OUT_SECONDS = 120.0
"""A slow stick writes some hundred megabytes in this time."""
_PLAIN = _NOSUID | _NODEV | _NOEXEC

OWNED = frozenset({"vfat", "exfat", "ntfs3", "msdos"})
"""File systems without owners of their own: everything on them is given to one user."""
KNOWN = OWNED | {"ext2", "ext3", "ext4", "iso9660", "udf"}
"""What is mounted at all. Every file-system driver is an attack surface, so the list is short."""


def kernel_name(filesystem: str) -> str:
    """Return the kernel's name for a file system that blkid found; raise DeviceFailed for an unknown one."""
    name = {"ntfs": "ntfs3", "ext2": "ext4", "ext3": "ext4"}.get(filesystem, filesystem)
    if name not in KNOWN:
        raise DeviceFailed(f"no file system that is opened here: {filesystem or 'none known'}"[:120])
    return name


def options(
    name: str, uid: int, gid: int, *, writable: bool, will_be_writable: bool = False
) -> tuple[int, str]:
    """
    Return the flags and the text for mount(2): never setuid, devices or programs.

    `will_be_writable`: it is opened so later on. What its journal still holds would be on it then. So the
    kernel does not pass over the journal now, and mounts nothing that it had to put right and may not write.
    """
    flags = _PLAIN | (0 if writable else _RDONLY)
    words = []
    if name in OWNED:
        words += [f"uid={uid}", f"gid={gid}", "umask=077"]
    if name in ("vfat", "exfat"):
        words.append("iocharset=utf8")
    if name == "ext4" and not writable and not will_be_writable:
        words.append("noload")  # else even a read-only mount replays the journal
    if name in ("iso9660", "udf"):
        words += [f"uid={uid}", f"gid={gid}"]
    return flags, ",".join(words)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise DeviceFailed(f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(node: str, target: Path, name: str, flags: int, words: str) -> None:
    """Mount; raises DeviceFailed."""
    done = _libc().mount(node.encode(), os.fsencode(target), name.encode(), flags, words.encode())
    _check(done, f"{node} cannot be mounted")


def unmount(target: Path) -> None:
    """
    Take a mount away, even one that is in use; does nothing where there is none.

    Nobody reaches it from the first moment. What was written last may still be on its way to the disk, and
    stays so while a window has the folder open: waited for, but not for ever, since a stick may stand still.
    """
    libc = _libc()
    try:
        handle = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        libc.umount2(os.fsencode(target), _DETACH | _NOFOLLOW)
        return

    def write_out() -> None:
        libc.syncfs(handle)
        os.close(handle)

    if libc.umount2(os.fsencode(target), _DETACH | _NOFOLLOW) != 0:
        os.close(handle)
        return
    writing = threading.Thread(target=write_out, daemon=True)
    writing.start()
    writing.join(WRITE_OUT_SECONDS)


def leave_for_a_private_view() -> None:
    """Give this process mounts of its own, that nobody else ever sees and that end with it."""
    libc = _libc()
    _check(libc.unshare(_NEW_MOUNTS), "no private mounts")
    _check(libc.mount(b"none", b"/", None, _REC | _PRIVATE, None), "mounts cannot be made private")


def enter_the_system_s_view(place: str = "/proc/1/ns/mnt") -> None:
    """See and make mounts as everybody does, whatever view the service itself was given."""
    libc = _libc()
    # A thread that shares its root and current folder with others may not go elsewhere (setns(2), EINVAL).
    _check(libc.unshare(_OWN_PLACES), "the thread cannot be parted from the others")
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(libc.setns(handle, _NEW_MOUNTS), "the system's own mounts cannot be reached")
    finally:
        os.close(handle)
