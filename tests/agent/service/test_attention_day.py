"""*Eyes to the front* on a laptop: who is covered, when it is confirmed, and that it ends by itself."""

from datetime import timedelta

import msgspec
import pytest

from agent.link import messages as m
from agent.service.attending import Screen, decide_outcome
from policies import orders
from policies.records import OrderDone, ScreenLocked
from policies.settings import LabSettings, Settings
from tests.support.lab_laptop import SAM
from tests.support.model_server import DEVICE


def attention(laptop, order="a1", *, on=True, minutes=5, by="Ms Demir", **changes):
    said = orders.Attention(
        device=DEVICE,
        order=order,
        on=on,
        by=by,
        issued_at=laptop.clock.at,
        until=laptop.clock.at + timedelta(minutes=minutes),
        **changes,
    )
    laptop.order(said)
    return said


def covers(laptop, session, covered=True, problem=""):
    """The session lays the cover it was told to, and says so."""
    page = laptop.heard(session, m.ShowAttention)[-1].page
    session.say(m.AttentionSeen(order=page.order, covered=covered, problem=problem))
    laptop.settle()
    return page


def outcomes(laptop):
    return [(each.order, each.outcome, each.problem) for each in laptop.records(OrderDone)]


def watch(laptop, order="w1"):
    until = laptop.clock.at + timedelta(minutes=30)
    laptop.order(orders.Watch(device=DEVICE, order=order, by="Ms Demir", until=until))
    laptop.forward(1)


def seen(laptop):
    """Return what a watching adult was told last of the first login."""
    laptop.forward(1)
    return laptop.server.statuses[-1].logins[0]


# ---- deciding ----


def test_nobody_logged_in_is_done() -> None:
    assert ("done", "nobody is logged in") == decide_outcome([], locks=False, waited_seconds=0)


def test_every_screen_has_to_be_covered() -> None:
    screens = [Screen(True, True, False), Screen(True, False, False)]

    assert ("wait", "") == decide_outcome(screens, locks=False, waited_seconds=1)
    assert "failed" == decide_outcome(screens, locks=False, waited_seconds=6)[0]


def test_a_locker_known_to_cover_is_as_good() -> None:
    assert ("done", "") == decide_outcome([Screen(False, False, True)], locks=False, waited_seconds=0)


def test_with_locks_a_cover_alone_is_not_enough() -> None:
    screens = [Screen(True, True, False)]

    assert ("wait", "") == decide_outcome(screens, locks=True, waited_seconds=10)
    assert ("failed", "the screen is covered, but not locked") == decide_outcome(
        screens, locks=True, waited_seconds=16
    )


# ---- a lesson ----


def test_an_open_login_is_covered_at_once_and_confirmed_once(laptop) -> None:
    _shell, session = laptop.log_in()
    said = attention(laptop, words="Two minutes: let’s look at the board.")
    page = covers(laptop, session)
    laptop.order(said)

    assert ("Ms Demir", "Two minutes: let’s look at the board.") == (page.by, page.words)
    assert [("a1", "done", "")] == outcomes(laptop)
    assert 1 == len(laptop.heard(session, m.ShowAttention))


def test_the_page_names_no_child(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop)

    assert b"May" not in msgspec.json.encode(covers(laptop, session))


def test_a_cover_that_is_not_confirmed_has_failed_and_the_reason_is_said(laptop) -> None:
    _shell, session = laptop.log_in()
    watch(laptop)
    attention(laptop)
    covers(laptop, session, covered=False, problem="a window lies above the cover")
    laptop.forward(6)

    assert ("a1", "failed", "a window lies above the cover") in outcomes(laptop)
    assert ("", "a window lies above the cover") == (
        seen(laptop).attention,
        seen(laptop).attention_problem,
    )


def test_a_session_that_says_nothing_has_not_confirmed(laptop) -> None:
    laptop.log_in()
    attention(laptop)
    laptop.forward(6)

    assert [("a1", "failed", "the cover was not confirmed in time")] == outcomes(laptop)


def test_a_watching_adult_is_told_of_the_cover_and_of_its_loss(laptop) -> None:
    _shell, session = laptop.log_in()
    watch(laptop)
    attention(laptop)
    covers(laptop, session)
    covered = seen(laptop)
    session.say(m.AttentionSeen(order="a1", covered=False, problem="a window lies above the cover"))
    laptop.settle()
    lost = seen(laptop)

    assert ("a1", "") == (covered.attention, covered.attention_problem)
    assert ("", "a window lies above the cover") == (lost.attention, lost.attention_problem)


def test_it_ends_by_itself_at_its_time(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop, minutes=3)
    covers(laptop, session)
    laptop.forward(175)
    before = laptop.heard(session, m.HideAttention)
    laptop.forward(7)

    assert [] == before
    assert [m.HideAttention(order="a1")] == laptop.heard(session, m.HideAttention)


def test_it_never_lasts_longer_than_the_policy_has_it(make_laptop) -> None:
    laptop = make_laptop(settings=Settings(lab=LabSettings(attention_longest_minutes=2)))
    _shell, session = laptop.log_in()
    attention(laptop, minutes=600)
    laptop.forward(125)

    assert [m.HideAttention(order="a1")] == laptop.heard(session, m.HideAttention)


