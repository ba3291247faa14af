"""Plain CSV: whatever its columns are called, in whatever order, with whatever in its cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import people
from server.errors import Invalid
from server.roster import plain
from server.roster.imports import CannotBeList, read_files
from server.roster.rules import Rules
from tests.support import rosters
from tests.support.rosters import TODAY


def read(*rows, rules=Rules()):  # noqa: B008 - frozen
    return read_files(rosters.plain(rows), rules, TODAY)


def stops(*rows):
    with pytest.raises(CannotBeList) as refused:
        read(*rows)
    return [(each.code, each.value, each.person) for each in refused.value.problems]


def test_the_header_of_before_is_still_taken():
    listed = [people.Person(os_user="may", person="1", display_name="May Lamb", tier="junior", room="Lab 1")]
    made = rosters.plain([])
    made["list.csv"] = people.write_csv(listed).encode()

    draft = read_files(made, Rules(), TODAY).drafts[0]

    assert ("1", "may", "May Lamb", "junior", "Lab 1") == (
        draft.person,
        draft.username,
        draft.display_name,
        draft.tier,
        draft.room,
    )


def test_turkish_columns_are_found_also_in_capitals():
    draft = read(
        ("ÖĞRENCİ NO", "ADI", "SOYADI", "SINIF", "DOĞUM TARİHİ", "KULLANICI ADI"),
        ("42", "Işık", "Öztürk", "4-A", "03.05.2017", "isik.ozturk"),
    ).drafts[0]

    assert ("42", "Işık", "Öztürk", "4-A", 2017, "isik.ozturk") == (
        draft.person,
        draft.given_name,
        draft.family_name,
        draft.class_name,
        draft.born.year,
        draft.username,
    )


def test_a_column_the_school_chose_goes_before_a_guess():
    chosen = Rules(columns={"display_name": "Known as"})
    draft = read(("id", "Name", "Known as"), ("1", "Maybelle Lamb", "May Lamb"), rules=chosen).drafts[0]

    assert "May Lamb" == draft.display_name


def test_swapped_columns_are_noticed():
    mixed = ("id", "name", "tier"), ("1", "junior", "May Lamb"), ("2", "teen", "Tom Ash"), ("3", "teen", "Jo")
    dates = ("id", "name", "birth date"), ("1", "2017-01-01", "May"), ("2", "2016-01-01", "Tom")
    users = ("id", "user", "name"), ("1", "May Lamb", "mlamb"), ("2", "Tom Ash", "tash")

    assert ("swapped", "name", "tier") in stops(*mixed)
    assert "swapped" in [code for code, _, _ in stops(*dates)]
    assert ["swapped"] == [code for code, _, _ in stops(*users)]
    assert ["not-tiers"] == [
        c for c, _, _ in stops(("id", "name", "tier"), ("1", "A", "KS1"), ("2", "B", "KS2"))
    ]


def test_a_list_without_an_id_or_a_name_is_refused():
    assert ["no-person-column"] == [code for code, _, _ in stops(("name", "class"), ("May", "4A"))]
    assert ["no-name-column"] == [code for code, _, _ in stops(("id", "class"), ("1", "4A"))]
    assert ["no-rows"] == [code for code, _, _ in stops(("id", "name"))]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("1", "=1+1", "", ""), "formula"),
        (("1", "@SUM(A1)", "", ""), "formula"),
        (("1", "May\u202eLamb", "", ""), "invisible"),
        (("1", "x" * 201, "", ""), "too-long"),
        (("", "May", "", ""), "no-id"),
        (("1", "", "", ""), "no-name"),
        (("1", "Teen", "", ""), "odd-name"),
        (("1", "May", "yesterday", ""), "bad-date"),
        (("1", "May", "", "wizard"), "bad-kind"),
    ],
)
def test_a_line_that_cannot_be_is_named_with_its_person(cells, code):
    good = [(str(n), f"Person {n}", "2017-01-01", "pupil") for n in range(10, 14)]
    reading = read(("id", "name", "birth date", "role"), *good, cells)

    assert [(code, 6)] == [(each.code, each.line) for each in reading.problems]
    assert 4 == len(reading.drafts)


def test_persian_joiners_are_letters_not_tricks():
    assert () == read(("id", "name"), ("1", "نیما\u200cپور")).problems


def test_unused_columns_are_named_once():
    notes = read(("id", "name", "Dietary needs"), ("1", "May", "none")).notes

    assert [("unused-column", "Dietary needs")] == [(note.code, note.value) for note in notes]


cells = st.text("aı=@\u202e ,;\n\"'12.-", max_size=8) | st.sampled_from(["teen", "2017-01-01", "a@b.ch"])
heads = st.sampled_from(["id", "name", "tier", "class", "user", "birth date", "role", "?"])


@given(st.lists(heads, max_size=6), st.lists(st.lists(cells, max_size=6), max_size=6))
def test_no_table_whatever_breaks_the_reader(head, rows):
    try:
        reading = read(head, *rows)
    except (CannotBeList, Invalid):
        return

    assert all(draft.person and draft.display_name for draft in reading.drafts)


@given(st.lists(heads, max_size=8), st.dictionaries(st.sampled_from(["person", "tier", "odd"]), heads))
def test_a_column_is_never_two_things(head, chosen):
    mapped = plain.map_columns(head, chosen)
    guessed = {field: name for field, name in mapped.items() if field not in chosen}

    assert len(guessed) == len(set(guessed.values()))
    assert set(mapped.values()) <= set(head)
