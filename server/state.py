"""Everything a running server holds, built in one place and handed to every handler."""

from datetime import UTC, datetime
from typing import Any

from litestar.connection import ASGIConnection

from server import certificates, keys, settings
from server.changes import Changes
from server.db import Database
from server.ingest import Writer
from server.live import Live
from server.registry import Registry
from server.settings import Config, Folder
from server.watching import Watches


class ServerState:
    """One per process: configuration, keys, database, who waits for what."""

    def __init__(self, folder: Folder, config: Config) -> None:
        self.folder = folder
        self.config = config
        self.keys = keys.load_or_make(folder, config)
        self.certificate = certificates.load_or_make(folder, config)
        self.db = Database(folder.database)
        self.changes = Changes()
        self.watches = Watches(self.changes)
        self.live = Live()
        self.registry = Registry(self.db)
        self.writer = Writer(folder.database, self.keys.record_private)

    @property
    def ca_der(self) -> bytes:
        """The CA certificate that laptops pin and enrolment codes name."""
        return self.certificate.ca_der

    def close(self) -> None:
        """Let go of the database."""
        self.writer.close()
        self.db.close()


def open_state(folder: Folder) -> ServerState:
    """Open an initialised data folder and bring its tables up to date. Raises Invalid."""
    config = settings.read_config(folder)
    folder.make()
    state = ServerState(folder, config)
    state.db.upgrade()
    return state


def of(connection: ASGIConnection[Any, Any, Any, Any]) -> ServerState:
    """Return the server's state from a request."""
    state: ServerState = connection.app.state.gatepost
    return state


def utc_now() -> datetime:
    """Return the present, aware."""
    return datetime.now(UTC)
