"""The revisions make the tables that the code speaks of, also in a school that was there before."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from server import (  # noqa: F401 - all of them
    ask_tables,
    case_tables,
    desk_tables,
    device_tables,
    duty_tables,
    individual_tables,
    lab_tables,
    media_tables,
    people_tables,
    policy_tables,
    report_tables,
    sign_in_tables,
)
from server.db import MIGRATIONS, Database
from server.tables import metadata


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "gatepost.sqlite")
    yield opened
    opened.close()


def upgrade(database, revision):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database._writes.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_the_revisions_make_what_the_code_speaks_of(database):
    database.upgrade()
    with database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)

    assert [] == [each for each in found if "comment" not in str(each)]


def test_a_school_without_sticks_gets_the_tables_and_keeps_its_own(database):
    upgrade(database, "0001")
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO versions VALUES ('policy', 7)")
    database.upgrade()
    with database.read() as connection:
        names = set(inspect(connection).get_table_names())
        kept = connection.exec_driver_sql("SELECT number FROM versions").scalar()

    assert {table.name for table in media_tables.MEDIA_TABLES} <= names
    assert 7 == kept
