"""Laptops that only exist as rows of a database in memory: seen, confirming and refusing on demand."""

import functools
import zlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, create_engine, delete, func, insert, select, update
from sqlalchemy.pool import StaticPool

from policies import schools, wire
from policies.settings import Settings
from server import assigning, policy_store, publishing
from server.device_tables import device_groups
from server.policy_tables import assignments
from server.tables import devices, metadata


def open_connection(now: datetime) -> Connection:
    """Return a database in memory with one published policy."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    connection = engine.connect()
    connection.connection.driver_connection.deserialize(_published(now))  # type: ignore[union-attr]
    return connection


@functools.cache
def _published(now: datetime) -> bytes:
    """Return such a database as bytes: made once, for every test that begins with one."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    connection = engine.connect()
    school = schools.load_profile("primary-england")
    publishing.publish(
        connection,
        school=school.school,
        settings=school.settings,
        tiers=school.tiers,
        profile=school.name,
        by="test",
        now=now,
    )
    connection.commit()
    made: bytes = connection.connection.driver_connection.serialize()  # type: ignore[union-attr]
    connection.close()
    engine.dispose()
    return made


class Fleet:
    """The laptops of one database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._count = connection.execute(select(func.count()).select_from(devices)).scalar() or 0

    def enrol(self, now: datetime, room: str = "Lab 1", group: str = "") -> str:
        """Add a laptop that speaks now; return its id."""
        self._count += 1
        device = f"{self._count:016x}"
        self.connection.execute(
            insert(devices).values(
                id=device,
                device_key=self._count.to_bytes(32, "big"),
                machine=f"{self._count:064x}",
                hostname=f"L-{self._count:03}",
                os="Debian 12",
                agent_version="0.1.0",
                room=room,
                state="active",
                enrolled_at=now,
                last_seen_at=now,
                capabilities="{}",
            )
        )
        if group:
            self.connection.execute(insert(device_groups).values(device=device, name=group))
        assigning.refresh(self.connection, now, devices=[device])
        return device

    def change(self, device: str, now: datetime, **values: Any) -> None:
        """Change a laptop's row and say so to the assignments."""
        self.connection.execute(update(devices).where(devices.c.id == device).values(**values))
        assigning.refresh(self.connection, now, devices=[device])

    def regroup(self, device: str, now: datetime, *groups: str) -> None:
        """Put a laptop into these groups only."""
        self.connection.execute(delete(device_groups).where(device_groups.c.device == device))
        for group in groups:
            self.connection.execute(insert(device_groups).values(device=device, name=group))
        assigning.refresh(self.connection, now, devices=[device])

    def given(self, device: str) -> assigning.Assigned:
        """Return what a laptop is given."""
        given = assigning.get(self.connection, device)
        assert given is not None
        return given

    def confirm(self, device: str, now: datetime) -> None:
        """The laptop says that it obeys what it is given."""
        assigning.confirm(self.connection, [(device, self.given(device).number, now)])

    def reject(self, device: str, problem: str = "no such setting") -> None:
        """The laptop says that it does not take what it is given."""
        self.connection.execute(
            update(devices)
            .where(devices.c.id == device)
            .values(rejected_number=self.given(device).number, rejected_problem=problem)
        )

    def settings(self, device: str) -> Settings:
        """Return the settings in the exact bytes that a laptop is given, read as the laptop reads them."""
        packed = policy_store.packed_body(self.connection, self.given(device).body_hash)
        assert packed is not None
        return wire.read_policy(zlib.decompress(packed)).settings

    def active(self) -> list[str]:
        """Return the laptops that are in use."""
        query = select(devices.c.id).where(devices.c.state == "active").order_by(devices.c.id)
        return list(self.connection.execute(query).scalars())

    def assigned(self) -> set[str]:
        """Return the laptops that are given anything."""
        return set(self.connection.execute(select(assignments.c.device)).scalars())
