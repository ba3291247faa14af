"""A teacher's message and its three buttons, and thanks that stay between two people (R90)."""

from datetime import timedelta

from agent.link import messages as m
from agent.link import pages
from policies import orders
from policies.records import HelpAsked, MessageAnswered, OrderDone
from policies.settings import LabSettings, Settings
from tests.support.lab_laptop import SAM
from tests.support.model_server import DEVICE


def message(laptop, order="m1", *, login=None, kind="message", words="Save your work, please.", minutes=10):
    said = orders.LabMessage(
        device=DEVICE,
        order=order,
        kind=kind,
        by="Ms Demir",
        words=words,
        login=login,
        expires_at=laptop.clock.at + timedelta(minutes=minutes),
    )
    laptop.order(said)
    return said


def shown(laptop, session):
    """Return the messages this session was told to show, one after the other."""
    found = [each.page for each in laptop.heard(session, m.ShowPage)]
    return [(page.order, page.kind) for page in found if isinstance(page, pages.MessagePage)]


def answer(laptop, session, order="m1", word="ok"):
    session.say(m.MessageDone(order=order, answer=word))
    laptop.settle()


def outcomes(laptop):
    return [(each.order, each.outcome, each.problem) for each in laptop.records(OrderDone)]


def painted(laptop, session, order="m1"):
    session.say(m.MessageShown(order=order))
    laptop.settle()


def answers(laptop):
    return [(each.order, each.os_user, each.answer) for each in laptop.records(MessageAnswered)]


def login_of(laptop, name):
    return next(each.id for each in laptop.service.ground.logins.values() if each.os_user == name)


def test_a_message_is_shown_and_its_answer_recorded_once(laptop) -> None:
    _shell, session = laptop.log_in()
    said = message(laptop)
    answer(laptop, session, word="not-yet")
    answer(laptop, session, word="ok")
    laptop.order(said)

    assert [("m1", "message")] == shown(laptop, session)
    assert [("m1", "may", "not-yet")] == answers(laptop)
    assert [("m1", "done", "")] == outcomes(laptop)


def test_i_need_help_is_a_call_for_help_as_well(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop)
    answer(laptop, session, word="help")

    assert [("m1", "may", "help")] == answers(laptop)
    assert ["may"] == [each.os_user for each in laptop.records(HelpAsked)]


def test_a_second_message_waits_for_the_first(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, "m1")
    message(laptop, "m2")
    first = shown(laptop, session)
    answer(laptop, session, "m1")

    assert [("m1", "message")] == first
    assert [("m1", "message"), ("m2", "message")] == shown(laptop, session)


def test_closing_it_without_an_answer_records_none_and_goes_on(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, "m1")
    message(laptop, "m2")
    answer(laptop, session, "m1", "closed")

    assert [] == answers(laptop)
    assert ("m2", "message") == shown(laptop, session)[-1]


def test_an_answer_to_what_is_not_shown_is_none(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, "m1")
    answer(laptop, session, "m9")

    assert [] == answers(laptop)


def test_a_message_to_one_login_is_shown_to_nobody_else(laptop) -> None:
    _shell, may = laptop.log_in()
    _shell, sam = laptop.log_in(SAM)
    message(laptop, login=login_of(laptop, "sam"))

    assert ([], [("m1", "message")]) == (shown(laptop, may), shown(laptop, sam))


def test_a_message_to_everybody_is_answered_by_each(laptop) -> None:
    _shell, may = laptop.log_in()
    _shell, sam = laptop.log_in(SAM)
    message(laptop)
    answer(laptop, may)
    answer(laptop, sam, word="not-yet")

    assert [("m1", "may", "ok"), ("m1", "sam", "not-yet")] == answers(laptop)
    assert [("m1", "done", "")] == outcomes(laptop)


def test_nobody_here_and_somebody_gone_are_told_apart(laptop) -> None:
    message(laptop, "m1")
    message(laptop, "m2", login="ab" * 16)

    assert [("m1", "done", "nobody is logged in"), ("m2", "failed", "this login has ended")] == outcomes(
        laptop
    )


def test_it_counts_as_shown_only_once_its_window_is_painted_everywhere(laptop) -> None:
    _shell, may = laptop.log_in()
    _shell, sam = laptop.log_in(SAM)
    message(laptop)
    before = outcomes(laptop)
    painted(laptop, may)
    half = outcomes(laptop)
    painted(laptop, sam)

    assert ([], [], [("m1", "done", "")]) == (before, half, outcomes(laptop))


