"""What a check comes to, and whether its copies have room. Alike on every system."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from agent.backends.scan_count import WalkFailed
from agent.backends.scan_job import Found, Harmful, Report, ScanJob

SPARE_BYTES = 512 * 1024 * 1024
"""So much of the laptop's own disk no copy takes."""
NAMED = 5
"""How many harmful files are named to the person."""


class Tally:
    """What has been checked so far."""

    def __init__(self) -> None:
        self.files = self.size_bytes = self.skipped = self.harmful_files = 0
        self.harmful: list[Found] = []
        self.why = ""
        self._told = False

    def skip(self, why: str) -> None:
        """Count one file that was not checked."""
        self.skipped += 1
        self.why = self.why or why

    def find(self, found: Found) -> None:
        """Count one file in which something was found."""
        self.harmful_files += 1
        if len(self.harmful) < NAMED:
            self.harmful.append(found)

    def news(self) -> Iterator[Harmful]:
        """Yield the first find, once: asked after every step, so that it is told before the next."""
        if self.harmful and not self._told:
            self._told = True
            yield Harmful(found=self.harmful[0])

    def break_off(self, problem: WalkFailed) -> None:
        """Take in why the check does not come to its end; raises it again if no virus was found."""
        if not self.harmful_files:
            raise problem
        self.skip(str(problem))

    def report(self, job: ScanJob, files: int, size_bytes: int, seconds: float) -> Report:
        """Return the whole check's end: what there was, by our own count, beside what was checked."""
        return Report(
            files=files,
            size_bytes=size_bytes,
            scanned=self.files,
            scanned_bytes=self.size_bytes,
            harmful=tuple(self.harmful),
            harmful_files=self.harmful_files,
            skipped=self.skipped,
            why=self.why,
            seconds=seconds,
            filesystems=tuple(volume.filesystem for volume in job.volumes),
        )


def check_room(folder: Path, size_bytes: int, own_room_bytes: int) -> None:
    """Raise WalkFailed if the copies would fill the laptop's own disk, or their owner's share of it."""
    free_bytes = shutil.disk_usage(folder).free - SPARE_BYTES
    if size_bytes > min(free_bytes, own_room_bytes):
        raise WalkFailed("no-room", "there is no room on this laptop for a copy")
