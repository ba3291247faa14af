"""The pretended hour calls a lock false or late only when it is, and then always."""

import random

from agent.service.lock import decide_lock
from policies.settings import LockSettings
from tests.support.pretend_hour import play_hour

SETTINGS = LockSettings(idle_after_seconds=120, countdown_seconds=20)


def hours(decide, *, films):
    return [play_hour(random.Random(seed), SETTINGS, films=films, decide=decide) for seed in range(12)]


def test_our_own_decisions_are_neither_false_nor_late():
    played = hours(decide_lock, films=True) + hours(decide_lock, films=False)

    assert 0 == sum(hour.false_locks + hour.missed for hour in played)
    assert 10 < sum(hour.locks for hour in played)


def test_a_lock_that_knows_no_films_is_found_false():
    played = hours(lambda state, settings: decide_lock(state._replace(inhibited=False), settings), films=True)

    assert 0 < sum(hour.false_locks for hour in played)


def test_a_lock_before_its_time_is_found_false():
    played = hours(
        lambda state, settings: decide_lock(state._replace(idle_seconds=state.idle_seconds * 1.3), settings),
        films=False,
    )

    assert 0 < sum(hour.false_locks for hour in played)


def test_a_lock_that_never_comes_is_missed():
    played = hours(lambda _state, _settings: "nothing", films=False)

    assert 0 < sum(hour.missed for hour in played)
