"""A whole little school for measuring and for breaking: server, laptop, accounts, displays, all its own.

Nothing here is faked. Everything lies in one folder that every account can read, under names that nobody
else uses, and is taken away at the end.
"""

import contextlib
import json
import os
import secrets
import shutil
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import insert

from agent.backends.device import Seat
from installer import accounts, places, processes
from installer.accounts import DemoAccount
from installer.demo_login import Login
from installer.displays import Display
from installer.laptop import Laptop
from installer.school import School
from policies.agreements import text_hash
from policies.settings import Tier
from server import people, tables
from server.db import Database
from tests.support.measuring import command_line, parent_of

ROOM = "Lab 1"
DEVICE_OF_LAST_YEAR = "0" * 16


class Lab:
    """One server, one laptop, some pupils. `with Lab(...) as lab:`; needs root."""

    def __init__(
        self,
        *,
        pupils: int = 1,
        tier: Tier = "teen",
        profile: str = "secondary-turkiye",
        settings: dict[str, int | bool] | None = None,
        config: dict[str, str] | None = None,
        listed: tuple[str, ...] = (),
    ) -> None:
        self._later = contextlib.ExitStack()
        self._settings = settings or {}
        self._tier = tier
        self._listed = listed
        self.folder = places.open_folder(places.base_dir() / f"lab-{secrets.token_hex(4)}")
        self._later.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._names = [f"gpbench-{secrets.token_hex(3)}" for _ in range(pupils)]
        self.pupils: list[DemoAccount] = []
        self.school = School(self.folder / "school", profile, port=0)
        self.laptop = Laptop(self.folder / "laptop", [*self._names, *listed])
        with self.laptop.config.open("a") as file:
            file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in (config or {}).items())

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self._later.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._later.close()

    def _make(self) -> None:
        self.school.ensure_made()
        self._list_people()
        self._later.callback(self.school.stop)
        self.school.start()
        if self._settings:
            pairs = [f"{name}={json.dumps(value)}" for name, value in self._settings.items()]
            self.school.change_policy(*pairs, reason="measuring")
        for name in self._names:
            self._later.callback(accounts.remove_account, name)
            self.pupils.append(accounts.make_account(name))

    def _list_people(self) -> None:
        """Put the pupils on the school's list, in the way an import does."""
        database = Database(self.school.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            listed = people.list_people(connection)
            for name in (*self._names, *self._listed):
                listed.append(
                    people.Person(
                        os_user=name,
                        person=f"P-{name}",
                        display_name=name.title(),
                        tier=self._tier,
                        room=ROOM,
                    )
                )
            people.replace_people(connection, listed)

    def accepted_before(self) -> None:
        """Let every pupil have accepted the current agreement on another laptop: the everyday login."""
        agreement = next(each for each in self.school.policy().agreements if each.tier == self._tier)
        now = datetime.now(UTC)
        database = Database(self.school.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            for place, name in enumerate(self._names, 1):
                row = {
                    "device": DEVICE_OF_LAST_YEAR,
                    "stream": "vital",
                    "seq": place,
                    "at": now,
                    "received_at": now,
                    "login": secrets.token_hex(16),
                    "os_user": name,
                    "person": f"P-{name}",
                    "tier": self._tier,
                    "language": agreement.texts[0].language,
                    "version": agreement.version,
                    "text_hash": text_hash(agreement.texts[0]),
                    "answer": "accepted",
                    "reading_seconds": 60,
                }
                connection.execute(insert(tables.answers).values(row))

    def enrol(self) -> None:
        """Make this machine the school's laptop."""
        self.laptop.enrol(self.school.address, self.school.new_code(ROOM))

    def start_laptop(self) -> None:
        """Start the agent's service and wait until the school's policy is there."""
        self._later.callback(self.laptop.stop)
        self.laptop.start()
        try:
            processes.wait_for("the laptop obeys a policy", lambda: self.school.records("policy-applied"), 30)
        except processes.NotInTime as problem:
            raise RuntimeError(f"{problem}\n{self.logs()}") from problem

    def display(self) -> Display:
        """Return a fresh virtual display, closed at the end."""
        display = Display(self.folder / f"display-{secrets.token_hex(3)}")
        self._later.callback(display.close)
        return display

    def log_in(
        self,
        display: Display,
        pupil: DemoAccount,
        *,
        exports: dict[str, str] | None = None,
        desktop: str | None = None,
    ) -> Login:
        """Log a pupil in as a display manager does; `desktop` replaces the demo's panel and manager."""
        xsession = self.laptop.session_files()
        if exports:
            words = "".join(f"export {name}='{value}'\n" for name, value in exports.items())
            xsession.write_text(xsession.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{words}", 1))
        if desktop is not None:
            (xsession.parent / "desktop").write_text(desktop)
        login = Login(display, pupil, xsession, language="en", log=self.folder / "login.log")
        self._later.callback(login.close)
        return login

    def logs(self) -> str:
        """Return the ends of all logs, for an error message."""
        paths = (self.school.log, self.laptop.log, self.folder / "login.log")
        return "\n".join(f"--- {path.name}\n{processes.tail(path, 30)}" for path in paths)


def agent_pids(word: str, *, uid: int | None = None, under: int | None = None) -> list[int]:
    """Return our processes of one kind (`service`, `session`, `window`) of a user, or below a process."""

    def matches(pid: int) -> bool:
        words = command_line(pid)
        if word not in words or not any("agent" in each for each in words[:6]):
            return False
        return (uid is None or processes.uid_of(pid) == uid) and (under is None or is_below(pid, under))

    return processes.pids_where(matches)


def is_below(pid: int, ancestor: int) -> bool:
    """Say whether a process descends from another."""
    while pid > 1:
        if pid == ancestor:
            return True
        pid = parent_of(pid)
    return False


def seat_at(display: Display, pupil: DemoAccount) -> Seat:
    """Return the pupil's seat at a display, as the service makes it."""
    return Seat(pupil.uid, display.name, display.entry, {"LANGUAGE": "en"})


def require_root() -> None:
    """Leave with a sentence where there is no root."""
    if os.geteuid() != 0:
        raise SystemExit("This needs root: it makes accounts of its own. Run: sudo python3 installer bench")
