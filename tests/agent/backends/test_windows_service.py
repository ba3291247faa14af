"""Our service under Windows' service manager: what it hears, how it stops, how it comes back."""

import pytest

from agent.backends import own_process, windows_eventlog
from agent.backends.windows_events import Hub, SessionChange
from agent.backends.windows_service import (
    POWER_EVENT,
    PRESHUTDOWN,
    SESSION_CHANGE,
    SHUTDOWN,
    STOP,
    WANTED,
    Hosted,
    decide_quoted,
    host,
    session_in,
    supervise,
)
from tests.support.win32.fake_eventlog import FakeEventLog
from tests.support.win32.fake_services import PROGRAM, FakeManager, FakeServices


class Work:
    """A job that runs until it is stopped, as the service does."""

    def __init__(self, code=0):
        self.code = code
        self.stopped = 0
        self.until = "not run"

    def __call__(self, until, handler):
        self.until, self.handler = until, handler
        if until is not own_process.on_stop_request:
            until(self.stop)
        return self.code

    def stop(self):
        self.stopped += 1


def run_under(folder, work, words=(), manager=None):
    return host(
        work, folder, manager=manager or FakeManager(words), calls=FakeServices(), event_log=FakeEventLog()
    )


@pytest.mark.parametrize("control", [STOP, SHUTDOWN, PRESHUTDOWN])
def test_stop_and_both_shutdowns_stop_the_work(control):
    work = Work()
    hosted = Hosted(work, Hub())
    hosted.run()
    hosted.heard(control, 0, None)

    assert 1 == work.stopped


def test_a_stop_that_comes_before_the_work_has_begun_is_not_lost():
    work = Work()
    hosted = Hosted(work, Hub())
    hosted.stop()
    hosted.run()

    assert 1 == work.stopped


def test_a_fault_ends_the_process_without_a_word_so_that_it_is_started_again():
    ends: list[int] = []
    Hosted(Work(code=1), Hub(), ends.append).run()

    assert [1] == ends


def test_a_proper_end_is_said_to_the_service_manager():
    ends: list[int] = []
    Hosted(Work(), Hub(), ends.append).run()

    assert [] == ends


def test_changes_of_sessions_and_sleep_are_passed_on():
    hub, heard = Hub(), []
    hub.on_session(heard.append)
    hub.on_power(heard.append)
    hosted = Hosted(Work(), hub)
    hosted.heard(SESSION_CHANGE, 7, (2,))
    hosted.heard(POWER_EVENT, 4, None)

    assert [SessionChange("lock", 2), "before"] == heard


@pytest.mark.parametrize("data", [None, (), ("2",), (-1,), 2, [2]])
def test_a_change_of_no_session_says_nothing(data):
    assert session_in(data) is None


@pytest.mark.parametrize("control", [0, 2, 3, 4, 6, 200, 255, -1])
def test_other_controls_do_nothing(control):
    work = Work()
    hosted = Hosted(work, Hub())
    hosted.run()
    hosted.heard(control, 7, (2,))

    assert 0 == work.stopped


# ---- the service manager's own settings ----


def test_a_fresh_service_is_told_to_come_back_after_every_failure():
    services = FakeServices()
    supervise(services, PROGRAM)

    assert WANTED == services.restarts


def test_what_is_set_already_is_left_alone():
    services = FakeServices()
    services.restarts = tuple(WANTED)
    supervise(services, PROGRAM)

    assert 0 == services.changes


def test_restarts_that_cannot_be_asked_for_are_set_all_the_same():
    services = FakeServices()
    services.fail["QueryServiceConfig2"] = 124
    supervise(services, PROGRAM)

    assert WANTED == services.restarts


def test_a_path_with_spaces_is_put_into_quotes():
    services = FakeServices(f"{PROGRAM} service")
    supervise(services, PROGRAM)

    assert f'"{PROGRAM}" service' == services.path


@pytest.mark.parametrize(
    ("found", "program"),
    [
        (f'"{PROGRAM}" service', PROGRAM),
        (r"C:\Gatepost\agent.exe service", r"C:\Gatepost\agent.exe"),
        (r"C:\Other Place\other.exe", PROGRAM),
        (PROGRAM + "x service", PROGRAM),
        ("", PROGRAM),
    ],
)
def test_any_other_path_stays_as_it_is(found, program):
    assert decide_quoted(found, program) is None


def test_a_path_written_in_other_letters_is_quoted_as_it_was_written():
    assert f'"{PROGRAM.upper()}"' == decide_quoted(PROGRAM.upper(), PROGRAM)


@pytest.mark.parametrize(
    "function", ["QueryServiceConfig2", "ChangeServiceConfig2", "QueryServiceConfig", "ChangeServiceConfig"]
)
@pytest.mark.parametrize("code", [2, 5, 1060])
def test_a_service_manager_that_refuses_stops_nobody(function, code):
    services = FakeServices(f"{PROGRAM} service")
    services.fail[function] = code
    supervise(services, PROGRAM)


# ---- hosting ----


def test_under_the_service_manager_it_stops_the_work(tmp_path):
    work = Work()

    assert 0 == run_under(tmp_path, work, [(STOP, 0, None)])
    assert 1 == work.stopped


def test_once_it_has_stopped_nothing_of_it_holds_the_files_of_the_package(tmp_path):
    manager = FakeManager()
    run_under(tmp_path, Work(), manager=manager)

    assert 0 == manager.ended_with


def test_under_the_service_manager_log_lines_go_to_the_event_log_and_a_file(tmp_path):
    work = Work()
    run_under(tmp_path, work)

    assert isinstance(work.handler, windows_eventlog.ServiceLog)


def test_started_by_hand_it_runs_in_the_foreground_where_signals_stop_it(tmp_path):
    work = Work(code=1)

    assert 1 == host(work, tmp_path, manager=FakeManager(started_us=False), calls=FakeServices())
    assert own_process.on_stop_request is work.until
    assert work.handler is None


def test_a_service_manager_that_will_not_have_us_is_a_failure(tmp_path):
    work = Work()

    assert 1 == host(work, tmp_path, manager=FakeManager(fails_with=5), calls=FakeServices())
    assert "not run" == work.until


def test_once_it_runs_the_service_manager_is_told_how_to_keep_it_running():
    told: list[str] = []
    Hosted(Work(), Hub(), begin=lambda: told.append("supervised")).run()

    assert ["supervised"] == told
