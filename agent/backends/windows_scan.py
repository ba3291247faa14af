"""A check on Windows: every file counted and read by ourselves, then all of it looked at by Defender.

The volumes are mounted into folders that only SYSTEM enters; they have no letter yet. Reading every file to
its end shows that it can be read, and has Defender's guard look at it; the check by Defender itself counts
only with proof (`windows_defender`). It decides nothing: the service compares what was counted and checked.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from agent.backends.scan_count import FileSeen, WalkFailed, add_up, no_more_than
from agent.backends.scan_job import AnySaid, Counted, Failed, Found, Progress, ScanJob
from agent.backends.scan_tally import Tally, check_room
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_defender import LogEntry, Ran, Verdict, command, decide_verdict
from agent.backends.windows_nodes import Volumes
from agent.backends.windows_usb_ids import harmless, is_volume
from agent.backends.windows_walk import Streams, decide_problem, is_infected, no_streams, walk
from agent.errors import DeviceFailed
from policies.records import short

_READ_BYTES = 1024 * 1024
_SAY_EVERY_SECONDS = 0.5
_GUARD = "Windows Defender"
_WITH_STREAMS = ("ntfs", "refs")


class Defender(Protocol):
    """The program and its log."""

    def program(self) -> str:
        """Return where it is; raises DeviceFailed if it is not there."""
        ...

    def run(self, arguments: list[str], within_seconds: float) -> Ran:
        """Run it to its end, or end it. *Slow.*"""
        ...

    def log_since(self, begun: float) -> list[LogEntry]:
        """Return what it wrote into its log since then (seconds since 1970); nothing if that is not read."""
        ...


class Tools(NamedTuple):
    """What a check needs of the system."""

    volumes: Volumes
    defender: Defender
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    streams: Streams = no_streams


def run(job: ScanJob, tools: Tools) -> Iterator[AnySaid]:
    """Mount, count, read, check, and leave nothing mounted. The job's folder is its own alone."""
    room = Path(job.folder)
    try:
        yield from check(job, tools, _mount(job, tools, room))
    except WalkFailed as problem:
        yield Failed(reason=problem.reason, problem=short(str(problem)))
    except DeviceFailed as problem:
        yield Failed(reason="unreadable", problem=short(str(problem)))
    except OSError as problem:
        yield Failed(reason="unreadable", problem=short(str(problem.strerror)))
    finally:
        leave(tools.volumes, room)


def _mount(job: ScanJob, tools: Tools, room: Path) -> list[str]:
    tops: list[str] = []
    for place, volume in enumerate(job.volumes):
        if not is_volume(volume.node):
            raise DeviceFailed("that is no volume")
        folder = room / str(place)
        folder.mkdir(parents=True)
        point = str(folder) + os.sep
        tools.volumes.mount(volume.node, point)
        tops.append(str(folder))
    return tops


def leave(volumes: Volumes, room: Path) -> None:
    """Unmount what is mounted in a check's folder, and remove the empty folders; never what is on a stick."""
    with contextlib.suppress(OSError):
        for folder in sorted(room.iterdir()):
            with contextlib.suppress(WinProblem):
                volumes.unmount(str(folder) + os.sep)
            folder.rmdir()
        room.rmdir()


def check(job: ScanJob, tools: Tools, tops: list[str]) -> Iterator[AnySaid]:
    """Count, read and check everything under these folders. Raises WalkFailed and DeviceFailed."""
    began = tools.now()
    end = began + job.limits.longest_seconds
    places = [(top, _streams(job, tools, place)) for place, top in enumerate(tops)]
    files, size_bytes = add_up((seen for place in places for seen in walk(*place)), job.limits)
    yield Counted(files=files, size_bytes=size_bytes)
    if job.copy_to:
        check_room(Path(job.copy_to), size_bytes, job.copy_room_bytes)
    tally = Tally()
    said = began
    found = ((top, seen) for top, streams in places for seen in walk(top, streams))
    try:
        for top, seen in no_more_than(files, size_bytes, found):
            if tools.now() > end:
                raise WalkFailed("not-scanned", "it took longer than the policy allows")
            _take(job, top, seen, tally)
            yield from tally.news()
            if tools.now() - said >= _SAY_EVERY_SECONDS:
                said = tools.now()
                yield _progress(tally, said - began)
        yield _progress(tally, tools.now() - began)
        # What is handed out is what is checked: the copies where there are copies.
        for top in [job.copy_to] if job.copy_to else tops:
            if files:
                _add_verdict(tally, _ask_defender(tools, top, end))
                yield from tally.news()
    except WalkFailed as problem:
        tally.break_off(problem)
    yield tally.report(job, files, size_bytes, tools.now() - began)


def _streams(job: ScanJob, tools: Tools, place: int) -> Streams:
    """Return how one volume's alternate streams are asked for; copies are of the files alone."""
    named = job.volumes[place : place + 1]
    has_some = any(volume.filesystem in _WITH_STREAMS for volume in named)
    return tools.streams if has_some and not job.copy_to else no_streams


def _progress(tally: Tally, seconds: float) -> Progress:
    """Return how far it is: reading is one half, Defender, who says nothing meanwhile, the other."""
    return Progress(files=tally.files, size_bytes=tally.size_bytes // 2, seconds=seconds)


def _take(job: ScanJob, top: str, seen: FileSeen, tally: Tally) -> None:
    """Read one file to its end, into its copy where there is one."""
    path = os.fsdecode(seen.path)
    try:
        read = _copy(path, top, job.copy_to) if job.copy_to else _read_through(path)
    except OSError as problem:
        if is_infected(problem):
            tally.find(Found(file=harmless(os.path.basename(path)), signature=_GUARD))  # noqa: PTH119
            return
        gone = decide_problem(problem, "a file")
        if "not there" in str(gone):
            raise gone from problem
        tally.skip(str(gone))
        return
    if read != seen.size_bytes:
        tally.skip("a file changed its size while it was read")
        return
    tally.files += 1
    tally.size_bytes += read


def _read_through(path: str) -> int:
    total = 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a name on a stick is no Path
        while piece := file.read(_READ_BYTES):
            total += len(piece)
    return total


def _copy(path: str, top: str, copy_to: str) -> int:
    """Copy one file to its place; return its size. Nothing that is there already is written over."""
    from agent.backends.windows_walk import long_path

    target = long_path(os.path.join(copy_to, os.path.relpath(path, long_path(top))))  # noqa: PTH118
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    total = 0
    with (
        open(path, "rb", buffering=0) as file,  # noqa: PTH123
        open(target, "xb", buffering=0) as copy,  # noqa: PTH123
    ):
        while piece := file.read(_READ_BYTES):
            view = memoryview(piece)
            while view:
                view = view[copy.write(view) or 0 :]
            total += len(piece)
    return total


def _ask_defender(tools: Tools, top: str, end: float) -> Verdict:
    left = end - tools.now()
    if left <= 0:
        return Verdict("not-scanned", (), "it took longer than the policy allows")
    try:
        program = tools.defender.program()
    except DeviceFailed as problem:
        raise WalkFailed("no-scanner", str(problem)) from problem
    begun = tools.wall()
    ran = tools.defender.run(command(program, top), left)
    return decide_verdict(ran, tools.defender.log_since(begun), top)


def _add_verdict(tally: Tally, verdict: Verdict) -> None:
    """Take Defender's word into the count: what it did not plainly call clean was not checked."""
    if verdict.kind == "harmful":
        for found in verdict.found:
            tally.find(found)
    elif verdict.kind == "not-scanned":
        tally.skip(verdict.why)
