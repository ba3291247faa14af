"""One place of the tree as people edit it: what is put in holds there, what is taken out falls back."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import resolving, schools
from policies.layering import placement_of
from policies.setting_names import get_value
from policies.settings import TIERS, Settings, SettingsRefused
from policies.tree import Layer, Placement, PolicyTree
from policies.variants import WEEKDAYS, Window
from server.web.policy_layers import Target, held_at, names_at, put, read_target

LOCK = "lock.idle_after_seconds"
MORNINGS = Window(days=("mon", "tue"), starts="08:00", ends="12:00")


def tree(*layers: Layer) -> PolicyTree:
    profile = schools.load_profile("primary-england")
    return PolicyTree(school=profile.school, tiers=profile.tiers, settings=Settings(), layers=layers)


def room(seconds: int, name: str = "Lab 2", **more: Any) -> Layer:
    return Layer(scope="room", name=name, change={LOCK: seconds}, **more)


SCHOOL, LAB = Target("school"), Target("room", "Lab 2")


def test_what_is_put_in_holds_at_that_place_and_nowhere_else():
    made = put(tree(), LAB, {LOCK: 600})

    assert 600 == resolving.resolve(made, placement_of("room", "Lab 2")).settings.lock.idle_after_seconds
    assert 300 == resolving.resolve(made, placement_of("room", "Lab 1")).settings.lock.idle_after_seconds
    held = held_at(made, LAB)[LOCK]
    assert (600, True, 300, "school") == (held.value, held.own, held.beneath, held.origin.scope)


def test_what_is_taken_back_leaves_no_trace():
    made = put(tree(room(600)), LAB, {}, {LOCK})

    assert tree() == made


def test_a_room_learns_from_its_site_what_holds_without_it():
    site = Layer(scope="site", name="North", change={LOCK: 120})
    held = held_at(tree(site, room(600)), LAB, Placement("", "Lab 2", "North"))[LOCK]

    assert (600, 120, ("site", "North")) == (held.value, held.beneath, held.origin[:2])


def test_a_value_for_some_at_some_times_stands_above_the_rooms_own():
    target = Target("room", "Lab 2", ("teen",), MORNINGS)
    made = put(tree(room(600)), target, {LOCK: 900})
    held = held_at(made, target)[LOCK]

    assert (900, True, 600) == (held.value, held.own, held.beneath)
    assert 600 == held_at(made, LAB)[LOCK].value
    assert 600 == held_at(made, Target("room", "Lab 2", ("early",)))[LOCK].value


def test_a_wider_layer_for_the_same_tier_is_what_lies_beneath():
    wide = Layer(scope="school", tiers=("teen", "adult"), change={LOCK: 200})
    held = held_at(tree(wide), Target("school", "", ("teen",), MORNINGS))[LOCK]

    assert (200, ("teen", "adult")) == (held.value, held.origin.tiers)


def test_the_school_itself_takes_up_what_a_layer_of_it_said():
    layer = Layer(scope="school", change={LOCK: 200})
    assert 200 == held_at(tree(layer), SCHOOL)[LOCK].value
    made = put(tree(layer), SCHOOL, {"lock.countdown_seconds": 10})

    assert () == made.layers
    assert (200, 10) == (made.settings.lock.idle_after_seconds, made.settings.lock.countdown_seconds)


def test_two_layers_of_one_place_become_one():
    other = Layer(scope="room", name="Lab 2", change={"usb.mode": "forbid"}, note="exam")
    made = put(tree(room(600), other), LAB, {LOCK: 700})

    assert [{LOCK: 700, "usb.mode": "forbid"}] == [layer.change for layer in made.layers]


def test_only_what_may_differ_is_offered():
    assert "report.enabled" in names_at(SCHOOL)
    assert {"report.enabled", "agreement.languages"}.isdisjoint(names_at(LAB))
    assert "usb.mode" in names_at(LAB)
    assert "usb.mode" not in names_at(Target("room", "Lab 2", ("teen",)))


@pytest.mark.parametrize(
    "target",
    [
        SCHOOL,
        LAB,
        Target("site", "North: east & west"),
        Target("device", "00000000000000a1", ("early", "teen")),
        Target("room", "Lab 2", (), MORNINGS),
        Target("school", "", ("adult",), Window(from_day=date(2026, 12, 1), until_day=date(2027, 1, 2))),
    ],
)
def test_an_address_names_its_target(target: Target):
    from urllib.parse import parse_qs

    assert target == read_target(parse_qs(target.query()))


@pytest.mark.parametrize(
    "given",
    [
        {"where": ["galaxy:Lab 2"]},
        {"where": ["room:"]},
        {"where": ["school:Lab 2"]},
        {"where": ["room:" + "x" * 200]},
        {"where": ["room:a\u202eb"]},
        {"starts": ["12:00"], "ends": ["08:00"]},
        {"starts": ["noon"]},
        {"from": ["2026-13-01"]},
        {"from": ["2027-01-02"], "until": ["2027-01-01"]},
    ],
)
def test_a_target_that_cannot_be_is_refused(given):
    with pytest.raises(SettingsRefused):
        read_target(given)


def test_all_tiers_and_all_days_are_everybody_always():
    assert SCHOOL == read_target({"tier": list(TIERS), "day": list(WEEKDAYS), "starts": ["00:00"]})


targets = st.builds(
    Target,
    st.just("room"),
    st.sampled_from(("Lab 1", "Lab 2")),
    st.sampled_from(((), ("teen",), ("early", "teen"))),
    st.sampled_from((None, MORNINGS)),
)


@given(st.lists(st.tuples(targets, st.integers(60, 3000)), max_size=6), targets, st.integers(60, 3000))
def test_after_any_edits_a_place_holds_what_was_put_in_and_nothing_else_moved(edits, target, seconds):
    made = tree()
    for where, value in edits:
        made = put(made, where, {LOCK: value})
    after = put(made, target, {LOCK: seconds})

    assert seconds == held_at(after, target)[LOCK].value
    assert made.settings == after.settings
    taken_back = put(after, target, {}, {LOCK})
    assert taken_back == put(made, target, {}, {LOCK})
    elsewhere = Target("room", "Lab 3")
    assert held_at(made, elsewhere) == held_at(after, elsewhere)
    assert get_value(Settings(), LOCK) == held_at(after, elsewhere)[LOCK].value
    assert msgspec.to_builtins(after)["school"] == msgspec.to_builtins(made)["school"]
