"""How old the virus signatures are, by what their own files say. Pure but for reading the first 512 bytes.

A ClamAV database file begins with a 512-byte line of fields joined by colons: `ClamAV-VDB`, the build time
as text, version, number of signatures, … and last the build time in seconds since 1970. A file without
that line (signatures written by hand) has no age, and no age is not young.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_HEADER_BYTES = 512
_MARK = "ClamAV-VDB"
_FIELDS = 9
_ENDINGS = (".cvd", ".cld", ".cud")
_DAILY = "daily"


class Signatures(NamedTuple):
    """What is known of the signatures on this machine."""

    version: int
    built_at: datetime | None
    """None: nothing says how old they are."""


def read_header(header: bytes) -> Signatures | None:
    """Return version and build time from the first bytes of a database file, or None if it has none."""
    fields = header[:_HEADER_BYTES].decode("latin-1").rstrip().split(":")
    if len(fields) != _FIELDS or fields[0] != _MARK:
        return None
    try:
        return Signatures(int(fields[2]), datetime.fromtimestamp(int(fields[-1]), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def newest(found: Iterable[tuple[str, Signatures | None]]) -> Signatures:
    """
    Return the age that counts: of the newest `daily` file, since only that one is updated every day.

    A folder with a newer hand-written file beside it does not make the daily one younger.
    """
    dated = [each for name, each in found if each is not None and name.startswith(_DAILY) and each.built_at]
    if not dated:
        return Signatures(0, None)
    return max(dated, key=lambda each: (each.version, each.built_at or datetime.min.replace(tzinfo=UTC)))


def read_folder(folder: Path) -> Signatures | None:
    """Return the age of the signatures in a folder; None if there are no signatures at all."""
    found: list[tuple[str, Signatures | None]] = []
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return None
    for path in files:
        if path.suffix in _ENDINGS:
            try:
                with path.open("rb") as file:
                    found.append((path.name, read_header(file.read(_HEADER_BYTES))))
            except OSError:
                found.append((path.name, None))
        elif path.suffix in (".ndb", ".hdb", ".hsb", ".ldb", ".mdb", ".yar"):
            found.append((path.name, None))
    return newest(found) if found else None
