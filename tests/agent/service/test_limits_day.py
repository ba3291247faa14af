"""A limit, a meeting, a lesson as somebody at the laptop meets them, and where help stays open."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from agent.service import facts
from policies import orders, records
from policies.orders import Accepted, Arrangement, Restriction
from policies.settings import AgreementSettings, LoginSettings, Settings
from policies.windows import Window
from policies.wire import HoldAnswer
from tests.support.lab_laptop import MAY
from tests.support.model_server import DEVICE
from tests.support.report_laptop import ReportLaptop

NEVER_HERE = Window(days=("sat",), starts="03:00", ends="03:01")


@pytest.fixture
def laptop(make_laptop):
    return make_laptop()


def set_for_may(laptop, **changes):
    """An adult sets something on the server."""
    laptop.server.people["may"] |= changes


def tell(laptop):
    """The server says May's grant again."""
    laptop.clock.forward(1)
    grant = orders.LoginGrant(
        device=DEVICE,
        os_user="may",
        listed=True,
        issued_at=laptop.clock.at,
        accepted=laptop.server.accepted.get("may"),
        **laptop.server.people["may"],
    )
    laptop.order(grant)


def limit(laptop, hours=48, only_in=None):
    return Restriction(until=laptop.clock.at + timedelta(hours=hours), only_in=only_in)


def notices(laptop, session):
    shown = [each.page for each in laptop.heard(session, m.ShowPage)]
    ended = [each.page for each in laptop.heard(session, m.GateOver)]
    return [getattr(page, "kind", "") for page in (*shown, *ended)]


def reasons(laptop):
    return [each.reason for each in laptop.records(records.LoginEnded)]


def test_r16_a_limited_pupil_reads_a_neutral_page_and_is_signed_out(laptop):
    set_for_may(laptop, restrictions=(limit(laptop),))
    _shell, hook = laptop.hello()
    session = laptop.connect()
    (over,) = laptop.heard(session, m.GateOver)

    assert "restricted" == over.page.kind
    assert laptop.clock.at + timedelta(hours=48) >= laptop.clock.at
    assert over.page.until
    laptop.forward(61)
    assert hook.opens is False
    assert ["restricted"] == reasons(laptop)


def test_r16_the_limit_ends_unaided_and_the_next_login_opens(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(1)
    set_for_may(laptop, restrictions=(limit(laptop, hours=1),))
    laptop.hello()
    laptop.connect()
    laptop.forward(61)
    laptop.server.online = False
    laptop.clock.forward(3600)
    _shell, hook = laptop.hello()

    assert hook.opens is True


def test_r16_a_limit_set_now_is_told_first_and_then_ends_the_login(laptop):
    shell, session = laptop.log_in()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)
    laptop.forward(10)

    assert "ends-soon" in notices(laptop, session)
    assert laptop.device.is_alive(shell)
    laptop.forward(130)
    assert ["restricted"] == reasons(laptop)
    assert not laptop.device.is_alive(shell)


def test_r16_a_limit_lifted_in_time_ends_nothing(laptop):
    shell, _session = laptop.log_in()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)
    laptop.forward(60)
    set_for_may(laptop, restrictions=())
    tell(laptop)
    laptop.forward(300)

    assert laptop.device.is_alive(shell)
    assert [] == reasons(laptop)


def test_r16_a_login_is_told_five_minutes_before_its_hours_end(laptop):
    local = laptop.clock.at.astimezone()
    ends = (local + timedelta(minutes=20)).strftime("%H:%M")
    hours = Window(starts="00:00", ends=ends)
    set_for_may(laptop, restrictions=(limit(laptop, only_in=hours),))
    _shell, session = laptop.log_in()
    laptop.forward(14 * 60)

    assert "ends-soon" not in notices(laptop, session)
    laptop.forward(70)
    assert "ends-soon" in notices(laptop, session)
    laptop.forward(5 * 60 + 10)
    assert ["restricted"] == reasons(laptop)


