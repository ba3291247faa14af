"""Days of a Windows laptop: the real service over the Windows door, with logins injected at its slices."""

import pytest

from agent.backends.device_windows import LOCKER
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from policies.records import LockFailed, LoginEnded, LoginStarted, ScreenLocked, ScreenUnlocked
from policies.settings import LockSettings, LoginSettings, Settings
from tests.agent.service.test_ordered_locks_day import lock_now, outcomes, unlock
from tests.support.lab_laptop import Hook
from tests.support.windows_laptop import MAY_SID, SAM_SID, WindowsLaptop


@pytest.fixture
def laptop_kind():
    return WindowsLaptop


def login_of(laptop):
    (login,) = laptop.service.ground.logins.values()
    return login


def lock(laptop, *, session=1):
    """Lock as an adult orders it, and let Windows say so."""
    count = len(laptop.device.lockers)
    lock_now(laptop)
    laptop.until(lambda: len(laptop.device.lockers) > count)
    laptop.windows.lock_screen(session)
    laptop.until(lambda: login_of(laptop).lock.confirmed)
    return laptop.device.lockers[-1]


def test_r1_a_pupil_accepts_at_the_gate_and_the_shell_may_start(laptop):
    laptop.log_in()

    (started,) = laptop.records(LoginStarted)
    assert "may" == started.os_user
    assert "open" == login_of(laptop).state


def test_the_list_of_sessions_knows_the_login_that_came_by_its_hook(laptop):
    laptop.log_in()
    laptop.forward(60)

    assert "open" == login_of(laptop).state
    assert [] == laptop.records(LoginEnded)


def test_r1_a_session_whose_hook_never_comes_is_signed_out(laptop):
    laptop.windows.log_in(3, SAM_SID)
    laptop.forward(45)

    assert [3] == laptop.windows.sessions.logged_off
    assert ["session-lost"] == [each.reason for each in laptop.records(LoginEnded)]


def test_a_hook_that_windows_says_nothing_of_is_hung_up_on_and_may_ask_again(laptop):
    laptop.windows.processes.fail["listed"] = 8  # no memory
    _row, first = laptop.hello()
    laptop.settle()
    laptop.windows.processes.fail.clear()
    _row, second = laptop.hello()
    laptop.connect()
    laptop.answer(laptop.device.sessions[-1], "accepted")
    laptop.until(lambda: second.opens is not None)

    assert (None, True) == (first.opens, first.closed)
    assert second.opens is True


def test_a_hook_that_names_another_session_opens_nothing(laptop):
    laptop.windows.log_in(2, SAM_SID)
    _row, hook = laptop.hello(session=1, claims=2)
    laptop.until(lambda: hook.opens is not None)

    assert hook.opens is False
    assert 1 in laptop.windows.sessions.logged_off
    assert 2 not in laptop.windows.sessions.logged_off


def test_an_administrator_without_account_control_is_asked_like_anybody_and_not_signed_out(laptop):
    laptop.windows.log_in(1, MAY_SID)
    hook_process = laptop.windows.processes.run("gatepost-agent.exe", 1, sid=MAY_SID)
    hook = Hook()
    said = m.HookHello(display=":1", xauthority="-")
    laptop.service.loop.put(facts.PublicSaid(hook, Peer(hook_process.pid, 0), said))
    laptop.settle()
    laptop.connect()
    laptop.answer(laptop.device.sessions[-1])
    laptop.forward(60)

    assert hook.opens
    assert [] == laptop.windows.sessions.logged_off


def test_a_refusal_at_the_gate_signs_the_session_out(laptop):
    _row, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, "declined")
    laptop.forward(30)
    laptop.until(lambda: hook.opens is not None)

    assert hook.opens is False
    assert [1] == laptop.windows.sessions.logged_off


def test_signing_out_at_windows_own_menu_ends_the_login(laptop):
    laptop.log_in()
    laptop.windows.sessions.end(1)
    laptop.until(lambda: not laptop.service.ground.logins)

    assert [] == laptop.windows.sessions.logged_off
    assert 1 == len(laptop.records(LoginEnded))


def test_a_lock_is_recorded_when_windows_says_so_and_not_before(laptop):
    laptop.log_in()
    lock_now(laptop)
    laptop.forward(2)
    before = laptop.records(ScreenLocked)
    laptop.windows.lock_screen(1)
    laptop.forward(1)

    assert [] == before
    assert [LOCKER] == [each.locker for each in laptop.records(ScreenLocked)]


def test_the_right_password_opens_and_is_recorded(laptop):
    laptop.log_in()
    locker = lock(laptop)
    laptop.windows.unlock_screen(1)
    locker.end(0)
    laptop.until(lambda: not login_of(laptop).lock.wanted)

    assert 1 == len(laptop.records(ScreenUnlocked))


def test_a_locked_screen_that_windows_has_opened_is_locked_again_whatever_the_session_sees(laptop):
    laptop.log_in()
    lock(laptop)
    laptop.windows.unlock_screen(1)  # and a desktop of the pupil's own is shown, which hides as well
    laptop.until(lambda: len(laptop.device.lockers) == 2)

    assert [] == laptop.records(ScreenUnlocked)
    assert "locker-killed" == login_of(laptop).lock.wanted


