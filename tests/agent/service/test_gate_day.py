"""The gate as a whole: what opens it, what ends it, and what is written down before."""

import pytest

from agent.errors import JournalUnwritable
from agent.link import messages as m
from policies import records
from policies.settings import AgreementSettings, LoginSettings, Settings
from tests.support.lab_laptop import SAM


def test_accepting_opens_the_desktop_and_arrives(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session)

    assert hook.opens is True
    (answer,) = laptop.records(records.AgreementAnswered)
    assert ("accepted", "p-may", "teen") == (answer.answer, answer.person, answer.tier)


def test_the_acceptance_is_on_disk_before_anybody_is_told(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.server.online = False
    before = laptop.service.ground.server.journal.waiting().records
    laptop.answer(session)

    assert hook.opens is True
    assert before + 1 == laptop.service.ground.server.journal.waiting().records


class FullJournal:
    """A journal on a disk that takes nothing more."""

    def __init__(self, journal):
        self._journal = journal

    def append(self, stream, records):
        raise JournalUnwritable("no space left")

    def __getattr__(self, name):
        return getattr(self._journal, name)


def test_an_acceptance_that_cannot_be_written_opens_nothing(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.service.ground.server.journal = FullJournal(laptop.service.ground.server.journal)
    laptop.answer(session)

    assert "gate-failed" == session.everything[-1].page.kind
    laptop.forward(61)
    assert hook.opens is False


def test_the_second_login_of_the_year_is_not_asked(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(1)
    _shell, hook = laptop.hello()

    assert hook.opens is True
    assert ["signed-out"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_a_new_version_is_asked_again(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.publish(Settings(), versions=2)
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert hook.opens is None
    assert 2 == laptop.gate_page(session).agreement.version


def test_declining_ends_the_login(laptop):
    shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, "declined", after=1.0)

    assert m.GateOver(opens=False, page=session.everything[-1].page) == session.everything[-1]
    laptop.forward(10)
    assert hook.opens is False
    assert not laptop.device.is_alive(shell)
    assert ["declined"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_closing_the_notice_ends_it_at_once(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, "declined", after=1.0)
    session.process.end(0)
    laptop.settle()

    assert hook.opens is False


def test_no_answer_in_time_counts_as_declined_by_time(make_laptop):
    laptop = make_laptop(settings=Settings(agreement=AgreementSettings(answer_within_seconds=60)))
    _shell, hook = laptop.hello()
    laptop.connect()
    laptop.forward(75)

    assert hook.opens is False
    assert ["timed-out"] == [each.answer for each in laptop.records(records.AgreementAnswered)]


def test_a_reading_too_fast_is_asked_again(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, after=1.0)
    laptop.forward(5)

    assert hook.opens is None
    assert ["too-fast"] == [each.page.kind for each in laptop.heard(session, m.ShowPage)]
    assert 2 == len(laptop.heard(session, m.ShowGate))
    laptop.answer(session)
    assert hook.opens is True


@pytest.mark.parametrize("lie", [{"text_hash": "0" * 64}, {"version": 9}, {"pages_shown": 0}])
def test_a_lie_about_the_text_does_not_open(laptop, lie):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, **lie)

    assert hook.opens is None
    assert 1 == len(laptop.records(records.LinkMisused))


def test_killing_the_session_does_not_open_the_gate(laptop):
    shell, hook = laptop.hello()
    for _ in range(4):
        laptop.connect().process.end(-9)
        laptop.forward(1)

    assert hook.opens is None
    assert ["restarted"] * 4 == [each.outcome for each in laptop.records(records.SessionLost)]
    for _ in range(4):
        if laptop.device.sessions[-1].process.status is None:
            laptop.connect().process.end(-9)
            laptop.forward(1)
    assert hook.opens is False
    assert not laptop.device.is_alive(shell)


def test_a_stopped_session_at_the_gate_is_replaced(laptop):
    laptop.hello()
    session = laptop.connect()
    session.connected = False
    laptop.forward(12)

    assert session.process.status == -9
    assert ["silent"] == [each.how for each in laptop.records(records.SessionLost)]
    assert 2 == len(laptop.device.sessions)


def test_a_session_that_never_connects_counts_as_lost(laptop):
    laptop.hello()
    laptop.forward(34)

    assert "never-connected" in [each.how for each in laptop.records(records.SessionLost)]


def test_an_unlisted_account_gets_help_and_sign_out_only(laptop):
    laptop.server.people = {}
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert "not-listed" == session.everything[-1].page.kind
    laptop.forward(61)
    assert hook.opens is False


def test_an_unlisted_account_may_be_a_visitor_where_the_school_says_so(make_laptop):
    laptop = make_laptop(settings=Settings(login=LoginSettings(unknown_login="visitor")))
    laptop.server.people = {}
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert "visitor" == laptop.gate_page(session).tier
    laptop.answer(session)
    assert hook.opens is True


def test_a_known_pupil_logs_in_without_a_server(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(1)
    laptop.server.online = False
    _shell, hook = laptop.hello()

    assert hook.opens is True


def test_an_unknown_pupil_does_not_log_in_without_a_server(laptop):
    laptop.server.online = False
    _shell, hook = laptop.hello(SAM)
    session = laptop.connect()

    assert "offline-unknown" == session.everything[-1].page.kind
    assert hook.opens is None


def test_after_the_offline_days_the_cached_grant_is_not_enough(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(1)
    laptop.server.online = False
    laptop.clock.forward(31 * 86400)
    laptop.hello()
    session = laptop.connect()

    assert "offline-unknown" == session.everything[-1].page.kind


def test_without_an_enrolment_the_gate_is_shut(make_laptop):
    laptop = make_laptop(enrolled=False)
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.forward(61)

    assert "no-agreement" == session.heard[-1].page.kind or hook.opens is False
    assert hook.opens is False


def test_a_broken_gate_ends_the_login(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    session.say(m.GateBroken(web_view="no display", plain_window="no toolkit"))
    laptop.settle()
    laptop.forward(61)

    assert hook.opens is False
    assert ["ended"] == [each.outcome for each in laptop.records(records.GateFailed)]


def test_a_broken_gate_may_open_where_the_school_chose_so(make_laptop):
    laptop = make_laptop(settings=Settings(agreement=AgreementSettings(if_gate_fails="open")))
    _shell, hook = laptop.hello()
    session = laptop.connect()
    session.say(m.GateBroken(web_view="no display", plain_window="no toolkit"))
    laptop.settle()

    assert hook.opens is True
    assert ["opened"] == [each.outcome for each in laptop.records(records.GateFailed)]


def test_help_at_the_gate_is_sent_and_shown(laptop):
    laptop.hello()
    session = laptop.connect()
    session.say(m.Asked(what="help", place="gate"))
    laptop.forward(2)

    assert laptop.gate_page(session).help_asked
    assert ["help-sent"] == [each.page.kind for each in laptop.heard(session, m.ShowPage)]
    assert ["gate"] == [each.place for each in laptop.records(records.HelpAsked)]


def test_help_at_the_gate_without_a_server_never_says_that_an_adult_is_told(laptop):
    laptop.hello()
    session = laptop.connect()
    laptop.server.online = False
    session.say(m.Asked(what="help", place="gate"))
    laptop.forward(6)

    assert not laptop.gate_page(session).help_asked
    assert ["help-waiting"] == [each.page.kind for each in laptop.heard(session, m.ShowPage)]


def test_help_can_be_asked_by_somebody_who_may_not_come_in(laptop):
    laptop.server.people = {}
    laptop.hello()
    session = laptop.connect()
    session.say(m.Asked(what="help"))
    laptop.forward(2)

    assert ["help-sent"] == [each.page.kind for each in laptop.heard(session, m.ShowPage)]
    assert ["gate"] == [each.place for each in laptop.records(records.HelpAsked)]


def test_a_policy_that_changes_while_somebody_reads_is_shown_anew(laptop):
    laptop.hello()
    session = laptop.connect()
    laptop.publish(Settings(), versions=3)

    assert 3 == laptop.gate_page(session).agreement.version
