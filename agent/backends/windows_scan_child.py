"""A check in a process of its own on Windows: started by the service, killed with all that it started.

The job goes in as one line, what it says comes out as lines. The worker ends when its input does, so after a
service that was killed no check goes on.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Protocol

from agent.backends import own_process
from agent.backends.media_job import MOST_JOB_BYTES, read_job, write_line
from agent.backends.scan_job import AnySaid, Failed, ScanJob
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_scan import Tools, run
from agent.errors import DeviceFailed
from policies.records import short

ROUTE = "media-worker-windows"
_MOST_LINE_BYTES = 1024 * 1024
_NO_WINDOW = 0x08000000
_END_SECONDS = 10.0


class Group(Protocol):
    """A group of processes that end together (a *job object*): what the slice `jobs` makes."""

    def end(self) -> None:
        """End them all; does nothing if they have ended."""
        ...


class ScanChild:
    """One worker at its check; keeps the contract of `usb.Running`."""

    def __init__(self, process: "subprocess.Popen[bytes]", group: Group) -> None:
        self._process = process
        self._group = group

    def lines(self) -> Iterator[bytes]:
        """Yield what it says until it ends."""
        said = self._process.stdout
        if said is None:
            return
        with contextlib.suppress(ValueError, OSError):
            while line := said.readline(_MOST_LINE_BYTES):
                yield line
        self._close()

    def kill(self) -> None:
        """End it with everything it started; does nothing if it has ended."""
        self._group.end()
        with contextlib.suppress(OSError):
            self._process.kill()

    def _close(self) -> None:
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._group.end()


def start_child(job: ScanJob, command: Sequence[str], make_group: Callable[[int], Group]) -> ScanChild:
    """Begin a check; raises DeviceFailed. `make_group` takes the process's number."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
        )  # fmt: skip
    except OSError as problem:
        raise DeviceFailed("the check cannot be started") from problem
    try:
        child = ScanChild(process, make_group(process.pid))
    except WinProblem:
        process.kill()
        raise
    try:
        if process.stdin is None:
            raise OSError
        process.stdin.write(write_line(job))
        process.stdin.flush()
    except OSError as problem:
        child.kill()
        raise DeviceFailed("the check does not listen") from problem
    return child


def start_scan(job: ScanJob) -> ScanChild:
    """Begin a check on this machine; raises DeviceFailed."""
    if sys.platform == "win32":
        from agent.backends.win32api import jobs

        return start_child(job, own_process.agent_command(ROUTE), jobs.Group)
    raise DeviceFailed("this is not Windows")


# ---- the worker's side ----


def main(_arguments: list[str]) -> int:
    """Do the check that standard input tells; 0 if it was answered."""
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    target = os.fdopen(os.dup(1), "wb", buffering=0)
    return answer(source, target, real_tools, end=os._exit)


def answer(
    source: IO[bytes], target: IO[bytes], tools: Callable[[], Tools], end: Callable[[int], object]
) -> int:
    """Do one check and say how it goes; 2 if the job is not understood."""
    job = read_job(_hear(source))
    if not isinstance(job, ScanJob):
        return 2
    threading.Thread(target=_end_with, args=(source, end), daemon=True).start()
    try:
        for said in run(job, tools()):
            _say(target, said)
    except DeviceFailed as problem:
        _say(target, Failed(reason="not-scanned", problem=short(str(problem))))
    except OSError:
        return 1  # nobody listens any more
    return 0


def _hear(source: IO[bytes]) -> bytes:
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < MOST_JOB_BYTES and (piece := source.read(65536)):
        line += piece
    return bytes(line)


def _say(target: IO[bytes], said: AnySaid) -> None:
    view = memoryview(write_line(said))
    while view:
        view = view[target.write(view) or 0 :]


def _end_with(source: IO[bytes], end: Callable[[int], object]) -> None:
    """End this process as soon as the service is gone; what is mounted then, the next check leaves alone."""
    with contextlib.suppress(OSError):
        source.read(1)
    end(1)


def real_tools() -> Tools:
    """Return Windows itself."""
    if sys.platform == "win32":
        from agent.backends.win32api import streams, volumes
        from agent.backends.windows_checker import real_defender

        return Tools(volumes, real_defender(), streams=streams.named)
    raise DeviceFailed("this is not Windows")
