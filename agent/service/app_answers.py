"""What was asked for and allowed, kept on disk: a service started again knows both."""

import logging
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from agent.backends.whole_files import write_whole
from policies.decoding import UNREADABLE

log = logging.getLogger(__name__)

REMEMBERED_ORDERS = 300
MOST_OF_A_LOGIN = 100
ASKED_LASTS = timedelta(hours=14)
"""An older question is of a login that ended unseen."""


class Asked(msgspec.Struct, frozen=True):
    """One app a pupil waits for."""

    app: str
    program: str
    words: str
    at: datetime


class _File(msgspec.Struct, frozen=True):
    done: tuple[str, ...] = ()
    asked: dict[str, dict[str, Asked]] = {}
    allowed: dict[str, dict[str, datetime]] = {}


class AppAnswers:
    """By login, then by the app's folded name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: deque[str] = deque(maxlen=REMEMBERED_ORDERS)
        self._asked: dict[str, dict[str, Asked]] = {}
        self._allowed: dict[str, dict[str, datetime]] = {}
        self._load()

    def _load(self) -> None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError:
            return
        except (OSError, *UNREADABLE) as problem:
            # Without the file nothing is allowed: the pupil asks again.
            log.error("answers about apps not read", extra={"problem": str(problem)})
            return
        self._done.extend(kept.done)
        self._asked, self._allowed = dict(kept.asked), dict(kept.allowed)

    def _save(self) -> None:
        kept = _File(tuple(self._done), self._asked, self._allowed)
        try:
            write_whole(self._path, msgspec.json.encode(kept))
        except OSError as problem:
            log.error("answers about apps not kept", extra={"problem": str(problem)})

    # ---- asked ----

    def asked(self, login: str, key: str) -> Asked | None:
        """Return the open question for this app."""
        return self._asked.get(login, {}).get(key)

    def last_asked(self, login: str) -> str:
        """Return the app of the newest open question; empty for none."""
        open_ones = sorted(self._asked.get(login, {}).values(), key=lambda each: each.at)
        return (open_ones[-1].app or open_ones[-1].program) if open_ones else ""

    def ask(self, login: str, key: str, asked: Asked) -> None:
        """Note a question."""
        mine = self._asked.setdefault(login, {})
        while len(mine) >= MOST_OF_A_LOGIN:
            del mine[next(iter(mine))]
        mine[key] = asked
        self._save()

    def settle(self, login: str, key: str) -> None:
        """The question is answered or taken back."""
        if self._asked.get(login, {}).pop(key, None) is not None:
            self._save()

    # ---- answered ----

    def is_allowed(self, login: str, keys: Iterable[str], now: datetime) -> bool:
        """Say whether a yes for one of these names holds."""
        mine = self._allowed.get(login, {})
        return any(key in mine and now < mine[key] for key in keys if key)

    def allow(self, login: str, key: str, until: datetime) -> None:
        """Note a yes; the newest holds."""
        mine = self._allowed.setdefault(login, {})
        while len(mine) >= MOST_OF_A_LOGIN and key not in mine:
            del mine[next(iter(mine))]
        mine[key] = until
        self._save()

    def expire(self, now: datetime) -> list[str]:
        """Drop what is over; return the logins for which a yes has ended."""
        ended = [login for login, mine in self._allowed.items() if any(now >= at for at in mine.values())]
        old = [
            login
            for login, mine in self._asked.items()
            if any(now - each.at > ASKED_LASTS for each in mine.values())
        ]
        if ended or old:
            for login in ended:
                self._allowed[login] = {key: at for key, at in self._allowed[login].items() if now < at}
            for login in old:
                self._asked[login] = {
                    key: each for key, each in self._asked[login].items() if now - each.at <= ASKED_LASTS
                }
            self._allowed = {login: mine for login, mine in self._allowed.items() if mine}
            self._asked = {login: mine for login, mine in self._asked.items() if mine}
            self._save()
        return ended

    # ---- orders ----

    def is_done(self, order: str) -> bool:
        """Say whether this order's outcome was recorded."""
        return order in self._done

    def done(self, order: str) -> None:
        """Its outcome is recorded: told again, it is not recorded again."""
        self._done.append(order)
        self._save()

    def forget(self, login: str) -> None:
        """The login has ended; nothing of it is kept."""
        if self._asked.pop(login, None) is not None or login in self._allowed:
            self._allowed.pop(login, None)
            self._save()
