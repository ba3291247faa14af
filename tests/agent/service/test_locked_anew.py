"""A lock that is wanted while an earlier one is just being taken back: the screen does not stay open."""

import pytest

from agent.link import messages as m
from agent.service import facts
from policies.records import ScreenLocked
from policies.settings import HoursSettings, Settings
from tests.agent.service.test_attention_day import attention, seen, watch
from tests.agent.service.test_ordered_locks_day import is_open, lock_now, outcomes, unlock
from tests.support.report_laptop import ReportLaptop
from tests.support.supervised import check_in, leave


def slowly(laptop):
    """Lockers take a moment to end when they are told to; return what ends them."""
    told = []
    laptop.device.open_locker = lambda _seat, anchor: told.append(anchor)

    def end():
        for anchor in told:
            laptop.device.processes[anchor.pid].end(-9)
        told.clear()
        laptop.settle()

    return end


@pytest.fixture
def opening(laptop):
    """A screen that an adult locked and has just taken back."""
    _shell, session = laptop.log_in()
    lock_now(laptop)
    end = slowly(laptop)
    unlock(laptop)
    return session, end


def reasons(laptop):
    return [each.reason for each in laptop.records(ScreenLocked)]


def test_a_lock_that_follows_an_unlock_at_once_locks_and_is_confirmed_only_then(laptop, opening) -> None:
    _session, end = opening
    lock_now(laptop, "l2")
    before = [each[0] for each in outcomes(laptop)]
    end()
    laptop.forward(2)

    assert "l2" not in before
    assert not is_open(laptop)
    assert [("l1", "done", ""), ("l2", "done", ""), ("u1", "done", "")] == sorted(outcomes(laptop))
    assert ["ordered", "ordered"] == reasons(laptop)


def test_eyes_to_the_front_with_a_lock_after_an_unlock_locks(laptop, opening) -> None:
    session, end = opening
    attention(laptop, locks=True)
    end()
    laptop.forward(2)

    assert not is_open(laptop)
    assert laptop.heard(session, m.ShowAttention)


def test_a_laptop_that_is_closed_while_it_opens_does_not_sleep_before_it_is_locked(laptop, opening) -> None:
    _session, end = opening
    allowed = []
    laptop.device.allow_sleep = lambda: allowed.append(is_open(laptop))
    laptop.service.loop.put(facts.Slept("before"))
    laptop.settle()
    at_once = list(allowed)
    end()
    laptop.forward(2)

    assert ([], [False]) == (at_once, allowed)
    assert ["ordered", "suspend"] == reasons(laptop)
    unlock(laptop, "u2")
    assert not is_open(laptop)


def test_what_its_user_locks_while_it_opens_no_later_unlock_opens(laptop, opening) -> None:
    session, end = opening
    session.say(m.Asked(what="lock"))
    laptop.settle()
    lock_now(laptop, "l2")
    unlock(laptop, "u2")
    end()
    laptop.forward(2)
    unlock(laptop, "u3")
    end()

    assert not is_open(laptop)


def test_an_unlock_that_came_to_nothing_opens_no_later_lock_that_is_killed(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    laptop.device.stuck_lockers = True
    unlock(laptop)
    laptop.forward(6)
    lock_now(laptop, "l2")
    laptop.device.lockers[-1].end(-9)
    laptop.forward(2)

    assert not is_open(laptop)
    assert ["ordered", "locker-killed"] == reasons(laptop)


def test_a_room_that_nobody_supervises_is_locked_anew_at_once_after_an_unlock(make_laptop) -> None:
    hours = HoursSettings(supervision="supervised", lapse_warn_seconds=0)
    laptop = make_laptop(settings=Settings(hours=hours))
    check_in(laptop)
    laptop.log_in()
    lock_now(laptop)
    leave(laptop)
    end = slowly(laptop)
    unlock(laptop)
    laptop.forward(2)
    end()

    assert not is_open(laptop)


def test_a_laptop_secured_for_evidence_while_it_opens_is_locked_at_once(tmp_path) -> None:
    laptop = ReportLaptop(tmp_path)
    try:
        laptop.log_in()
        lock_now(laptop)
        end = slowly(laptop)
        unlock(laptop)
        laptop.order(laptop.quarantine())
        end()

        assert not is_open(laptop)
        unlock(laptop, "u2")
        assert not is_open(laptop)
    finally:
        laptop.close()


def restarted(laptop):
    """The service is started again over a screen that is locked; the locker goes on."""
    laptop.kill_service()
    laptop.start()
    session = laptop.connect()
    laptop.forward(2)
    return session


def test_a_screen_that_was_locked_before_the_service_came_is_called_locked(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    restarted(laptop)
    watch(laptop)
    locked = seen(laptop).state
    lock_now(laptop, "l2")
    attention(laptop, locks=True)
    unlock(laptop)

    assert "locked" == locked
    assert [("l1", "done"), ("l2", "done"), ("u1", "done")] == sorted(
        each[:2] for each in outcomes(laptop) if each[0] in ("l1", "l2", "u1")
    )
    assert is_open(laptop)
    assert "active" == seen(laptop).state


def test_an_old_locker_that_covers_nothing_is_not_called_locked(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    laptop.cover = False
    restarted(laptop)
    watch(laptop)
    before = seen(laptop).state
    laptop.cover = True
    laptop.forward(2)

    assert ("active", "locked") == (before, seen(laptop).state)


def test_an_old_locker_that_was_killed_is_replaced_and_the_screen_is_locked_meanwhile(laptop) -> None:
    laptop.log_in()
    lock_now(laptop)
    restarted(laptop)
    laptop.device.lockers[-1].end(-9)
    laptop.settle()
    laptop.forward(2)

    assert not is_open(laptop)
    assert ["ordered", "session-lost"] == reasons(laptop)
