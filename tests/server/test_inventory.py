"""The school's own list of laptops against what is enrolled (R41), and notes about machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import devices, inventory, spreadsheets
from server.device_intake import fold_serial
from server.errors import Invalid, NotFound
from server.inventory import Expected
from tests.support import device_school
from tests.support.started import NOW

LIST = (
    "Name;Serial number;Marka;MODEL;Room;Price\r\n"
    "L-1;BR13 40217;Hazel;Birch 13;Lab 1;500\r\n"
    "L-2;br13-40217;Hazel;Birch 13;Lab 1;500\r\n"
    "L-3;;Hazel;Birch 13;Lab 1;500\r\n"
    "\r\n"
    "L-4;'=1+1;Hazel;Aspen;Lab 2;500\r\n"
)


def read(text, encoding="utf-8"):
    return inventory.read_expected(spreadsheets.read_table(text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_r41_a_list_from_the_asset_register_is_read_and_its_bad_lines_are_named(encoding):
    found = read(LIST, encoding)

    assert ("BR13 40217", "=1+1") == tuple(one.serial for one in found.laptops)
    assert Expected("BR13 40217", "L-1", "Hazel", "Birch 13", "Lab 1") == found.laptops[0]
    assert [(3, "twice"), (4, "no-serial")] == [(each.line, each.why) for each in found.problems]


def test_a_list_without_serial_numbers_is_refused_with_what_to_do():
    with pytest.raises(Invalid, match="serial"):
        read("name,room\nL-1,Lab 1\n")


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12))
def test_no_list_breaks_the_reading_and_every_line_is_taken_or_named(rows):
    text = spreadsheets.write_csv([["serial", "name", "model", "room"], *rows])
    found = read(text)
    filled = [row for row in rows if any(cell and not cell.isspace() for cell in row)]

    assert len(found.laptops) + len(found.problems) == len(filled)
    assert all(fold_serial(one.serial) for one in found.laptops)


@given(st.text(max_size=30))
def test_a_serial_number_is_folded_once(serial):
    assert fold_serial(serial) == fold_serial(fold_serial(serial))


def test_r41_what_is_expected_and_not_enrolled_is_missing(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        device_school.add_inventory(
            connection, laptop.device, "Hazel", "Birch", "BR13-40217", "on", 90, now=NOW
        )
        inventory.take_expected(connection, read(LIST).laptops, by="Tom", now=NOW)
        missing = inventory.list_missing(connection)
        unlisted = inventory.list_unlisted(connection)
        expected = inventory.count_expected(connection)

    assert ["=1+1"] == [one.serial for one in missing]
    assert ([], 2) == (unlisted, expected)


def test_r41_a_retired_laptop_is_missing_again(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        device_school.add_inventory(
            connection, laptop.device, "Hazel", "Birch", "BR13-40217", "on", 90, now=NOW
        )
        inventory.take_expected(connection, read(LIST).laptops, by="Tom", now=NOW)
        devices.retire(connection, laptop.device, "sold")
        missing = inventory.list_missing(connection)

    assert ["=1+1", "BR13 40217"] == sorted(one.serial for one in missing)


def test_a_complete_list_forgets_the_rest(here):
    with here.db.write() as connection:
        first = inventory.take_expected(connection, [Expected("A1"), Expected("A2")], by="Tom", now=NOW)
        added = inventory.take_expected(connection, [Expected("A3")], by="Tom", now=NOW)
        replaced = inventory.take_expected(
            connection, [Expected("a-2"), Expected("A4")], by="Tom", now=NOW, replace=True
        )
        kept = {one.serial for one in inventory.list_missing(connection)}

    assert [(2, 0), (1, 0), (1, 2)] == [first, added, replaced]
    assert {"a-2", "A4"} == kept


def test_what_is_not_expected_cannot_be_forgotten(here):
    with pytest.raises(NotFound), here.db.write() as connection:
        inventory.forget_expected(connection, "A9")


@pytest.mark.parametrize("words", ["", "   ", "x" * 401, "a\x1b[2Jb"])
def test_a_note_is_visible_words(here, enrolled, words):
    device = enrolled().device
    with pytest.raises(Invalid), here.db.write() as connection:
        inventory.add_note(connection, device, words, "Tom", NOW)


def test_notes_stand_newest_first(here, enrolled):
    device = enrolled().device
    with here.db.write() as connection:
        for words in ("hinge loose", "hinge\nmended"):
            inventory.add_note(connection, device, words, "Tom", NOW)
        notes = [note.words for note in inventory.list_notes(connection, device)]

    assert ["hinge mended", "hinge loose"] == notes


def test_the_silent_time_is_kept_and_has_limits(here):
    with here.db.write() as connection:
        before = inventory.silent_minutes(connection, 1440)
        inventory.set_silent_minutes(connection, 15, 9999, "Tom", NOW)
        after = inventory.silent_minutes(connection, 1440)

        assert (1440, 15) == (before, after)
        with pytest.raises(Invalid):
            inventory.set_silent_minutes(connection, 0, 9999, "Tom", NOW)
