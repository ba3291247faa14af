"""Showing a folder in the desktop's own file manager, because its person pressed *Open*."""

import sys

assert sys.platform == "linux"

import contextlib
import os
import pwd
import subprocess
import threading
from pathlib import Path
from urllib.parse import quote

_SECONDS = 10.0
_TO = "--dest=org.freedesktop.FileManager1"


def commands(folder: str) -> list[list[str]]:
    """Return what to try, one after the other: the desktop's service, then a program."""
    uri = "file://" + quote(folder)
    show = "org.freedesktop.FileManager1.ShowFolders"
    bus = ["dbus-send", "--session", "--print-reply", _TO, "/org/freedesktop/FileManager1", show]
    return [[*bus, f"array:string:{uri}", "string:"], ["xdg-open", folder]]


def open_folder(folder: str) -> None:
    """Have it shown; never waits, and says nothing when no file manager is there."""
    threading.Thread(target=_try_each, args=(folder,), daemon=True).start()


def _try_each(folder: str) -> None:
    account = pwd.getpwuid(os.getuid())
    environment = os.environ | {"HOME": account.pw_dir, "USER": account.pw_name}
    for command in commands(folder):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=Path("/"),
                timeout=_SECONDS,
                check=False,
                start_new_session=True,
            )
            if done.returncode == 0:
                return
