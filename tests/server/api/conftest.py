"""The invented school and a program with a token of somebody's."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from server import accounts, api_tokens
from server.app import make_app
from server.state import ServerState
from tests.support import school


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a school that is copied for each test."""
    folder = tmp_path_factory.mktemp("api")
    school.make_house(folder).db.close()
    return folder


@pytest.fixture
def house(template: Path, tmp_path: Path) -> ServerState:
    """A school of one's own."""
    return school.copy_house(template, tmp_path / "house")


@pytest.fixture
def client(house: ServerState) -> Iterator[TestClient[Any]]:
    """A program without a token."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as opened:
        yield opened


@pytest.fixture
def token_of(house: ServerState) -> Callable[..., str]:
    """Return a function that makes somebody a token."""

    def make(name: str, *, read_only: bool = False, days: int = 1) -> str:
        with house.db.write() as db:
            owner = accounts.find_staff(db, name)
            now = datetime.now(UTC)
            return api_tokens.make(db, owner, name="test", days=days, read_only=read_only, now=now)

    return make


@pytest.fixture
def ask(client: TestClient[Any], token_of: Callable[..., str]) -> Callable[..., Any]:
    """Return a function that asks the API as somebody; the technician unless another is named."""
    kept: dict[tuple[str, bool], str] = {}

    def send(method: str, path: str, *, as_: str = "t.ashby", read_only: bool = False, **more: Any) -> Any:
        key = (as_, read_only)
        kept[key] = kept.get(key) or token_of(as_, read_only=read_only)
        headers = {"Authorization": f"Bearer {kept[key]}", **more.pop("headers", {})}
        return client.request(method, f"/api/v1{path}", headers=headers, **more)

    return send
