"""A school with its staff, and browsers of theirs: fresh for every test that changes something."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server.app import make_app
from server.state import ServerState
from tests.support import school


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a school that is copied for each test."""
    folder = tmp_path_factory.mktemp("sign-in")
    school.make_house(folder).db.close()
    return folder


@pytest.fixture
def house(template: Path, tmp_path: Path) -> ServerState:
    """A school of one's own."""
    return school.copy_house(template, tmp_path / "house")


@pytest.fixture
def client(house: ServerState) -> Iterator[TestClient[Any]]:
    """A browser; nobody has signed in with it."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as opened:
        opened.headers.update(school.BROWSER)
        yield opened


@pytest.fixture
def post(client: TestClient[Any]) -> Callable[..., Any]:
    """Return a function that sends a form as the pages do, with the session's token, and follows nothing."""

    def send(path: str, **fields: str) -> Any:
        page = client.get("/account").text
        token = page.split('name="_csrf_token" value="')[1].split('"')[0]
        return client.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)

    return send
