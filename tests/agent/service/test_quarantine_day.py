"""A laptop secured for evidence: shut in every way, over restarts, and with the way to tell left open."""

import pytest

from agent.backends.device import LoginSeen
from agent.link import messages as m
from agent.link import pages
from agent.service.state import describe
from policies.records import AppUsed, LoginEnded, OrderDone, QuarantineChanged, ScreenLocked
from tests.support.lab_laptop import MAY, SAM
from tests.support.report_laptop import ReportLaptop


@pytest.fixture
def shut(tmp_path):
    made = ReportLaptop(tmp_path)
    yield made
    made.close()


def notice(laptop, session):
    ends = [each for each in laptop.heard(session, m.GateOver) if not each.opens]
    return ends[-1].page if ends else None


def test_who_works_is_locked_at_once_and_ended_a_minute_later(shut):
    shell, _session = shut.log_in()
    shut.order(shut.quarantine())
    shut.forward(2)
    (lock,) = shut.records(ScreenLocked)
    assert "ordered" == lock.reason
    assert shut.device.is_alive(shell)
    shut.forward(61)

    assert not shut.device.is_alive(shell)
    assert "quarantined" == shut.records(LoginEnded)[-1].reason
    assert [True] == [each.on for each in shut.records(QuarantineChanged)]
    assert ["done"] == [each.outcome for each in shut.records(OrderDone)]


def test_the_right_password_does_not_open_it_for_long(shut):
    shell, _session = shut.log_in()
    shut.order(shut.quarantine())
    shut.forward(2)
    shut.device.lockers[-1].end(0)
    shut.forward(3)

    assert 2 == len(shut.device.lockers)
    assert shut.device.is_alive(shell)


def test_nobody_comes_in_not_even_who_has_accepted(shut):
    shell, _session = shut.log_in()
    shut.device.exit(shell)
    shut.forward(2)
    shut.order(shut.quarantine())
    shell, hook = shut.hello()
    session = shut.connect()

    assert "quarantined" == notice(shut, session).kind
    assert notice(shut, session).reports
    assert notice(shut, session).contacts
    shut.forward(61)
    assert hook.opens is False
    assert not shut.device.is_alive(shell)


def test_who_stands_at_the_gate_is_turned_away(shut):
    _shell, hook = shut.hello()
    session = shut.connect()
    shut.order(shut.quarantine())

    assert "quarantined" == notice(shut, session).kind
    shut.forward(61)
    assert hook.opens is False


def test_help_and_a_report_can_still_be_told(shut):
    shut.order(shut.quarantine())
    shell, _hook = shut.hello()
    session = shut.connect()
    session.say(m.Asked(what="help", place="gate"))
    session.say(m.Asked(what="report", place="gate"))
    shut.forward(100)
    assert shut.device.is_alive(shell)
    shut.tell(session, place="gate")
    shut.forward(2)

    assert "sent" == shut.receipts(session)[-1]
    assert "May" == shut.open(shut.office.lead, shut.reports[0]).display_name


def test_a_terminal_is_ended_at_once(shut):
    shell = shut.device.run(SAM.uid)
    shut.order(shut.quarantine())
    shut.device.seen = [
        LoginSeen(key="tty2", os_user="sam", uid=SAM.uid, kind="tty", leader=shell, line="tty2")
    ]
    shut.forward(7)

    assert not shut.device.is_alive(shell)
    assert "quarantined" == shut.records(LoginEnded)[-1].reason


def test_it_holds_after_a_restart_and_without_a_server(shut):
    shut.order(shut.quarantine())
    shut.server.online = False
    shut.kill_service()
    shut.start()
    assert shut.service.ground.quarantined
    _shell, hook = shut.hello()
    session = shut.connect()

    assert "quarantined" == notice(shut, session).kind
    shut.forward(61)
    assert hook.opens is False


def test_only_a_higher_number_lifts_it(shut):
    shut.order(shut.quarantine(3))
    shut.order(shut.quarantine(2, on=False))
    shut.order(shut.quarantine(3, on=False, order="other"))
    assert shut.service.ground.quarantined
    assert ["done", "refused", "refused"] == [each.outcome for each in shut.records(OrderDone)]
    shut.order(shut.quarantine(4, on=False))
    _shell, hook = shut.hello(SAM)
    shut.connect()
    assert hook.opens is None

    assert not shut.service.ground.quarantined
    assert [True, False] == [each.on for each in shut.records(QuarantineChanged)]


def test_the_same_order_again_is_recorded_once(shut):
    for _ in range(3):
        shut.order(shut.quarantine())

    assert 1 == len(shut.records(QuarantineChanged))
    assert 1 == len(shut.records(OrderDone))


def test_what_could_not_be_recorded_is_recorded_when_the_order_comes_again(shut):
    keep = shut.service.ground.keep
    shut.service.ground.keep = lambda *_a, **_v: None
    shut.order(shut.quarantine())
    assert shut.service.ground.quarantined
    shut.service.ground.keep = keep
    shut.order(shut.quarantine())

    assert 1 == len(shut.records(QuarantineChanged))


def test_a_damaged_file_keeps_it_shut_until_an_order_comes(shut, tmp_path):
    shut.order(shut.quarantine(5))
    (tmp_path / "state" / "quarantine.json").write_bytes(b"{")
    shut.kill_service()
    shut.start()
    assert shut.service.ground.quarantined
    shut.order(shut.quarantine(6, on=False))

    assert not shut.service.ground.quarantined


def test_nothing_that_waits_is_dropped(shut):
    _shell, session = shut.log_in()
    shut.server.online = False
    session.say(m.Focused(app="Editor", program="editor"))
    shut.forward(30)
    shut.tell(session)
    waiting = shut.service.ground.server.journal.waiting().records
    shut.order(shut.quarantine())
    shut.forward(90)
    assert shut.service.ground.server.journal.waiting().records > waiting
    shut.server.online = True
    shut.forward(30)

    assert 1 == len(shut.reports)
    assert shut.records(AppUsed)


def test_status_says_what_to_leave_alone_and_names_nobody(shut):
    assert "quarantine" not in describe(shut.service.ground, unsent_reports=0).capabilities
    shut.order(shut.quarantine())
    told = describe(shut.service.ground, unsent_reports=0).capabilities["quarantine"]

    assert "lacking" == told.state
    assert "evidence" in told.why
    assert "Okafor" not in told.why + told.remedy


def test_a_login_adopted_under_quarantine_is_locked_and_ended(shut):
    shell, _session = shut.log_in(MAY)
    shut.order(shut.quarantine())
    shut.kill_service()
    shut.start()
    shut.connect()
    shut.forward(70)

    assert not shut.device.is_alive(shell)
    assert isinstance(notice(shut, shut.device.sessions[-1]), pages.NoticePage | None)
