"""Lock and Unlock at an adult's word: only what an adult's order has locked is opened by one."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from agent.service.ordered_locks import NOT_OURS, Opening, decide_opening
from policies import orders
from policies.records import OrderDone, ScreenLocked, ScreenUnlocked
from tests.support.lab_laptop import SAM
from tests.support.model_server import DEVICE
from tests.support.report_laptop import ReportLaptop


def lock_now(laptop, order="l1", by="Ms Demir"):
    laptop.order(
        orders.LockNow(device=DEVICE, order=order, by=by, expires_at=laptop.clock.at + timedelta(minutes=5))
    )
    laptop.forward(2)


def unlock(laptop, order="u1", minutes=5):
    laptop.order(
        orders.Unlock(
            device=DEVICE,
            order=order,
            by="Ms Demir",
            expires_at=laptop.clock.at + timedelta(minutes=minutes),
        )
    )
    laptop.forward(1)


def outcomes(laptop):
    return [(each.order, each.outcome, each.problem) for each in laptop.records(OrderDone)]


def is_open(laptop, name="may"):
    login = next(each for each in laptop.service.ground.logins.values() if each.os_user == name)
    return not login.lock.wanted


@pytest.mark.parametrize(
    ("screens", "waited", "outcome"),
    [
        ([], 0, "done"),
        ([Opening(False, True)], 0, "done"),
        ([Opening(True, True)], 1, "wait"),
        ([Opening(True, True)], 6, "failed"),
        ([Opening(True, False)], 0, "failed"),
        ([Opening(True, False), Opening(True, True)], 1, "wait"),
    ],
)
def test_what_an_unlock_has_come_to(screens, waited, outcome) -> None:
    assert outcome == decide_opening(screens, waited)[0]


def test_what_was_locked_by_order_opens_by_order(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    unlock(laptop)

    assert is_open(laptop)
    assert 1 == len(laptop.records(ScreenUnlocked))
    assert [("l1", "done", ""), ("u1", "done", "")] == outcomes(laptop)


def test_the_lock_screen_says_who_locked_it(laptop) -> None:
    looks = []
    start = laptop.device.start_locker
    laptop.device.start_locker = lambda seat, look: looks.append(look) or start(seat, look)
    laptop.log_in()
    lock_now(laptop)

    assert ["Ms Demir"] == [look.by for look in looks]


def test_a_screen_its_user_locked_stays_locked(laptop) -> None:
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.forward(2)
    unlock(laptop)

    assert not is_open(laptop)
    assert [("u1", "failed", NOT_OURS)] == outcomes(laptop)


def test_a_lock_order_does_not_make_ones_own_lock_an_adults(laptop) -> None:
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.forward(2)
    lock_now(laptop)
    unlock(laptop)

    assert not is_open(laptop)


def test_an_idle_lock_stays_locked(laptop) -> None:
    laptop.log_in()
    laptop.typing = False
    laptop.forward(700)
    assert not is_open(laptop)
    unlock(laptop)

    assert not is_open(laptop)


def test_of_two_screens_only_the_ordered_one_opens(laptop) -> None:
    _shell, may = laptop.log_in()
    may.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.forward(2)
    laptop.log_in(SAM)
    lock_now(laptop)
    unlock(laptop)

    assert (False, True) == (is_open(laptop, "may"), is_open(laptop, "sam"))
    assert ("u1", "failed", NOT_OURS) in outcomes(laptop)


def test_an_unlock_that_comes_too_late_opens_nothing(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    unlock(laptop, minutes=-1)

    assert not is_open(laptop)
    assert ("u1", "expired", "") in outcomes(laptop)


def test_the_same_unlock_opens_once(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    unlock(laptop)
    lock_now(laptop, "l2")
    unlock(laptop)

    assert not is_open(laptop)


def test_after_a_killed_locker_it_is_still_an_adults_lock(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    laptop.device.lockers[-1].end(-9)
    laptop.forward(2)
    unlock(laptop)

    assert ["ordered", "locker-killed"] == [each.reason for each in laptop.records(ScreenLocked)]
    assert is_open(laptop)


def test_after_a_restart_it_is_still_an_adults_lock(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.forward(2)
    unlock(laptop)

    assert is_open(laptop)


def test_a_locker_that_does_not_end_is_said(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    laptop.device.stuck_lockers = True
    unlock(laptop)
    laptop.forward(6)

    assert ("u1", "failed", "the screen locker does not end") in outcomes(laptop)
    assert not is_open(laptop)


def test_a_lock_that_is_being_made_is_taken_back_too(laptop) -> None:
    laptop.log_in()
    laptop.cover = False
    lock_now(laptop)
    unlock(laptop)

    assert is_open(laptop)
    assert [("l1", "done", ""), ("u1", "done", "")] == sorted(outcomes(laptop))
    assert [] == laptop.records(ScreenUnlocked)


def test_a_laptop_secured_for_evidence_opens_to_no_teacher(tmp_path) -> None:
    laptop = ReportLaptop(tmp_path)
    try:
        laptop.log_in()
        lock_now(laptop)
        laptop.order(laptop.quarantine())
        unlock(laptop)

        assert not is_open(laptop)
        assert ("u1", "refused", "this laptop is secured for evidence") in outcomes(laptop)
    finally:
        laptop.close()