def test_r16_an_older_word_of_the_server_changes_nothing(laptop):
    shell, _session = laptop.log_in()
    old = orders.LoginGrant(
        device=DEVICE,
        os_user="may",
        listed=True,
        issued_at=laptop.clock.at - timedelta(hours=3),
        restrictions=(limit(laptop),),
        **laptop.server.people["may"],
    )
    laptop.order(old)
    laptop.forward(300)

    assert laptop.device.is_alive(shell)


def test_r16_a_limit_holds_after_the_service_was_started_again(laptop):
    set_for_may(laptop, restrictions=())
    laptop.log_in()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.forward(140)

    assert ["restricted"] == reasons(laptop)


def test_r16_whoever_stands_at_the_gate_when_a_limit_is_set_is_turned_away(laptop):
    laptop.hello()
    session = laptop.connect()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)

    assert "restricted" == laptop.heard(session, m.GateOver)[-1].page.kind


def test_r16_help_is_open_to_a_limited_pupil(laptop):
    set_for_may(laptop, restrictions=(limit(laptop),))
    laptop.hello()
    session = laptop.connect()
    session.say(m.Asked(what="help", place="attention"))
    laptop.settle()

    assert 1 == len(laptop.records(records.HelpAsked))
    assert "help-sent" in notices(laptop, session)


def test_r16_a_limited_pupil_can_still_report(tmp_path):
    laptop = ReportLaptop(tmp_path)
    try:
        set_for_may(laptop, restrictions=(limit(laptop),))
        _shell, hook = laptop.hello(MAY)
        session = laptop.connect()

        assert laptop.heard(session, m.GateOver)[-1].page.reports is True
        session.say(m.Asked(what="report", place="attention"))
        laptop.settle()
        laptop.tell(session, place="attention")
        laptop.forward(2)
        assert 1 == len(laptop.reports)
        assert hook.opens is not True
    finally:
        laptop.close()


