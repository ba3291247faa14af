"""The school's server moves to another address: the real service, real TLS, real policies."""

from datetime import UTC, datetime

import msgspec
import pytest

from agent.link import client
from policies.settings import ConnectionSettings
from server import publishing
from tests.support.apart import served_apart as served
from tests.support.day import Day, Running, wait_for
from tests.support.ports import kept_port


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


def ask_for(day, address):
    """Publish that laptops find the server there."""
    with day.house.db.write() as connection:
        before = publishing.current(connection)
        tiers = tuple(agreement.tier for agreement in before.body.agreements)
        settings = msgspec.structs.replace(
            before.body.settings, connection=ConnectionSettings(server=address)
        )
        publishing.publish(
            connection,
            school=before.body.school,
            settings=settings,
            tiers=tiers,
            profile=before.profile,
            by="t.ashby",
            now=datetime.now(UTC),
        )


def test_a_laptop_stays_where_it_is_served_and_follows_once_the_new_address_answers(day):
    with kept_port() as port:
        move(day, port)


def move(day, port):
    moved_to = f"https://127.0.0.1:{port}"

    def told():
        return client.ask_status(day.config.socket)

    with served(day.house) as address:
        day.enrol(address)
        ask_for(day, moved_to)
        running = Running(day.config, day.device)
        wait_for(lambda: "policy-applied" in day.kinds(), "the policy on the server")
        assert address == told().server
        wait_for(lambda: "connection" in told().capabilities, "word of an address that does not answer")
        assert "lacking" == told().capabilities["connection"].state
    try:
        with served(day.house, port):
            wait_for(lambda: told().server == moved_to, "the laptop at the new address")
            wait_for(lambda: told().connection == "online", "an answer there")
            assert "connection" not in told().capabilities
            assert "connection-reverted" not in day.kinds()
    finally:
        running.stop()
