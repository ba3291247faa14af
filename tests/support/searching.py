"""Looking for words in everything a server has: its files, and the memory of its process."""

import base64
import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

_MAP = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+\s*(.*)$")
_CHUNK = 8 * 1024 * 1024


def spellings(word: str) -> dict[str, bytes]:
    """Return how a text may lie about: its encodings, and base64 at each of its three alignments."""
    plain = word.encode()
    found = {
        "as it is": plain,
        "utf-16": word.encode("utf-16-le"),
        "utf-32": word.encode("utf-32-le"),
        "escaped for JSON": word.encode("ascii", "backslashreplace"),
        "in an address": quote(word).encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "backwards": plain[::-1],
    }
    for shift in range(3):
        # Only letters that no neighbour can change: whole groups of three bytes behind the shift.
        whole = plain[(3 - shift) % 3 :]
        whole = whole[: len(whole) // 3 * 3]
        found[f"base64, {shift}"] = base64.b64encode(whole)
        found[f"base64url, {shift}"] = base64.urlsafe_b64encode(whole)
    return found


def memory_of(pid: int) -> Iterator[bytes]:
    """Give the readable memory of a process, in overlapping pieces; as root."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            place = _MAP.match(line)
            if place is None or "r" not in place[3] or place[4] in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            at, end = int(place[1], 16), int(place[2], 16)
            kept = b""
            while at < end:
                try:
                    piece = os.pread(memory.fileno(), min(_CHUNK, end - at), at)
                except OSError:
                    break
                if not piece:
                    break
                yield kept + piece
                kept = piece[-512:]
                at += len(piece)


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder by name, and what is compressed in it also as it was before."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found = path.read_bytes()
            yield str(path.relative_to(folder)), found
            for unpacked in unpack(found):
                yield f"{path.relative_to(folder)} (unpacked)", unpacked


def unpack(found: bytes) -> Iterator[bytes]:
    """Give what begins like zlib or gzip inside these bytes and can be unpacked."""
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", found):
        piece = found[start.start() : start.start() + 1_000_000]
        try:
            yield zlib.decompressobj().decompress(piece) if piece[0] == 0x78 else gzip.decompress(piece)
        except (zlib.error, OSError, EOFError):
            continue


def hits(places: Iterable[tuple[str, bytes]], words: Iterable[str]) -> dict[str, str]:
    """Return where each word was found first: empty for a word that is nowhere."""
    wanted = {(word, how): spelt for word in words for how, spelt in spellings(word).items()}
    found: dict[str, str] = {}
    for name, content in places:
        for (word, how), spelt in wanted.items():
            if word not in found and spelt in content:
                found[word] = f"{name}, {how}"
    return found
