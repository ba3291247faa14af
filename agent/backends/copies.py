"""Checked copies of sticks on this laptop's own disk: whose, how long they are kept, how much there may be.

The folder's name says when it goes. It lies in a folder of root's, so its owner can change what is in it but
not how long it stays.
"""

import os
import re
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

KEPT_DAYS = 14
MOST_BYTES = 16_000_000_000
"""Of one person on one laptop."""
_NAME = re.compile(r"^until-([0-9]{4}-[0-9]{2}-[0-9]{2})-[0-9a-f]{4,32}$")


def name_until(end: date, token: str) -> str:
    """Return the name of a folder that is kept until the end of this day."""
    return f"until-{end.isoformat()}-{token}"


def end_for(today: date) -> date:
    """Return until when copies that are made today are kept."""
    return today + timedelta(days=KEPT_DAYS)


def end_of(folder: str) -> date | None:
    """Return until when this folder of copies is kept; None if it is none. Pure."""
    found = _NAME.match(Path(folder).name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def sweep(every: Path, today: date, delete: Callable[[Path], None] = _delete) -> int:
    """Delete what is kept no longer; return how many folders went. What cannot be deleted is tried again."""
    gone = 0
    for folder in sorted(every.glob("*/until-*")):
        end = end_of(str(folder))
        if end is not None and end < today and not folder.is_symlink():
            delete(folder)
            gone += not folder.exists()
    return gone


def bytes_of(every: Path, uid: int) -> int:
    """Return how much one person's copies take; what leads elsewhere is not followed."""
    total = 0
    for folder, folders, files in os.walk(every / str(uid)):
        folders[:] = [name for name in folders if not _leads_elsewhere(Path(folder) / name)]
        for name in files:
            try:
                total += (Path(folder) / name).lstat().st_size
            except OSError:
                continue
    return total


def _leads_elsewhere(folder: Path) -> bool:
    """Say whether this is a junction of Windows, which Python 3.11 does not take for a link."""
    try:
        return bool(getattr(folder.lstat(), "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT)
    except OSError:
        return True
