"""Whose list reports are sealed to on a laptop, what is merely broken, and what status says of it."""

import pytest

from agent.link import messages as m
from agent.link import pages
from agent.service.state import describe
from policies import sealing
from policies.records import PolicyRejected, ProblemReported
from policies.settings import Settings
from tests.support.officers import Office
from tests.support.report_laptop import DRAFT, REPORTS_ON, ReportLaptop


@pytest.fixture
def told(tmp_path):
    made = ReportLaptop(tmp_path)
    yield made
    made.close()


# ---- whose list ----


def test_a_list_of_another_root_is_refused_and_the_last_one_holds(told):
    _shell, session = told.log_in()
    stranger = Office()
    told.publish(REPORTS_ON, officers=stranger.signed(seq=9))
    told.tell(session)
    told.forward(1)

    assert DRAFT == told.open(told.office.lead, told.reports[0]).draft
    with pytest.raises(sealing.CannotOpen):
        told.open(stranger.lead, told.reports[0])
    (rejected,) = told.records(PolicyRejected)
    assert "another root key" in rejected.problem
    capability = told.service.ground.server.officers.capability(enabled=True)
    assert "broken" == capability.state
    assert sealing.fingerprint(told.office.root_public) in capability.why


def test_a_removed_officer_cannot_open_the_next_report(told):
    _shell, session = told.log_in()
    told.tell(session)
    stay = (told.office.lead, told.office.head, told.office.sheet)
    told.publish(REPORTS_ON, officers=told.office.signed(2, stay))
    told.tell(session)
    told.forward(1)
    before, after = told.reports

    assert DRAFT == told.open(told.office.deputy, before).draft
    assert DRAFT == told.open(told.office.lead, after).draft
    with pytest.raises(sealing.CannotOpen):
        told.open(told.office.deputy, after)
    assert (1, 2) == (before.list_seq, after.list_seq)


def test_the_list_and_its_number_outlive_a_restart(told):
    told.publish(REPORTS_ON, officers=told.office.signed(5))
    told.kill_service()
    told.start()
    told.publish(REPORTS_ON, officers=told.office.signed(4))
    store = told.service.ground.server.officers

    assert (5, 5) == (store.listed.seq, store.pin.seq)
    assert "older" in store.problem


# ---- broken things ----


def test_a_broken_thing_is_told_to_the_technician_in_plain_words(told):
    _shell, session = told.log_in()
    session.say(m.ProblemWritten(kind="virus", words="A red\x00 window"))
    told.settle()

    (problem,) = told.records(ProblemReported)
    assert ("virus", "A red  window", "p-may") == (problem.kind, problem.words, problem.person)
    assert "problem-sent" == told.pages(session, pages.NoticePage)[-1].kind


def test_too_many_broken_things_are_not_kept_and_not_called_so(told):
    _shell, session = told.log_in()
    for _ in range(7):
        session.say(m.ProblemWritten(kind="other", words="x"))
    told.settle()

    assert 5 == len(told.records(ProblemReported))
    assert "problem-not-kept" == told.pages(session, pages.NoticePage)[-1].kind


def test_status_says_whether_reports_work(told):
    works = describe(told.service.ground, unsent_reports=0).capabilities["reports"]
    told.publish(Settings())
    off = describe(told.service.ground, unsent_reports=0).capabilities["reports"]

    assert ("works", "lacking") == (works.state, off.state)
    assert "root key" in works.why
    assert off.remedy
