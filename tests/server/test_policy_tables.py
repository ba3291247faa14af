"""A school that was set up before settings were revisions keeps its policies, its numbers and its texts."""

import hashlib
import zlib

import msgspec
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import text

from policies import composing, schools, wire
from policies.setting_names import put_values
from server import assigning, policy_store, publishing
from server.db import MIGRATIONS, Database
from tests.support.started import NOW

MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def database(tmp_path):
    """A database as it was: two policies, one laptop that obeys the first, one that obeys the second."""
    made = Database(tmp_path / "gatepost.sqlite")
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with made._writes.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    with made.write() as connection:
        for number, idle in ((1, 300), (2, 120)):
            publish_as_before(connection, number, idle)
        for number, applied in enumerate((1, 2, None), 1):
            connection.execute(
                text(
                    "INSERT INTO devices (id, device_key, machine, hostname, os, agent_version, room, state,"
                    " enrolled_at, applied_number) VALUES (:id, :key, :machine, 'L', 'x', '1', 'Lab 1',"
                    " 'active', :at, :applied)"
                ),
                {
                    "id": f"{number:016x}",
                    "key": number.to_bytes(32, "big"),
                    "machine": f"{number:064x}",
                    "at": MS,
                    "applied": applied,
                },
            )
    made.upgrade()
    yield made
    made.close()


def publish_as_before(connection, number, idle):
    school = schools.load_profile("primary-england")
    settings = put_values(school.settings, {"lock.idle_after_seconds": idle})
    agreements = composing.compose(school.school, settings, school.tiers)
    body = msgspec.json.encode(
        wire.PolicyBody(school=school.school, settings=settings, agreements=agreements)
    )
    connection.execute(
        text(
            "INSERT INTO policies VALUES (:number, :hash, :body, 'primary-england', :at, 'Tom', 'a reason')"
        ),
        {"number": number, "hash": hashlib.sha256(body).hexdigest(), "body": body, "at": MS},
    )
    if number == 1:
        for agreement in agreements:
            texts = msgspec.json.encode(agreement).decode()
            connection.execute(
                text("INSERT INTO agreement_versions VALUES (:tier, 1, 'x', :texts, :at)"),
                {"tier": agreement.tier, "texts": texts, "at": MS},
            )


def test_policies_become_revisions_of_the_same_numbers(database):
    with database.read() as connection:
        newest, first = policy_store.list_revisions(connection)
        plain = policy_store.plain_body(connection, newest.body_hash)

    assert [2, 1] == [newest.number, first.number]
    assert [120, 300] == [each.tree.settings.lock.idle_after_seconds for each in (newest, first)]
    assert ("Tom", "a reason", NOW) == (newest.by.name, newest.reason, newest.at)
    assert newest.body_hash == hashlib.sha256(plain).hexdigest()


def test_every_laptop_keeps_its_number_and_what_it_obeys_is_what_it_would_go_back_to(database):
    with database.read() as connection:
        given = [assigning.get(connection, f"{number:016x}") for number in (1, 2, 3)]

    assert [2, 2, 2] == [each.number for each in given]
    assert [1, 2, 2] == [each.good_revision for each in given]


def test_numbers_go_on_above_the_old_ones_and_texts_are_not_asked_again(database):
    with database.write() as connection:
        now = publishing.current(connection)
        number = publishing.publish(
            connection,
            school=now.body.school,
            settings=put_values(now.body.settings, {"lock.idle_after_seconds": 90}),
            tiers=tuple(each.tier for each in now.body.agreements),
            profile=now.profile,
            by="test",
            now=NOW,
        )
        given = assigning.get(connection, f"{1:016x}")
        body = wire.read_policy(zlib.decompress(policy_store.packed_body(connection, given.body_hash)))

    assert (3, 3) == (number, given.number)
    assert {1} == {each.version for each in body.agreements}
    assert 90 == body.settings.lock.idle_after_seconds
