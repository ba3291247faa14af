"""A list as it comes: one CSV, a zip of several, or a folder. Opened with caps, never unpacked to disk."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from server.errors import Invalid
from server.spreadsheets import MOST_BYTES

MOST_FILES = 200
MOST_WHOLE_BYTES = 96 * 1024 * 1024
"""Of everything together, unpacked."""
MOST_RATIO = 200
"""Unpacked to packed; a real list shrinks to a tenth, a bomb to a thousandth."""
SMALL_BYTES = 1024 * 1024
"""Below this a ratio says nothing: a short list of equal lines packs very well."""
_LISTED = b"PK\x01\x02"
"""Stands before each file in a zip's own list."""
WANTED = frozenset(
    {
        "manifest.csv",
        "users.csv",
        "orgs.csv",
        "classes.csv",
        "enrollments.csv",
        "roles.csv",
        "academicsessions.csv",
        "demographics.csv",
    }
)
"""What we read of OneRoster. Marks, results, resources and line items are not opened at all."""


class ArchiveRefused(Invalid):
    """This file or folder is not opened. Make a new one with the CSV files alone in it."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Opened(dict[str, bytes]):
    """File name in lower case, without folders → bytes."""

    single = False
    """One CSV, not a set of OneRoster files."""


def open_bytes(data: bytes, name: str = "list.csv") -> Opened:
    """Return the files in an upload: a zip, or else one CSV. Raises ArchiveRefused."""
    if data.startswith(b"PK"):
        return _open_zip(data)
    if not data.strip():
        raise ArchiveRefused("empty", "the file is empty")
    return _single(data, name)


def open_path(path: Path) -> Opened:
    """Return the files at a path: a CSV, a zip or a folder. Raises ArchiveRefused."""
    try:
        if path.is_dir():
            return _open_folder(path)
        if path.stat().st_size > MOST_BYTES:
            raise ArchiveRefused("too-large", f"{path.name} is larger than {MOST_BYTES // 1024 // 1024} MB")
        return open_bytes(path.read_bytes(), path.name)
    except OSError as problem:
        raise ArchiveRefused("unreadable", f"{path.name} cannot be read: {problem.strerror}") from problem


def _single(data: bytes, name: str) -> Opened:
    opened = Opened({name.lower(): data})
    opened.single = True
    return opened


def _open_folder(path: Path) -> Opened:
    found: dict[str, bytes] = {}
    whole = 0
    for item in sorted(path.iterdir())[: MOST_FILES * 10]:
        if item.name.lower() not in WANTED or not item.is_file():
            continue
        whole += item.stat().st_size
        if item.stat().st_size > MOST_BYTES or whole > MOST_WHOLE_BYTES:
            raise ArchiveRefused("too-large", f"{item.name} makes this more than we read at once")
        found[item.name.lower()] = item.read_bytes()
    return _whole(found)


def _open_zip(data: bytes) -> Opened:
    """Read the members we want, counting what they give: the sizes a zip states are its sender's claim."""
    if (
        data.count(_LISTED) > 2 * MOST_FILES + 8
    ):  # before each is made an object; packed bytes look so by chance
        raise ArchiveRefused("many-files", f"there are more than {MOST_FILES} files in it")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = [item for item in packed.infolist() if not item.is_dir()]
            if len(members) > MOST_FILES:
                raise ArchiveRefused("many-files", f"there are more than {MOST_FILES} files in it")
            return _members(packed, members, len(data))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as problem:
        raise ArchiveRefused("bad-zip", "the zip is damaged, locked with a password, or no zip") from problem


def _members(packed: zipfile.ZipFile, members: list[zipfile.ZipInfo], packed_bytes: int) -> Opened:
    found: dict[str, bytes] = {}
    whole, others = 0, []
    for item in members:
        name = _plain_name(item.filename)
        if name not in WANTED:
            others.append((name, item))
            continue
        if name in found:
            raise ArchiveRefused("twice", f"{name} is in it twice")
        found[name] = _read_member(packed, item, min(MOST_BYTES, MOST_WHOLE_BYTES - whole))
        whole += len(found[name])
        if whole > SMALL_BYTES and whole > packed_bytes * MOST_RATIO:
            raise ArchiveRefused("bomb", "it unpacks to far more than a list would")
    tables = [(name, item) for name, item in others if name.endswith(".csv")]
    if not found and len(tables) == 1:
        name, item = tables[0]
        return _single(_read_member(packed, item, MOST_BYTES), name)
    return _whole(found)


def _read_member(packed: zipfile.ZipFile, item: zipfile.ZipInfo, most: int) -> bytes:
    with packed.open(item) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise ArchiveRefused("bomb", f"{_plain_name(item.filename)} unpacks to more than we read")
    return data


def _plain_name(path: str) -> str:
    """Return a member's own name; a path that climbs or begins at a root is no list's."""
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in path or "\0" in path:
        raise ArchiveRefused("path", "a file in it has a path that leads out of it")
    return "" if "__MACOSX" in pure.parts else pure.name.lower()


def _whole(found: Mapping[str, bytes]) -> Opened:
    if "users.csv" not in found:
        raise ArchiveRefused(
            "no-users", "there is neither users.csv (OneRoster) nor one CSV file alone in it"
        )
    return Opened(found)
