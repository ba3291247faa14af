"""Where things are, and the agent's own small configuration file.

The file is written once by the installer and belongs to root. No environment variable ever changes
what the privileged service does.
"""

import os
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.errors import ConfigProblem

DEFAULT_CONFIG = Path("/etc/gatepost/agent.toml")
SMALLEST_PUPIL_UID = 1000
NOBODY_UID = 65534


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the installer decides about this machine."""

    state_dir: str = "/var/lib/gatepost"
    """Keys, journal, policy. Root only, but for `speech/`, which windows may read."""
    run_dir: str = "/run/gatepost"
    """The public socket and what lives until the next boot. Readable by all, writable by root."""
    govern: tuple[str, ...] | None = None
    """Only these accounts; absent: every account with a uid of 1000 or more."""
    locker: Literal["auto", "xsecurelock", "i3lock", "logind"] = "auto"
    tray: Literal["auto", "xembed", "appindicator"] = "auto"
    """How the tray icon is shown; `auto` takes the lighter one that the panel understands."""
    without_service: Literal["end", "open"] = "end"
    """What the login hook does when the service cannot be reached."""
    theme: Literal["", "light", "dark"] = ""
    """How this machine's windows look; empty follows the desktop."""
    window_patience_seconds: Annotated[int, Meta(ge=5, le=600)] = 20
    """So long may a window of the web view stay unpainted before the plain one is shown instead."""
    usb: Literal["auto", "leave"] = "auto"
    """`leave`: this machine's USB is none of our business, whatever the policy says: a demo on somebody's own
    computer must not shut their sticks. Told as lacking on the device page and by `doctor`."""
    journal_megabytes: Annotated[int, Meta(ge=1, le=4096)] = 64

    @property
    def state(self) -> Path:
        """The folder that outlives a reboot."""
        return Path(self.state_dir)

    @property
    def run(self) -> Path:
        """The folder that does not."""
        return Path(self.run_dir)

    @property
    def socket(self) -> Path:
        """The public Unix socket of the service."""
        return self.run / "agent.sock"

    @property
    def speech(self) -> Path:
        """Read-aloud audio by hash, readable by every window."""
        return self.state / "speech"

    @property
    def keys(self) -> Path:
        """The laptop's own keys and the pinned ones of its server."""
        return self.state / "keys"

    @property
    def reports(self) -> Path:
        """What is remembered of reports that were told here: sealed, and without names."""
        return self.state / "reports"

    @property
    def journal(self) -> Path:
        """The SQLite file of sealed batches."""
        return self.state / "journal.sqlite"


def is_safe_owner(mode: int, owner_uid: int, own_uid: int) -> bool:
    """Say whether a file with this mode and owner can only have been written by root or ourselves."""
    return owner_uid in (0, own_uid) and not mode & (stat.S_IWGRP | stat.S_IWOTH)


def load_config(path: Path = DEFAULT_CONFIG) -> Config:
    """
    Read the configuration file; a missing default file means the defaults.

    Raises ConfigProblem if anybody but root could have written it, or if it is not understood.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if not is_safe_owner(found.st_mode, found.st_uid, os.geteuid()):
                raise ConfigProblem(f"{path} can be changed by others than root; run: chmod go-w {path}")
            content = tomllib.load(file)
    except FileNotFoundError:
        if path == DEFAULT_CONFIG:
            return Config()
        raise ConfigProblem(f"{path} does not exist") from None
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise ConfigProblem(f"{path} cannot be read: {problem}") from problem
    try:
        return msgspec.convert(content, Config)
    except msgspec.ValidationError as problem:
        raise ConfigProblem(f"{path}: {problem}") from problem


def governs(config: Config, os_user: str, uid: int) -> bool:
    """Say whether this account is asked for the agreement and locked when left."""
    if uid == 0 or uid == NOBODY_UID:
        return False
    return os_user in config.govern if config.govern is not None else uid >= SMALLEST_PUPIL_UID
