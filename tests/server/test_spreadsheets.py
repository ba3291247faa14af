"""Reading and writing spreadsheets: whatever a school's program wrote, and nothing that runs in one."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.spreadsheets import (
    LONGEST_CELL,
    Line,
    TableRefused,
    defuse,
    read_table,
    undefuse,
    write_csv,
)

cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
words = st.text("abcçğış ÖÜ'=+-@,;\t\"\n", max_size=8)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_same_table_is_read_from_every_encoding_and_delimiter(encoding, delimiter):
    text = f"name{delimiter}class\r\nÇağla{delimiter}4-A\r\n"

    table = read_table(text.encode(encoding))

    assert ("name", "class") == table.columns
    assert [Line(2, ("Çağla", "4-A"))] == table.rows


def test_a_comma_in_a_name_does_not_win_against_semicolons():
    table = read_table(b"name;class\nDoe, Jane;4A\nRoe, Ann;4B\n")

    assert ";" == table.delimiter


def test_excel_s_first_line_names_the_delimiter_and_lines_are_counted_on():
    table = read_table(b"sep=;\nname;class\nMay;4A\n")

    assert [Line(3, ("May", "4A"))] == table.rows


def test_a_quoted_line_break_stays_in_its_cell_and_lines_are_counted_where_rows_begin():
    table = read_table(b'name,note\n"May","one\ntwo"\nTom,x\n')

    assert [Line(2, ("May", "one\ntwo")), Line(4, ("Tom", "x"))] == table.rows


def test_short_rows_are_filled_and_empty_ones_left_out():
    table = read_table(b"a,b,c\n1\n\n , ,\n1,2,3\n")

    assert [Line(2, ("1", "", "")), Line(5, ("1", "2", "3"))] == table.rows


def test_columns_without_name_and_cells_are_left_out():
    assert ("a",) == read_table(b"a,,\n1,,\n").columns


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "empty", None),
        (b"\n\n", "empty", None),
        (b"a,b\n1,2,3\n", "cells", 2),
        (b'a,b\n"open,2\n', "quotes", 2),
        (b"a,A\n1,2\n", "twice", 1),
        (b"a,\n1,2\n", "no-name", 2),
        (b"a,b\n1,\xff\n", "encoding", 2),
        (b"a,b\n1,\0\n", "not-text", 2),
        (b"a\n" + b"x" * (LONGEST_CELL + 1) + b"\n", "cell", 2),
        (b"a\n" + b"x" * 200_000 + b"\n", "cell", 2),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n", "columns", 1),
        (b"\x50\x4b\x03\x04\x00\x00", "not-text", 1),
    ],
)
def test_what_is_no_table_is_refused_by_its_line(data, code, line):
    with pytest.raises(TableRefused) as refused:
        read_table(data)

    assert (code, line) == (refused.value.code, refused.value.line)


def test_too_many_rows_and_too_many_bytes_are_refused():
    many = b"a\n" + b"1\n" * 11

    with pytest.raises(TableRefused, match="more than 10 rows"):
        read_table(many, most_rows=10)
    with pytest.raises(TableRefused, match="larger than"):
        read_table(many, most_bytes=10)


@pytest.mark.parametrize("row", [b"," * 8_000_000, b'"\n",' + b'","\n",' * 2_000_000])
def test_a_row_of_millions_of_cells_is_refused_before_each_is_an_object(row):
    data = b"a,b\n1,2\n" + row
    tracemalloc.start()
    try:
        with pytest.raises(TableRefused) as refused:
            read_table(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert refused.value.code in ("columns", "cell", "quotes", "cells")
    assert peak < 15 * len(data)


def test_a_turkish_excel_s_own_encoding_is_taken_when_it_is_named():
    data = "ad\nIşık\n".encode("cp1254")

    with pytest.raises(TableRefused, match="UTF-8"):
        read_table(data)

    assert [Line(2, ("Işık",))] == read_table(data, encoding="cp1254").rows


def test_a_hundred_thousand_rows_are_read_and_told_of():
    told = []
    data = b"a,b\n" + b"one,two\n" * 100_000

    assert 100_000 == len(read_table(data, tell=told.append).rows)
    assert (1000, 100_000) == (told[0], told[-1])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", " =1", "＝1", "'=1", "''@x"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell):
    written = next(csv.reader(io.StringIO(write_csv([[cell]]), newline="")))[0]

    assert "'" + cell == written
    assert cell == undefuse(written)


@given(cells)
def test_defusing_loses_nothing_and_leaves_nothing_that_runs(cell):
    safe = defuse(cell)

    assert cell == undefuse(safe)
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not safe.startswith(("\t", "\r", "\n"))


@given(st.lists(st.tuples(words, words), max_size=6), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_our_own_export_is_read_back_as_it_was(rows, encoding):
    table = read_table(write_csv([("a", "b"), *rows]).encode(encoding))

    assert [row for row in rows if any(cell.strip() for cell in row)] == [line.cells for line in table.rows]


@given(st.binary(max_size=300) | cells.map(str.encode))
def test_no_bytes_whatever_break_the_reader(data):
    try:
        table = read_table(data)
    except TableRefused:
        return

    assert all(len(line.cells) == len(table.columns) for line in table.rows)