def test_the_teacher_ends_it_and_an_older_word_does_not_bring_it_back(laptop) -> None:
    _shell, session = laptop.log_in()
    said = attention(laptop)
    covers(laptop, session)
    laptop.forward(10)
    attention(laptop, on=False)
    laptop.order(said)
    taken_away = laptop.heard(session, m.HideAttention)
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.order(said)

    assert [m.HideAttention(order="a1")] == taken_away
    assert [] == laptop.heard(laptop.device.sessions[-1], m.ShowAttention)


def test_a_longer_time_is_a_later_word(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop, minutes=1)
    covers(laptop, session)
    laptop.forward(30)
    attention(laptop, minutes=3)
    laptop.forward(60)

    assert [] == laptop.heard(session, m.HideAttention)
    assert [("a1", "done", "")] == outcomes(laptop)


def test_who_logs_in_later_is_covered_as_the_desktop_opens_and_not_at_the_gate(laptop) -> None:
    attention(laptop)
    laptop.hello()
    session = laptop.connect()
    at_gate = laptop.heard(session, m.ShowAttention)
    laptop.answer(session)

    assert [] == at_gate
    assert 1 == len(laptop.heard(session, m.ShowAttention))


def test_who_signs_out_and_in_again_is_covered_again(laptop) -> None:
    shell, session = laptop.log_in()
    attention(laptop)
    covers(laptop, session)
    laptop.device.exit(shell)
    laptop.forward(2)
    _shell, again = laptop.log_in()

    assert 1 == len(laptop.heard(again, m.ShowAttention))


def test_a_session_that_was_killed_is_replaced_and_covers_again(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop)
    covers(laptop, session)
    session.process.end(-9)
    session.channel.close()
    laptop.forward(3)
    again = laptop.device.sessions[-1]
    laptop.connect(again)

    assert again is not session
    assert 1 == len(laptop.heard(again, m.ShowAttention))


def test_it_holds_over_a_restart_and_without_the_server(laptop) -> None:
    laptop.log_in()
    attention(laptop)
    laptop.server.online = False
    laptop.kill_service()
    laptop.start()
    session = laptop.connect()

    assert ["a1"] == [each.page.order for each in laptop.heard(session, m.ShowAttention)]


def test_of_two_teachers_the_later_holds_and_when_it_ends_the_other_does_again(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop, "a1", by="Ms Demir")
    laptop.forward(2)
    attention(laptop, "a2", by="Mr Bell")
    laptop.forward(2)
    attention(laptop, "a2", on=False)

    assert ["Ms Demir", "Mr Bell", "Ms Demir"] == [
        each.page.by for each in laptop.heard(session, m.ShowAttention)
    ]


def test_an_adults_own_login_is_not_covered(laptop) -> None:
    laptop.server.people["sam"] |= {"tier": "adult"}
    _shell, session = laptop.log_in(SAM)
    attention(laptop)

    assert [] == laptop.heard(session, m.ShowAttention)
    assert [("a1", "done", "nobody is logged in")] == outcomes(laptop)


def test_with_locks_a_real_lock_stands_beneath_and_stays_when_it_ends(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop, locks=True)
    covers(laptop, session)
    laptop.forward(2)
    attention(laptop, on=False, locks=True)
    laptop.forward(2)

    assert ["ordered"] == [each.reason for each in laptop.records(ScreenLocked)]
    assert [("a1", "done", "")] == outcomes(laptop)
    assert laptop.device.lockers[-1].status is None


def test_with_locks_a_screen_that_does_not_lock_has_failed(laptop) -> None:
    _shell, session = laptop.log_in()
    laptop.device.locker_works = False
    attention(laptop, locks=True)
    covers(laptop, session)
    laptop.forward(17)

    assert ("a1", "failed", "the screen is covered, but not locked") in outcomes(laptop)


def test_a_session_that_answers_for_another_order_confirms_nothing(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop)
    session.say(m.AttentionSeen(order="another", covered=True))
    laptop.settle()
    laptop.forward(6)

    assert "failed" == outcomes(laptop)[0][1]


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_laptop_whose_clock_was_set_does_not_keep_it(laptop, hours) -> None:
    _shell, session = laptop.log_in()
    attention(laptop, minutes=3)
    covers(laptop, session)
    laptop.clock.at += timedelta(hours=hours)
    laptop.forward(185)
    last = [each for each in session.everything if isinstance(each, m.ShowAttention | m.HideAttention)][-1]

    assert m.HideAttention(order="a1") == last


def test_help_and_reports_are_asked_for_from_it(laptop) -> None:
    _shell, session = laptop.log_in()
    attention(laptop)
    covers(laptop, session)
    session.say(m.Asked(what="report", place="attention"))
    laptop.settle()

    assert laptop.heard(session, m.ShowPage)


def test_a_session_that_is_stopped_is_not_called_covered_for_what_it_said_before(laptop) -> None:
    _shell, session = laptop.log_in()
    watch(laptop)
    attention(laptop)
    covers(laptop, session)
    before = seen(laptop).attention
    session.connected = False  # SIGSTOP: nothing comes from it any more
    laptop.forward(7)
    stopped = laptop.server.statuses[-1].logins[0]
    session.connected = True
    laptop.forward(2)

    assert ("a1", "") == (before, stopped.attention)
    assert "the session there does not answer" == stopped.attention_problem
    assert "a1" == seen(laptop).attention
