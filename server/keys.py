"""The server's two keys, 32 raw bytes each in files only their owner can read.

The policy key signs what laptops obey; the record key opens what they send. Losing the folder means
enrolling every laptop again, so back it up with the database.
"""

import os
from pathlib import Path
from typing import NamedTuple

from policies import sealing
from server.errors import Invalid
from server.settings import Config, Folder


class Keys(NamedTuple):
    """Private halves, and the school root's public half if there is one."""

    policy_private: bytes
    record_private: bytes
    school_root_public: bytes | None

    @property
    def policy_public(self) -> bytes:
        """What laptops pin to believe orders."""
        return sealing.signing_public_key(self.policy_private)

    @property
    def record_public(self) -> bytes:
        """What laptops seal records to."""
        return sealing.opening_public_key(self.record_private)


def load_or_make(folder: Folder, config: Config) -> Keys:
    """Return the keys, made at the first start. Raises Invalid for a damaged file: never a silent new key."""
    root = bytes.fromhex(config.school_root_key) or None
    return Keys(
        _key(folder.keys / "policy.key", sealing.new_signing_key()),
        _key(folder.keys / "record.key", sealing.new_opening_key()),
        root,
    )


def load_or_make_sign_in(folder: Folder) -> bytes:
    """Return the key that seals authenticators' secrets and hashes recovery codes; it never leaves us."""
    return _key(folder.keys / "sign-in.key", os.urandom(32), "no second step opens without it")


def _key(path: Path, fresh: bytes, why: str = "laptops trust only that key") -> bytes:
    if path.exists():
        found = path.read_bytes()
        if len(found) != 32:
            raise Invalid(f"{path} is damaged: restore it from the backup; {why}")
        return found
    write_private(path, fresh)
    return fresh


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole and on disk before it has its name."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
