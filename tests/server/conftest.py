"""A fresh school in a temporary folder, and laptops enrolled in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policies import schools
from server import codes, enrolling, people, publishing, settings, state
from server.people import Person
from server.settings import Config, Folder
from server.state import ServerState
from tests.support.laptop import Laptop

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An initialised data folder without a policy."""
    folder = Folder(tmp_path / "data")
    folder.make()
    settings.write_config(folder, Config(profile="primary-england", port=0))
    return folder


@pytest.fixture
def here(folder: Folder) -> Iterator[ServerState]:
    """A server's state with tables, one published policy and one listed pupil; nothing runs."""
    opened = state.open_state(folder)
    opened.db.upgrade()
    school = schools.load_profile("primary-england")
    with opened.db.write() as connection:
        publishing.publish(
            connection,
            school=school.school,
            settings=school.settings,
            tiers=school.tiers,
            profile=school.name,
            by="test",
            now=NOW,
        )
        people.replace_people(
            connection,
            [Person(os_user="may", person="p-1", display_name="May Okafor", tier="junior", room="Lab 1")],
        )
    yield opened
    opened.close()


@pytest.fixture
def enrolled(here: ServerState) -> Callable[..., Laptop]:
    """Return a function that enrols a laptop (fresh, or the one given) without a network."""

    def enrol(laptop: Laptop | None = None, room: str = "Lab 1") -> Laptop:
        laptop = laptop or Laptop()
        with here.db.write() as connection:
            code = codes.new_code(connection, here.ca_der, room=room, by="test", now=NOW)
        with here.db.write() as connection:
            secret = code.text.replace("-", "")[-16:]
            laptop.device = enrolling.enrol(connection, laptop.enrol_request(secret), NOW)
        laptop.policy_key, laptop.record_key = here.keys.policy_public, here.keys.record_public
        here.registry.forget_all()
        return laptop

    return enrol
