"""Trying our own windows and the locker where no person looks: as nobody, on a display that shows nothing.

A laptop's self-test (R83) must not disturb a login, so nothing here touches a person's screen. Where Xvfb is
installed a window is truly shown there; without it the window loads all it needs and draws its page, which
finds a missing package and a broken page, and not a broken graphics driver. Everything runs without rights,
within a time, and ends with us.
"""

import sys

assert sys.platform == "linux"

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from agent.backends import linux_locker, own_process, x11_cookie
from agent.backends.device import Account, LockLook
from agent.backends.linux_children import DROP, PATH, drop_to
from agent.backends.lock_screen import LOOK_VARIABLE
from agent.backends.window_child import PIPE_BYTES
from agent.errors import DeviceFailed

Shown = Literal["screen", "drawn"]
"""screen: truly shown on a display of nobody's. drawn: loaded and drawn, without a display."""
PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
PATIENCE_SECONDS = 60
_SCREEN_SECONDS = 20.0
_QUICK_SECONDS = 30.0
_SPARE_SECONDS = 15.0
_MOST_ANSWER = 64 * 1024


def try_window(page: bytes, folder: Path, *, plain: bool, programs: str = PROGRAMS) -> Shown:
    """Have one page shown where nobody looks; raises DeviceFailed with what the window said. *Slow.*"""
    kind = ["--plain"] if plain else []
    account = _nobody()
    with _room(folder, account) as room:
        xvfb = shutil.which("Xvfb", path=programs)
        if xvfb is None:
            command = own_process.agent_command("window", "--dry", *kind)
            _run(command, account, _environment(room, ""), page + b"\n", "the window")
            return "drawn"
        with _screen(xvfb, account, room) as display:
            command = own_process.agent_command("window", "--patience", str(PATIENCE_SECONDS), *kind)
            _show(command, account, _environment(room, display), page)
    return "screen"


def try_locker(locker: linux_locker.Locker | None, folder: Path) -> None:
    """Start the locker far enough to see that it can be, and paint what it shows. Locks nothing. *Slow.*"""
    if locker is None:
        raise DeviceFailed("no screen locker is installed: apt install xsecurelock")
    if locker.kind == "logind":
        raise DeviceFailed("only the desktop's own locker is there, and that it covers cannot be confirmed")
    if not linux_locker.has_setuid_checker():
        raise DeviceFailed("unix_chkpwd is missing or not setgid: no password could open the lock")
    account = _nobody()
    with _room(folder, account) as room:
        environment = _environment(room, "")
        _run([locker.program, "--version"], account, environment, b"", locker.kind)
        look, picture = linux_locker.write_look(room, LockLook()), room / "lock.png"
        command = own_process.agent_command("lock-screen", "--png", str(picture), "640", "360")
        _run(command, account, environment | {LOOK_VARIABLE: str(look)}, b"", "the lock's painter")
        if not picture.is_file() or picture.stat().st_size == 0:
            raise DeviceFailed("the lock's painter painted nothing")


def _nobody() -> Account:
    """Return whom a trial runs as: nobody, or ourselves where we are not root."""
    found = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return Account(found.pw_uid, found.pw_gid, found.pw_name, found.pw_dir)


