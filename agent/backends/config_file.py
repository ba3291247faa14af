"""Reading the agent's own small configuration file, if only those could write it who may decide it."""

import os
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

from agent.errors import ConfigProblem, DeviceFailed
from agent.paths import DEFAULT_CONFIG, Config, is_safe_owner

TRUSTED_SIDS = frozenset(
    {
        "S-1-5-18",  # SYSTEM
        "S-1-5-32-544",  # Administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # TrustedInstaller
        "S-1-3-0",  # CREATOR OWNER: a template for what is made below; nobody holds it
        "S-1-3-4",  # OWNER RIGHTS: the owner is looked at by itself
    }
)


def load_config(path: Path = DEFAULT_CONFIG) -> Config:
    """
    Read the configuration file; a missing default file means the defaults.

    Raises ConfigProblem if anybody but root could have written it, or if it is not understood.
    """
    try:
        with path.open("rb") as file:
            doubt = _owner_problem(path, file)
            if doubt:
                raise ConfigProblem(doubt)
            content = tomllib.load(file)
    except FileNotFoundError:
        if path == DEFAULT_CONFIG:
            return Config()
        raise ConfigProblem(f"{path} does not exist") from None
    except (OSError, DeviceFailed, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigProblem(f"{path} cannot be read: {problem}") from problem
    try:
        return msgspec.convert(content, Config)
    except msgspec.ValidationError as problem:
        raise ConfigProblem(f"{path}: {problem}") from problem


def is_safe_acl(owner: str, writers: Iterable[str], own_sid: str) -> bool:
    """Say whether a file with this owner and these writers (SIDs) can only be an administrator's or ours."""
    return {owner, *writers} <= TRUSTED_SIDS | {own_sid}


def _owner_problem(path: Path, file: BinaryIO) -> str:
    """Return what is wrong with who may write the open file, and the remedy; empty if nothing."""
    if sys.platform == "win32":
        from agent.backends.win32api import own

        owner, writers = own.file_security(file.fileno())
        if is_safe_acl(owner, writers, own.own_sid()):
            return ""
        return (
            f"{path} can be changed by others than administrators; run as administrator: "
            f'icacls "{path}" /setowner *S-1-5-32-544 & icacls "{path}" /inheritance:r '
            "/grant:r *S-1-5-18:F *S-1-5-32-544:F *S-1-5-32-545:R"
        )
    found = os.fstat(file.fileno())
    if is_safe_owner(found.st_mode, found.st_uid, os.geteuid()):
        return ""
    return f"{path} can be changed by others than root; run: chmod go-w {path}"
