"""A fresh school in a temporary folder, and laptops enrolled in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from server import codes, enrolling, state
from server.app import make_app
from server.settings import Folder
from server.state import ServerState
from tests.support import school as pages
from tests.support.case_school import CaseSchool, copy_case_school, make_case_school
from tests.support.laptop import Laptop
from tests.support.signed_in import Person
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


@pytest.fixture(scope="session")
def case_template(tmp_path_factory: pytest.TempPathFactory) -> CaseSchool:
    """A school with officers, closed: copied for every test."""
    made = make_case_school(tmp_path_factory.mktemp("cases") / "data")
    made.house.close()
    return made


@pytest.fixture
def school(case_template: CaseSchool, tmp_path: Path) -> Iterator[CaseSchool]:
    """A school with officers' keys on a signed list, reporting on, and one laptop."""
    made = copy_case_school(case_template, tmp_path / "cases")
    yield made
    made.house.close()


@pytest.fixture
def browser_of(school: CaseSchool) -> Iterator[Callable[[str], Person]]:
    """Return a function that signs somebody in and gives their browser, with its token."""
    with TestClient(make_app(school.house), base_url=pages.ORIGIN) as client:
        yield lambda name: Person(client, school.house, name)
