"""Where this school's data lies (R78): every file of the server and of a laptop, what for, and until when."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from server.settings import Folder


class Location(NamedTuple):
    """One place where something is kept."""

    code: str
    """The page has its words."""
    name: str
    """A file or folder, within the data folder."""
    bytes: int | None = None
    """None: not measured."""


SERVER: tuple[tuple[str, str], ...] = (
    ("database", "gatepost.sqlite"),
    ("server-keys", "keys"),
    ("certificates", "tls"),
    ("configuration", "server.toml"),
    ("notices", "notices.toml"),
    ("sign-in", "sign-in.toml"),
)
"""In the server's data folder. The database's companions (-wal, -shm) are part of it."""
LAPTOP: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("journal", ("journal.sqlite",)),
    ("reports", ("reports",)),
    ("laptop-keys", ("keys",)),
    ("policy", ("policy", "officers.json", "connection.json")),
    ("known", ("known",)),
    ("orders", ("media-orders", "orders.json", "quarantine.json", "self_test.json", "running")),
    (
        "lessons",
        (
            "app-answers.json",
            "attention-told.json",
            "attention.json",
            "lab-messages.json",
            "pauses-told.json",
            "pauses.json",
            "supervised.json",
        ),
    ),
    ("sticks", ("staging",)),
    ("copies", ("copies",)),
    ("speech", ("speech",)),
    ("programs", ("programs",)),
)
"""In the agent's state folder, for root only (but `speech`). A test holds it against the agent's code."""
ELSEWHERE = ("officers", "paper", "backup")


def locations(folder: Folder) -> list[Location]:
    """Return what lies in the server's data folder, as large as it is; also what nobody named (`other`)."""
    named = {name: code for code, name in SERVER}
    found = [Location(code, name, size_of(folder.path, name)) for code, name in SERVER]
    others = sorted(
        entry.name for entry in folder.path.iterdir() if not _belongs(entry.name, named) and entry.exists()
    )
    return found + [Location("other", name, size_of(folder.path, name)) for name in others]


def _belongs(name: str, named: dict[str, str]) -> bool:
    return name in named or name.removesuffix("-wal").removesuffix("-shm") in named


def size_of(folder: Path, name: str) -> int:
    """Return how many bytes a file, with its companions, or a folder takes; 0 if it is not there."""
    files: Sequence[Path] = [folder / name, folder / f"{name}-wal", folder / f"{name}-shm"]
    if (folder / name).is_dir():
        files = [entry for entry in (folder / name).rglob("*") if entry.is_file()]
    return sum(file.stat().st_size for file in files if file.is_file())
