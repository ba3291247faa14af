"""Windows' own idle limit: set where it is nobody's, never fought over, given back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_policy import (
    IDLE,
    INTUNE_KEY,
    INTUNE_VALUE,
    MOST_SECONDS,
    ON_WAKING,
    VALUE,
    WAKE_KEY,
    WAKE_VALUES,
    Limit,
    OwnPolicy,
    give_back,
    keep_limit,
)
from agent.backends.windows_slices import OWN_KEY, POLICIES_KEY
from tests.support.win32.fake_registry import FakeRegistry


def current(registry):
    return registry.read(POLICIES_KEY, VALUE)


def test_where_nobody_says_anything_ours_is_set_and_taken_away_again():
    registry = FakeRegistry()

    assert Limit("ours", 3660) == OwnPolicy(registry).set(3660)
    give_back(registry)
    assert current(registry) is None
    assert {} == registry.values(OWN_KEY)


def test_a_zero_that_stood_there_stands_there_again():
    registry = FakeRegistry({POLICIES_KEY: {VALUE: 0}})
    OwnPolicy(registry).set(900)
    give_back(registry)

    assert 0 == current(registry)


def test_a_group_policys_limit_is_neither_changed_nor_taken_away():
    registry = FakeRegistry({POLICIES_KEY: {VALUE: 600}})

    assert Limit("managed", 600) == OwnPolicy(registry).set(3660)
    give_back(registry)
    assert 600 == current(registry)


def test_a_limit_that_a_group_policy_puts_over_ours_is_theirs_from_then_on():
    registry = FakeRegistry()
    OwnPolicy(registry).set(3660)
    registry.write_number(POLICIES_KEY, VALUE, 300)

    assert Limit("managed", 300) == OwnPolicy(registry).set(3660)
    give_back(registry)
    assert 300 == current(registry)
    assert registry.read(OWN_KEY, IDLE.written) is None


def test_intune_owns_the_limit_even_before_it_has_written_it():
    registry = FakeRegistry({INTUNE_KEY: {INTUNE_VALUE: 900}})

    assert "managed" == OwnPolicy(registry).set(3660).owner
    assert current(registry) is None


def test_the_same_again_writes_nothing_and_another_wish_follows():
    registry = FakeRegistry()
    policy = OwnPolicy(registry)
    policy.set(600)
    registry.written.clear()

    assert Limit("ours", 600) == policy.set(600)
    assert [] == registry.written
    assert Limit("ours", 1200) == policy.set(1200)
    assert Limit("nobody", 0) == policy.set(None)


def test_a_power_cut_between_the_note_and_the_value_leaves_no_false_claim():
    registry = FakeRegistry()
    registry.refuse[(POLICIES_KEY, VALUE)] = ACCESS_DENIED
    with pytest.raises(WinProblem):
        OwnPolicy(registry).set(600)
    registry.refuse.clear()
    registry.write_number(POLICIES_KEY, VALUE, 300)

    give_back(registry)

    assert 300 == current(registry)


def test_a_registry_that_refuses_stops_nobody_and_is_said():
    registry = FakeRegistry()
    registry.refuse[("", "")] = ACCESS_DENIED

    keep_limit(registry, 600)

    assert current(registry) is None


@given(st.lists(st.one_of(st.none(), st.integers(1, 10**7)), max_size=6), st.sampled_from([None, 0, 300]))
def test_whatever_was_wished_meanwhile_the_first_value_comes_back(wishes, first):
    registry = FakeRegistry({POLICIES_KEY: {} if first is None else {VALUE: first}})
    for wish in wishes:
        limit = OwnPolicy(registry).set(wish)

        assert limit.seconds <= MOST_SECONDS
    give_back(registry)
    give_back(registry)

    assert first == current(registry)
    assert registry.read(OWN_KEY, IDLE.before) is None


def test_waking_asks_for_the_password_and_is_given_back_at_removal():
    registry = FakeRegistry()
    keep_limit(registry, 3660)
    set_to = [registry.read(WAKE_KEY, name) for name in WAKE_VALUES]
    give_back(registry)

    assert [1, 1] == set_to
    assert {} == registry.values(WAKE_KEY)
    assert {} == registry.values(OWN_KEY)


def test_a_school_that_wants_no_password_on_waking_is_not_fought():
    registry = FakeRegistry({WAKE_KEY: {"ACSettingIndex": 0}})
    keep_limit(registry, 3660)
    give_back(registry)

    assert {"ACSettingIndex": 0} == registry.values(WAKE_KEY)
    assert len(WAKE_VALUES) == len({owned.note for owned in ON_WAKING})


def test_one_value_that_is_refused_does_not_keep_the_others_from_being_set():
    registry = FakeRegistry()
    registry.refuse[(POLICIES_KEY, VALUE)] = ACCESS_DENIED
    keep_limit(registry, 3660)

    assert [1, 1] == [registry.read(WAKE_KEY, name) for name in WAKE_VALUES]
