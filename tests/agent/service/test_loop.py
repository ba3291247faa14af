"""The queue: due times on the boot clock, workers that report back, and a fault nobody can miss."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import DeviceFailed
from agent.service.loop import Loop
from tests.agent.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock(datetime(2026, 9, 14, tzinfo=UTC))


def run_now(_name, job):
    job()


def turn(loop):
    while loop.step():
        pass


def test_due_things_happen_in_order_and_once(clock):
    loop, done = Loop(clock, lambda _f: None, run_now), []
    loop.after(2, lambda: done.append("two"))
    loop.after(1, lambda: done.append("one"))
    turn(loop)
    assert [] == done
    clock.forward(3)
    turn(loop)
    turn(loop)

    assert ["one", "two"] == done


def test_a_wall_clock_set_back_a_year_delays_nothing(clock):
    loop, done = Loop(clock, lambda _f: None, run_now), []
    loop.every(5, lambda: done.append(1))
    clock.at -= timedelta(days=365)
    for _ in range(3):
        clock.forward(5)
        turn(loop)

    assert [1, 1, 1] == done


def test_a_cancelled_timer_does_nothing(clock):
    loop, done = Loop(clock, lambda _f: None, run_now), []
    loop.after(1, lambda: done.append(1)).cancel()
    clock.forward(2)
    turn(loop)

    assert [] == done


def test_a_workers_result_and_its_failure_come_back(clock):
    loop, got = Loop(clock, lambda _f: None, run_now), []

    def fail():
        raise DeviceFailed("no")

    loop.work("good", lambda: 7, got.append)
    loop.work("bad", fail, got.append)
    turn(loop)

    assert 7 == got[0]
    assert isinstance(got[1], DeviceFailed)


@pytest.mark.parametrize("how", ["work", "beside"])
def test_an_unexpected_fault_in_a_thread_ends_the_service_loudly(clock, how):
    loop = Loop(clock, lambda _f: None, run_now)

    def crash():
        raise ZeroDivisionError

    if how == "work":
        loop.work("x", crash, lambda _r: None)
    else:
        loop.beside("x", crash)

    with pytest.raises(ZeroDivisionError):
        turn(loop)


def test_facts_go_to_the_taker_in_order(clock):
    taken = []
    loop = Loop(clock, taken.append, run_now)
    loop.put("a")
    loop.put("b")
    turn(loop)

    assert ["a", "b"] == taken
