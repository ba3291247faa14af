"""OneRoster files of both versions, whole and damaged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.roster.archives import Opened
from server.roster.drafts import Problem
from server.roster.imports import CannotBeList, read_files
from server.roster.oneroster import Class, seat_of
from server.roster.rules import Rules
from server.spreadsheets import TableRefused, write_csv
from tests.support import rosters
from tests.support.rosters import TODAY, one_roster, opened, user


def read(files, rules=Rules()):  # noqa: B008 - frozen
    return read_files(opened(files), rules, TODAY)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_both_versions_say_the_same_of_the_same_people(version):
    files = one_roster([user(0), user(1, "", "teacher")], [("u0", "c4a")], version=version)

    reading = read(files)
    pupil, teacher = reading.drafts

    assert f"oneroster {version}" == reading.source
    assert ("u0", "pupil", "Ayşe", "Yıldız", "04", "Room 12", "4A", "user0") == (
        pupil.person,
        pupil.kind,
        pupil.given_name,
        pupil.family_name,
        pupil.grade,
        pupil.room,
        pupil.class_name,
        pupil.username,
    )
    assert ("staff", "") == (teacher.kind, teacher.class_name)


def test_a_preferred_name_of_1_2_is_the_one_shown():
    files = one_roster([user(0, preferredGivenName="Aysha")], version="1.2")

    assert "Aysha Yıldız" == read(files).drafts[0].display_name


def test_parents_and_closed_accounts_are_counted_and_left_out():
    lines = [user(0), user(1, "", "guardian"), user(2, "", "parent"), user(3, enabledUser="false")]

    reading = read(one_roster(lines))

    assert ["u0"] == [draft.person for draft in reading.drafts]
    assert {("family", "2"), ("disabled", "1")} == {(note.code, note.value) for note in reading.notes}


def test_passwords_and_mail_are_never_taken_along():
    assert "never-read" not in repr(read(one_roster([user(0)])))
    assert "@school.example" not in repr(read(one_roster([user(0)])))


def test_a_delta_file_ends_only_those_it_names():
    reading = read(one_roster([user(0, status="active"), user(1, status="tobedeleted")], mode="delta"))

    assert (False, ("u1",)) == (reading.whole, reading.gone)


def test_a_class_of_a_past_term_seats_nobody_and_a_homeroom_goes_before_lessons():
    reading = read(one_roster([user(0), user(1)], [("u0", "cold"), ("u1", "cart"), ("u1", "c4a")]))

    assert [("", ""), ("Room 12", "4A")] == [(d.room, d.class_name) for d in reading.drafts]


def test_in_the_holidays_the_last_classes_still_count():
    files = one_roster([user(0)], [("u0", "c4a")])
    reading = read_files(opened(files), Rules(), TODAY.replace(year=2027, month=8))

    assert "Room 12" == reading.drafts[0].room


def test_classes_without_a_room_are_named_and_the_school_s_rule_gives_them_one():
    files = one_roster([user(0)], [("u0", "c5b")])

    assert ["5B"] == [n.value for n in read(files).notes if n.code == "class-without-room"]
    assert "Lab 2" == read(files, Rules(rooms={"5b": "Lab 2"})).drafts[0].room


def test_only_the_chosen_school_s_people_are_taken():
    files = one_roster([user(0), user(1, orgSourcedIds="org2")])

    reading = read(files, Rules(org="Elmwood School"))

    assert ["u0"] == [draft.person for draft in reading.drafts]
    assert [("other-org", "1")] == [(n.code, n.value) for n in reading.notes]


def test_an_unknown_school_an_unknown_version_and_missing_columns_stop_it():
    def codes(files, rules=Rules()):  # noqa: B008
        with pytest.raises(CannotBeList) as refused:
            read(files, rules)
        return [each.code for each in refused.value.problems]

    assert ["no-such-org"] == codes(one_roster([user(0)]), Rules(org="Nowhere"))
    assert ["version"] == codes(one_roster([user(0)], version="2.0"))
    assert ["lacks-columns"] == codes(
        {"users.csv": write_csv([("sourcedId", "name"), ("1", "May")]).encode()}
    )


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_taken():
    lines = [
        user(0),
        user(1, givenName="=HYPERLINK(1)"),
        user(2, sourcedId=""),
        user(3, familyName="a\u202eb"),
    ]

    reading = read(one_roster(lines))

    assert ["u0"] == [draft.person for draft in reading.drafts]
    assert [
        Problem("formula", "users.csv", 3, "=HYPERLINK(1)", "u1"),
        ("no-id", 4, ""),
        ("invisible", 5, "u3"),
    ] == [
        reading.problems[0],
        *((p.code, p.line, p.person) for p in reading.problems[1:]),
    ]


def test_a_pupil_who_walks_from_room_to_room_sits_in_none():
    home = Class("4A", True, "Room 12")
    art, music = Class("Art", False, "Studio"), Class("Music", False, "Hall")

    assert ("", "") == seat_of([art, music])
    assert ("Studio", "Art") == seat_of([art])
    assert ("Room 12", "4A") == seat_of([music, home, art])
    assert ("", "") == seat_of([])


cells = st.text("abcı'=\"\n,;\t0123456789-", max_size=6)
heads = st.sampled_from(["sourcedId", "givenName", "familyName", "role", "grades", "status", "x"])
tables = st.builds(
    lambda head, rows: write_csv([head, *rows]).encode(),
    st.lists(heads, max_size=6),
    st.lists(st.lists(cells, max_size=6), max_size=4),
)
names = st.sampled_from(
    ["users.csv", "roles.csv", "classes.csv", "enrollments.csv", "manifest.csv", "orgs.csv"]
)


@given(st.dictionaries(names, tables | st.binary(max_size=60), max_size=5))
def test_no_files_whatever_break_the_reader(files):
    try:
        reading = read_files(Opened({"users.csv": b"sourcedId\n", **files}), Rules(), rosters.TODAY)
    except (TableRefused, CannotBeList, Invalid):
        return

    assert all(draft.person for draft in reading.drafts)
