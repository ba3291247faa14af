"""A school and a client per test module; tests that change something make their own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server.app import make_app
from server.state import ServerState
from tests.support import case_school, device_school, doors_school, school
from tests.support.case_school import CaseSchool
from tests.support.signed_in import let_in


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """The invented school, opened."""
    return school.copy_house(template, tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def client(house: ServerState) -> Iterator[TestClient[Any]]:
    """A browser without a face; `as_name` signs it in."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as opened:
        opened.headers.update(school.BROWSER)
        yield opened


@pytest.fixture(scope="module")
def as_name(client: TestClient[Any]) -> Callable[..., TestClient[Any]]:
    """Return the client as one of the cast, or signed out for the empty name."""
    kept: dict[str, str] = {}

    def become(name: str = "", lang: str = "en") -> TestClient[Any]:
        client.cookies.clear()
        if name:
            if name not in kept:
                school.signed_in(client, name)
                kept[name] = client.cookies["__Host-gatepost"]
            client.cookies.clear()
            client.cookies.set("__Host-gatepost", kept[name])
        client.cookies.set("gatepost_language", lang)
        return client

    return become


@pytest.fixture
def csrf_of() -> Callable[[str], str]:
    """Return the form token that stands in a page."""

    def find(html: str) -> str:
        return html.split('name="_csrf_token" value="')[1].split('"')[0]

    return find


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a school that is copied for each test that changes it."""
    folder = tmp_path_factory.mktemp("template")
    school.make_house(folder).db.close()
    return folder


@pytest.fixture
def fresh_house(template: Path, tmp_path: Path) -> ServerState:
    """A school of one's own, for a test that changes it."""
    return school.copy_house(template, tmp_path)


@pytest.fixture(scope="session")
def laptops_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The school with all it knows of its laptops, closed."""
    made = school.make_house(tmp_path_factory.mktemp("template"))
    with made.db.write() as connection:
        device_school.fill(connection, datetime.now(UTC))
    made.db.close()
    return made.folder.path


@pytest.fixture
def laptops_house(laptops_template: Path, tmp_path: Path) -> ServerState:
    """A school of one's own."""
    return school.copy_house(laptops_template, tmp_path)


@pytest.fixture
def opened(laptops_house: ServerState) -> Iterator[Callable[..., TestClient[Any]]]:
    """Return a function that lets somebody in and gives their browser."""
    with TestClient(make_app(laptops_house), base_url=school.ORIGIN) as client:
        yield lambda name, lang="en": let_in(client, laptops_house, name, lang)


@pytest.fixture(scope="module")
def cases_template(tmp_path_factory: pytest.TempPathFactory) -> CaseSchool:
    """A school with cases and somebody in every office, made once."""
    made = doors_school.make(tmp_path_factory.mktemp("cases") / "data")
    made.house.close()
    return made


@pytest.fixture
def here(cases_template: CaseSchool, tmp_path: Path) -> CaseSchool:
    """A copy of that school."""
    return case_school.copy_case_school(cases_template, tmp_path / "data")


@pytest.fixture
def open_as(here: CaseSchool) -> Iterator[Callable[[str], TestClient[Any]]]:
    """Its pages, as one of the cast or signed out for the empty name."""
    with TestClient(make_app(here.house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)

        def become(name: str) -> TestClient[Any]:
            client.cookies.clear()
            if name:
                school.signed_in(client, name)
            client.cookies.set("gatepost_language", "en")
            return client

        yield become