def test_r10_blocked_then_the_meeting_is_recorded_and_the_gate_asks_anew(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.forward(60)
    set_for_may(laptop, held="meeting")
    _shell, hook = laptop.hello()
    session = laptop.connect()
    assert "meeting" == laptop.heard(session, m.GateOver)[-1].page.kind
    laptop.forward(61)
    assert hook.opens is False

    set_for_may(laptop, held="", accept_after=laptop.clock.at)
    laptop.forward(5)
    _shell, hook = laptop.hello()
    session = laptop.connect()
    assert hook.opens is None
    laptop.answer(session)
    assert hook.opens is True
    assert 2 == len(laptop.records(records.AgreementAnswered))


def test_r10_a_pupil_alone_cannot_clear_it(laptop):
    """Again and again, offline, with the service killed, answering for a gate that was not asked."""
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    set_for_may(laptop, held="meeting")
    laptop.hello()
    session = laptop.connect()
    session.say(
        m.GateAnswered(answer="accepted", version=1, text_hash="0" * 64, language="en", pages_shown=9)
    )
    laptop.settle()
    laptop.forward(61)
    laptop.server.online = False
    laptop.kill_service()
    laptop.start()
    for _ in range(3):
        _shell, hook = laptop.hello()
        laptop.connect()
        laptop.forward(70)
        assert hook.opens is False


def test_r10_an_acceptance_known_to_the_server_from_before_the_meeting_opens_nothing(laptop):
    before = laptop.clock.at - timedelta(hours=2)
    laptop.server.accepted["may"] = Accepted(tier="teen", version=1, at=before)
    set_for_may(laptop, accept_after=laptop.clock.at - timedelta(hours=1))
    _shell, hook = laptop.hello()
    laptop.connect()

    assert hook.opens is None


def test_r11_with_the_date_taken_away_a_login_alone_is_refused(make_laptop):
    laptop = make_laptop(settings=Settings(login=LoginSettings(induction="required")))
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    set_for_may(laptop, held="induction")
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert "induction" == laptop.heard(session, m.GateOver)[-1].page.kind
    laptop.forward(901)
    assert hook.opens is False
    assert "unsupervised" == reasons(laptop)[-1]


def test_r5_more_time_at_the_gate_larger_letters_and_reading_by_itself(make_laptop):
    laptop = make_laptop(settings=Settings(agreement=AgreementSettings(answer_within_seconds=60)))
    arrangement = Arrangement(answer_within_seconds=300, text_scale_percent=150, reads_aloud=True)
    set_for_may(laptop, arrangement=arrangement)
    _shell, hook = laptop.hello()
    session = laptop.connect()
    page = laptop.gate_page(session)
    laptop.forward(200)

    assert (150, True) == (page.text_scale, page.reads_at_once)
    assert hook.opens is None
    laptop.forward(120)
    assert hook.opens is False


def test_r5_a_longer_idle_time_is_kept_from_the_lock(make_laptop):
    laptop = make_laptop()
    set_for_may(laptop, arrangement=Arrangement(idle_after_seconds=900))
    laptop.log_in()
    laptop.typing = False
    laptop.forward(500)

    assert [] == laptop.records(records.ScreenLocked)
    laptop.forward(460)
    assert 1 == len(laptop.records(records.ScreenLocked))


def test_r5_an_arrangement_made_while_the_pupil_works_holds_at_once(laptop):
    laptop.log_in()
    laptop.typing = False
    laptop.forward(200)
    set_for_may(laptop, arrangement=Arrangement(idle_after_seconds=900))
    tell(laptop)
    laptop.forward(300)

    assert [] == laptop.records(records.ScreenLocked)


def test_r5_an_arrangement_holds_after_the_service_was_started_again(make_laptop):
    laptop = make_laptop()
    set_for_may(laptop, arrangement=Arrangement(idle_after_seconds=900))
    laptop.log_in()
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.typing = False
    laptop.forward(500)

    assert [] == laptop.records(records.ScreenLocked)


def may_grant(laptop, **changes):
    return orders.LoginGrant(
        device=DEVICE,
        os_user="may",
        listed=True,
        issued_at=laptop.clock.at,
        **(laptop.server.people["may"] | changes),
    )


def test_r16_a_limit_set_while_somebody_reads_at_the_gate_holds_after_it(laptop):
    _shell, _hook = laptop.hello()
    session = laptop.connect()
    laptop.forward(5)
    ends = (laptop.clock.at.astimezone() + timedelta(minutes=20)).strftime("%H:%M")
    set_for_may(laptop, restrictions=(limit(laptop, only_in=Window(starts="00:00", ends=ends)),))
    tell(laptop)
    laptop.answer(session)
    laptop.forward(22 * 60)

    assert ["restricted"] == reasons(laptop)


def test_r5_what_somebody_needs_reaches_them_while_they_read_at_the_gate(laptop):
    laptop.hello()
    session = laptop.connect()
    set_for_may(laptop, arrangement=Arrangement(text_scale_percent=150))
    tell(laptop)
    laptop.answer(session)
    (login,) = laptop.service.ground.logins.values()

    assert 150 == login.text_scale


def test_r16_an_answer_that_was_on_its_way_does_not_undo_a_newer_limit(laptop):
    plain = laptop.server.login_grant

    def slow(login, os_user):
        answer = plain(login, os_user)
        laptop.clock.forward(1)
        said = may_grant(laptop, restrictions=(limit(laptop),))
        held = HoldAnswer(orders=(laptop.server.sign(said),), cursor=1)
        laptop.service.loop.put(facts.Held(held, (said,)))
        return answer

    laptop.server.login_grant = slow
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert "restricted" in notices(laptop, session)
    laptop.forward(61)
    assert not hook.opens


def test_r16_whoever_kills_the_session_at_the_warning_is_ended_all_the_same(laptop):
    shell, _session = laptop.log_in()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)
    laptop.forward(10)
    for _ in range(3):
        laptop.device.sessions[-1].process.end(-9)
        laptop.device.sessions[-1].channel.close()
        laptop.settle()
        laptop.forward(20)
    laptop.forward(120)

    assert not laptop.device.is_alive(shell)


def test_r16_a_service_started_anew_at_the_warning_warns_again_and_then_ends(laptop):
    shell, _session = laptop.log_in()
    set_for_may(laptop, restrictions=(limit(laptop),))
    tell(laptop)
    laptop.forward(60)
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.forward(150)

    assert not laptop.device.is_alive(shell)
