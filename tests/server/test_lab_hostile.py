"""Laptops that flood and lie, browsers that stay open: what a room can still be trusted to show."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from policies import wire
from server.live import MOST_LOGINS, WATCH_CAP, Live, says_news
from server.pacing import Pace
from tests.support import loops
from tests.support.lab_story import login

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DEVICE = "d" * 16


def status(*logins):
    return wire.Status(logins=logins)


# ---- pace ----


def test_a_caller_that_floods_is_let_speak_so_often_and_the_others_as_before():
    at = [0.0]
    pace = Pace(10.0, 40, clock=lambda: at[0])
    taken = sum(pace.let("flood") for _ in range(1000))

    assert (40, True) == (taken, pace.let("calm"))
    at[0] = 1.0
    assert 10 == sum(pace.let("flood") for _ in range(1000))


def test_a_million_callers_fill_no_memory(monkeypatch):
    monkeypatch.setattr("server.pacing.MOST_CALLERS", 100)
    seconds = itertools.count()
    pace = Pace(10.0, 40, clock=lambda: float(next(seconds)))
    for number in range(1000):
        pace.let(str(number))

    assert len(pace._left) <= 101


# ---- lies ----


def test_a_laptop_that_tells_of_many_logins_fills_eight_tiles_each_once():
    live = Live()
    live.take(DEVICE, status(*(login(number % 20) for number in range(32))), NOW, "Lab 1")
    kept = live.heard([DEVICE])[DEVICE].status.logins

    assert MOST_LOGINS == len(kept) == len({each.login for each in kept})


def test_of_two_words_about_one_login_the_last_counts():
    live = Live()
    live.take(DEVICE, status(login(1), login(1, state="locked")), NOW, "Lab 1")

    assert ["locked"] == [each.state for each in live.heard([DEVICE])[DEVICE].status.logins]


@pytest.mark.parametrize(("second", "seconds", "expected"), [
    ({}, 5, False),
    ({"app": "Writer"}, 5, True),
    ({"help_asked": True}, 5, True),
    ({"since_seconds": 15.0}, 5, False),
    ({"since_seconds": 0.0}, 5, True),
])  # fmt: skip
def test_a_page_is_woken_by_news_only_and_that_time_has_passed_is_none(second, seconds, expected):
    live = Live()
    first = login(1, since_seconds=10.0)
    live.take(DEVICE, status(first), NOW, "Lab 1")
    before = live.version_of("Lab 1")
    said = login(1, **({"since_seconds": 10.0 + seconds} | second))
    live.take(DEVICE, status(said), NOW + timedelta(seconds=seconds), "Lab 1")

    assert expected == (live.version_of("Lab 1") > before)


def test_a_login_more_or_less_is_news():
    live = Live()
    live.take(DEVICE, status(login(1)), NOW, "Lab 1")
    heard = live.heard([DEVICE])[DEVICE]

    assert says_news(heard, status(), NOW)
    assert says_news(heard, status(login(1), login(2)), NOW)
    assert says_news(heard, status(login(2)), NOW)


# ---- who is woken ----


def test_one_rooms_laptops_wake_no_page_of_another_room():
    live = Live()

    async def story():
        before = {room: live.version_of(room) for room in ("Lab 1", "Lab 2")}
        live.take(DEVICE, status(login(1)), NOW, "Lab 1")
        return [await live.changed(before[room], 0.05, room) > before[room] for room in ("Lab 1", "Lab 2")]

    assert [True, False] == loops.run(story())


def test_news_for_everybody_wake_every_room_and_every_rooms_news_those_who_wait_for_any():
    live = Live()
    room, anything = live.version_of("Lab 1"), live.version
    live.wake()

    assert live.version_of("Lab 1") > room
    room, anything = live.version_of("Lab 1"), live.version
    live.wake("Lab 2")
    assert (room, True) == (live.version_of("Lab 1"), live.version > anything)


def test_a_page_that_waits_is_woken_while_it_waits():
    live = Live()

    async def story():
        before = live.version_of("Lab 1")
        waits = asyncio.create_task(live.changed(before, 30, "Lab 1"))
        await asyncio.sleep(0)
        live.wake("Lab 2")
        live.wake("Lab 1")
        return await asyncio.wait_for(waits, 25) - before

    assert 1 == loops.run(story())


# ---- a browser left open ----


def test_a_browser_left_open_all_night_looks_for_one_hour_however_often_it_comes_back():
    live = Live()
    live.open_watch("Lab 1", "1", "Ms Demir", NOW)
    looked = []
    for minutes in range(1, 12 * 60):
        now = NOW + timedelta(minutes=minutes)
        if minutes % 7 == 0:
            live.end_watch("Lab 1", "1")
        live.resume_watch("Lab 1", "1", "Ms Demir", now)
        live.renew_watch("Lab 1", "1", now)
        if live.watches_of("Lab 1", now):
            looked.append(now)

    assert max(looked) < NOW + WATCH_CAP
    assert live.open_watch("Lab 1", "1", "Ms Demir", NOW + timedelta(hours=12))[1]


def test_a_page_that_comes_back_after_a_cut_goes_on_with_its_opening():
    live = Live()
    first, _ = live.open_watch("Lab 1", "1", "Ms Demir", NOW)
    live.end_watch("Lab 1", "1")
    again, is_new = live.resume_watch("Lab 1", "1", "Ms Demir", NOW + timedelta(minutes=30))

    assert (first.opened_at, first.cap_at, True) == (again.opened_at, again.cap_at, is_new)
    assert (again, False) == live.resume_watch("Lab 1", "1", "Ms Demir", NOW + timedelta(minutes=31))


def test_a_page_that_comes_back_to_a_restarted_server_begins_an_hour():
    live = Live()
    begun, is_new = live.resume_watch("Lab 1", "1", "Ms Demir", NOW)

    assert (NOW, True) == (begun.opened_at, is_new)
    assert None is live.resume_watch("Lab 1", "1", "Ms Demir", NOW + WATCH_CAP)
