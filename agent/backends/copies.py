"""Checked copies of sticks on this laptop's own disk: whose, how long they are kept, how much there may be.

The folder's name says when it goes. It lies in a folder of root's, so its owner can change what is in it but
not how long it stays.
"""

import os
import re
import shutil
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


def sweep(every: Path, today: date) -> int:
    """Delete what is kept no longer; return how many folders went. What cannot be deleted is tried again."""
    gone = 0
    for folder in sorted(every.glob("*/until-*")):
        end = end_of(str(folder))
        if end is not None and end < today and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
            gone += not folder.exists()
    return gone


def bytes_of(every: Path, uid: int) -> int:
    """Return how much one person's copies take."""
    total = 0
    for folder, _folders, files in os.walk(every / str(uid)):
        for name in files:
            try:
                total += (Path(folder) / name).lstat().st_size
            except OSError:
                continue
    return total
