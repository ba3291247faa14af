"""Rooms, sites and groups set many at a time, and what laptops have to obey after it."""

import pytest

from policies.tree import Placement
from server import groups
from server.errors import Invalid, NotFound
from server.placing import placements
from tests.support.started import NOW


@pytest.fixture
def three(enrolled):
    return [enrolled(room=room).device for room in ("Lab 1", "Lab 1", "Lab 2")]


def test_groups_sites_and_rooms_make_where_a_laptop_stands(here, three):
    with here.db.write() as connection:
        groups.set_groups(connection, three[0], ["trolley", "pilot", "pilot"], NOW)
        groups.set_site(connection, "Lab 1", "Upper school", NOW)
        found = placements(connection, [three[0]])

    placed = Placement(three[0], "Lab 1", "Upper school", frozenset({"pilot", "trolley"}))

    assert {three[0]: placed} == found


def test_many_are_moved_and_grouped_at_once_and_counted(here, three):
    with here.db.write() as connection:
        moved = groups.move_many(connection, three, "Lab 2", NOW)
        joined = groups.add_to_group(connection, three, "pilot", NOW)
        again = groups.add_to_group(connection, three, "pilot", NOW)
        left = groups.take_from_group(connection, three[:1], "pilot", NOW)
        listed = groups.list_groups(connection)
        rooms = {room.name: room.laptops for room in groups.list_rooms(connection)}

    assert (2, 3, 0, 1) == (moved, joined, again, left)
    assert [("pilot", 2)] == listed
    assert {"Lab 1": 0, "Lab 2": 3} == rooms


def test_a_stranger_among_them_changes_nobody(here, three):
    with pytest.raises(NotFound), here.db.write() as connection:
        groups.move_many(connection, [*three, "f" * 16], "Lab 9", NOW)
    with here.db.read() as connection:
        rooms = {place.room for place in placements(connection).values()}

    assert {"Lab 1", "Lab 2"} == rooms


@pytest.mark.parametrize("name", ["", "a/b", " x", "\u202e", "x" * 81, "a\nb"])
def test_a_name_that_cannot_stand_in_an_address_is_no_group(here, three, name):
    with pytest.raises(Invalid, match="visible"), here.db.write() as connection:
        groups.add_to_group(connection, three, name, NOW)


def test_a_laptop_belongs_to_so_many_groups_and_no_more(here, three):
    names = [f"g{number}" for number in range(groups.MOST_GROUPS)]
    with here.db.write() as connection:
        groups.set_groups(connection, three[0], names, NOW)
    with pytest.raises(Invalid), here.db.write() as connection:
        groups.add_to_group(connection, three, "one-more", NOW)
    with here.db.read() as connection:
        listed = groups.groups_of(connection, three)

    assert {three[0]: tuple(sorted(names))} == listed


def test_retired_ones_are_counted_and_one_kept_for_evidence_is_not_touched(here, three):
    with here.db.write() as connection:
        done = groups.retire_many(connection, three, "sold", NOW, held=frozenset({three[1]}))
        left = list(placements(connection))

    assert 2 == done
    assert [three[1]] == left


def test_a_site_is_taken_away_by_an_empty_name(here, three):
    with here.db.write() as connection:
        groups.set_site(connection, "Lab 1", "Annexe", NOW)
        there = groups.list_sites(connection)
        groups.set_site(connection, "Lab 1", "", NOW)
        gone = groups.list_sites(connection)

    assert ({"Annexe": ["Lab 1"]}, {}) == (there, gone)
