"""Windows' own idle limit: set where it is nobody's, never fought over, given back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_policy import (
    BEFORE,
    INTUNE_KEY,
    INTUNE_VALUE,
    MOST_SECONDS,
    VALUE,
    WRITTEN,
    InactivityPolicy,
    Limit,
    give_back,
    keep_limit,
)
from agent.backends.windows_slices import OWN_KEY, POLICIES_KEY
from tests.support.win32.fake_registry import FakeRegistry


def current(registry):
    return registry.read(POLICIES_KEY, VALUE)


def test_where_nobody_says_anything_ours_is_set_and_taken_away_again():
    registry = FakeRegistry()

    assert Limit("ours", 3660) == InactivityPolicy(registry).set(3660)
    give_back(registry)
    assert current(registry) is None
    assert {} == registry.values(OWN_KEY)


def test_a_zero_that_stood_there_stands_there_again():
    registry = FakeRegistry({POLICIES_KEY: {VALUE: 0}})
    InactivityPolicy(registry).set(900)
    give_back(registry)

    assert 0 == current(registry)


def test_a_group_policys_limit_is_neither_changed_nor_taken_away():
    registry = FakeRegistry({POLICIES_KEY: {VALUE: 600}})

    assert Limit("managed", 600) == InactivityPolicy(registry).set(3660)
    give_back(registry)
    assert 600 == current(registry)


def test_a_limit_that_a_group_policy_puts_over_ours_is_theirs_from_then_on():
    registry = FakeRegistry()
    InactivityPolicy(registry).set(3660)
    registry.write_number(POLICIES_KEY, VALUE, 300)

    assert Limit("managed", 300) == InactivityPolicy(registry).set(3660)
    give_back(registry)
    assert 300 == current(registry)
    assert registry.read(OWN_KEY, WRITTEN) is None


def test_intune_owns_the_limit_even_before_it_has_written_it():
    registry = FakeRegistry({INTUNE_KEY: {INTUNE_VALUE: 900}})

    assert "managed" == InactivityPolicy(registry).set(3660).owner
    assert current(registry) is None


def test_the_same_again_writes_nothing_and_another_wish_follows():
    registry = FakeRegistry()
    policy = InactivityPolicy(registry)
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
        InactivityPolicy(registry).set(600)
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
        limit = InactivityPolicy(registry).set(wish)

        assert limit.seconds <= MOST_SECONDS
    give_back(registry)
    give_back(registry)

    assert first == current(registry)
    assert registry.read(OWN_KEY, BEFORE) is None
