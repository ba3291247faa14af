"""A school and a client per test module; tests that change something make their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server.app import make_app
from server.state import ServerState
from tests.support import school


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
