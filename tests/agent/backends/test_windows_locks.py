"""Windows' lock: asked for, watched until it is open, and believed from Windows alone."""

import pytest

from agent.backends import lock_windows
from agent.backends.win32_problem import ACCESS_DENIED, NOT_IMPLEMENTED, WinProblem
from agent.backends.windows_events import SESSION_KINDS, Hub
from agent.backends.windows_locks import Locks
from agent.backends.windows_sleep import WindowsSleep
from tests.support.win32.fake_processes import FakeProcesses
from tests.support.win32.fake_sessions import FakeSessions

LOCK, UNLOCK, LOGON, LOGOFF = 7, 8, 5, 6
NUMBERS = {kind: number for number, kind in SESSION_KINDS.items()}


class Screen:
    """A desktop that locks after so many looks and opens after so many more."""

    def __init__(self, desktops, refuses=0):
        self.desktops = list(desktops)
        self.refuses = refuses
        self.asked = 0
        self.seconds = 0.0

    def lock_workstation(self):
        self.asked += 1
        if self.refuses:
            raise WinProblem("LockWorkStation", self.refuses)

    def input_desktop(self):
        found = self.desktops.pop(0) if len(self.desktops) > 1 else self.desktops[0]
        if isinstance(found, int):
            raise WinProblem("OpenInputDesktop", found)
        return found

    def rest(self, seconds):
        self.seconds += seconds
        assert self.seconds < 1000, "it waits for ever"

    def stand(self):
        return lock_windows.stand(self, clock=lambda: self.seconds, rest=self.rest)


def test_a_lock_lasts_until_the_desktop_is_open_for_a_second():
    screen = Screen(["Default", "Default", "", "", "Winlogon", *["Default"] * 3, "", *["Default"] * 4])

    assert lock_windows.OPENED == screen.stand()
    assert ["Default"] == screen.desktops
    assert 1 == screen.asked


def test_a_lock_that_windows_refuses_never_counts_as_opened():
    assert lock_windows.REFUSED == Screen(["Default"], refuses=NOT_IMPLEMENTED).stand()


def test_a_session_that_is_locked_already_or_switched_away_is_watched_like_a_lock():
    screen = Screen(["", "Disconnect", *["Default"] * 4], refuses=ACCESS_DENIED)

    assert lock_windows.OPENED == screen.stand()


def test_a_lock_that_never_comes_is_given_up_in_time():
    screen = Screen(["Default"])

    assert lock_windows.NEVER_LOCKED == screen.stand()
    assert screen.seconds <= lock_windows.LOCK_WITHIN_SECONDS + 1


def test_a_desktop_that_may_not_be_asked_for_is_not_an_open_one():
    screen = Screen([ACCESS_DENIED, ACCESS_DENIED, *["default"] * 4])

    assert lock_windows.OPENED == screen.stand()


def test_whoever_comes_back_to_a_desktop_of_their_own_has_opened_the_lock():
    screen = Screen(
        ["Default", "", "Screen-saver", "Disconnect", "Winlogon", *["Sysinternals Desktop 1"] * 4]
    )

    assert lock_windows.OPENED == screen.stand()


def test_elsewhere_than_on_windows_the_lock_says_so_and_does_nothing():
    assert lock_windows.NOT_WINDOWS == lock_windows.main([])


@pytest.fixture
def locks():
    hub, sessions = Hub(), FakeSessions(FakeProcesses())
    return hub, sessions, Locks(sessions, hub)


def test_what_windows_answers_now_beats_what_it_told_before(locks):
    hub, sessions, known = locks
    hub.session_changed(LOCK, 1)
    sessions.locked[1] = "unlocked"

    assert "unlocked" == known.state(1)


def test_where_windows_does_not_answer_what_it_told_last_holds(locks):
    hub, sessions, known = locks
    sessions.fail["WTSQuerySessionInformation"] = ACCESS_DENIED
    assert "unknown" == known.state(1)

    hub.session_changed(LOCK, 1)
    assert ("locked", "unknown") == (known.state(1), known.state(2))

    hub.session_changed(UNLOCK, 1)
    assert "unlocked" == known.state(1)


def test_a_session_whose_user_has_switched_away_shows_nothing_to_anybody(locks):
    _hub, sessions, known = locks
    sessions.log_in(1, "May", "S-1-5-21-1-2-3-1107")
    assert "unlocked" == known.state(1)

    sessions.switch_away(1)
    assert "locked" == known.state(1)


@pytest.mark.parametrize("event", [LOGON, LOGOFF])
def test_a_session_number_given_to_another_login_is_not_locked_by_the_last_one(locks, event):
    hub, _sessions, known = locks
    hub.session_changed(LOCK, 1)
    hub.session_changed(event, 1)

    assert "unknown" == known.state(1)


def test_events_nobody_knows_and_listeners_that_fail_stop_no_other():
    hub, heard = Hub(), []

    def fails(_change):
        raise RuntimeError

    hub.on_session(fails)
    hub.on_session(heard.append)
    hub.session_changed(9, 1)
    hub.session_changed(LOCK, 3)
    hub.forget(fails)

    assert [("lock", 3)] == [tuple(each) for each in heard]


def test_the_machine_is_held_awake_until_the_screen_is_covered_and_no_longer():
    hub, heard = Hub(), []
    sleep = WindowsSleep(hub, hold_seconds=30.0)
    assert sleep.start(lambda moment: (heard.append(moment), sleep.allow()))

    hub.power(4)
    hub.power(0x12)
    hub.power(10)

    assert ["before", "after"] == heard


def test_a_screen_that_is_not_covered_in_time_lets_the_machine_sleep_all_the_same():
    hub, heard = Hub(), []
    sleep = WindowsSleep(hub, hold_seconds=0.01)
    sleep.start(heard.append)
    sleep.start(heard.append)

    hub.power(4)

    assert ["before"] == heard
