"""The real server beside a Windows laptop, and what it holds of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from agent.window.screens import screens_of
from policies.agreements import text_in
from policies.settings import Language
from policies.tree import Layer
from server import agreements, assigning, changes, codes, people, policy_store, state
from server.policy_store import Author
from tests.support import school

HEAD = Author(None, "Grace Hale", frozenset({"head"}))
ROOM = school.ROOM


class School:
    """One school with one pupil of a Windows laptop."""

    def __init__(self, folder: Path, os_user: str, language: Language = "tr") -> None:
        self.house = school.make_house(folder, hosts=("127.0.0.1",))
        self.device = ""
        self.language = language
        with self.house.db.write() as connection:
            pupil = people.Person(
                os_user=os_user, person="p-win", display_name="Çağrı Işık", tier="junior",
                language=language, room=ROOM,
            )  # fmt: skip
            people.replace_people(connection, [*people.list_people(connection), pupil])
            self.code = codes.new_code(
                connection, self.house.certificate.ca_der, room=ROOM, uses=1, hours=1, by="t.ashby",
                now=datetime.now(UTC),
            ).text  # fmt: skip

    def gate_pages(self) -> int:
        """Return how many pages the agreement has for this pupil."""
        with self.house.db.read() as connection:
            version = agreements.current_versions(connection)["junior"]
            agreement = agreements.agreement_of(connection, "junior", version)
        assert agreement is not None
        return len(screens_of(text_in(agreement, self.language), "junior"))

    def open_again(self) -> None:
        """Open the same folder again, as after a restart of the server."""
        self.house.db.close()
        self.house = state.open_state(self.house.folder)

    def change_policy(self, **changed: object) -> None:
        """Give this room settings of its own, e.g. `{"lock.idle_after_seconds": 240}`."""
        now = datetime.now(UTC)
        with self.house.db.write() as connection:
            newest = policy_store.current_tree(connection)
            assert newest is not None
            layer = Layer(scope="room", name=ROOM, change=dict(changed))
            tree = msgspec.structs.replace(newest.tree, layers=(layer,))
            policy_store.add_revision(connection, tree, by=HEAD, now=now, reason="a test", kind="applied")
            assigning.refresh(connection, now)
            changes.bump(connection, changes.POLICY)

    def _rows(self, sentence: str) -> list[Any]:
        with self.house.db.read() as connection:
            return list(connection.execute(text(sentence), {"device": self.device}))

    def kinds(self) -> list[str]:
        """Return the types of all records of the laptop, in the order of their streams."""
        return [
            row.type
            for row in self._rows("SELECT type FROM records WHERE device = :device ORDER BY stream DESC, seq")
        ]

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of one type, oldest first."""
        rows = self._rows("SELECT type, body FROM records WHERE device = :device ORDER BY stream DESC, seq")
        return [msgspec.json.decode(row.body) for row in rows if row.type == kind]

    def told(self) -> list[str]:
        """Return every record as one line, for whoever looks why a test failed."""
        rows = self._rows("SELECT stream, seq, body FROM records WHERE device = :device ORDER BY at")
        return [f"{row.stream} {row.seq} {row.body}" for row in rows]

    def applied_number(self) -> int:
        """Return the number of the policy that the laptop says it obeys."""
        return next(
            row.applied_number or 0
            for row in self._rows("SELECT applied_number FROM devices WHERE id = :device")
        )

    def faults(self) -> list[str]:
        """Return what is not as it must be: gaps, doubles, breaks in a chain, batches not stored."""
        wrong = []
        seqs: dict[str, list[int]] = {}
        for row in self._rows("SELECT stream, seq FROM records WHERE device = :device ORDER BY seq"):
            seqs.setdefault(row.stream, []).append(row.seq)
        for stream, found in seqs.items():
            if found != list(range(1, len(found) + 1)):
                wrong.append(f"{stream}: {found}")
        for row in self._rows("SELECT stream, chain_breaks FROM streams WHERE device = :device"):
            if row.chain_breaks:
                wrong.append(f"{row.stream}: the chain broke {row.chain_breaks} times")
        for row in self._rows("SELECT stream, first_seq, outcome FROM batches WHERE device = :device"):
            if row.outcome != "stored":
                wrong.append(f"{row.stream} {row.first_seq}: {row.outcome}")
        return wrong

    def close(self) -> None:
        """Let go of the database."""
        self.house.db.close()
