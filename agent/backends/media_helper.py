"""The service's end of a media worker: one connection for one job.

Where the package's unit listens, systemd starts the worker with rights that the service does not have. Where
it does not (the demo, tests), the worker is a process that the service starts itself.
"""

import sys

assert sys.platform == "linux"

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.backends import own_process
from agent.backends.media_job import AnyAnswer, AnyJob, Done, Listen, Refused, read_answer, write_line
from agent.backends.scan_job import Failed
from agent.errors import DeviceFailed

_MOST_LINE_BYTES = 1024 * 1024
_CAP_SYS_ADMIN = 21
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class Worker:
    """One worker at its job."""

    def __init__(self, link: socket.socket, process: "subprocess.Popen[bytes] | None" = None) -> None:
        self.link = link
        self._process = process

    def lines(self) -> Iterator[bytes]:
        """Yield what it says until it ends."""
        with self.link.makefile("rb") as said, contextlib.suppress(ValueError, OSError):
            while line := said.readline(_MOST_LINE_BYTES):
                yield line
        self._close()

    def kill(self) -> None:
        """End it with everything it started; what it mounted ends with it."""
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)  # the worker ends when this end does
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End it and let go of it."""
        self.kill()
        self._close()

    def _close(self) -> None:
        self.link.close()
        if self._process is not None:
            self._process.wait()


class MediaHelper:
    """Starts workers: behind `where`, the socket of the package's unit, or else by `command`."""

    def __init__(self, where: Path, command: Sequence[str] = ()) -> None:
        self._where = where
        self._command = command or own_process.agent_command("media-worker")

    def problem(self) -> str:
        """Return why no stick could be opened here; empty if one could."""
        if self._where.exists() or _may_mount():
            return ""
        return "the service may not mount, and no unit does it"

    def start(self, job: AnyJob) -> Worker:
        """Begin a job; raises DeviceFailed."""
        worker = self._connect() if self._where.exists() else self._start_one()
        try:
            worker.link.sendall(write_line(job))
        except OSError as problem:
            worker.end()
            raise DeviceFailed("the media worker does not listen") from problem
        return worker

    def ask(self, job: AnyJob, within_seconds: float) -> AnyAnswer:
        """Have a job done and return the answer; raises DeviceFailed if there is none. *Slow.*"""
        worker = self.start(job)
        try:
            worker.link.settimeout(within_seconds)
            answer = next((said for line in worker.lines() if (said := read_answer(line))), None)
        finally:
            worker.end()
        if answer is None:
            raise DeviceFailed("the media worker did not answer")
        if isinstance(answer, Refused | Failed):
            raise DeviceFailed(answer.problem)
        return answer

    def open_ears(self, within_seconds: float) -> socket.socket | None:
        """Return a socket that hears the kernel, opened by the unit; None where there is no unit. *Slow.*"""
        if not self._where.exists():
            return None
        worker = self.start(Listen())
        try:
            worker.link.settimeout(within_seconds)
            said, handles, _flags, _address = socket.recv_fds(worker.link, 4096, 1)
        except OSError as problem:
            raise DeviceFailed("the media worker did not answer") from problem
        finally:
            worker.end()
        if not handles or not isinstance(read_answer(said), Done):
            raise DeviceFailed("the media worker hears no kernel events")
        os.set_inheritable(handles[0], False)
        return socket.socket(fileno=handles[0])

    def _connect(self) -> Worker:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            link.connect(str(self._where))
        except OSError as problem:
            link.close()
            raise DeviceFailed("nobody does media jobs: systemctl start gatepost-media.socket") from problem
        return Worker(link)

    def _start_one(self) -> Worker:
        own, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with its:
            try:
                process = subprocess.Popen(
                    self._command, stdin=its.fileno(), stdout=its.fileno(), cwd="/", env=_ENVIRONMENT,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as problem:
                own.close()
                raise DeviceFailed("the media worker cannot be started") from problem
        return Worker(own, process)


def _may_mount() -> bool:
    """Say whether this process has the right to mount."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> _CAP_SYS_ADMIN & 1)
    return False
