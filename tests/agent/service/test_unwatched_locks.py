"""A screen that locked because nobody supervised says why, and opens when an adult is there (R19, R20)."""

import pytest

from agent.link import messages as m
from agent.service.unwatched_locks import Shut, decide_opens, waits_for
from policies import records
from policies.lab_settings import HoursSettings
from policies.settings import LockSettings, Settings
from tests.agent.service.test_ordered_locks_day import lock_now
from tests.support.supervised import check_in, hours, in_istanbul, lapses, leave, publish, shown

istanbul = pytest.fixture(autouse=True)(in_istanbul)
IDLE = LockSettings(idle_after_seconds=300)


@pytest.fixture
def club(make_laptop):
    return watched(make_laptop(settings=Settings(hours=HoursSettings(session="club"))))


def watched(laptop):
    """Keep what each lock screen says."""
    laptop.looks = []
    start = laptop.device.start_locker
    laptop.device.start_locker = lambda seat, look: laptop.looks.append(look) or start(seat, look)
    return laptop


def lapsed(laptop):
    """A pupil worked, the adult left, the screen is locked."""
    check_in(laptop)
    _shell, session = laptop.log_in()
    leave(laptop)
    laptop.forward(130)
    assert login(laptop).lock.confirmed
    return session


def login(laptop):
    return next(iter(laptop.service.ground.logins.values()))


def is_open(laptop):
    return not login(laptop).lock.wanted and not laptop.device.is_alive(laptop.device.lockers[-1].anchor)


def test_r20_the_lock_screen_says_why_and_opens_by_itself_when_an_adult_checks_in(club):
    session = lapsed(club)
    check_in(club, order="c2")
    club.forward(3)

    assert ["adult"] == [look.waits_for for look in club.looks]
    assert is_open(club)
    assert 1 == len(club.records(records.ScreenUnlocked))
    assert "supervisor-back" == shown(club, session)[-1]
    assert ["warned", "locked", "returned"] == lapses(club)
    club.forward(60)
    assert 1 == len(club.device.lockers)


def test_r20_after_the_right_password_without_an_adult_it_says_why_again_and_opens_later(club):
    lapsed(club)
    for _ in range(2):
        club.forward(2)
        club.device.lockers[-1].end(0)
        club.settle()
        club.forward(5)
    check_in(club, order="c2")
    club.forward(3)

    assert ["adult"] * 3 == [look.waits_for for look in club.looks]
    assert is_open(club)


def test_r20_whoever_went_away_for_longer_than_the_idle_lock_allows_types_the_password(club):
    lapsed(club)
    club.forward(301)
    check_in(club, order="c2")
    club.forward(3)
    waits = login(club).lock.confirmed
    club.device.lockers[-1].end(0)
    club.settle()
    club.forward(60)

    assert waits
    assert is_open(club)
    assert 1 == len(club.device.lockers)


def test_r20_a_screen_that_a_teacher_locked_as_well_stays_locked(club):
    lapsed(club)
    lock_now(club)
    check_in(club, order="c2")
    club.forward(3)

    assert login(club).lock.confirmed


def test_r20_a_screen_that_its_user_locked_first_stays_locked(club):
    check_in(club)
    _shell, session = club.log_in()
    session.say(m.Asked(what="lock"))
    club.settle()
    leave(club)
    club.forward(130)
    check_in(club, order="c2")
    club.forward(3)

    assert [""] == [look.waits_for for look in club.looks]
    assert login(club).lock.confirmed


def test_r53_a_laptop_secured_for_evidence_opens_for_nobody(club):
    lapsed(club)
    club.service.ground.quarantined = True
    check_in(club, order="c2")
    club.forward(3)

    assert login(club).lock.confirmed


def test_r20_a_locker_that_no_program_can_end_stays_and_its_password_opens(club):
    lapsed(club)
    club.device.stuck_lockers = True
    check_in(club, order="c2")
    club.forward(10)
    stays = login(club).lock.is_shut
    club.device.lockers[-1].end(0)
    club.settle()
    club.forward(10)

    assert stays
    assert is_open(club)


def test_r19_in_a_closed_time_it_says_so_and_opens_when_that_is_over(make_laptop):
    laptop = watched(make_laptop())
    publish(laptop, hours("11:35", "11:38", session="closed"))
    laptop.log_in()
    laptop.forward(6 * 60)
    locked = login(laptop).lock.confirmed
    laptop.forward(2 * 60 + 30)

    assert locked
    assert ["hours"] == [look.waits_for for look in laptop.looks]
    assert is_open(laptop)


def test_r20_its_words_follow_when_the_club_is_over_and_when_it_is_on_again(club):
    publish(
        club,
        hours("11:40", "11:50", session="closed"),
        settings=Settings(hours=HoursSettings(session="club")),
    )
    lapsed(club)
    said = [look.waits_for for look in club.looks]
    club.forward(8 * 60)
    in_closed_time = [look.waits_for for look in club.device.renewed_looks]
    club.forward(10 * 60)
    on_again = [look.waits_for for look in club.device.renewed_looks]
    check_in(club, order="c2")
    club.forward(5)

    assert (["adult"], ["hours"], ["hours", "adult"]) == (said, in_closed_time, on_again)
    # Nobody had been here for too long, so an adult is no longer what opens it.
    assert ["hours", "adult", ""] == [look.waits_for for look in club.device.renewed_looks]
    assert login(club).lock.confirmed
    assert 1 == len(club.device.lockers)


def test_r20_it_promises_nothing_any_more_once_a_teacher_has_locked_it_as_well(club):
    lapsed(club)
    lock_now(club)
    club.forward(2)

    assert [""] == [look.waits_for for look in club.device.renewed_looks]


def test_r20_a_screen_that_opens_as_it_said_is_not_painted_again(club):
    lapsed(club)
    check_in(club, order="c2")
    club.forward(10)

    assert is_open(club)
    assert [] == club.device.renewed_looks


@pytest.mark.parametrize(
    ("presence", "opens"), [("needs-supervisor", "adult"), ("closed", "hours"), ("adults-only", "hours")]
)
def test_r20_only_where_an_adult_helps_is_an_adult_waited_for(presence, opens):
    assert opens == waits_for(presence)


@pytest.mark.parametrize(
    ("shut", "opens"),
    [
        (Shut(10, 5, quarantined=False), True),
        (Shut(299, 0, quarantined=False), True),
        (Shut(300, 0, quarantined=False), False),
        (Shut(10, 300, quarantined=False), False),
        (Shut(10, 5, quarantined=True), False),
    ],
)
def test_it_opens_only_where_the_idle_lock_would_have_left_it_open(shut, opens):
    assert opens == decide_opens(shut, IDLE)
