"""Hours and their lapse as somebody at the laptop meets them (R11, R16, R19, R20)."""

import pytest

from agent.link import messages as m
from policies import records
from policies.lab_settings import HoursSettings
from policies.settings import AgreementSettings, Settings
from policies.variants import Variant
from tests.support.lab_laptop import SAM
from tests.support.supervised import (
    check_in,
    hours,
    in_istanbul,
    lapses,
    leave,
    publish,
    reasons,
    shown,
)

CLUB = HoursSettings(session="club")
istanbul = pytest.fixture(autouse=True)(in_istanbul)


@pytest.fixture
def club(make_laptop):
    return make_laptop(settings=Settings(hours=CLUB))


# ---- the gate ----


def test_r19_a_club_does_not_open_while_nobody_is_checked_in(club):
    _shell, hook = club.hello()
    session = club.connect()
    club.forward(300)

    assert ["unsupervised"] == shown(club, session)
    assert hook.opens is None
    club.forward(605)
    assert hook.opens is False
    assert ["unsupervised"] == reasons(club)


def test_r19_the_gate_goes_on_by_itself_when_somebody_checks_in_and_names_them(club):
    _shell, hook = club.hello()
    session = club.connect()
    club.forward(100)
    check_in(club)
    assert club.gate_page(session) is not None
    club.answer(session)

    assert hook.opens is True
    session.say(m.Asked(what="panel"))
    club.settle()
    (panel,) = [each.page for each in club.heard(session, m.ShowPage)]
    assert "Tom Ashby supervises this room." == panel.supervised
    assert "Tom Ashby supervises this room." in club.heard(session, m.Work)[-1].texts.title


def test_r19_whoever_accepted_before_comes_straight_in_when_somebody_checks_in(club):
    check_in(club, order="c0")
    shell, _session = club.log_in()
    club.device.exit(shell)
    leave(club, "c0")
    _shell, hook = club.hello()
    session = club.connect()
    assert "unsupervised" == shown(club, session)[-1]
    check_in(club)

    assert hook.opens is True
    assert club.heard(session, m.GateOver)[-1].opens


def test_r19_somebody_who_reads_the_agreement_when_the_supervisor_leaves_waits_and_then_reads_on(club):
    check_in(club)
    _shell, hook = club.hello()
    session = club.connect()
    leave(club)
    assert ["unsupervised"] == shown(club, session)
    club.forward(400)
    check_in(club, order="c2")
    club.answer(session)

    assert hook.opens is True


def test_r19_closing_the_window_that_waits_signs_out_and_is_no_lost_session(club):
    _shell, hook = club.hello()
    session = club.connect()
    session.process.end(0)
    session.channel.close()
    club.settle()
    club.forward(2)

    assert hook.opens is False
    assert ["unsupervised"] == reasons(club)
    assert [] == club.records(records.SessionLost)


def test_r19_a_window_said_to_be_broken_while_an_adult_is_waited_for_opens_nothing(make_laptop):
    agreement = AgreementSettings(if_gate_fails="open")
    club = make_laptop(settings=Settings(hours=CLUB, agreement=agreement))
    _shell, hook = club.hello()
    session = club.connect()
    session.say(m.GateBroken(web_view="no display", plain_window="no toolkit"))
    club.settle()
    club.forward(60)

    assert hook.opens is None


def test_r19_an_answer_for_a_gate_that_waits_opens_nothing(club):
    _shell, hook = club.hello()
    session = club.connect()
    session.say(
        m.GateAnswered(answer="accepted", version=1, text_hash="0" * 64, language="en", pages_shown=99)
    )
    club.settle()

    assert hook.opens is None


def test_r16_help_and_its_record_are_there_while_one_waits(club):
    club.hello()
    session = club.connect()
    session.say(m.Asked(what="help", place="attention"))
    club.settle()
    assert 1 == len(club.records(records.HelpAsked))
    assert "help-sent" in shown(club, session)
    club.forward(10)

    assert "unsupervised" == shown(club, session)[-1]


def test_r19_adults_are_never_shut_out(club):
    club.server.people["may"]["tier"] = "adult"
    _shell, session = club.log_in()
    club.forward(400)

    assert [] == shown(club, session)
    assert [] == lapses(club)


