"""Where there is no clamd: `clamscan`, which loads its signatures anew for every check.

Its output names files, and a file's name may hold a line that looks like output. So only its exit status
and the numbers beneath its last summary line are believed, and nothing is named.
"""

import sys

assert sys.platform == "linux"

import os
import re
import subprocess
from collections.abc import Callable

from agent.backends.clamd import program
from agent.backends.scan_job import ScanJob
from agent.backends.scan_walk import FileSeen, WalkFailed, open_file, walk
from agent.backends.virus_sample import Answer

_CLEAN, _HARMFUL = 0, 1
_SUMMARY = b"----------- SCAN SUMMARY -----------"
_SCANNED = re.compile(rb"^Scanned files: ([0-9]+)$", re.MULTILINE)
_READ_BYTES = 1024 * 1024


def command(clamscan: str, job: ScanJob, tops: list[bytes]) -> list[str]:
    """Return the command line; going beyond a limit is an alert, never a silent pass."""
    limits = job.limits
    return [
        clamscan,
        f"--database={job.signatures}",
        "--recursive",
        "--infected",
        "--follow-dir-symlinks=0",
        "--follow-file-symlinks=0",
        "--alert-exceeds-max=yes",
        "--alert-encrypted=yes",
        "--max-dir-recursion=100",
        f"--max-filesize={min(limits.most_file_bytes, 2_000_000_000)}",
        f"--max-scansize={min(limits.most_file_bytes, 2_000_000_000)}",
        f"--max-files={limits.most_files}",
        f"--max-recursion={limits.deepest_archive}",
        *(os.fsdecode(top) for top in tops),
    ]


def read_result(status: int, output: bytes, expected: int) -> Answer:
    """Return what a finished clamscan means for all files together; `expected` were not empty."""
    found = _SCANNED.search(output.rpartition(_SUMMARY)[2])
    if status == _HARMFUL:
        # Limits and passwords are alerts too; without believing names they cannot be told apart here.
        return Answer("harmful", "clamscan")
    if status != _CLEAN or found is None:
        return Answer("not-scanned", f"clamscan ended with {status}")
    if int(found[1]) != expected:
        return Answer("not-scanned", f"clamscan checked {int(found[1])} of {expected} files")
    return Answer("clean")


def scan(job: ScanJob, tops: list[bytes], add: Callable[[FileSeen, int, Answer], None]) -> None:
    """Read every file ourselves, have clamscan check the folders, and count all files alike."""
    if job.copy_to:
        raise WalkFailed("no-scanner", "copies are checked by clamd only")
    found = program("clamscan")
    if found is None:
        raise WalkFailed("no-scanner", "there is no clamscan")
    seen = [each for top in tops for each in walk(top)]
    for each in seen:
        _read(each)
    try:
        done = subprocess.run(
            command(found, job, tops), capture_output=True, timeout=job.limits.longest_seconds, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise WalkFailed("not-scanned", "it took longer than the policy allows") from problem
    except OSError as problem:
        raise WalkFailed("no-scanner", "clamscan cannot be started") from problem
    answer = read_result(done.returncode, done.stdout, sum(each.size_bytes > 0 for each in seen))
    if answer.verdict == "harmful":
        add(FileSeen(b"", 0), 0, answer)
        return
    for each in seen:
        add(each, each.size_bytes, answer)


def _read(seen: FileSeen) -> None:
    try:
        file = open_file(seen.path)
        try:
            total = 0
            while piece := os.read(file, _READ_BYTES):
                total += len(piece)
        finally:
            os.close(file)
    except OSError as problem:
        raise WalkFailed("unreadable", f"a file cannot be read: {problem.strerror}") from problem
    if total != seen.size_bytes:
        raise WalkFailed("changed", "a file changed its size while it was read")
