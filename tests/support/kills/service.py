"""The real service around the real Linux device, with two differences that only a test may make.

Scripted seats (uids of no account) get a session without windows and a locker that opens by itself. And
every journal entry is written beside it in a file of truth: before it is kept, and after. This entry point
belongs to the kill test; nothing in the shipped agent can select any of it.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent import logs
from agent.backends import own_process
from agent.backends.clocks import SystemClock
from agent.backends.config_file import load_config
from agent.backends.device import Account, Child, LockLook, Seat
from agent.backends.device_linux import LinuxDevice
from agent.paths import Config
from agent.service import journal
from agent.service.app import Service
from agent.service.loop import Stopping
from policies.recording import Stream
from policies.records import Record

FIRST_SCRIPTED_UID = 700_000
LOCKED_SECONDS = "1.5"


def is_scripted(uid: int) -> bool:
    """Say whether this uid is one of the test's own, behind which no account stands."""
    return uid >= FIRST_SCRIPTED_UID


class TestDevice(LinuxDevice):
    """Linux as it is, but for the scripted seats and the names of who logs in."""

    __test__ = False

    def __init__(self, config: Config, config_path: Path, folder: Path) -> None:
        super().__init__(config, config_path)
        self._folder = folder

    def account(self, uid: int) -> Account | None:
        """Return a new pupil for every scripted uid, and for the real account the name of this login."""
        if is_scripted(uid):
            return Account(uid, uid, f"pupil-{uid}", "/nonexistent")
        found = super().account(uid)
        name = self._folder / "names" / str(uid)
        if found is None or not name.exists():
            return found
        return found._replace(name=name.read_text())

    def read_cookie(self, uid: int, path: str) -> bytes:
        """Return the X cookie; a scripted seat has no display and needs none."""
        return b"none" if is_scripted(uid) else super().read_cookie(uid, path)

    def start_session(self, seat: Seat) -> tuple[Child, socket.socket]:
        """Start the real session, or for a scripted seat the one that only talks."""
        if not is_scripted(seat.uid):
            return super().start_session(seat)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        script = Path(__file__).with_name("pupil_session.py")
        with theirs:
            command = [
                sys.executable, "-I", "-S", str(script), str(theirs.fileno()),
                str(self._folder / "plan.json"), str(self._folder / "truth.jsonl"),
            ]  # fmt: skip
            child = self._children.start(command, self._known(seat.uid), {}, pass_fds=(theirs.fileno(),))
        ours.setblocking(False)
        return child, ours

    def start_locker(self, seat: Seat, look: LockLook) -> Child:
        """Start the real locker, or for a scripted seat one whose password is soon typed."""
        if not is_scripted(seat.uid):
            return super().start_locker(seat, look)
        return self._children.start(["/bin/sleep", LOCKED_SECONDS], self._known(seat.uid), {})

    def show_locked(self, seat: Seat, locked: bool) -> None:
        """No logind stands behind these logins."""

    def render_speech(self, language: str, text: str, target: Path) -> None:
        """Speech is not what is tested here, and takes the processor that the test needs."""


class Witness:
    """Writes down what the journal is asked to keep, and what it has kept."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._append = journal.Journal.append

    def append(self, kept_in: journal.Journal, stream: Stream, records: Sequence[Record]) -> int:
        """Keep records as the journal does, with a line of truth on either side."""
        bodies = [msgspec.to_builtins(record) for record in records]
        self._tell({"wanted": bodies, "stream": stream.value})
        last = self._append(kept_in, stream, records)
        self._tell({"kept": bodies, "stream": stream.value, "last": last})
        return last

    def _tell(self, fact: dict[str, object]) -> None:
        os.write(self._file, msgspec.json.encode(fact) + b"\n")


def main(config_path: Path, folder: Path) -> int:
    """Serve until SIGTERM."""
    logs.start_logging()
    own_process.harden(dies_with_parent=False)
    witness = Witness(folder / "truth.jsonl")
    journal.Journal.append = (  # type: ignore[method-assign]
        lambda kept_in, stream, records: witness.append(kept_in, stream, records)
    )
    config = load_config(config_path)
    service = Service(config, TestDevice(config, config_path, folder), SystemClock())
    signal.signal(signal.SIGTERM, lambda *_: service.loop.put(Stopping()))
    service.start()
    service.run()
    return 0


def write_plan(folder: Path, plan: dict[str, object]) -> None:
    """Tell the scripted sessions what they will be asked to accept."""
    (folder / "plan.json").write_text(json.dumps(plan))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