def test_r19_closed_hours_open_for_no_pupil_and_say_when_they_end(make_laptop):
    laptop = make_laptop()
    publish(laptop, hours("11:00", "12:15", session="closed"))
    check_in(laptop)
    _shell, hook = laptop.hello()
    session = laptop.connect()
    page = laptop.heard(session, m.GateOver)[-1].page

    assert "closed" == page.kind
    assert "T12:15:00+03:00" in page.until
    laptop.forward(61)
    assert hook.opens is False
    assert ["closed"] == reasons(laptop)


def test_r20_adult_demonstration_is_for_adults_only(make_laptop):
    laptop = make_laptop(settings=Settings(hours=HoursSettings(supervision="adult_demo")))
    check_in(laptop)
    laptop.hello()
    session = laptop.connect()

    assert ["adults-only"] == shown(laptop, session)


def test_r20_each_tier_is_held_to_its_own_supervision(make_laptop):
    laptop = make_laptop()
    laptop.server.people["sam"]["tier"] = "junior"
    publish(laptop, Variant(tiers=("junior",), change={"hours.supervision": "supervised"}))
    _shell, may = laptop.hello()
    laptop.connect()
    laptop.hello(SAM)
    session = laptop.connect()

    assert ["unsupervised"] == shown(laptop, session)
    assert may.opens is None


# ---- the lapse ----


def test_r20_when_the_supervisor_leaves_it_warns_then_locks_and_comes_back(club):
    check_in(club)
    _shell, session = club.log_in()
    leave(club)
    assert "supervisor-left" == shown(club, session)[-1]
    club.forward(110)
    assert [] == club.device.lockers
    club.forward(15)
    assert ["unsupervised"] == [each.reason for each in club.records(records.ScreenLocked)]
    assert ["warned", "locked"] == lapses(club)

    check_in(club, order="c2")
    club.forward(60)
    assert 1 == len(club.device.lockers)
    assert ["warned", "locked", "returned"] == lapses(club)


def test_r20_somebody_back_in_time_leaves_everything_as_it_was(club):
    check_in(club)
    _shell, session = club.log_in()
    leave(club)
    club.forward(60)
    check_in(club, order="c2", by="Sam Reed")
    club.forward(200)

    assert [] == club.device.lockers
    assert ["warned", "returned"] == lapses(club)
    assert "supervisor-back" == shown(club, session)[-1]


def test_r20_a_screen_opened_again_without_a_supervisor_is_locked_again_and_is_one_lapse(club):
    check_in(club)
    club.log_in()
    leave(club)
    club.forward(125)
    for _ in range(3):
        club.forward(2)
        club.device.lockers[-1].end(0)
        club.settle()
        club.forward(3)

    assert 4 == len(club.device.lockers)
    assert ["warned", "locked"] == lapses(club)


def test_r20_the_login_ends_where_the_hours_say_so(make_laptop):
    laptop = make_laptop(
        settings=Settings(hours=HoursSettings(session="club", lapse_then="end", lapse_warn_seconds=30))
    )
    check_in(laptop)
    shell, session = laptop.log_in()
    leave(laptop)
    laptop.forward(31)

    assert "unsupervised" == shown(laptop, session)[-1]
    laptop.forward(61)
    assert not laptop.device.is_alive(shell)
    assert ["unsupervised"] == reasons(laptop)
    assert ["warned", "ended"] == lapses(laptop)


def test_r19_at_15_40_without_a_check_in_locked_with_one_open(make_laptop):
    """11:40 on this laptop's wall; the club begins, and nobody is checked in."""
    laptop = make_laptop()
    publish(laptop, hours("11:40", "13:00", session="club"))
    _shell, session = laptop.log_in()
    laptop.forward(7 * 60)
    assert [] == shown(laptop, session)
    laptop.forward(60)
    assert ["supervisor-left"] == shown(laptop, session)
    assert [] == laptop.device.lockers
    laptop.forward(130)
    assert 1 == len(laptop.device.lockers)

    check_in(laptop)
    laptop.forward(600)
    assert 1 == len(laptop.device.lockers)
    (login,) = laptop.service.ground.logins.values()
    assert "Tom Ashby" == laptop.service.ground.supervisor_of(login).by


def test_r19_closing_time_is_told_before_it_comes_and_kept(make_laptop):
    laptop = make_laptop()
    publish(laptop, hours("11:40", session="closed", lapse_then="end"))
    shell, session = laptop.log_in()
    laptop.forward(7 * 60 + 40)
    page = laptop.heard(session, m.ShowPage)[-1].page

    assert ("closed", "lock") == (page.kind, page.then)
    laptop.forward(125)
    laptop.forward(60)
    assert not laptop.device.is_alive(shell)
