"""Lists come and go; nobody is lost by it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server import people
from server.people_tables import roster_changes
from server.roster import store
from server.roster.comparing import Diff, decide_diff, needs_second_yes
from server.roster.entries import Entry, Known
from server.roster.store import By
from tests.server.roster.conftest import NOW

BY = By("Tom Ashby", 3)
MAY = Entry(person="1", display_name="May", tier="junior", room="Lab 1", year="4A", accounts=("may",))
TOM = Entry(person="2", display_name="Tom", tier="teen", accounts=("tom",))
SAM = Entry(person="3", display_name="Sam", tier="early")


def replaced(entry, **values):
    return msgspec.structs.replace(entry, **values)


def give(database, *entries, whole=True, by=BY):
    with database.write() as connection:
        diff = decide_diff(store.known_people(connection), entries, whole=whole)
        store.apply_diff(connection, diff, by=by, now=NOW, source="csv")
    return diff


def known(database):
    with database.read() as connection:
        return store.known_people(connection)


def test_a_list_s_people_are_known_afterwards_and_those_with_an_account_are_let_in(database):
    give(database, MAY, TOM, SAM)
    with database.read() as connection:
        let_in = [person.os_user for person in people.list_people(connection)]

    assert {"1": MAY, "2": TOM, "3": SAM} == {who: each.entry for who, each in known(database).items()}
    assert ["may", "tom"] == let_in


def test_r7_a_leaver_keeps_name_and_end_and_is_let_in_no_more(database):
    give(database, MAY, TOM)
    give(database, TOM)
    with database.read() as connection:
        found = people.find_person(connection, "may")
        former = people.find_former(connection, "may")
        names = people.names_of(connection)

    assert (None, "1", "May") == (found, former.person, names["1"])
    assert (NOW, "Tom Ashby") == (known(database)["1"].left_at, known(database)["1"].left_by)


def test_whoever_returns_is_the_same_person_again(database):
    give(database, MAY)
    give(database)
    diff = give(database, replaced(MAY, tier="teen", accounts=("may2",)))

    assert (1, 0) == (len(diff.returns), len(diff.joins))
    assert ("teen", ("may2",), None) == (
        known(database)["1"].entry.tier,
        known(database)["1"].entry.accounts,
        known(database)["1"].left_at,
    )


def test_two_people_can_swap_their_accounts(database):
    give(database, MAY, TOM)
    give(database, replaced(MAY, accounts=("tom",)), replaced(TOM, accounts=("may",)))

    assert (("tom",), ("may",)) == (known(database)["1"].entry.accounts, known(database)["2"].entry.accounts)


def test_a_leaver_s_account_can_be_given_to_somebody_else(database):
    give(database, MAY)
    give(database, replaced(TOM, accounts=("may",)))
    with database.read() as connection:
        now = people.find_person(connection, "may").person
        former = people.find_former(connection, "may")

    assert ("2", None) == (now, former)
    assert "May" == known(database)["1"].entry.display_name


def test_every_change_is_written_down_with_before_and_after(database):
    give(database, MAY)
    give(database, replaced(MAY, tier="teen", accounts=("m.may",)))
    with database.read() as connection:
        rows = connection.execute(select(roster_changes).order_by(roster_changes.c.id)).all()

    assert [
        ("joined", "", "", "junior"),
        ("changed", "tier", "junior", "teen"),
        ("account", "accounts", "may", "m.may"),
    ] == [(row.what, row.field, row.before, row.after) for row in rows]


def test_the_same_list_again_changes_nothing_not_even_the_number(database):
    give(database, MAY, TOM)
    with database.read() as connection:
        before = store.number_of(connection)
    diff = give(database, TOM, MAY)
    with database.read() as connection:
        after = store.number_of(connection)

    assert diff.empty
    assert before == after


def test_part_of_a_school_ends_nobody_and_held_lines_end_nobody(database):
    give(database, MAY, TOM)
    part = give(database, MAY, whole=False)

    assert () == part.leaves
    assert () == decide_diff(known(database), [MAY], held={"2"}).leaves


def test_a_second_yes_is_asked_for_when_many_would_leave():
    leaves = tuple(replaced(MAY, person=str(n)) for n in range(21))

    assert needs_second_yes(Diff(leaves=leaves), here=100)
    assert not needs_second_yes(Diff(leaves=leaves[:20]), here=100)
    assert not needs_second_yes(Diff(leaves=leaves[:4]), here=4)


def test_replacing_the_list_groups_a_person_s_accounts(database):
    listed = [
        people.Person(os_user=user, person="9", display_name="Zoe", tier="adult") for user in ("zoe", "zoe.l")
    ]
    with database.write() as connection:
        counts = people.replace_people(connection, listed)

    assert (2, 0) == counts
    assert ("staff", ("zoe", "zoe.l")) == (
        known(database)["9"].entry.kind,
        known(database)["9"].entry.accounts,
    )


entries = st.builds(
    Entry,
    person=st.sampled_from("abcdef"),
    display_name=st.sampled_from(["x", "y"]),
    tier=st.sampled_from(["early", "junior", "teen"]),
    accounts=st.sampled_from([(), ("one",), ("two",)]),
)
lists = st.lists(entries, max_size=6, unique_by=lambda entry: entry.person)


@given(lists, lists)
def test_whatever_two_lists_say_everybody_is_in_exactly_one_part_of_the_difference(before, after):
    known_before = {each.person: Known(entry=each, joined_at=NOW) for each in before}
    diff = decide_diff(known_before, after)
    parts = [
        *(each.person for each in diff.joins),
        *(each.after.person for each in diff.changes),
        *(each.person for each in diff.leaves),
    ]

    assert len(parts) == len(set(parts))
    assert {each.person for each in (*before, *after)} >= set(parts)
    assert len(after) == diff.unchanged + len(diff.joins) + len(diff.changes)
