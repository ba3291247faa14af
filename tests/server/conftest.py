"""A fresh school in a temporary folder, and laptops enrolled in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server import codes, enrolling, state
from server.settings import Folder
from server.state import ServerState
from tests.support.laptop import Laptop
from tests.support.started import NOW, fill_school, make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An initialised data folder without a policy."""
    return make_folder(tmp_path)


@pytest.fixture
def here(folder: Folder) -> Iterator[ServerState]:
    """A server's state with tables, one published policy and one listed pupil; nothing runs."""
    opened = state.open_state(folder)
    fill_school(opened)
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
