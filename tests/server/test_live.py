"""Statuses live in memory; a watch is bounded, renewed and ended."""

import threading
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.live import WATCH_CAP, WATCH_RENEW, WATCH_SLICE, Heard, Live, decide_until
from tests.support import loops, school

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@given(st.integers(0, 7200))
def test_laptops_are_never_told_past_the_cap_nor_far_ahead(seconds: int):
    now = NOW + timedelta(seconds=seconds)
    until = decide_until(NOW, now)

    assert until <= NOW + WATCH_CAP
    assert until - now <= WATCH_SLICE


def test_opening_twice_is_one_watch():
    live = Live()
    first, is_new = live.open_watch("Lab 2", "1", "Ms Demir", NOW)
    again, is_new_again = live.open_watch("Lab 2", "1", "Ms Demir", NOW + timedelta(minutes=1))

    assert (True, False, first) == (is_new, is_new_again, again)


def test_a_lapsed_watch_is_opened_anew():
    live = Live()
    live.open_watch("Lab 2", "1", "Ms Demir", NOW)

    assert live.open_watch("Lab 2", "1", "Ms Demir", NOW + WATCH_SLICE)[1]


def test_a_watch_is_renewed_only_near_its_end_and_never_past_the_cap():
    live = Live()
    live.open_watch("Lab 2", "1", "Ms Demir", NOW)
    now, ends = NOW, []
    while now < NOW + WATCH_CAP + timedelta(minutes=5):
        renewed = live.renew_watch("Lab 2", "1", now)
        if renewed is not None:
            ends.append(renewed.until)
        now += timedelta(seconds=30)

    assert sorted(set(ends)) == ends
    assert NOW + WATCH_CAP == ends[-1]
    assert len(ends) <= WATCH_CAP / (WATCH_SLICE - WATCH_RENEW) + 1
    assert live.watch_of("Lab 2", "1", NOW + WATCH_CAP) is None


def test_everybody_who_watches_is_named_in_order():
    live = Live()
    live.open_watch("Lab 2", "2", "Joan Reed", NOW + timedelta(seconds=9))
    live.open_watch("Lab 2", "1", "Ms Demir", NOW)
    live.open_watch("Lab 1", "3", "Somebody else", NOW)

    assert ["Ms Demir", "Joan Reed"] == [w.by for w in live.watches_of("Lab 2", NOW + timedelta(seconds=9))]


def test_a_second_page_keeps_the_watch_when_the_first_closes():
    live = Live()
    live.page_opened("Lab 2", "1")
    live.page_opened("Lab 2", "1")
    live.page_closed("Lab 2", "1")
    left_one = live.has_open_page("Lab 2", "1")
    live.page_closed("Lab 2", "1")

    assert (True, False) == (left_one, live.has_open_page("Lab 2", "1"))


def test_the_newest_word_is_kept_and_forgotten_on_request():
    live = Live()
    said = school.status((1, "ada", "p1", "active", "Writer", 1.0, False))
    live.take("a1", said, NOW)
    before = live.heard(["a1", "a2"])
    live.forget("a1")

    assert {"a1": Heard(NOW, said, NOW), "a2": Heard()} == before
    assert {"a1": Heard()} == live.heard(["a1"])


def test_a_status_from_another_thread_wakes_a_waiting_page():
    live = Live()

    async def wait() -> int:
        version = live.version
        threading.Timer(0.05, live.take, ("a1", school.status(), NOW)).start()
        return await live.changed(version, 60) - version

    assert 1 == loops.run(wait())


def test_waiting_ends_when_nothing_changes():
    live = Live()

    assert live.version == loops.run(live.changed(live.version, 0.01))


def test_a_change_between_reading_and_waiting_is_not_missed():
    live = Live()
    version = live.version
    live.wake()

    assert version + 1 == loops.run(live.changed(version, 60))
