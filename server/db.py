"""The database: two engines on one SQLite file, one for reading, one for short writes.

Every acknowledgement a laptop or a person gets is on disk first: WAL with synchronous=FULL. A write takes
the lock at once (BEGIN IMMEDIATE), so that two writers wait for each other instead of failing half-way.
Domain functions take a connection; whoever calls them says where the transaction begins and ends.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, event

BUSY_SECONDS = 15.0
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={int(BUSY_SECONDS * 1000)}",
)
MIGRATIONS = Path(__file__).parent / "migrations"
_LETTERS = str.maketrans(
    {"İ": "i", "I": "h~", "ı": "h~", "ç": "c~", "ğ": "g~", "ö": "o~", "ş": "s~", "ü": "u~"}
    | {"Ç": "c~", "Ğ": "g~", "Ö": "o~", "Ş": "s~", "Ü": "u~"}
)
"""Letters of their own in the Turkish alphabet, each behind the one before it. English has only the I."""


def alphabet_key(text: str | None) -> str:
    """Return what a name is ordered by: İpek stands before Zeynep, Çağla before Defne. SQL calls it, too."""
    plain = unicodedata.normalize("NFC", text or "").translate(_LETTERS).casefold()
    if plain.isascii():
        return plain
    return "".join(each for each in unicodedata.normalize("NFD", plain) if not unicodedata.combining(each))


def connect_plain(path: Path) -> sqlite3.Connection:
    """Return a plain connection with our pragmas and no hidden transactions, for the ingest writer."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _engine(path: Path, begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("alphabet_key", 1, alphabet_key, deterministic=True)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class Database:
    """The server's database file; make one per process, and `upgrade` it before the first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reads = _engine(path, "BEGIN")
        self._writes = _engine(path, "BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection with one steady view of the data. Write nothing through it."""
        with self._reads.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection that alone may write; commit at the end, or roll back on any error."""
        with self._writes.begin() as connection:
            yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version's shape; does nothing if they have it already."""
        config = AlembicConfig()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._writes.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close every connection."""
        self._reads.dispose()
        self._writes.dispose()
