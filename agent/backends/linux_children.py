"""Starting a program as the pupil, with nothing of the pupil's or of the service's in its environment.

HOME and the XDG folders point at an empty folder of root's, so that no GTK module, Python site folder
or font configuration of the pupil's is loaded into our windows.
"""

import sys

assert sys.platform == "linux"

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.backends import linux_processes, own_process, x11_cookie
from agent.backends.device import Account, Anchor, Child, Seat
from agent.errors import DeviceFailed

PATH = "/usr/local/bin:/usr/bin:/bin"
DROP = "/usr/bin/setpriv"
MAX_COOKIE_BYTES = 64 * 1024
SHARED = Path("/tmp")  # noqa: S108
_LC_ALL_MASK = 0x1FBF
_READ_COOKIE_SECONDS = 15.0
"""A login is ended where this fails; an old laptop that is just starting its desktop is slow."""
_REMOVE_SECONDS = 60.0
_WAIT_TO_REMOVE_SECONDS = 0.5
_UNIX_BUS = "unix:path="


def seat_environment(
    seat: Seat, account: Account, folder: Path, empty: Path, language: str = "en"
) -> dict[str, str]:
    """Return the whole environment of a child at this seat: ours, plus two values that were checked."""
    asked = seat.environment.get("LANGUAGE", "") or language
    asked = asked if asked.replace("_", "").replace(":", "").isalnum() else language
    environment = {
        "PATH": PATH,
        "LANG": message_locale(asked[:2]),
        "LANGUAGE": asked,
        "USER": account.name,
        "LOGNAME": account.name,
        "SHELL": "/bin/sh",
        "HOME": str(empty),
        "XDG_CONFIG_HOME": str(empty),
        "XDG_DATA_HOME": str(empty),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder / "cache"),
        "DISPLAY": seat.display,
        "XAUTHORITY": str(folder / "cookie"),
        "GDK_BACKEND": "x11",
        "GSETTINGS_BACKEND": "memory",
        "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return environment | owned_addresses(seat.environment, seat.uid)


def owned_addresses(environment: Mapping[str, str], uid: int) -> dict[str, str]:
    """Return XDG_RUNTIME_DIR and the session bus where both truly belong to this user, else nothing."""
    found = {}
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and _is_owned(runtime, uid, stat.S_ISDIR):
        found["XDG_RUNTIME_DIR"] = runtime
    bus = environment.get("DBUS_SESSION_BUS_ADDRESS", "")
    if not bus and found:
        bus = f"{_UNIX_BUS}{runtime}/bus"  # the user manager's own, which the hook runs too early to name
    path = bus.removeprefix(_UNIX_BUS).partition(",")[0]
    if bus.startswith(_UNIX_BUS) and _is_owned(path, uid, stat.S_ISSOCK):
        found["DBUS_SESSION_BUS_ADDRESS"] = f"{_UNIX_BUS}{path}"
    return found


def _is_owned(path: str, uid: int, is_kind: Callable[[int], bool]) -> bool:
    try:
        found = Path(path).lstat()
    except (OSError, ValueError):
        return False
    return found.st_uid == uid and is_kind(found.st_mode)


def message_locale(language: str) -> str:
    """Return a locale in which the system's own programs (PAM) speak this language, if one is installed."""
    wanted = {"tr": "tr_TR.UTF-8", "en": "en_GB.UTF-8"}.get(language, "C.UTF-8")
    libc = ctypes.CDLL(None)
    libc.newlocale.restype = ctypes.c_void_p
    libc.newlocale.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
    libc.freelocale.argtypes = (ctypes.c_void_p,)
    found = libc.newlocale(_LC_ALL_MASK, wanted.encode(), None)
    if not found:
        return "C.UTF-8"
    libc.freelocale(found)
    return wanted


