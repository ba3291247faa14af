"""Everything held of one person, complete by construction; and who had which office when."""

import csv
import io
import json
import typing
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import insert, inspect

from policies import records
from server import accounts, offices, oversight, person_export
from server.errors import NotFound
from server.people import Person, replace_people
from server.tables import records as records_table
from tests.support.started import NOW


@pytest.fixture
def may(here):
    listed = Person(os_user="may", person="hb-1", display_name="=May", tier="junior", room="Lab 1", year="4A")
    with here.db.write() as connection:
        replace_people(connection, [listed], now=NOW)
        body = '{"type":"help-asked","at":"2026-01-01T00:00:00Z"}'
        connection.execute(
            insert(records_table).values(
                device="d", stream="vital", seq=1, type="help-asked", at=NOW, received_at=NOW,
                login="l", os_user="may", person="hb-1", body=body,
            )
        )  # fmt: skip
        for name, display, role in (
            ("t.ash", "Tom Ash", "teacher"),
            ("r.car", "Ruth Carver", "safeguarding"),
        ):
            accounts.add_staff(
                connection, name=name, display_name=display, roles=frozenset({role}), password=None, now=NOW
            )
            oversight.write_look(connection, at=NOW, staff=1, by=display, what="person", person="hb-1")
    return here


def gathered(here, **how):
    with here.db.read() as connection:
        return person_export.gather(connection, "hb-1", by="Neil Okafor", now=NOW, **how)


def test_r76_every_table_that_names_a_person_is_in_the_export_and_has_a_purpose(may):
    with may.db.read() as connection:
        inspector = inspect(connection)
        named = {
            table
            for table in inspector.get_table_names()
            for column in inspector.get_columns(table)
            if column["name"] in person_export.COLUMNS
        }

    assert named == set(gathered(may).tables)
    assert set() == named - set(person_export.PURPOSES)


def test_r76_the_zip_holds_json_a_page_and_a_csv_that_runs_nothing(may):
    with zipfile.ZipFile(io.BytesIO(person_export.write_zip(gathered(may)))) as packed:
        whole = json.loads(packed.read("everything.json"))
        page = packed.read("read-me.html").decode()
        rows = list(csv.DictReader(io.StringIO(packed.read("tables/people.csv").decode("utf-8-sig"))))

    assert ("hb-1", "may", "help-asked") == (
        whole["person"],
        whole["tables"]["people"][0]["os_user"],
        whole["tables"]["records"][0]["body"]["type"],
    )
    assert person_export.KIND_PURPOSES["help-asked"] in page
    assert "'=May" == rows[0]["display_name"]


def test_r76_what_there_is_of_somebody_is_counted_without_reading_it(may):
    with may.db.read() as connection:
        counted = person_export.count_rows(connection, "hb-1")

    assert person_export.counts_of(gathered(may)) == counted
    assert (1, 2) == (counted["records"], counted["looks"])


def test_every_kind_of_record_has_its_purpose_beside_it():
    kinds = {kind.__struct_config__.tag for kind in typing.get_args(records.AnyRecord)}

    assert kinds == {tag for tag, purpose in person_export.KIND_PURPOSES.items() if purpose}


def test_r76_who_looked_for_safety_is_named_by_office(may):
    assert ["Tom Ash", person_export.FOR_SAFETY] == [row["by_name"] for row in gathered(may).tables["looks"]]


def test_without_reasons_no_word_of_an_arrangement_is_in_it(may):
    export = gathered(may, reasons=False)

    assert {} == export.rooms
    assert {"arrangements", "restrictions", "resigns"} <= export.tables.keys()


def test_nobody_is_exported_who_was_never_listed(may):
    with may.db.read() as connection, pytest.raises(NotFound):
        person_export.gather(connection, "none", by="x", now=NOW)


# -- offices ---------------------------------------------------------------------------------------


def test_r7_who_gave_which_office_when_and_when_it_ended_is_kept(here):
    later = NOW + timedelta(days=3)
    with here.db.write() as connection:
        number = accounts.add_staff(
            connection,
            name="z.new",
            display_name="Zed New",
            roles=frozenset({"teacher"}),
            password=None,
            now=NOW,
            by="Neil Okafor",
        )
        accounts.set_roles(
            connection, number, frozenset({"teacher", "technician"}), (), by="Neil Okafor", now=later
        )
        accounts.remove_staff(connection, "z.new", by="Ruth Carver", now=later + timedelta(days=1))
        grants = [grant for grant in offices.list_grants(connection) if grant.name == "z.new"]

    assert [
        ("teacher", NOW, "Neil Okafor", later + timedelta(days=1), "Ruth Carver"),
        ("technician", later, "Neil Okafor", later + timedelta(days=1), "Ruth Carver"),
    ] == [(g.role, g.granted_at, g.granted_by, g.ended_at, g.ended_by) for g in grants]
