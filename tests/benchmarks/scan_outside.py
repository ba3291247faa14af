"""The check beside clamd's own walk on this machine itself: on all of its cores, and on one of them."""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.backends import scan_worker
from agent.backends.clamd import Clamd
from agent.backends.scan_job import Report, ScanJob
from policies.settings import ScanSettings
from tests.support.virus_signatures import write_signatures

LIMITS = ScanSettings()
Note = Callable[[str, float], None]


def measure(files: dict[str, bytes], rounds: int, note: Note) -> None:
    """Note bytes a second of both, round by round, each by a clamd that has seen nothing yet."""
    size = sum(len(content) for content in files.values())
    with _written(files) as (top, scanner):
        for cores in ("", "one_core_"):
            with _cores(one=bool(cores)):
                for _ in range(rounds):
                    note(f"outside_{cores}scan_megabytes_a_second", size / 1e6 / _ours(scanner, top))
                    note(f"outside_{cores}clamd_megabytes_a_second", size / 1e6 / _its_own(scanner, top))


@contextmanager
def _written(files: dict[str, bytes]) -> Iterator[tuple[Path, Clamd]]:
    """Give a folder with these files, which the scanner's account may read, and a scanner."""
    with tempfile.TemporaryDirectory(prefix="gp-") as name:
        folder, top, signatures = Path(name), Path(name, "files"), Path(name, "signatures")
        for each in (top, signatures):
            each.mkdir()
        folder.chmod(0o755)
        write_signatures(signatures, time.time() - 3600)
        for file, content in files.items():
            (top / file).write_bytes(content)
        yield top, Clamd(folder / "s", signatures)


@contextmanager
def _cores(*, one: bool) -> Iterator[None]:
    """Keep this process, and the scanner that it starts, to one core."""
    assert sys.platform == "linux"
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)} if one else before)
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _fresh(scanner: Clamd) -> Iterator[None]:
    scanner.start(LIMITS)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
        time.sleep(0.5)
        yield
    finally:
        scanner.stop()


def _ours(scanner: Clamd, top: Path) -> float:
    job = ScanJob(volumes=(), limits=LIMITS, folder="", clamd=str(scanner.socket))
    with _fresh(scanner):
        began = time.monotonic()
        *_, said = scan_worker.check(job, [os.fsencode(top)])
        seconds = time.monotonic() - began
    if not isinstance(said, Report) or said.scanned != said.files or said.harmful_files:
        raise RuntimeError(f"not everything was checked: {said}")
    return seconds


def _its_own(scanner: Clamd, top: Path) -> float:
    with _fresh(scanner), socket.socket(socket.AF_UNIX) as link:
        link.connect(str(scanner.socket))
        began = time.monotonic()
        link.sendall(b"zMULTISCAN " + os.fsencode(top) + b"\0")
        said = b""
        while piece := link.recv(65536):
            said += piece
        seconds = time.monotonic() - began
    if b"ERROR" in said or b"FOUND" in said:
        raise RuntimeError(f"not everything was checked: {said[:200]!r}")
    return seconds
