"""The frozen program's files as rows of the Windows package: one component each, the same in every build.

Windows Installer counts components, not files: one whose GUID changes while its place stays is taken away by
an upgrade. So every GUID is made from the place alone.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import quoteattr

UPGRADE_CODE = "C6B6E6F2-5E0B-4B1B-9E53-7A3F5B0F6D10"
"""Never to be changed: by it Windows knows every version as the same product."""
OWN_ROWS = ("gatepost-agent.exe", "gatepost-session.exe", "gatepost-userinit.exe")
"""They stand in agent.wxs itself: the service and what else is known there by name."""


def decide_guid(place: str) -> str:
    """Return the component's GUID for a place below the program's folder. Pure."""
    return "{" + str(uuid.uuid5(uuid.UUID(UPGRADE_CODE), f"component {place.lower()}")).upper() + "}"


def decide_product_code(version: str, content: str) -> str:
    """Return this build's own GUID: another version or other content is another one. Pure."""
    return "{" + str(uuid.uuid5(uuid.UUID(UPGRADE_CODE), f"product {version} {content}")).upper() + "}"


def _id(letter: str, place: str) -> str:
    return letter + hashlib.sha256(place.lower().encode()).hexdigest()[:24]


def list_places(tree: Path) -> list[str]:
    """Return every file below the folder, as `a/b.dll`, in an order that does not depend on the disk."""
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())


def decide_source(places: Sequence[str]) -> str:
    """Return the second source for wixl: the folders, and a component for each file. Pure."""
    wanted = [place for place in places if place not in OWN_ROWS]
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append('<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Fragment>')
    lines.append('<DirectoryRef Id="InstallDir">')
    lines.extend(_folder("", wanted))
    lines.append("</DirectoryRef>")
    lines.append('<ComponentGroup Id="Frozen">')
    lines.extend(f'<ComponentRef Id="{_id("c", place)}"/>' for place in wanted)
    lines.append("</ComponentGroup></Fragment></Wix>")
    return "\n".join(lines) + "\n"


def _folder(folder: str, places: Sequence[str]) -> Iterator[str]:
    """Give the rows of one folder and of those in it."""
    inner: dict[str, list[str]] = {}
    for place in places:
        path = PurePosixPath(place).relative_to(folder or ".")
        if len(path.parts) > 1:
            inner.setdefault(path.parts[0], []).append(place)
            continue
        yield (
            f'<Component Id="{_id("c", place)}" Guid="{decide_guid(place)}" Win64="yes">'
            f'<File Id="{_id("f", place)}" Name={quoteattr(path.name)} Source={quoteattr(place)} '
            'KeyPath="yes" DiskId="1"/></Component>'
        )
    for name, below in inner.items():
        place = f"{folder}/{name}" if folder else name
        yield f'<Directory Id="{_id("d", place)}" Name={quoteattr(name)}>'
        yield from _folder(place, below)
        yield "</Directory>"
