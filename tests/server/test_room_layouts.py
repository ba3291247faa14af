"""A room's arrangement can always be drawn, whatever was sent or came later."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from server import room_layouts
from server.errors import Invalid
from server.lab_tables import room_layouts as table
from server.room_layouts import Layout, LayoutMoved, Place

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
FOUR = {"a1": "L-1", "a2": "L-2", "a3": "L-10", "a4": "L-9"}


def test_a_room_nobody_arranged_stands_by_name_in_rows_of_six():
    layout = room_layouts.usual_layout({f"a{n}": f"L-{n}" for n in range(1, 9)})

    assert (6, {3}, "top") == (layout.columns, layout.aisles, layout.front)
    assert (Place(1, 6), Place(2, 2)) == (layout.places["a6"], layout.places["a8"])


def test_names_are_ordered_as_people_count():
    assert {"a1": 1, "a2": 2, "a4": 3, "a3": 4} == room_layouts.usual_layout(FOUR).numbers()


laptops = st.dictionaries(
    st.integers(0, 2**64 - 1).map("{:016x}".format), st.text("ABL-0123456789", max_size=6), max_size=70
)


@given(laptops, laptops, st.integers(1, 12))
def test_laptops_that_come_later_stand_behind_the_others(first, later, columns):
    before = room_layouts.fill_in(Layout(columns, frozenset(), "top", {}), first)
    after = room_layouts.fill_in(before, first | later)

    assert set(first | later) == set(after.places)
    assert len(after.places) == len(set(after.places.values()))
    assert all(after.places[device] == before.places[device] for device in first)
    assert all(1 <= place.column <= columns for place in after.places.values())


@given(laptops, st.sampled_from(room_layouts.FRONTS))
def test_every_seat_has_one_number_counted_from_the_front(known, front):
    layout = room_layouts.usual_layout(known)._replace(front=front)

    assert list(range(1, len(known) + 1)) == sorted(layout.numbers().values())


@pytest.mark.parametrize(("front", "first"), [
    ("top", "a1"), ("bottom", "a3"), ("left", "a1"), ("right", "a2"),
])  # fmt: skip
def test_the_first_seat_is_the_one_at_the_front(front, first):
    places = {"a1": Place(1, 1), "a2": Place(1, 2), "a3": Place(2, 1), "a4": Place(2, 2)}

    assert 1 == Layout(2, frozenset(), front, places).number_of(first)


def test_an_aisle_pushes_what_is_behind_it():
    layout = Layout(6, frozenset({3}), "top", {})

    assert [1, 9, 14] == [layout.track_of(Place(1, column)) for column in (1, 3, 4)]


@pytest.mark.parametrize("wrong", [
    Layout(0, frozenset(), "top", {}),
    Layout(13, frozenset(), "top", {}),
    Layout(6, frozenset({6}), "top", {}),
    Layout(6, frozenset({0}), "top", {}),
    Layout(6, frozenset(), "middle", {}),
    Layout(6, frozenset(), "top", {"a1": Place(1, 7)}),
    Layout(6, frozenset(), "top", {"a1": Place(31, 1)}),
    Layout(6, frozenset(), "top", {"a1": Place(0, 1)}),
    Layout(6, frozenset(), "top", {"a1": Place(2, 2), "a2": Place(2, 2)}),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(Invalid):
        room_layouts.check_layout(wrong)


def save(here, layout, seen_number):
    with here.db.write() as connection:
        return room_layouts.save_layout(
            connection, "Lab 1", layout, by="Ms Demir", now=NOW, seen_number=seen_number
        )


def read(here, known=FOUR):
    with here.db.read() as connection:
        return room_layouts.read_layout(connection, "Lab 1", known)


def test_a_room_is_kept_as_it_was_arranged(here):
    here.db.upgrade()
    moved = read(here)._replace(front="left", columns=4, aisles=frozenset({2}), places={"a1": Place(5, 4)})
    save(here, moved, 0)
    kept = read(here)

    assert ("left", 4, {2}, 1, "Ms Demir", NOW) == (
        kept.front, kept.columns, kept.aisles, kept.number, kept.changed_by, kept.changed_at
    )  # fmt: skip
    assert Place(5, 4) == kept.places["a1"]
    assert {place.row for device, place in kept.places.items() if device != "a1"} == {6}


def test_who_saves_over_a_colleague_is_told(here):
    here.db.upgrade()
    save(here, read(here), 0)

    with pytest.raises(LayoutMoved):
        save(here, read(here), 0)
    assert 2 == save(here, read(here), 1)


def test_a_laptop_that_left_leaves_its_place_free(here):
    here.db.upgrade()
    save(here, read(here), 0)

    assert {"a1", "a2"} == set(read(here, {"a1": "L-1", "a2": "L-2"}).places)


@pytest.mark.parametrize("junk", ["", "{", '{"columns":99,"aisles":[],"front":"top","places":{}}', "[]"])
def test_a_broken_arrangement_is_no_broken_page(here, junk):
    here.db.upgrade()
    save(here, read(here), 0)
    with here.db.write() as connection:
        connection.execute(update(table).values(body=junk))

    assert (set(FOUR), 1) == (set(read(here).places), read(here).number)
