"""An import from the file to the changed list: nothing before the yes, all of it after."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from policies.schools import load_profile
from server import publishing
from server.errors import Invalid
from server.people_tables import roster_imports
from server.roster import imports, store
from server.roster.imports import OldComparison, School, SecondYes, read_mapping
from server.roster.rules import Rules, read_rules
from server.roster.store import By
from server.spreadsheets import TableRefused
from tests.server.roster.conftest import NOW
from tests.support import rosters
from tests.support.rosters import TODAY, one_roster, opened, user

BY = By("Tom Ashby", 3)
SCHOOL = School(date(2026, 9, 1))


def put(database, files, rules=Rules(), now=NOW, mapping=None):  # noqa: B008 - frozen
    reading = imports.read_files(files, rules, TODAY)
    with database.write() as connection:
        return imports.put(
            connection,
            reading,
            rules,
            by=BY,
            now=now,
            file_name="export.zip",
            file_hash=imports.hash_of(files),
            mapping=mapping,
        )


def plan(database, number):
    with database.read() as connection:
        return imports.plan(connection, number, SCHOOL)


def yes(database, number, *, second=False, now=NOW, seen=None):
    with database.write() as connection:
        return imports.apply(connection, number, SCHOOL, by=BY, now=now, second=second, seen=seen)


def listed(database):
    with database.read() as connection:
        return {who: each for who, each in store.known_people(connection).items() if each.left_at is None}


def people(*numbers, **other):
    return opened(one_roster([user(n, **other) for n in numbers]))


def test_nothing_is_changed_before_the_yes_and_everything_after_it(database):
    number = put(database, people(0, 1))

    assert {"joins": 2, "returns": 0, "changes": 0, "moved": 0, "leaves": 0, "unchanged": 0} == plan(
        database, number
    ).diff.counts()
    assert {} == listed(database)

    yes(database, number)

    assert {"u0", "u1"} == set(listed(database))


def test_r9_whoever_moves_up_a_tier_is_named(database):
    yes(database, put(database, people(0, grade="06")))
    moved = plan(database, put(database, people(0, grade="07"))).diff.moved

    assert [("u0", "junior", "teen")] == [(c.after.person, c.before.tier, c.after.tier) for c in moved]


def test_a_comparison_holds_only_for_the_list_it_was_made_with(database):
    first, second = put(database, people(0)), put(database, people(0, 1))
    yes(database, first)

    assert plan(database, second).outdated
    with pytest.raises(OldComparison):
        yes(database, second)

    with database.write() as connection:
        imports.compare_again(connection, second)
    yes(database, second)

    assert {"u0", "u1"} == set(listed(database))


def test_a_yes_is_for_the_difference_that_was_looked_at(database):
    number = put(database, people(0))
    looked = plan(database, number).seen
    reading = imports.read_files(people(1), Rules(), TODAY)
    with database.write() as connection:
        imports.set_reading(connection, number, reading, Rules(), by=BY, now=NOW, mapping={})
    with pytest.raises(imports.Unseen):
        yes(database, number, seen=looked)

    assert {} == listed(database)

    yes(database, number, seen=plan(database, number).seen)

    assert {"u1"} == set(listed(database))


def test_when_very_many_would_leave_it_is_asked_twice(database):
    yes(database, put(database, people(*range(20))))
    number = put(database, people(*range(10)))
    with pytest.raises(SecondYes, match="10 of 20"):
        yes(database, number)

    assert 20 == len(listed(database))

    yes(database, number, second=True)

    assert 10 == len(listed(database))


def test_a_line_of_which_nobody_knows_whose_it_is_makes_leaving_a_second_question(database):
    yes(database, put(database, people(0, 1)))
    files = opened(one_roster([user(0), user(1, sourcedId="")]))
    made = plan(database, put(database, files))

    assert (["u1"], True) == ([each.person for each in made.diff.leaves], made.second)


def test_whoever_s_line_cannot_be_read_stays_as_they_are(database):
    yes(database, put(database, people(0, 1)))
    yes(database, put(database, opened(one_roster([user(0), user(1, givenName="=x")]))))

    assert {"u0", "u1"} == set(listed(database))


def test_a_delta_file_ends_only_those_it_names(database):
    yes(database, put(database, people(0, 1, 2)))
    delta = opened(one_roster([user(1, status="tobedeleted"), user(3, status="active")], mode="delta"))
    yes(database, put(database, delta))

    assert {"u0", "u2", "u3"} == set(listed(database))


def test_rules_are_remembered_and_the_people_in_waiting_are_emptied_once_it_is_decided(database):
    number = put(database, people(0), Rules(accounts="template"))
    left = put(database, people(1))
    yes(database, number)
    with database.write() as connection:
        imports.drop(connection, left, by=BY, now=NOW)
    with database.read() as connection:
        rows = connection.execute(select(roster_imports)).all()

    assert [("applied", None), ("dropped", None)] == [(row.state, row.body) for row in rows]
    with database.read() as connection:
        assert "column" == read_rules(connection).accounts
    with pytest.raises(Invalid):
        yes(database, number)


def test_before_the_first_import_the_school_s_own_first_language_is_where_a_list_has_none(database):
    profile = load_profile("secondary-turkiye")
    with database.write() as connection:
        unpublished = read_rules(connection, publishing.school_language(connection)).language
        publishing.publish(
            connection,
            school=profile.school,
            settings=profile.settings,
            tiers=profile.tiers,
            profile="secondary-turkiye",
            by="test",
            now=NOW,
        )
        published = read_rules(connection, publishing.school_language(connection)).language

    assert ("en", "tr") == (unpublished, published)


def test_a_day_old_comparison_is_not_applied_and_the_next_import_empties_it(database):
    late = NOW + timedelta(days=1, minutes=1)
    number = put(database, people(0))
    with pytest.raises(OldComparison):
        yes(database, number, now=late)
    put(database, people(1), now=late)
    with database.read() as connection:
        assert "dropped" == imports.get_import(connection, number).state


def test_a_mapping_file_gives_accounts(database):
    mapping = read_mapping("Öğrenci no;Kullanıcı adı\nu0;ayse\n".encode("utf-16"))
    number = put(database, people(0, username=""), Rules(accounts="mapping"), mapping=mapping)
    yes(database, number)

    assert ("ayse",) == listed(database)["u0"].entry.accounts


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"id,user\n1,a\n1,b\n"])
def test_a_mapping_file_without_its_columns_or_with_two_names_for_one_is_refused(data):
    with pytest.raises(Invalid):
        read_mapping(data)


def test_a_hundred_thousand_lines_are_taken_and_one_more_is_refused_by_its_line():
    head = b"id,name,tier\n"
    lines = b"".join(b"%d,Person %d,teen\n" % (n, n) for n in range(100_000))
    made = rosters.plain([])
    made["list.csv"] = head + lines

    assert 100_000 == len(imports.read_files(made, Rules(), TODAY).drafts)

    made["list.csv"] += b"x,One More,teen\n"
    with pytest.raises(TableRefused, match="line 100002: there are more than 100000 rows"):
        imports.read_files(made, Rules(), TODAY)


def test_progress_is_told():
    told = []
    imports.read_files(
        opened(rosters.school_of(2500)), Rules(), TODAY, lambda file, rows: told.append((file, rows))
    )

    assert ("users.csv", 2000) in told
    assert ("enrollments.csv", 12000) in told
