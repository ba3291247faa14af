"""The school laptop's display: in a window of yours (Xephyr), or without any screen (Xvfb)."""

import os
import secrets
import select
import struct
import subprocess
from pathlib import Path
from typing import Self

from installer import own, processes
from installer.errors import InstallerError

SIZE = (1366, 768)
"""The commonest school laptop's."""
START_SECONDS = 20.0
FAMILY_WILD = 0xFFFF
COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"


def authority_entry(number: bytes, cookie: bytes) -> bytes:
    """Return one X authority record, good under any host name (libXau, Xauth(5))."""
    parts = (b"", number, COOKIE_NAME, cookie)
    return struct.pack(">H", FAMILY_WILD) + b"".join(struct.pack(">H", len(part)) + part for part in parts)


class Display:
    """
    One X server with a cookie of its own, until `close`.

    `nested_in` names the display to open a window on; None starts one without a screen.
    """

    def __init__(self, folder: Path, *, nested_in: str | None = None, size: tuple[int, int] = SIZE) -> None:
        self.size = size
        folder.mkdir(parents=True, exist_ok=True)
        self._cookie = secrets.token_bytes(16)
        server_file = folder / "server.xauth"
        self.log = folder / "x.log"
        _write_private(server_file, authority_entry(b"0", self._cookie))
        # Nobody holds a key of a display without a screen: on a loaded machine each press seems a long one.
        kind = ["Xephyr", "-title", "School laptop (Gatepost demo)"] if nested_in else ["Xvfb", "-r"]
        screen = [f"{size[0]}x{size[1]}"] if nested_in else ["0", f"{size[0]}x{size[1]}x24"]
        reader, writer = os.pipe()
        environment = {**os.environ, **({"DISPLAY": nested_in} if nested_in else {})}
        command = [
            *own.bound(*kind, "-displayfd", str(writer), "-screen", *screen),
            *("-nolisten", "tcp", "-noreset", "-auth", str(server_file), "-s", "0"),
            *("+extension", "RECORD", "+extension", "MIT-SCREEN-SAVER"),
        ]
        try:
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    pass_fds=[writer],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,
                )
            os.close(writer)
            number = self._read_number(reader)
        finally:
            os.close(reader)
        self.name = f":{number}"
        self.authority = folder / "client.xauth"
        self.entry = authority_entry(str(number).encode(), self._cookie)
        _write_private(self.authority, self.entry)

    def _read_number(self, reader: int) -> int:
        said = b""
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], START_SECONDS)
            more = os.read(reader, 16) if ready else b""
            if not more:
                processes.stop(self._process)
                raise InstallerError(f"No display could be started:\n{processes.tail(self.log)}")
            said += more
        return int(said)

    def environment(self) -> dict[str, str]:
        """Return what a program of ours needs to reach this display."""
        return {**os.environ, "DISPLAY": self.name, "XAUTHORITY": str(self.authority)}

    def is_up(self) -> bool:
        """Say whether the X server still runs (a person may close its window)."""
        return self._process.poll() is None

    def run(self, *command: str, seconds: float = 20.0) -> str:
        """Run a program on this display and return what it printed; InstallerError if it fails."""
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False, timeout=seconds
        )
        if done.returncode:
            raise InstallerError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def screenshot(self, path: Path) -> None:
        """Save a picture of the whole display."""
        self.run("import", "-window", "root", str(path))

    def close(self) -> None:
        """End the X server, and with it every program that shows something on it."""
        processes.stop(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
