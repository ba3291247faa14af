"""The scanner on Windows: Defender, which Windows brings along, where it really watches.

No program of ours is started for it and nothing is held in memory. Another vendor's scanner in its place is
none that we can ask for proof, so with it no stick can be checked, and that is told.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from agent.backends import windows_defender as defender
from agent.backends.checker import CheckerSeen, Started
from agent.backends.secret_files import CLOSED
from agent.backends.virus_sample import EICAR, HARMLESS, Answer, decide_problem
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_copies import Rights
from agent.backends.windows_defender import LogEntry, Ran, command, decide_verdict
from agent.backends.windows_nodes import Value, Wmi
from agent.backends.windows_scan import Defender
from agent.backends.windows_slices import RegistryCalls
from agent.backends.windows_walk import is_infected
from agent.errors import DeviceFailed
from policies.settings import ScanSettings

_STATUS_QUERY = "SELECT * FROM MSFT_MpComputerStatus"
_OTHERS_QUERY = "SELECT displayName FROM AntiVirusProduct"
_SAMPLE_SECONDS = 180.0
_MOST_OUTPUT_BYTES = 4 * 1024 * 1024
_LOG_SPARE_SECONDS = 2
"""Windows rounds the times in its log."""
_NO_WINDOW = 0x08000000


class DefenderChecker:
    """Keeps the contract of `checker.Checker`."""

    def __init__(self, wmi: Wmi, program: Defender, rights: Rights, wall: Callable[[], float]) -> None:
        self._wmi = wmi
        self._program = program
        self._rights = rights
        self._wall = wall

    @property
    def signatures_folder(self) -> str:
        """Nobody else needs to know."""
        return ""

    def look(self) -> CheckerSeen:
        """Return how Defender stands."""
        rows = self._ask(defender.NAMESPACE, _STATUS_QUERY)
        others = defender.read_others(self._ask(defender.SECURITY_CENTER, _OTHERS_QUERY))
        guard = defender.decide_guard(defender.read_status(rows), others)
        if guard.signatures is None:
            return CheckerSeen("", None, guard.why)
        return CheckerSeen(defender.NAME, guard.signatures)

    def _ask(self, namespace: str, wql: str) -> Sequence[Mapping[str, Value]]:
        try:
            return self._wmi.query(namespace, wql)
        except WinProblem:
            return ()  # not there: that is an answer too

    def start(self, limits: ScanSettings) -> Started:
        """See that its program is there."""
        return Started(defender.NAME, "", self._program.program())

    def stop(self) -> None:
        """Nothing of it runs."""

    def try_sample(self, folder: Path, started: Started) -> None:
        """Have the test virus found; its guard may take it away before the program looks, which will do."""
        room = folder / f"sample-{secrets.token_hex(4)}"
        answers: dict[str, Answer] = {}
        try:
            room.mkdir(parents=True)
            self._rights.set_acl(str(room), CLOSED)
            for name, content in (("virus", EICAR), ("harmless", HARMLESS)):
                answers[name] = self._try_one(room / name, content, started.program)
        except OSError as problem:
            raise DeviceFailed(f"no room for the test file: {problem.strerror}") from problem
        finally:
            _remove(room)
        found = decide_problem(answers["virus"], answers["harmless"])
        if found:
            raise DeviceFailed(found)

    def _try_one(self, folder: Path, content: bytes, program: str) -> Answer:
        folder.mkdir()
        file = folder / "sample.txt"
        try:
            file.write_bytes(content)
            if file.read_bytes() != content:
                return Answer("not-scanned", "the test file was changed")
        except FileNotFoundError:
            return Answer("harmful", "taken away")
        except OSError as problem:
            if is_infected(problem):
                return Answer("harmful", "kept from us")
            raise
        begun = self._wall()
        ran = self._program.run(command(program, str(folder)), _SAMPLE_SECONDS)
        verdict = decide_verdict(ran, self._program.log_since(begun), str(folder))
        name = verdict.found[0].signature if verdict.found else verdict.why
        return Answer(verdict.kind, name)


def _remove(room: Path) -> None:
    for file in (*room.glob("*/*"), *room.glob("*"), room):
        try:
            file.rmdir() if file.is_dir() else file.unlink()
        except OSError:  # the guard holds it, or has taken it
            continue


class RealDefender:
    """Keeps the contract of `windows_scan.Defender`."""

    def __init__(self, registry: RegistryCalls, log: "Log", environment: Mapping[str, str]) -> None:
        self._registry = registry
        self._log = log
        self._environment = environment

    def program(self) -> str:
        """Return where Defender's program is."""
        data = self._environment.get("ProgramData", r"C:\ProgramData")
        files = self._environment.get("ProgramFiles", r"C:\Program Files")
        try:
            installed: object = self._registry.read(defender.INSTALL_KEY, "InstallLocation")
        except WinProblem:
            installed = None
        platforms = _names(Path(data) / "Microsoft" / "Windows Defender" / "Platform")
        folder = defender.decide_program(installed, platforms, data, files)
        path = Path(folder) / defender.PROGRAM
        if not path.is_file():
            raise DeviceFailed("the program of Windows Defender is not there")
        return str(path)

    def run(self, arguments: list[str], within_seconds: float) -> Ran:
        """Run it to its end, or end it."""
        try:
            done = subprocess.run(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=within_seconds, check=False,
                creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(None, "")
        except OSError as problem:
            raise DeviceFailed("the program of Windows Defender cannot be started") from problem
        return Ran(done.returncode, _text(done.stdout[:_MOST_OUTPUT_BYTES]))

    def log_since(self, begun: float) -> list[LogEntry]:
        """Return what Defender logged since then; nothing if its log cannot be read."""
        since = datetime.fromtimestamp(begun, UTC) - timedelta(seconds=_LOG_SPARE_SECONDS)
        try:
            texts = self._log.entries(defender.LOG_CHANNEL, since.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        except WinProblem:
            return []
        return [entry for text in texts if (entry := defender.read_entry(text)) is not None]


class Log(Protocol):
    """The slice `event_reading`."""

    def entries(self, channel: str, since: str) -> list[str]:
        """Return what was logged in a channel since then (UTC), oldest first, each as XML."""
        ...


def _names(folder: Path) -> list[str]:
    try:
        return [each.name for each in folder.iterdir()]
    except OSError:
        return []


def _text(output: bytes) -> str:
    """Return what a program of Windows wrote: two bytes a letter, or one."""
    if output.startswith(b"\xff\xfe") or output[1:2] == b"\0":
        return output.decode("utf-16-le", "replace")
    return output.decode("utf-8", "replace")


def real_defender() -> RealDefender:
    """Return Windows' own."""
    if sys.platform == "win32":
        from agent.backends.win32api import event_reading, registry

        return RealDefender(registry, event_reading, os.environ)
    raise DeviceFailed("this is not Windows")


def choose_defender() -> DefenderChecker:
    """Return the scanner of this machine."""
    if sys.platform == "win32":
        from agent.backends.win32api import own, wmi

        return DefenderChecker(wmi, real_defender(), own, time.time)
    raise DeviceFailed("this is not Windows")