def test_one_under_a_locked_screen_counts_as_shown_when_that_is_open(laptop) -> None:
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.settle()
    message(laptop)
    painted(laptop, session)
    laptop.forward(3)
    locked = outcomes(laptop)
    laptop.device.lockers[-1].end(0)
    laptop.settle()
    laptop.forward(2)

    assert ([], [("m1", "done", "")]) == (locked, outcomes(laptop))


def test_one_that_waits_under_a_cover_for_too_long_is_taken_back_and_the_next_one_comes(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, "m1", minutes=1)
    message(laptop, "m2", minutes=10)
    laptop.forward(62)

    assert [("m1", "expired", "")] == outcomes(laptop)
    assert ["m1"] == [each.order for each in laptop.heard(session, m.HideMessage)]
    assert ("m2", "message") == shown(laptop, session)[-1]


def test_what_was_seen_stays_though_its_time_is_over(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, minutes=1)
    painted(laptop, session)
    laptop.forward(62)
    answer(laptop, session)

    assert [("m1", "done", "")] == outcomes(laptop)
    assert [("m1", "may", "ok")] == answers(laptop)
    assert [] == laptop.heard(session, m.HideMessage)


def test_whoever_leaves_or_whose_window_never_comes_has_not_seen_it(laptop) -> None:
    shell, may = laptop.log_in()
    message(laptop, "m1")
    answer(laptop, may, "m1", "closed")
    message(laptop, "m2")
    laptop.device.exit(shell)
    laptop.forward(2)

    assert [
        ("m1", "failed", "its window was closed before anybody could read it"),
        ("m2", "failed", "the login ended before it was shown"),
    ] == outcomes(laptop)


def test_one_that_is_too_old_is_not_shown(laptop) -> None:
    _shell, session = laptop.log_in()
    message(laptop, minutes=-1)

    assert ([], [("m1", "expired", "")]) == (shown(laptop, session), outcomes(laptop))


def test_messages_can_be_switched_off_and_thanks_go_on(make_laptop) -> None:
    laptop = make_laptop(settings=Settings(lab=LabSettings(messages=False)))
    _shell, session = laptop.log_in()
    message(laptop, "m1")
    message(laptop, "t1", kind="thanks", login=login_of(laptop, "may"))
    painted(laptop, session, "t1")

    assert [("t1", "thanks")] == shown(laptop, session)
    assert [("m1", "refused", "messages are switched off here"), ("t1", "done", "")] == outcomes(laptop)


def test_more_than_a_handful_is_refused_and_nothing_is_lost(laptop) -> None:
    _shell, session = laptop.log_in()
    for number in range(8):
        message(laptop, f"m{number}")
    for number in range(8):
        answer(laptop, session, f"m{number}")

    assert 5 == len(shown(laptop, session))
    assert 3 == [outcome for _order, outcome, _why in outcomes(laptop)].count("failed")


def test_a_new_session_shows_it_again_and_a_new_service_when_told_again(laptop) -> None:
    _shell, session = laptop.log_in()
    said = message(laptop)
    session.process.end(-9)
    session.channel.close()
    laptop.forward(3)
    again = laptop.connect(laptop.device.sessions[-1])
    laptop.kill_service()
    laptop.start()
    third = laptop.connect(laptop.device.sessions[-1])
    laptop.order(said)
    answer(laptop, third)

    assert [("m1", "message")] == [
        (each.page.order, each.page.kind)
        for each in again.everything
        if isinstance(each, m.ShowPage) and isinstance(each.page, pages.MessagePage)
    ]
    assert [("m1", "message")] == shown(laptop, third)
    assert [("m1", "done", "")] == outcomes(laptop)
    assert [("m1", "may", "ok")] == answers(laptop)


def test_r90_thanks_reach_one_pupil_alone_and_leave_no_word_behind(laptop) -> None:
    _shell, may = laptop.log_in()
    _shell, sam = laptop.log_in(SAM)
    message(laptop, "t1", kind="thanks", login=login_of(laptop, "may"), words="You helped Sam. Thank you.")
    answer(laptop, may, "t1", "ok")
    laptop.forward(2)
    kept = b"".join(repr(each).encode() for each in laptop.server.all_records())

    assert [("t1", "thanks")] == shown(laptop, may)
    assert [] == shown(laptop, sam)
    assert [] == answers(laptop)
    assert b"You helped" not in kept
