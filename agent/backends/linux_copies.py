"""Checked copies handed over: the folder changes its owner, and only they and root enter it."""

import sys

assert sys.platform == "linux"

import os
from datetime import date
from pathlib import Path

from agent.backends.copies import name_until
from agent.backends.device import Account


def give(every: Path, staged: Path, account: Account, end: date) -> Path:
    """Hand checked copies over to their owner; raises OSError."""
    own = every / str(account.uid)
    every.mkdir(mode=0o711, exist_ok=True)
    every.chmod(0o711)
    own.mkdir(mode=0o750, exist_ok=True)
    os.chown(own, 0, account.gid)
    own.chmod(0o750)
    target = own / name_until(end, staged.name)
    os.chown(staged, account.uid, account.gid)
    staged.rename(target)
    return target
