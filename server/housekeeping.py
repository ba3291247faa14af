"""What the running server does by itself: notice changes, watch new cases, renew its certificate."""

import asyncio
import logging
import threading
from collections.abc import Callable
from ssl import SSLContext

import anyio.to_thread

from server import certificates, escalating, lab_retention, notices, publishing, rollouts, sign_in_alerts
from server.db import connect_plain
from server.errors import Invalid
from server.settings import laptop_address
from server.state import ServerState, utc_now

NOTICE_SECONDS = 0.2
CONFIRM_SECONDS = 0.2
ROLLOUT_SECONDS = 3.0
SEEN_SECONDS = 5.0
CASE_SECONDS = 5.0
ALERT_SECONDS = 20.0
RENEW_SECONDS = 12 * 3600.0
FORGET_SECONDS = 3600.0
log = logging.getLogger(__name__)


async def keep_house(here: ServerState, tls: SSLContext | None) -> None:
    """Run until cancelled. A round that fails is logged and the next one tries again."""
    noticing = Noticing(here)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_every(NOTICE_SECONDS, noticing.look))
            tasks.create_task(_every(SEEN_SECONDS, here.write_seen))
            tasks.create_task(_every(CONFIRM_SECONDS, lambda: write_confirmed(here)))
            tasks.create_task(_every(ROLLOUT_SECONDS, lambda: watch_rollout(here)))
            tasks.create_task(_every(CASE_SECONDS, lambda: watch_cases(here)))
            tasks.create_task(_every(ALERT_SECONDS, lambda: tell_of_sign_ins(here)))
            tasks.create_task(_every(RENEW_SECONDS, lambda: renew(here, tls)))
            tasks.create_task(_every(FORGET_SECONDS, lambda: forget_lessons(here)))
    finally:
        noticing.close()


class Noticing:
    """SQLite's own number that grows with every commit of anybody else: one cheap question."""

    def __init__(self, here: ServerState) -> None:
        self._here = here
        self._version = -1
        # A cancelled task leaves its thread at work: closing under its hands would end the whole process.
        self._guard = threading.Lock()
        self._watcher = connect_plain(here.folder.database)
        self._closed = False

    def look(self) -> None:
        """Have the server notice what others have written since the last look."""
        with self._guard:
            if self._closed:
                return
            (version,) = self._watcher.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._here.notice_changes()

    def close(self) -> None:
        """Look no more."""
        with self._guard:
            self._closed = True
            self._watcher.close()


def watch_cases(here: ServerState) -> None:
    """Let cases that nobody opened go to the next circle, and tell whoever is to be told."""
    now = utc_now()
    with here.db.read() as connection:
        if escalating.is_quiet(connection):
            return
    try:
        addressed: frozenset[str] | None = frozenset(notices.read(here.folder).to)
    except Invalid:
        log.exception("notices.toml cannot be read: notices wait until it is corrected")
        addressed = None
    with here.db.write() as connection:
        escalating.run(connection, now, publishing.report_settings(connection), addressed)
    if addressed is not None:
        notices.send_due(here.db, here.folder, laptop_address(here.config), now)


def write_confirmed(here: ServerState) -> None:
    """Write what laptops said to obey."""
    here.write_confirmed()


def watch_rollout(here: ServerState) -> None:
    """Let the rollout under way open its next ring, stop itself or end, when that is due."""
    connected, since = here.connected(), here.listening_since
    with here.db.read() as connection:
        if not rollouts.is_due(connection, utc_now(), connected, since):
            return
    with here.db.write() as connection:
        done = rollouts.tick(connection, utc_now(), connected, since)
    if done:
        here.notice_changes()


def tell_of_sign_ins(here: ServerState) -> None:
    """Tell the head outside the pages of what about signing in must not wait."""
    sign_in_alerts.send_due(here.db, here.folder, laptop_address(here.config))


def forget_lessons(here: ServerState) -> None:
    """Let what teachers did in their rooms go when its time is over."""
    with here.db.write() as connection:
        lab_retention.forget(connection, utc_now())


def renew(here: ServerState, tls: SSLContext | None) -> None:
    """Renew the certificate if it is near its end; new connections get it at once."""
    here.certificate = certificates.load_or_make(here.folder, here.config)
    if tls is not None:
        tls.load_cert_chain(here.certificate.chain, here.certificate.key)


async def _every(seconds: float, work: Callable[[], None]) -> None:
    while True:
        try:
            await anyio.to_thread.run_sync(work)
        except Exception:
            log.exception("housekeeping failed and will be tried again")
        await asyncio.sleep(seconds)
