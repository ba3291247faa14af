"""Pictures of a class and what a sitting's history comes to, whatever happens (R4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.class_pictures import ANIMALS, MOST, Picture, decide_pictures, read_picture
from server.class_standing import ANSWERS, Event, decide_standing
from tests.support.started import NOW

# ---- pictures ----

people_ids = st.lists(st.text(min_size=1, max_size=6), max_size=MOST + 10, unique=True)
codes = st.sampled_from([Picture(colour, animal) for colour in ("green", "blue") for animal in ANIMALS])


@given(people_ids, st.dictionaries(st.text(min_size=1, max_size=6), codes, max_size=30))
def test_no_two_children_of_a_class_have_the_same_picture(names, held):
    found = decide_pictures(names, held)

    assert len(set(found.values())) == len(found) == min(len(names), MOST)
    assert all(read_picture(picture.code) == picture for picture in found.values())


@given(people_ids, people_ids)
def test_whoever_has_a_picture_keeps_it_when_others_join(names, more):
    before = decide_pictures(names, {})
    together = decide_pictures(list(dict.fromkeys([*names, *more]))[:MOST], before)

    assert {name: before[name] for name in before if name in together} == {
        name: together[name] for name in before if name in together
    }


def test_animals_differ_as_long_as_there_are_enough():
    found = decide_pictures([str(number) for number in range(len(ANIMALS))], {})

    assert set(ANIMALS) == {picture.animal for picture in found.values()}


@pytest.mark.parametrize("code", ["", "green", "green-wolf", "purple-cat", "green-cat-", "-", "x" * 9999])
def test_a_code_that_is_none_is_no_picture(code):
    assert read_picture(code) is None


# ---- a sitting's history ----

events = st.builds(
    Event,
    st.just(NOW),
    st.sampled_from(["here", "away", "accepted", "declined", "help", "undone", "handed", "back", "witnessed",
                     "dropped", "withdrawn", "nonsense"]),
    st.sampled_from(["a", "b"]),
    st.just("green-cat"),
    st.just("x"),
)  # fmt: skip


@given(st.lists(events, max_size=30))
def test_whatever_happened_only_those_who_are_here_have_an_answer(history):
    standing = decide_standing(history)

    assert set(standing.answers) <= standing.here
    assert all(event.what in ANSWERS for event in standing.answers.values())
    assert not (standing.ended and standing.handed)


@given(st.lists(events, max_size=15), st.lists(events, max_size=15))
def test_nothing_after_the_end_changes_who_answered(history, later):
    ended = [*history, Event(NOW, "witnessed", "", "", "Ms Demir")]
    before, after = decide_standing(ended), decide_standing([*ended, *later])

    assert (before.here, before.answers, before.ended) == (after.here, after.answers, after.ended)