class Children:
    """Starts children as a pupil and knows how they ended."""

    def __init__(self, run_dir: Path) -> None:
        self._run = run_dir
        self._swept = False
        """What a service that was killed left behind has been removed."""
        self._started: dict[int, subprocess.Popen[bytes]] = {}
        # One thread starts them all and never ends: a child's parent-death signal is tied to that thread.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")

    def start(
        self,
        command: Sequence[str],
        account: Account,
        environment: Mapping[str, str],
        *,
        pass_fds: Sequence[int] = (),
        keep_errors: bool = False,
    ) -> Child:
        """Start a program as this account in a session of its own; raises DeviceFailed."""
        return self._starter.submit(
            self._start, list(command), account, dict(environment), tuple(pass_fds), keep_errors
        ).result()

    def _start(
        self,
        command: list[str],
        account: Account,
        environment: dict[str, str],
        pass_fds: tuple[int, ...],
        keep_errors: bool,
    ) -> Child:
        try:
            process = subprocess.Popen(
                [*drop_to(account), *command],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if keep_errors else subprocess.DEVNULL,
                pass_fds=pass_fds,
                start_new_session=True,
                umask=0o077,
            )
        except (OSError, subprocess.SubprocessError) as problem:
            raise DeviceFailed(f"{command[0]} could not be started: {problem}") from problem
        self._started[process.pid] = process
        # It is our own child and not reaped yet, so the pid is certainly its own.
        seen = linux_processes.read_process(process.pid)
        anchor = seen.anchor if seen else Anchor(process.pid, 0)
        return Child(anchor, os.pidfd_open(process.pid), Path(command[0]).name)

    def reap(self, child: Child) -> int | None:
        """Return how a child ended, or None while it runs; afterwards its pidfd is closed."""
        process = self._started.get(child.anchor.pid)
        if process is None:
            return None
        status = process.poll()
        if status is not None:
            del self._started[child.anchor.pid]
            with contextlib.suppress(OSError):
                os.close(child.pidfd)
        return status

    def kill(self, child: Child) -> None:
        """Kill a child and what it started in its own process group."""
        if child.anchor.pid not in self._started:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.anchor.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)

    # ---- a seat's own folder ----

    def empty_folder(self) -> Path:
        """Return the folder that every child has for a home: root's, and empty."""
        folder = self._run / "empty"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o555)  # the service's umask would close it to the pupil
        return folder

    def seat_folder(self, seat: Seat, account: Account) -> Path:
        """Return a folder with this seat's cookie and a private cache; raises DeviceFailed."""
        cookie = x11_cookie.for_display(seat.cookie, seat.display, socket.gethostname())
        above = self._run / "seats" / f"{seat.uid}-{seat.display.strip(':').replace('.', '-')}"
        folder = above / secrets.token_hex(8)
        try:
            for each in (self._run, above.parent, above, folder):
                each.mkdir(mode=0o711, parents=True, exist_ok=True)
                each.chmod(0o755 if each == self._run else 0o711)
            _own_file(folder / "cookie", cookie, account)
            (folder / "cache").symlink_to(self._cache(account))
        except OSError as problem:
            raise DeviceFailed(f"no folder for a seat could be made: {problem}") from problem
        return folder

    def _cache(self, account: Account) -> Path:
        """Return a folder the pupil may fill: not in ours, where the next lock needs its room."""
        if not self._swept:
            self._swept = True
            _remove([cache for link in self._run.glob("seats/*/*/cache") for cache in _cache_behind(link)])
        try:
            cache = Path(tempfile.mkdtemp(prefix="gatepost-", dir=SHARED))
        except OSError:
            return self.empty_folder()
        _give(cache, account)
        return cache

    def forget_folder(self, folder: Path) -> None:
        """Remove a seat's folder after its process has ended; what a pupil piled up there stops nobody."""
        _remove([folder, *_cache_behind(folder / "cache")])

    def read_as(self, account: Account, path: str, most: int = MAX_COOKIE_BYTES) -> bytes:
        """
        Return a small file as this account may read it.

        Read by a short-lived child with that account's rights: a symbolic link of the pupil's leads
        nowhere that the pupil could not go. Raises DeviceFailed.
        """
        try:
            done = subprocess.run(
                [*drop_to(account), "/usr/bin/head", "-c", str(most), "--", path],
                env={"PATH": PATH},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_READ_COOKIE_SECONDS,
                check=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            raise DeviceFailed(f"the X cookie of uid {account.uid} cannot be read") from problem
        return bytes(done.stdout)


def drop_to(account: Account) -> list[str]:
    """
    Return what to put before a command so that it drops to this account; empty when we are it already.

    Another program drops, not a fork of ours: from that moment on the pupil may stop the process, and
    whoever waits for a fork that never becomes its program waits for ever.
    """
    if os.geteuid() != 0:
        if account.uid != os.geteuid():
            raise DeviceFailed(f"only root may start a program as uid {account.uid}")
        return []
    if account.uid == 0:
        raise DeviceFailed("refused to start a pupil's program as root")
    groups = ",".join(str(group) for group in os.getgrouplist(account.name, account.gid))
    return [DROP, f"--reuid={account.uid}", f"--regid={account.gid}", f"--groups={groups}", "--"]


def _cache_behind(link: Path) -> list[Path]:
    """Return the cache a link of ours leads to, or nothing."""
    try:
        cache = link.readlink()
    except OSError:
        return []
    return [cache] if cache.parent == SHARED and cache.name.startswith("gatepost-") else []


def _remove(folders: Sequence[Path]) -> None:
    """Remove folders and wait a little for it; the rest is done beside us."""
    command = ["/usr/bin/rm", "-rf", "--one-file-system", "--", *(str(folder) for folder in folders)]

    def run() -> None:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                command,
                env={"PATH": PATH},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_REMOVE_SECONDS,
                check=False,
            )

    removing = threading.Thread(target=run, name="remove", daemon=True)
    removing.start()
    removing.join(_WAIT_TO_REMOVE_SECONDS)


def _own_file(path: Path, content: bytes, account: Account) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o400)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    _give(path, account)


def _give(path: Path, account: Account) -> None:
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def start_session(
    children: Children, seat: Seat, account: Account, arguments: Sequence[str] = ()
) -> tuple[Child, socket.socket, Path]:
    """Start `agent session` at a seat; return it, our end of its channel and its folder."""
    folder = children.seat_folder(seat, account)
    environment = seat_environment(seat, account, folder, children.empty_folder())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        try:
            command = own_process.agent_command("session", "--fd", str(theirs.fileno()), *arguments)
            child = children.start(
                command, account, environment, pass_fds=(theirs.fileno(),), keep_errors=True
            )
        except DeviceFailed:
            ours.close()
            children.forget_folder(folder)
            raise
    ours.setblocking(False)
    return child, ours, folder
