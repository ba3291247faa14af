"""Does the scanner find anything at all? Asked with the industry's test virus (EICAR), which harms nobody.

A scanner that says *clean* of everything looks healthy in every other way. So a self-test (R83) hands it the
test virus and a harmless file, as files of our own in a folder that only root enters, and wants two answers.
"""

import sys

assert sys.platform == "linux"

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from agent.backends.clamd import scan_file
from agent.backends.virus_sample import EICAR, HARMLESS, Answer, decide_problem
from agent.errors import DeviceFailed

_SECONDS = 180.0
_STATUS = {0: Answer("clean"), 1: Answer("harmful")}


def try_sample(folder: Path, *, socket: str, program: str, signatures: str) -> None:
    """Have both files checked by clamd at `socket`, else by `program`; raises DeviceFailed. *Slow.*"""
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix="sample-", dir=folder))
    except OSError as problem:
        raise DeviceFailed(f"no room for the test file: {problem.strerror}") from problem
    try:
        answers = {}
        for name, content in (("virus", EICAR), ("harmless", HARMLESS)):
            file = room / name
            file.write_bytes(content)
            answers[name] = _by_clamd(socket, file) if socket else _by_program(program, file, signatures)
    except OSError as problem:
        # Another guard on this machine may have taken the test virus away before our scanner saw it.
        raise DeviceFailed(f"the test file could not be kept: {problem.strerror}") from problem
    finally:
        shutil.rmtree(room, ignore_errors=True)
    problem_found = decide_problem(answers["virus"], answers["harmless"])
    if problem_found:
        raise DeviceFailed(problem_found)


def _by_clamd(socket: str, file: Path) -> Answer:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        return scan_file(Path(socket), descriptor, _SECONDS)
    finally:
        os.close(descriptor)


def _by_program(program: str, file: Path, signatures: str) -> Answer:
    try:
        done = subprocess.run(
            [program, f"--database={signatures}", "--no-summary", "--", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return Answer("not-scanned", "clamscan did not answer")
    return _STATUS.get(done.returncode, Answer("not-scanned", f"clamscan ended with {done.returncode}"))