@contextlib.contextmanager
def _room(folder: Path, account: Account) -> Iterator[Path]:
    """Give a folder that only this account enters, and take it away with all that is in it."""
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.chmod(0o755)  # whatever our umask says: nobody has to pass through it
        room = Path(tempfile.mkdtemp(prefix="trial-", dir=folder))
        if os.geteuid() == 0:
            os.chown(room, account.uid, account.gid)
    except OSError as problem:
        raise DeviceFailed(f"no room to try it in: {problem.strerror}") from problem
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _give(file: Path, content: bytes, account: Account) -> None:
    """Write a new file of this account's. The folder is theirs: nothing that lies there is followed."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o400)
        with os.fdopen(handle, "wb") as written:
            written.write(content)
            if os.geteuid() == 0:
                os.fchown(handle, account.uid, account.gid)
    except OSError as problem:
        raise DeviceFailed(f"no room to try it in: {problem.strerror}") from problem


def _environment(room: Path, display: str) -> dict[str, str]:
    home = str(room)
    seat = {"DISPLAY": display, "XAUTHORITY": str(room / "cookie")} if display else {}
    return seat | {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "XDG_RUNTIME_DIR": home,
        "XDG_CACHE_HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_DATA_HOME": home,
        "GSETTINGS_BACKEND": "memory",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _dropped(account: Account, command: Sequence[str]) -> list[str]:
    """Return the command so that it runs without rights and dies with the thread that started it."""
    before = drop_to(account)[:-1] or [DROP]
    return [*before, "--pdeathsig", "KILL", "--", *command]


def _run(
    command: Sequence[str], account: Account, environment: dict[str, str], given: bytes, name: str
) -> None:
    try:
        done = subprocess.run(
            _dropped(account, command),
            input=given,
            env=environment,
            cwd="/",
            capture_output=True,
            timeout=_QUICK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise DeviceFailed(f"{name} took longer than {_QUICK_SECONDS:.0f} seconds") from problem
    except OSError as problem:
        raise DeviceFailed(f"{name} cannot be started: {problem.strerror}") from problem
    if done.returncode != 0:
        raise DeviceFailed(f"{name} ended with {done.returncode}{_last_words(done.stderr)}")


def _last_words(said: bytes) -> str:
    """Return the end of what a program complained of, fit to be read in one line."""
    lines = [line.strip() for line in said[-2000:].decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return ""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return f": {json.loads(lines[-1])['problem'][:120]}"
    return f": {lines[-1][:120]}"


@contextlib.contextmanager
def _screen(xvfb: str, account: Account, room: Path) -> Iterator[str]:
    """Give a display that shows nothing and lets in only who has its cookie."""
    cookie = x11_cookie.Entry(
        x11_cookie.FAMILY_WILD, b"", b"", x11_cookie.COOKIE_NAME, secrets.token_bytes(16)
    )
    file = room / "cookie"
    _give(file, x11_cookie.write([cookie]), account)
    reader, writer = os.pipe()
    command = [xvfb, "-displayfd", str(writer), "-screen", "0", "1024x640x24", "-nolisten", "tcp"]
    try:
        server = subprocess.Popen(
            _dropped(account, [*command, "-auth", str(file)]),
            pass_fds=[writer],
            env=_environment(room, ""),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        os.close(reader)
        raise DeviceFailed(f"Xvfb cannot be started: {problem.strerror}") from problem
    finally:
        os.close(writer)
    try:
        yield f":{_number_from(reader)}"
    finally:
        os.close(reader)
        server.kill()
        server.wait()


def _number_from(reader: int) -> str:
    said, end = b"", time.monotonic() + _SCREEN_SECONDS
    while not said.endswith(b"\n"):
        left = end - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0] or not (piece := os.read(reader, 16)):
            raise DeviceFailed("no display to try it on: Xvfb did not come up")
        said += piece
    number = said.decode("ascii", "replace").strip()
    if not number.isdigit():
        raise DeviceFailed("Xvfb named no display")
    return number


def _show(command: Sequence[str], account: Account, environment: dict[str, str], page: bytes) -> None:
    """Start the window, hand it the page, and wait until it says that it is painted."""
    with tempfile.TemporaryFile() as complaints:
        try:
            window = subprocess.Popen(
                _dropped(account, command),
                env=environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as problem:
            raise DeviceFailed(f"the window cannot be started: {problem.strerror}") from problem
        try:
            if _is_painted(window, page):
                return
            complaints.seek(0)
            raise DeviceFailed(f"the window painted nothing{_last_words(complaints.read(_MOST_ANSWER))}")
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(window.pid, 9)
            for pipe in (window.stdin, window.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            window.wait()


def _is_painted(window: "subprocess.Popen[bytes]", page: bytes) -> bool:
    if window.stdin is None or window.stdout is None:
        return False
    with contextlib.suppress(OSError):
        # Room for the whole page: a window that never reads must not hold us.
        fcntl.fcntl(window.stdin.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(window.stdin.fileno(), False)
        os.write(window.stdin.fileno(), page + b"\n")
    said, end = b"", time.monotonic() + PATIENCE_SECONDS + _SPARE_SECONDS
    while len(said) < _MOST_ANSWER and (left := end - time.monotonic()) > 0:
        if not select.select([window.stdout], [], [], left)[0]:
            return False
        piece = os.read(window.stdout.fileno(), 4096)
        if not piece:
            return False
        said += piece
        if b'"painted"' in said and said.endswith(b"\n"):
            return True
    return False
