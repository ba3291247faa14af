"""The scanner: our own clamd, started when a stick is to be checked, stopped when none has come for a while.

Never the system's clamd: its limits are not ours, and beyond a limit clamd says *OK* by default. Ours says
so (`AlertExceedsMax`), as it says when a file is locked with a password (`AlertEncrypted`). Files go to it
as open descriptors (FILDES), so it needs no right to see the private mount. Never INSTREAM: that stops at
a length.
"""

import sys

assert sys.platform == "linux"

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from agent.backends.public_door import unix_socket
from agent.backends.virus_sample import Answer
from agent.errors import DeviceFailed
from policies.settings import ScanSettings

SIGNATURES = Path("/var/lib/clamav")
START_SECONDS = 180.0
"""Loading the whole official database takes a slow laptop this long at worst."""
_ANSWER_SECONDS = 600.0
_MOST_ANSWER = 8192
_LOOK_SECONDS = 0.1
_NOT_CHECKED = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
_SYSTEM_USER = "clamav"


def read_answer(line: bytes) -> Answer:
    """Return what one line of clamd means. Whatever is not plainly OK or FOUND was not checked."""
    text = line.decode("utf-8", "replace").strip("\0\n ")
    if text.endswith(": OK"):
        return Answer("clean")
    if text.endswith(" FOUND"):
        name = text.removesuffix(" FOUND").rpartition(": ")[2]
        return Answer("not-scanned" if name.startswith(_NOT_CHECKED) else "harmful", name[:200])
    return Answer("not-scanned", text[-200:])


def configuration(folder: Path, signatures: Path, limits: ScanSettings, user: str) -> str:
    """Return the text of our clamd.conf. Every limit is said out loud, and going beyond it is an alert."""
    most_bytes = min(limits.most_file_bytes, 2_000_000_000)
    lines = {
        "LocalSocket": folder / "clamd.sock",
        "LocalSocketMode": 600,
        "TemporaryDirectory": folder,
        "DatabaseDirectory": signatures,
        "PidFile": folder / "clamd.pid",
        "Foreground": "yes",
        "MaxThreads": 2,
        "MaxFileSize": most_bytes,
        # Not larger than MaxFileSize: a file inside an archive that is larger than MaxFileSize is cut there
        # in silence; only the sum of all that was unpacked then goes beyond this limit, which is told.
        "MaxScanSize": most_bytes,
        "MaxFiles": limits.most_files,
        "MaxRecursion": limits.deepest_archive,
        "MaxScanTime": 300_000,
        # A session in which nothing was asked for so long is closed, and what it still owed is never
        # answered: not while a slow stick is read for an hour.
        "ReadTimeout": 86_400,
        "AlertExceedsMax": "yes",
        "AlertEncrypted": "yes",
        "ConcurrentDatabaseReload": "no",
        "ExitOnOOM": "yes",
        "FollowDirectorySymlinks": "no",
        "FollowFileSymlinks": "no",
    }
    if user:
        lines["User"] = user
    return "".join(f"{name} {value}\n" for name, value in lines.items())


class Clamd:
    """Our clamd. Any thread may call; one at a time is the caller's business."""

    def __init__(self, folder: Path, signatures: Path = SIGNATURES) -> None:
        self._folder = folder
        self._signatures = signatures
        self._process: subprocess.Popen[bytes] | None = None
        self._limits: ScanSettings | None = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / "clamd.sock"

    @property
    def signatures(self) -> Path:
        """Where its signatures are."""
        return self._signatures

    def is_installed(self) -> bool:
        """Say whether there is a clamd to start."""
        return program("clamd") is not None

    def is_up(self) -> bool:
        """Say whether it runs and answers."""
        if self._process is None or self._process.poll() is not None:
            return False
        with contextlib.suppress(OSError):
            return ask(self.socket, b"PING", 5.0).startswith(b"PONG")
        return False

    def start(self, limits: ScanSettings) -> None:
        """Have it running with these limits; raises DeviceFailed. *Slow* with the full database."""
        if self._limits == limits and self.is_up():
            return
        self.stop()
        found = program("clamd")
        if found is None:
            raise DeviceFailed("clamd is not installed")
        user = self._make_folder()
        file = self._folder / "clamd.conf"
        file.write_text(configuration(self._folder, self._signatures, limits, user))
        file.chmod(0o644)
        self.socket.unlink(missing_ok=True)
        self._end_the_orphan()
        try:
            self._process = subprocess.Popen(
                [found, f"--config-file={file}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError as problem:
            raise DeviceFailed("clamd cannot be started") from problem
        self._limits = limits
        end = time.monotonic() + START_SECONDS
        while not self.is_up():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise DeviceFailed("clamd did not come up; its signatures may be missing or broken")
            time.sleep(_LOOK_SECONDS)

    def _end_the_orphan(self) -> None:
        """End the scanner of a service that was killed; no other process, whatever has its number now."""
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError, ValueError):
            pid = int((self._folder / "clamd.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if f"--config-file={self._folder}/clamd.conf".encode() in command.split(b"\0"):
                os.kill(pid, signal.SIGKILL)

    def _make_folder(self) -> str:
        """Make the folder that only root and the scanner may enter; return whom the scanner runs as."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sys.platform == "win32":
            return ""
        if os.geteuid() != 0:
            return ""
        try:
            account = pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            return ""
        os.chown(self._folder, account.pw_uid, account.pw_gid)
        return _SYSTEM_USER

    def stop(self) -> None:
        """Give its memory back."""
        process, self._process, self._limits = self._process, None, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program(name: str) -> str | None:
    """Return where a scanner's program is; never looked for in a path of the pupil's."""
    # First where the package's unit shows clamd to us alone: under its usual path the system's AppArmor
    # profile lets it read the system's settings only, and ours are others.
    return shutil.which(
        name, path="/usr/lib/gatepost-agent/scanner:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
    )


def ask(where: Path, command: bytes, seconds: float) -> bytes:
    """Say one command to clamd; return its answer."""
    with unix_socket() as link:
        link.settimeout(seconds)
        link.connect(str(where))
        link.sendall(b"z" + command + b"\0")
        return _hear(link)


def scan_file(where: Path, file: int, seconds: float = _ANSWER_SECONDS) -> Answer:
    """Hand clamd one open file; a scanner that is silent, gone or confused has not checked it."""
    if sys.platform == "win32":
        return Answer("not-scanned", "clamd takes no open files on Windows")
    try:
        with unix_socket() as link:
            link.settimeout(seconds)
            link.connect(str(where))
            link.sendall(b"zFILDES\0")
            socket.send_fds(link, [b"\0"], [file])
            return read_answer(_hear(link))
    except OSError as problem:
        return Answer("not-scanned", f"the scanner does not answer: {problem}"[:200])


def _hear(link: socket.socket) -> bytes:
    answer = bytearray()
    while len(answer) < _MOST_ANSWER and (piece := link.recv(4096)):
        answer += piece
        if piece.endswith(b"\0"):
            break
    return bytes(answer)
