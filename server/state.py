"""Everything a running server holds, built in one place and handed to every handler."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from litestar.connection import ASGIConnection

from server import assigning, certificates, changes, devices, keys, publishing, settings, sign_in_settings
from server.changes import Changes
from server.db import Database
from server.grant_telling import GrantTelling
from server.in_force import InForce
from server.individual.common import GRANTS
from server.live import Live
from server.nonces import Nonces
from server.pacing import Pace
from server.registry import Registry
from server.settings import Config, Folder
from server.telling import MediaTelling
from server.watching import Watches
from server.writer import Writer

STATUS_PER_SECOND = 10.0
"""Of one laptop: as often as one that works could, were its pupil to change windows without end."""
STATUS_AT_ONCE = 40


class ServerState:
    """One per process: configuration, keys, database, who waits for what."""

    def __init__(self, folder: Folder, config: Config) -> None:
        self.folder = folder
        self.config = config
        self.keys = keys.load_or_make(folder, config)
        self.sign_in_key = keys.load_or_make_sign_in(folder)
        self.sign_in = sign_in_settings.Kept(folder)
        self.certificate = certificates.load_or_make(folder, config)
        self.db = Database(folder.database)
        self.changes = Changes()
        self.watches = Watches(self.changes)
        self.media_telling = MediaTelling(self.changes, self.watches)
        self.grant_telling = GrantTelling(self.changes, self.watches)
        self.in_force = InForce()
        self.live = Live()
        self.status_pace = Pace(STATUS_PER_SECOND, STATUS_AT_ONCE)
        self.registry = Registry(self.db)
        self.writer = Writer(folder.database, self.keys.record_private)
        self.nonces = Nonces()
        self.stopping = False
        self.listening_since = utc_now()
        self.newest_policy: tuple[int, str] | None = None
        """Number and body hash, as of the last look at the database."""
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()
        self._noticing = threading.Lock()
        self._seen: dict[str, datetime] = {}
        self._holding: Counter[str] = Counter()

    @property
    def ca_der(self) -> bytes:
        """The CA certificate that laptops pin and enrolment codes name."""
        return self.certificate.ca_der

    def start(self) -> None:
        """Bring the tables up to date and begin to take uploads."""
        self.db.upgrade()
        self.writer.start()
        self.notice_changes()

    def notice_changes(self) -> None:
        """
        Look what grew in the database since the last look, and wake whoever waits for it.

        One look after another: one that was overtaken would bring back what held before it.
        """
        with self._noticing:
            self._notice_changes()

    def _notice_changes(self) -> None:
        with self.db.read() as connection:
            numbers = changes.numbers(connection)
            newest = publishing.newest_number(connection)
            grown = {topic for topic, number in numbers.items() if self._numbers.get(topic) != number}
            if grown & {changes.MEDIA, changes.DEVICES}:
                moved = changes.DEVICES in grown
                self.media_telling.refresh(connection, utc_now(), moved=moved)
            if GRANTS in grown:
                self.grant_telling.refresh(connection, utc_now())
            if grown & {changes.POLICY, changes.DEVICES}:
                self.in_force.refresh(connection)
        self.newest_policy = newest
        before, self._numbers = self._numbers, numbers
        for topic, number in numbers.items():
            if before.get(topic) != number:
                if topic == changes.DEVICES:
                    self.registry.forget_all()
                self.changes.notify(topic)
        for room in self.live.rooms():
            if changes.lab_topic(room) in grown:
                self.live.wake(room)

    def note_contact(self, device: str) -> None:
        """Remember that a laptop spoke; written to the database with the next `write_seen`."""
        now = utc_now()
        with self._lock:
            self._seen[device] = now
        self.live.note_contact(device, now)

    def write_seen(self) -> None:
        """Write when laptops last spoke, those that did since the last call."""
        with self._lock:
            seen, self._seen = self._seen, {}
        if seen:
            with self.db.write() as connection:
                devices.note_seen(connection, seen)

    def write_confirmed(self) -> bool:
        """Write which policies laptops said to obey since the last call; say whether there was any."""
        said = self.in_force.take_said()
        if not said:
            return False
        try:
            with self.db.write() as connection:
                assigning.confirm(connection, said)
        except Exception:
            self.in_force.put_back(said)
            raise
        return True

    @contextmanager
    def holding(self, device: str) -> Iterator[None]:
        """Count a laptop as connected while it holds a request."""
        self._holding[device] += 1
        try:
            yield
        finally:
            self._holding[device] -= 1
            if self._holding[device] <= 0:
                del self._holding[device]
            self.note_contact(device)

    def holds_of(self, device: str) -> int:
        """Return how many requests a laptop holds at this moment."""
        return self._holding.get(device, 0)

    def connected(self) -> frozenset[str]:
        """Return the laptops that hold a request at this moment."""
        return frozenset(self._holding)

    def is_connected(self, device: str) -> bool:
        """Say whether this laptop holds a request at this moment."""
        return device in self._holding

    def stop(self) -> None:
        """Let every held request answer now; called when the server is told to end."""
        self.stopping = True
        self.changes.notify_all()
        self.live.wake()

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self.writer.close()
        self.write_confirmed()
        self.write_seen()
        self.db.close()


def open_state(folder: Folder) -> ServerState:
    """Open an initialised data folder. Raises Invalid if it is not one."""
    config = settings.read_config(folder)
    folder.make()
    return ServerState(folder, config)


def of(connection: ASGIConnection[Any, Any, Any, Any]) -> ServerState:
    """Return the server's state from a request."""
    state: ServerState = connection.app.state.gatepost
    return state


def utc_now() -> datetime:
    """Return the present, aware."""
    return datetime.now(UTC)
