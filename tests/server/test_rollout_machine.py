"""The rollout's decisions by themselves: rings, timers, and every reason to stop."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rollout_machine import (
    Fact,
    Finish,
    Open,
    Placed,
    Plan,
    Ring,
    Standing,
    Stop,
    Wait,
    decide_rings,
    decide_rollout,
)

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PLAN = Plan(rings=(Ring(kind="group", name="pilot"), Ring(kind="room", name="Lab 1")), wait_minutes=30)


def standing(ring=0, state="running", opened=0, plan=PLAN, listening=0):
    return Standing(plan, state, ring, at(opened), at(listening))


def at(minutes):
    return T0 + timedelta(minutes=minutes)


def fact(device, ring=0, opened=0, **more):
    seen = {"seen_before": at(opened or 0), "seen_at": at(opened or 0)}
    return Fact(device, ring, None if opened is None else at(opened), **{**seen, **more})


def waits(*facts):
    """Return these laptops, and one in each ring that is still to come."""
    return [*facts, fact("room", 1, None), fact("rest", 2, None)]


def test_the_next_ring_opens_when_the_time_is_over_and_somebody_confirmed():
    facts = waits(fact("a", applied=True, seen_at=at(30)))

    assert Wait("timer") == decide_rollout(standing(), facts, at(29))
    assert Open(1) == decide_rollout(standing(), facts, at(30))


def test_a_ring_in_which_nobody_confirmed_is_not_passed():
    facts = waits(fact("a", seen_before=None, seen_at=None))

    assert Wait("nobody-confirmed") == decide_rollout(standing(), facts, at(300))


def test_by_hand_no_ring_opens_by_itself():
    plan = Plan(rings=PLAN.rings, by_hand=True)
    facts = waits(fact("a", applied=True, seen_at=at(300)))

    assert Wait("by-hand") == decide_rollout(standing(plan=plan), facts, at(300))


def test_the_last_ring_is_watched_before_it_is_done():
    facts = [fact("a", 2, applied=True, seen_at=at(30))]

    assert Wait("last-ring") == decide_rollout(standing(2), facts, at(29))
    assert Finish() == decide_rollout(standing(2), facts, at(30))


def test_a_ring_that_became_empty_is_passed_over_and_named():
    facts = [fact("a", applied=True, seen_at=at(30)), fact("room", 1, None, gone=True), fact("rest", 2, None)]

    assert Open(2, skipped=(1,)) == decide_rollout(standing(), facts, at(30))


def test_a_school_without_laptops_is_done_at_once():
    assert Finish() == decide_rollout(standing(2), [], at(0))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"rejected": "no such setting"}, "rejected"),
        ({"broken": True}, "broken"),
        ({"seen_at": at(0)}, "silent"),
    ],
)
@pytest.mark.parametrize("state", ["running", "paused"])
def test_laptops_that_refuse_break_or_fall_silent_stop_it_also_while_it_is_paused(bad, why, state):
    facts = waits(fact("a", seen_at=at(11)), fact("b", **{"seen_at": at(11)} | bad))

    assert Stop(why, ("b",), 2) == decide_rollout(standing(state=state), facts, at(11))


def test_the_shares_that_stop_it_are_the_plans():
    plan = Plan(rings=PLAN.rings, rejected_percent=50)
    many = [fact(str(n), rejected="no" if n < 4 else "", applied=n >= 4, seen_at=at(5)) for n in range(10)]
    more = [*many, fact("x", rejected="no", seen_at=at(5)), fact("y", rejected="no", seen_at=at(5))]

    assert isinstance(decide_rollout(standing(plan=plan), waits(*many), at(5)), Wait)
    assert isinstance(decide_rollout(standing(plan=plan), waits(*more), at(5)), Stop)


def test_a_laptop_that_was_off_all_along_is_no_sign_of_anything():
    off = fact("b", seen_before=at(-60), seen_at=at(-60))

    assert Wait("timer") == decide_rollout(standing(), waits(fact("a", seen_at=at(25)), off), at(25))


def test_a_server_that_was_down_does_not_take_laptops_for_silent():
    facts = waits(fact("a", seen_at=at(1)))

    assert isinstance(decide_rollout(standing(), facts, at(40)), Stop)
    assert isinstance(decide_rollout(standing(listening=39), facts, at(40)), Wait)


def test_a_retired_laptop_counts_for_nothing():
    facts = waits(fact("a", seen_at=at(1)), fact("b", rejected="no", gone=True))

    assert Wait("timer") == decide_rollout(standing(), facts, at(1))


@pytest.mark.parametrize("state", ["done", "stopped", "overtaken"])
def test_what_is_over_stays_over(state):
    assert Wait("over") == decide_rollout(standing(state=state), waits(fact("a", rejected="no")), at(99))


def test_a_laptop_belongs_to_the_first_ring_that_names_it_and_empty_rings_are_named():
    where = {
        "a": Placed("Lab 1", "", {"pilot"}),
        "b": Placed("Lab 1", "North", set()),
        "c": Placed("Lab 2", "North", set()),
    }
    north, chosen = Ring(kind="site", name="North"), Ring(kind="devices", devices=("a", "z"))
    site = Plan(rings=(*PLAN.rings, north, chosen))

    assert ({"a": 0, "b": 1, "c": 2}, ()) == decide_rings(PLAN, where)
    assert ({"a": 0, "b": 1, "c": 2}, (3,)) == decide_rings(site, where)
    assert (0,) == decide_rings(Plan(rings=(Ring(kind="room", name="Nowhere"),)), where)[1]


facts_of = st.lists(
    st.builds(
        Fact,
        device=st.uuids().map(str),
        ring=st.integers(0, 2),
        opened_at=st.none() | st.integers(0, 60).map(at),
        applied=st.booleans(),
        rejected=st.sampled_from(["", "", "", "no"]),
        seen_before=st.none() | st.integers(-90, 60).map(at),
        seen_at=st.none() | st.integers(-90, 90).map(at),
        broken=st.sampled_from([False, False, False, True]),
        gone=st.booleans(),
    ),
    max_size=12,
)


@given(facts_of, st.integers(0, 2), st.sampled_from(["running", "paused"]), st.integers(0, 200))
def test_no_ring_opens_while_enough_laptops_say_no(facts, ring, state, minutes):
    opened = [each for each in facts if each.opened_at is not None and not each.gone]
    refusing = [each for each in opened if each.rejected]
    decision = decide_rollout(standing(ring, state), facts, at(minutes))

    if refusing and len(refusing) * 100 >= PLAN.rejected_percent * len(opened):
        assert isinstance(decision, Stop)
    if isinstance(decision, Open):
        assert decision.ring > ring
        assert state == "running"
    if isinstance(decision, Finish):
        assert 2 == ring


@given(facts_of, st.integers(0, 2), st.randoms())
def test_the_order_in_which_laptops_are_looked_at_changes_nothing(facts, ring, random):
    before = decide_rollout(standing(ring), facts, at(70))
    random.shuffle(facts)

    assert before == decide_rollout(standing(ring), facts, at(70))
