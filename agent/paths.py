"""Where things are, and the agent's own small configuration file.

The file is written once by the installer and belongs to root. No environment variable ever changes
what the privileged service does.
"""

import stat
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent import places

DEFAULT_CONFIG = Path(places.CONFIG)
SMALLEST_PUPIL_UID = 1000
NOBODY_UID = 65534


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the installer decides about this machine."""

    state_dir: str = places.STATE
    """Keys, journal, policy. Root only, but for `speech/`, which windows may read."""
    run_dir: str = places.RUN
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
        """Where the service hears every local program: a Unix socket, on Windows a named pipe."""
        return places.public_address(self.run)

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


def governs(config: Config, os_user: str, uid: int) -> bool:
    """Say whether this account is asked for the agreement and locked when left."""
    if uid == 0 or uid == NOBODY_UID:
        return False
    if config.govern is None:
        return uid >= SMALLEST_PUPIL_UID
    return places.account_as_written(os_user) in map(places.account_as_written, config.govern)
