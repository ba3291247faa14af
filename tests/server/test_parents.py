"""Parents' copies: written down by the office, lapsing as the pupil's own answer does."""

from datetime import date, timedelta

import pytest

from server import parents
from server.errors import Invalid, NotFound
from server.people import Person, replace_people
from tests.support.started import NOW

TODAY = NOW.astimezone().date()
YEAR = TODAY - timedelta(days=60)


@pytest.fixture
def pupils(here):
    listed = [
        Person(os_user="may", person="1", display_name="May", tier="junior", room="Lab 1", year="4A"),
        Person(os_user="tom", person="2", display_name="Tom", tier="teen", room="Lab 2", year="8B"),
        Person(os_user="dem", person="3", display_name="Ms Demir", tier="adult"),
    ]
    with here.db.write() as connection:
        replace_people(connection, listed, now=NOW)
    return here


def acknowledge(here, *people, on=TODAY, how="paper"):
    with here.db.write() as connection:
        return parents.acknowledge(connection, people, on=on, how=how, by="Office", staff=None, now=NOW)


def lacking(here, **around):
    with here.db.read() as connection:
        return [each.person for each in parents.standings(connection, YEAR, **around) if not each.counts]


def test_r12_the_list_of_pupils_lacking_it_shrinks_with_each_acknowledgement(pupils):
    assert ["1", "2"] == lacking(pupils)
    assert 1 == acknowledge(pupils, "1")
    assert ["2"] == lacking(pupils)
    assert [] == lacking(pupils, rooms={"Lab 1"})


def test_r12_an_acknowledgement_lapses_with_the_school_year_and_the_tier(pupils):
    assert parents.decide_counts(YEAR, "junior", "junior", YEAR)
    assert not parents.decide_counts(YEAR - timedelta(days=1), "junior", "junior", YEAR)
    assert not parents.decide_counts(YEAR, "junior", "teen", YEAR)
    assert not parents.decide_counts(None, "", "teen", YEAR)


def test_a_line_written_by_mistake_is_taken_back_and_stays_to_be_seen(pupils):
    acknowledge(pupils, "1")
    with pupils.db.write() as connection:
        line = parents.lines_of(connection, "1")[0]
        parents.take_back(connection, line.id, by="Office", now=NOW)
        kept = parents.lines_of(connection, "1")[0]

    assert (NOW, "Office") == (kept.taken_back_at, kept.taken_back_by)
    assert ["1", "2"] == lacking(pupils)
    with pupils.db.write() as connection, pytest.raises(NotFound):
        parents.take_back(connection, line.id, by="Office", now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"people": ("1",), "on": TODAY + timedelta(days=1)},
        {"people": ("1",), "on": date(2001, 1, 1)},
        {"people": ("1",), "how": "rumour"},
        {"people": ("1", "3")},
        {"people": ("nobody",)},
    ],
)
def test_what_cannot_be_is_refused_whole(pupils, given):
    people = given.pop("people")
    with pytest.raises(Invalid):
        acknowledge(pupils, *people, **given)

    assert ["1", "2"] == lacking(pupils)