def test_an_end_that_says_opened_while_windows_says_locked_locks_again(laptop):
    laptop.log_in()
    locker = lock(laptop)
    locker.end(0)
    laptop.until(lambda: len(laptop.device.lockers) == 2)
    laptop.forward(2)

    assert [] == laptop.records(ScreenUnlocked)
    assert ["ordered", "locker-killed"] == [each.reason for each in laptop.records(ScreenLocked)]


def test_a_lock_windows_refuses_is_an_alert_and_at_last_the_end_of_the_login(laptop):
    laptop.log_in()
    lock_now(laptop)
    for _ in range(20):
        laptop.until(lambda: login_of_or_none(laptop) is None or is_locking(laptop))
        if login_of_or_none(laptop) is None:
            break
        laptop.device.lockers[-1].end(3)
        laptop.until(lambda: login_of_or_none(laptop) is None or not login_of(laptop).lock.child)

    assert laptop.records(LockFailed)
    assert [] == laptop.records(ScreenLocked)
    assert ["locker-killed"] == [each.reason for each in laptop.records(LoginEnded)]


def is_locking(laptop):
    return login_of(laptop).lock.child is not None and laptop.device.lockers[-1].status is None


def login_of_or_none(laptop):
    return next(iter(laptop.service.ground.logins.values()), None)


def test_an_adults_unlock_fails_honestly_and_the_screen_stays_locked(laptop):
    laptop.log_in()
    lock(laptop)
    unlock(laptop)
    laptop.forward(8)

    assert [("u1", "failed")] == [each[:2] for each in outcomes(laptop) if each[0] == "u1"]
    assert login_of(laptop).lock.confirmed


def test_before_sleep_the_screen_is_locked_and_the_machine_held_no_longer_than_that(laptop):
    laptop.log_in()
    laptop.service.sleeping.slept("before")
    laptop.settle()
    laptop.until(lambda: laptop.device.lockers)
    laptop.windows.lock_screen(1)
    laptop.forward(1)

    assert ["suspend"] == [each.reason for each in laptop.records(ScreenLocked)]


def test_a_killed_service_finds_its_logins_and_its_lock_again(laptop):
    laptop.log_in()
    lock(laptop)
    laptop.kill_service()
    laptop.start()
    laptop.until(lambda: login_of_or_none(laptop) is not None)
    session = laptop.connect()
    laptop.forward(3)

    assert session is laptop.device.sessions[-1]
    assert "open" == login_of(laptop).state
    assert login_of(laptop).lock.confirmed
    assert 1 == len(laptop.records(LoginStarted))


def test_two_users_switch_and_only_one_is_signed_out(laptop):
    laptop.log_in()
    _row, hook = laptop.hello(session=2, sid=SAM_SID)
    laptop.connect()
    laptop.answer(laptop.device.sessions[-1], "declined")
    laptop.forward(30)
    laptop.until(lambda: hook.opens is not None)

    assert [2] == laptop.windows.sessions.logged_off
    assert "may" == login_of(laptop).os_user


def test_who_switches_away_is_locked_and_neither_an_alert_nor_a_refusal(laptop):
    laptop.log_in()
    laptop.windows.sessions.switch_away(1)
    lock_now(laptop)
    laptop.until(lambda: login_of(laptop).lock.confirmed)

    assert [] == laptop.records(LockFailed)


def test_a_new_login_ends_what_the_same_pupil_left_running_elsewhere(laptop):
    left = laptop.windows.processes.run("miner.exe", 0, sid=MAY_SID)
    laptop.log_in()

    assert [left] == laptop.windows.processes.ended


def test_r17_a_locked_screen_is_signed_out_by_the_policys_time(make_laptop):
    laptop = make_laptop(settings=Settings(lock=LockSettings(sign_out_after_seconds=300)))
    laptop.log_in()
    lock(laptop)
    laptop.forward(310)

    assert [1] == laptop.windows.sessions.logged_off
    assert ["locked-too-long"] == [each.reason for each in laptop.records(LoginEnded)]


def test_r7_an_account_no_one_listed_is_shown_the_way_to_help_and_then_signed_out(make_laptop):
    laptop = make_laptop(settings=Settings(login=LoginSettings(unknown_login="refuse")))
    laptop.server.people.clear()
    _row, hook = laptop.hello()
    laptop.connect()
    laptop.forward(90)
    laptop.until(lambda: hook.opens is not None)

    assert hook.opens is False
    assert [1] == laptop.windows.sessions.logged_off


def test_r17_a_screen_nobody_touches_is_warned_about_and_locked(laptop):
    _row, session = laptop.log_in()
    laptop.typing = False
    laptop.forward(302)
    laptop.until(lambda: laptop.device.lockers)
    warned = laptop.heard(session, m.ShowCountdown)
    laptop.windows.lock_screen(1)
    laptop.forward(1)

    assert warned
    assert ["idle"] == [each.reason for each in laptop.records(ScreenLocked)]
