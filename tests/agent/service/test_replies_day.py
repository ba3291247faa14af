"""An adult's answer: only from an officer on the list, only to whoever told, and quietly."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from agent.link import pages
from policies import sealing
from policies.records import OrderDone
from tests.support.lab_laptop import MAY, SAM
from tests.support.officers import Office
from tests.support.report_laptop import ReportLaptop


@pytest.fixture
def told(tmp_path):
    made = ReportLaptop(tmp_path)
    yield made
    made.close()


def tell(laptop, account=MAY):
    """Tell something, and return the session and the words an officer reads."""
    _shell, session = laptop.log_in(account)
    laptop.tell(session)
    laptop.forward(1)
    return session, laptop.open(laptop.office.lead, laptop.reports[-1])


def outcomes(laptop):
    return [(each.outcome, each.problem) for each in laptop.records(OrderDone)]


def unread(laptop, session):
    session.say(m.Asked(what="panel"))
    laptop.settle()
    return laptop.pages(session, pages.PanelPage)[-1].replies


def read(laptop, session):
    session.say(m.Asked(what="replies"))
    laptop.settle()
    return [(reply.by, reply.words) for reply in laptop.pages(session, pages.RepliesPage)[-1].replies]


def test_an_answer_waits_quietly_and_is_read_when_asked_for(told):
    session, words = tell(told)
    shown = len(told.heard(session, m.ShowPage))
    told.order(told.reply(told.office.lead, words))
    told.forward(3)
    assert shown == len(told.heard(session, m.ShowPage))
    assert [("done", "")] == outcomes(told)
    assert 1 == unread(told, session)

    assert [("Mr Okafor", "Come and see me at break.")] == read(told, session)
    assert 0 == unread(told, session)
    assert 1 == len(read(told, session))


def test_an_open_panel_is_renewed_by_the_number_alone(told):
    session, words = tell(told)
    assert 0 == unread(told, session)
    told.order(told.reply(told.office.lead, words))
    told.forward(2)

    last = told.heard(session, m.ShowPage)[-1]
    assert ("renew", 1) == (last.how, last.page.replies)


def test_nobody_else_at_the_laptop_sees_it_and_its_person_does_after_a_new_login(told):
    session, words = tell(told)
    told.order(told.reply(told.office.lead, words))
    _sams_shell, sams = told.log_in(SAM)
    assert 0 == unread(told, sams)
    assert [] == read(told, sams)
    told.kill_service()
    told.start()
    told.device.sessions[-1].connected = False
    session = told.connect(told.device.sessions[-2])

    assert 1 == unread(told, session)
    assert 1 == len(read(told, session))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda office, _w: {"by_key": office.deputy.id}, "not signed by that officer"),
        (lambda _o, _w: {"by_key": "f" * 32}, "not on this laptop's list"),
        (lambda office, _w: {"by_key": office.sheet.id}, "not on this laptop's list"),
        (lambda _o, _w: {"signature": bytes(64)}, "not signed by that officer"),
        (lambda _o, _w: {"report": "e" * 32}, "no answer to this report is waited for"),
        (lambda _o, _w: {"key": sealing.opening_public_key(sealing.new_opening_key())}, "not sealed to"),
    ],
)
def test_an_answer_that_no_officer_wrote_is_refused(told, change, why):
    session, words = tell(told)
    told.order(told.reply(told.office.lead, words, **change(told.office, words)))

    ((outcome, problem),) = outcomes(told)
    assert "refused" == outcome
    assert why in problem
    assert 0 == unread(told, session)


def test_the_server_alone_cannot_answer(told):
    """It holds the policy key and knows who is on the list, but no officer's signing key."""
    session, words = tell(told)
    stranger = Office()
    forged = told.reply(stranger.lead, words, by_key=told.office.lead.id)
    told.order(forged)

    assert "refused" == outcomes(told)[0][0]
    assert 0 == unread(told, session)


def test_an_officer_who_left_the_list_cannot_answer_any_more(told):
    from tests.support.report_laptop import REPORTS_ON

    session, words = tell(told)
    stay = (told.office.lead, told.office.head, told.office.sheet)
    told.publish(REPORTS_ON, officers=told.office.signed(2, stay))
    told.order(told.reply(told.office.deputy, words))

    assert "refused" == outcomes(told)[0][0]
    assert 0 == unread(told, session)


def test_one_answer_comes_once_however_often_it_is_said(told):
    session, words = tell(told)
    for _ in range(3):
        told.order(told.reply(told.office.lead, words))
    assert [("done", "")] == outcomes(told)
    assert 1 == unread(told, session)


def test_after_a_restart_its_outcome_is_said_again_but_it_is_kept_once(told):
    _session, words = tell(told)
    told.order(told.reply(told.office.lead, words))
    told.kill_service()
    told.start()
    session = told.connect()
    told.order(told.reply(told.office.lead, words))

    assert [("done", "")] * 2 == outcomes(told)
    assert 1 == unread(told, session)


def test_an_answer_that_came_too_late_is_not_kept(told):
    session, words = tell(told)
    told.order(told.reply(told.office.lead, words, expires_at=told.clock.at))

    assert [("expired", "")] == outcomes(told)
    assert 0 == unread(told, session)


def test_an_answer_is_gone_when_it_expires(told):
    session, words = tell(told)
    told.order(told.reply(told.office.lead, words, expires_at=told.clock.at + timedelta(seconds=30)))
    assert 1 == unread(told, session)
    told.forward(31)

    assert 0 == unread(told, session)
    assert [] == read(told, session)


def test_an_account_that_is_nobodys_own_gets_no_answer(told):
    from agent.service.report_store import KeptReport
    from policies.settings import LoginSettings, Settings
    from tests.support.report_laptop import REPORTS_ON

    guests = Settings(report=REPORTS_ON.report, login=LoginSettings(unknown_login="visitor"))
    told.publish(guests, officers=told.office.signed())
    told.server.people.pop("may")
    _session, words = tell(told)
    (kept,) = told.service.reports.store.all.values()

    assert isinstance(kept, KeptReport)
    assert words.reply_key is None
    assert b"" == kept.reply_private


def test_the_twenty_first_answer_is_refused(told):
    session, words = tell(told)
    for number in range(21):
        told.order(told.reply(told.office.lead, words, text=f"answer {number}"))

    assert "too many" in outcomes(told)[-1][1]
    assert 20 == unread(told, session)


def test_answers_are_not_shown_at_the_gate(told):
    _session, words = tell(told)
    told.order(told.reply(told.office.lead, words))
    told.service.ground.server.known.keep_acceptance = lambda *_: None
    _shell, _hook = told.hello(SAM)
    session = told.connect()
    session.say(m.Asked(what="replies", place="gate"))
    told.settle()

    assert [] == told.pages(session, pages.RepliesPage)
