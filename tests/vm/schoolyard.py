"""A real school server beside the virtual laptops, which reach it over their network."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import delete, insert

from installer import processes
from installer.school import School, free_port
from policies.agreements import text_hash
from policies.settings import Tier
from server import people, tables
from server.db import Database
from tests.vm.machine import HOST_ADDRESS, Machine

ROOM = "Lab 1"
PROFILE = "secondary-turkiye"
CAST: dict[str, Tier] = {"may": "teen", "sam": "adult"}
"""`may` has to accept, or has accepted before, as a test wishes; `sam` never has."""
ARRIVES_SECONDS = 180.0
QUICK = {
    "agreement.read_at_least_seconds": 0,
    "lock.idle_after_seconds": 3600,
    "usage.send_after_seconds": 5,
}


class _School(School):
    """The same school, under the address at which the laptops know this machine."""

    def ensure_made(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        port = free_port(0)
        here = ("--host", HOST_ADDRESS, "--host", "127.0.0.1", "--bind", "127.0.0.1", "--port", str(port))
        told = self.ask("init", "--profile", self.profile.name, *here, "--demo", "--json")
        told["port"] = port
        self._notes.write_text(json.dumps(told))
        return True

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._told()['port']}"


class Schoolyard:
    """The school, and what tests ask of it. `with Schoolyard(folder) as yard:`."""

    def __init__(self, folder: Path) -> None:
        self.school = _School(folder, PROFILE)

    def __enter__(self) -> Self:
        self.school.ensure_made()
        database = Database(self.school.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            cast = [
                people.Person(
                    os_user=name, person=f"P-{name}", display_name=name.title(), tier=tier, room=ROOM
                )
                for name, tier in CAST.items()
            ]
            people.replace_people(connection, cast)
        self.school.start()
        pairs = (f"{name}={json.dumps(value)}" for name, value in QUICK.items())
        self.school.change_policy(*pairs, reason="tests")
        return self

    def __exit__(self, *_reason: object) -> None:
        self.school.stop()

    @property
    def laptop_address(self) -> str:
        """What a laptop calls this server."""
        return self.school.address.replace("127.0.0.1", HOST_ADDRESS)

    def new_code(self) -> str:
        """Return an enrolment code for one laptop."""
        return self.school.new_code(ROOM)

    def enrol(self, laptop: Machine) -> str:
        """Enrol a laptop as a technician does; return its name at the server once it obeys a policy."""
        before = len(self.school.records("policy-applied"))
        told = laptop.sh(f"gatepost-agent enrol --json {self.laptop_address} {self.new_code()}")
        self.wait_for("policy-applied", more_than=before)
        return str(json.loads(told)["device"])

    @contextlib.contextmanager
    def policy(self, *pairs: str) -> Iterator[None]:
        """Have another policy for a while: `lock.idle_after_seconds=30`. The laptop need not obey it yet."""
        before = self.school.policy().settings
        old = [f"{pair.partition('=')[0]}={self._said(before, pair.partition('=')[0])}" for pair in pairs]
        self.school.change_policy(*pairs, reason="tests")
        try:
            yield
        finally:
            self.school.change_policy(*old, reason="tests")

    @staticmethod
    def _said(settings: object, name: str) -> str:
        value = settings
        for part in name.split("."):
            value = getattr(value, part)
        return json.dumps(value)

    def accepted_before(self, user: str) -> None:
        """Let this pupil have accepted on another laptop: the everyday login, which is asked nothing."""
        agreement = next(each for each in self.school.policy().agreements if each.tier == CAST[user])
        text, now = agreement.texts[0], datetime.now(UTC)
        row = {
            "device": "0" * 16, "stream": "vital", "seq": 1 + list(CAST).index(user),
            "at": now, "received_at": now, "login": secrets.token_hex(16),
            "os_user": user, "person": f"P-{user}", "tier": CAST[user],
            "language": text.language, "version": agreement.version, "text_hash": text_hash(text),
            "answer": "accepted", "reading_seconds": 60,
        }  # fmt: skip
        database = Database(self.school.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            connection.execute(delete(tables.answers).where(tables.answers.c.os_user == user))
            connection.execute(insert(tables.answers).values(row))

    def forget_acceptances(self) -> None:
        """Let nobody have accepted: what an earlier test's pupil answered is not this one's."""
        database = Database(self.school.data / "gatepost.sqlite")
        with contextlib.closing(database), database.write() as connection:
            connection.execute(delete(tables.answers))

    def wait_for(self, *types: str, more_than: int = 0, **wanted: object) -> dict[str, Any]:
        """Return the newest record of these types with these values, once there are more than so many."""

        def look() -> dict[str, Any] | None:
            found = [each for each in self.school.records(*types) if wanted.items() <= each.items()]
            return found[-1] if len(found) > more_than else None

        return processes.wait_for(f"{types} {wanted} at the server", look, ARRIVES_SECONDS, every=0.3)
