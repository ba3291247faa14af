"""Demo accounts: real ones, with a real password, made for a run and removed after it."""

import contextlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from installer import environment, places, processes
from installer.errors import InstallerError, NeedsRoot

GECOS = "Gatepost demo account"
"""How we know an account as ours: only such ones are ever removed."""
ONE_AT_A_TIME = "A demo runs on this machine already: stop it first (Ctrl-C in its terminal)."
LETTERS = "abcdefghkmnpqrstuvwxyz23456789"
"""Nothing that looks like something else when printed in a terminal."""


class DemoAccount(NamedTuple):
    """An account that exists now."""

    name: str
    password: str
    uid: int
    gid: int
    home: Path


def homes_dir() -> Path:
    """Return where demo homes are."""
    return places.open_folder(places.base_dir() / "homes")


def new_password() -> str:
    """Return a random password that a person can type."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def make_account(name: str, password: str | None = None) -> DemoAccount:
    """
    Make the account anew, with a random password if none is given; a demo account of that name is replaced.

    Raises NeedsRoot without root, InstallerError if the system will not.
    """
    if os.geteuid() != 0:
        raise NeedsRoot("Making a demo account needs root.")
    password = password or new_password()
    with environment.only_one("accounts"):
        remove_account(name)
        home = homes_dir() / name
        _run(
            ["useradd", "--create-home", "--home-dir", str(home), "--shell", "/bin/bash", "--user-group",
             "--comment", GECOS, "--no-log-init", name]
        )  # fmt: skip
        _run(["chpasswd"], text=f"{name}:{password}\n")
        home.chmod(0o700)
        owner = {"pid": os.getpid(), "started": processes.start_ticks(os.getpid())}
        _owner_file(name).write_text(json.dumps(owner))
    entry = pwd.getpwnam(name)
    return DemoAccount(name, password, entry.pw_uid, entry.pw_gid, home)


def remove_account(name: str) -> None:
    """End the account's processes and remove it with its home; nothing happens if there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = None
    if entry is not None:
        if entry.pw_gecos != GECOS:
            raise InstallerError(
                f"The account {name} is not one of ours; it stays. Remove or rename it to go on."
            )
        processes.end_all(lambda pid: processes.uid_of(pid) == entry.pw_uid)
        _run(["userdel", name])
        shutil.rmtree(places.base_dir() / "users" / str(entry.pw_uid), ignore_errors=True)
    shutil.rmtree(homes_dir() / name, ignore_errors=True)
    _owner_file(name).unlink(missing_ok=True)


def remove_leftovers() -> list[str]:
    """Remove the demo accounts of runs that were killed, and folders of none; return the accounts' names."""
    with environment.only_one("accounts"):
        old = [
            entry.pw_name
            for entry in pwd.getpwall()
            if entry.pw_gecos == GECOS and not _is_owned(entry.pw_name)
        ]
        for name in old:
            remove_account(name)
        living = {str(entry.pw_uid) for entry in pwd.getpwall()}
        for folder in (places.base_dir() / "users").glob("*"):
            if folder.name not in living:
                shutil.rmtree(folder, ignore_errors=True)
    return old


def _owner_file(name: str) -> Path:
    return homes_dir() / f"{name}.owner"


def _is_owned(name: str) -> bool:
    """Say whether the run that made this account still lives."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        owner = json.loads(_owner_file(name).read_text())
        started: int | None = owner["started"]
        return started is not None and processes.start_ticks(owner["pid"]) == started
    return False


def _run(command: list[str], *, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise InstallerError(f"{command[0]} failed: {done.stderr.strip()}")
