"""A database with tables and nobody in it."""

from datetime import UTC, datetime

import pytest

from server.db import Database

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    path = tmp_path_factory.mktemp("roster") / "gatepost.db"
    database = Database(path)
    database.upgrade()
    database.close()
    return path


@pytest.fixture
def database(empty_database, tmp_path):
    path = tmp_path / "gatepost.db"
    for ending in ("", "-wal", "-shm"):
        each = empty_database.with_name(empty_database.name + ending)
        if each.exists():
            path.with_name(path.name + ending).write_bytes(each.read_bytes())
    opened = Database(path)
    yield opened
    opened.close()
