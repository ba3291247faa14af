"""The idle lock pauses for a presentation, and comes back by itself (R18)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.link import messages as m
from agent.service.pausing import decide_pause
from agent.service.state import all_capabilities
from policies import orders, records
from policies.lab_settings import HoursSettings, LabSettings
from policies.settings import LockSettings, Settings
from tests.support.model_server import DEVICE

LOCK = LockSettings(idle_after_seconds=120, countdown_seconds=10)
CLUB = Settings(lock=LOCK, hours=HoursSettings(session="club"))


@pytest.fixture
def laptop(make_laptop):
    return make_laptop(settings=Settings(lock=LOCK))


def pause(laptop, minutes=20, order="p1", by="Tom Ashby", on=True):
    at = laptop.clock.at
    word = orders.PauseLock(
        device=DEVICE, order=order, on=on, by=by, issued_at=at, until=at + timedelta(minutes=minutes)
    )
    laptop.order(word)
    return word


def check_in(laptop, on=True):
    at = laptop.clock.at
    until = at + timedelta(minutes=60)
    laptop.order(
        orders.Supervised(device=DEVICE, order="c1", on=on, by="Tom Ashby", issued_at=at, until=until)
    )


def stand_still(laptop, seconds):
    laptop.typing = False
    laptop.forward(seconds)


def story(laptop):
    """What was written down of pauses and orders for one, in order."""
    laptop.forward(1)
    said = []
    for record in laptop.server.all_records():
        match record:
            case records.LockPaused(by=by):
                said.append(f"paused by {by}")
            case records.LockPauseEnded(reason=reason):
                said.append(reason)
            case records.OrderDone(order=order, outcome=outcome) if order.startswith("p"):
                said.append(outcome)
    return said


def test_r18_a_pause_holds_the_idle_lock_off_and_expires_by_itself(laptop):
    laptop.log_in()
    pause(laptop)
    stand_still(laptop, 19 * 60)
    assert [] == laptop.device.lockers

    laptop.forward(80)
    assert 1 == len(laptop.device.lockers)
    assert ["paused by Tom Ashby", "done", "expired"] == story(laptop)


def test_r18_after_a_pause_the_screen_warns_before_it_locks(laptop):
    _shell, session = laptop.log_in()
    pause(laptop)
    stand_still(laptop, 20 * 60 - 1)
    assert [] == laptop.heard(session, m.ShowCountdown)
    laptop.forward(4)

    assert 1 == len(laptop.heard(session, m.ShowCountdown))
    assert [] == laptop.device.lockers


def test_r18_no_pause_is_longer_than_the_policy_says_whatever_the_server_says(make_laptop):
    laptop = make_laptop(settings=Settings(lock=LOCK, lab=LabSettings(pause_longest_minutes=5)))
    laptop.log_in()
    pause(laptop, minutes=600)
    stand_still(laptop, 5 * 60 + 30)

    assert 1 == len(laptop.device.lockers)
    (record,) = laptop.records(records.LockPaused)
    assert timedelta(minutes=5) == record.until - record.at


def test_r18_the_adult_ends_it_before_its_time(laptop):
    laptop.log_in()
    pause(laptop)
    stand_still(laptop, 300)
    pause(laptop, on=False)
    laptop.forward(30)

    assert 1 == len(laptop.device.lockers)
    assert ["paused by Tom Ashby", "done", "ended"] == story(laptop)


def test_r18_never_in_unsupervised_time(make_laptop):
    laptop = make_laptop(settings=CLUB)
    check_in(laptop)
    laptop.log_in()
    pause(laptop)
    laptop.forward(60)
    check_in(laptop, on=False)
    laptop.forward(2)
    assert ["paused by Tom Ashby", "done", "unsupervised"] == story(laptop)

    check_in(laptop)
    laptop.forward(2)
    (login,) = laptop.service.ground.logins.values()
    assert not login.signs.paused


def test_r18_a_pause_asked_for_in_unsupervised_time_is_refused_with_the_reason(make_laptop):
    laptop = make_laptop(settings=CLUB)
    laptop.server.people["may"]["tier"] = "adult"
    laptop.log_in()
    pause(laptop)
    stand_still(laptop, 140)

    assert 1 == len(laptop.device.lockers)
    assert ["refused"] == story(laptop)


def test_r18_a_pause_is_kept_over_a_restart_and_is_written_down_once(laptop):
    laptop.log_in()
    pause(laptop)
    laptop.server.online = False
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    stand_still(laptop, 10 * 60)
    assert [] == laptop.device.lockers

    laptop.server.online = True
    laptop.forward(11 * 60)
    assert ["paused by Tom Ashby", "done", "expired"] == story(laptop)


def test_r18_an_older_word_brings_no_pause_back(laptop):
    laptop.log_in()
    before = pause(laptop)
    laptop.forward(5)
    pause(laptop, on=False)
    laptop.order(before)
    stand_still(laptop, 140)

    assert 1 == len(laptop.device.lockers)


def test_r18_a_pause_may_be_prolonged_and_begun_again(laptop):
    laptop.log_in()
    pause(laptop, minutes=5)
    laptop.forward(200)
    pause(laptop, minutes=5)
    stand_still(laptop, 290)
    assert [] == laptop.device.lockers
    laptop.typing = True
    laptop.forward(30)
    pause(laptop, minutes=5)
    stand_still(laptop, 250)

    assert [] == laptop.device.lockers
    assert ["paused by Tom Ashby", "done", "expired", "paused by Tom Ashby", "done"] == story(laptop)


def test_r18_every_other_lock_works_while_the_idle_lock_pauses(laptop):
    _shell, session = laptop.log_in()
    pause(laptop)
    session.say(m.Asked(what="lock"))
    laptop.settle()

    assert 1 == len(laptop.device.lockers)


def test_r18_the_panel_and_doctor_say_that_it_pauses(laptop):
    _shell, session = laptop.log_in()
    pause(laptop)
    session.say(m.Asked(what="panel"))
    laptop.settle()
    (panel,) = [each.page for each in laptop.heard(session, m.ShowPage)]

    assert panel.paused.startswith("Tom Ashby has paused the screen lock until ")
    assert "idle-lock" in all_capabilities(laptop.service.ground)
    laptop.forward(2)
    pause(laptop, on=False)
    assert "idle-lock" not in all_capabilities(laptop.service.ground)
    assert "" == laptop.heard(session, m.ShowPage)[-1].page.paused


def test_a_pause_that_comes_too_late_begins_nothing(laptop):
    laptop.log_in()
    pause(laptop, minutes=-1)

    assert ["expired"] == story(laptop)


def test_a_damaged_file_of_pauses_pauses_nothing(laptop):
    laptop.log_in()
    pause(laptop)
    laptop.kill_service()
    (laptop.config.state / "pauses.json").write_bytes(b"\xff\xfe")
    (laptop.config.state / "pauses-told.json").write_bytes(b"[]")
    laptop.start()
    laptop.connect()
    stand_still(laptop, 140)

    assert 1 == len(laptop.device.lockers)


NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


@given(
    st.sampled_from([None, "begun", "over"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(-120, 120),
    st.integers(5, 120),
)
def test_r18_whatever_comes_together_nothing_pauses_unsupervised_or_past_its_cap(
    told, on, holds, allowed, issued_minutes_ago, cap_minutes
):
    issued = NOW - timedelta(minutes=issued_minutes_ago)
    word = orders.PauseLock(
        device=DEVICE, order="p", on=on, by="T", issued_at=issued, until=NOW + timedelta(hours=1)
    )
    longest = timedelta(minutes=cap_minutes)
    what = decide_pause(word, told, holds=holds and on, longest=longest, allowed=allowed, now=NOW)

    pauses = what == "begin" or (what == "nothing" and told == "begun")
    if pauses:
        assert on
        assert holds
        assert allowed
        assert NOW < issued + longest
