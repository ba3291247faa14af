"""From the name of a room or a group to the name of its file, and back."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_LONGEST_BYTES = 180
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%~]')


def file_stem(name: str) -> str:
    """
    Return a file name, without its ending, that every system takes.

    Letters of any script stay as they are. What a system may not take is written %XX; a name that is too
    long is cut and ends in a mark of its own.
    """
    text = unicodedata.normalize("NFC", name)
    text = _UNSAFE.sub(lambda found: _escaped(found.group()), text)
    text = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)
    if text[:1] in (".", " ", "-"):
        text = _escaped(text[0]) + text[1:]
    if text[-1:] in (".", " "):
        text = text[:-1] + _escaped(text[-1])
    if _RESERVED.match(text.split(".")[0]):
        text = _escaped(text[0]) + text[1:]
    if len(text.encode()) > _LONGEST_BYTES:
        cut = text.encode()[: _LONGEST_BYTES - 10].decode(errors="ignore")
        return f"{re.sub('%[0-9A-F]?$', '', cut)}~{_mark(name)}"
    return text


def file_stems(names: Iterable[str]) -> dict[str, str]:
    """Return a file name for each; such as differ in capitals only get a mark, for systems that see none."""
    stems = {name: file_stem(name) for name in names}
    folded: dict[str, list[str]] = {}
    for name, stem in stems.items():
        folded.setdefault(stem.casefold(), []).append(name)
    for alike in folded.values():
        if len(alike) > 1:
            stems |= {name: f"{stems[name]}~{_mark(name)}" for name in alike if "~" not in stems[name]}
    return stems


def is_stem_of(stem: str, name: str) -> bool:
    """Say whether a file may have this name for that place: with or without the mark."""
    plain, found = file_stem(name), unicodedata.normalize("NFC", stem)
    return found in (plain, f"{plain}~{_mark(name)}")


def name_of_stem(stem: str) -> str:
    """Return the name that stands in a file's name."""
    return re.sub(
        r"((?:%[0-9A-Fa-f]{2})+)",
        lambda found: bytes.fromhex(found.group().replace("%", "")).decode(errors="replace"),
        unicodedata.normalize("NFC", stem.partition("~")[0]),
    )


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
