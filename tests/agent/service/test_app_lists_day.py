"""An app comes to the front where the school has a list: told, asked first, or closed, and how it ends."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from agent.link import pages
from policies import orders, records
from policies.lab_settings import AppRule, AppsSettings, HoursSettings
from policies.settings import Settings, UsageSettings
from tests.support.model_server import DEVICE

MEET = AppRule(app="Zoom", lesson="ask", club="ask")
GAME = AppRule(app="supertux2", lesson="notify", club="allow")
CHAT = AppRule(app="Hexchat", lesson="close", club="close")


def lists(*rules, session="lesson", record_apps=True, **changes):
    return Settings(
        hours=HoursSettings(session=session),
        apps=AppsSettings(rules=rules, **changes),
        usage=UsageSettings(record_apps=record_apps),
    )


@pytest.fixture
def laptop(make_laptop):
    return make_laptop(settings=lists(MEET, GAME, CHAT))


def focus(laptop, session, app="", program=""):
    session.say(m.Focused(app=app, program=program))
    laptop.settle()


def app_pages(laptop, session):
    shown = [each.page for each in laptop.heard(session, m.ShowPage)]
    return [page for page in shown if isinstance(page, pages.AppPage)]


def states(laptop, session):
    return [page.state for page in app_pages(laptop, session)]


def ask(laptop, session, app="Zoom", program="zoom", words="", what="ask"):
    session.say(m.AppWanted(app=app, program=program, what=what, words=words))
    laptop.settle()


def login_of(laptop):
    (login,) = laptop.service.ground.logins.values()
    return login


def answer(laptop, *, allowed, app="Zoom", order="a" * 16, minutes=60, login=None):
    until = laptop.clock.at + timedelta(minutes=minutes)
    laptop.order(
        orders.AppAnswered(
            device=DEVICE,
            order=order,
            by="Ms Demir",
            login=login or login_of(laptop).id,
            app=app,
            allowed=allowed,
            until=until,
        )
    )


def handled(laptop):
    return [(each.app, each.what) for each in laptop.records(records.AppHandled)]


def test_r24_a_call_is_put_away_until_the_teacher_said_yes(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    (away,) = laptop.heard(session, m.PutAway)

    assert ("Zoom", False) == (away.app, away.closes)
    assert ["ask"] == states(laptop, session)

    ask(laptop, session, words="to call my group")
    (asked,) = laptop.records(records.AppAsked)

    assert ("Zoom", "to call my group") == (asked.app, asked.words)
    assert "waiting" == states(laptop, session)[-1]
    assert "Zoom" == login_of(laptop).signs.app_asked

    answer(laptop, allowed=True)
    (back,) = laptop.heard(session, m.BringBack)
    (done,) = [each for each in laptop.records(records.OrderDone) if each.order == "a" * 16]

    assert "Zoom" == back.app
    assert ("allowed", "Ms Demir") == (
        app_pages(laptop, session)[-1].state,
        app_pages(laptop, session)[-1].by,
    )
    assert "done" == done.outcome
    assert "" == login_of(laptop).signs.app_asked
    focus(laptop, session, "", "")
    focus(laptop, session, "Zoom", "zoom")
    assert 1 == len(laptop.heard(session, m.PutAway))


def test_r24_a_yes_ends_by_itself_also_for_what_is_in_front(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=True, minutes=2)
    focus(laptop, session, "Zoom", "zoom")
    laptop.forward(121)

    assert 2 == len(laptop.heard(session, m.PutAway))
    assert "ask" == states(laptop, session)[-1]


def test_r22_the_same_game_is_flagged_in_a_lesson_and_allowed_in_a_club(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "supertux2", "supertux2")

    assert "supertux2" == login_of(laptop).signs.app_noticed
    assert [("supertux2", "notified")] == handled(laptop)
    assert [] == laptop.heard(session, m.PutAway)

    laptop.publish(lists(MEET, GAME, CHAT, session="club"))

    assert "" == login_of(laptop).signs.app_noticed
    assert [("supertux2", "notified")] == handled(laptop)


def test_r21_an_app_of_no_list_is_closed_with_a_sentence_where_the_youngest_sit(make_laptop):
    laptop = make_laptop(settings=lists(AppRule(app="TuxPaint"), unlisted="close"))
    _shell, session = laptop.log_in()
    focus(laptop, session, "TuxPaint", "tuxpaint")
    focus(laptop, session, "Steam", "steam")
    (away,) = laptop.heard(session, m.PutAway)

    assert ("Steam", True) == (away.app, away.closes)
    assert ["closed"] == states(laptop, session)
    assert [("Steam", "closed")] == handled(laptop)


def test_r24_without_a_parents_consent_a_call_stays_shut_whatever_a_teacher_says(make_laptop):
    laptop = make_laptop(settings=lists(AppRule(app="Zoom", lesson="ask", consent=True)))
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=True)
    (done,) = [each for each in laptop.records(records.OrderDone) if each.order == "a" * 16]

    assert {"consent"} == set(states(laptop, session))
    assert [] == laptop.records(records.AppAsked)
    assert ("failed", "the list closes this app now") == (done.outcome, done.problem)
    assert [] == laptop.heard(session, m.BringBack)


def test_r24_a_consent_that_arrives_opens_the_way_to_ask_at_once(make_laptop):
    laptop = make_laptop(settings=lists(AppRule(app="Zoom", lesson="ask", consent=True)))
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    laptop.clock.forward(5)
    grant = orders.LoginGrant(
        device=DEVICE,
        os_user="may",
        listed=True,
        issued_at=laptop.clock.at,
        accepted=laptop.server.accepted.get("may"),
        consents=("zoom",),
        **laptop.server.people["may"],
    )
    laptop.order(grant)

    assert ["consent", "ask"] == states(laptop, session)


def test_no_adult_is_bound_by_a_list_and_nothing_is_sensed_for_it(make_laptop):
    laptop = make_laptop(settings=lists(CHAT, record_apps=False))
    laptop.server.people["may"] |= {"tier": "adult"}
    _shell, session = laptop.log_in()
    focus(laptop, session, "Hexchat", "hexchat")

    assert [False] == [each.sense_apps for each in laptop.heard(session, m.Work)][:1]
    assert [] == laptop.heard(session, m.PutAway)


def test_a_list_is_sensed_for_where_use_is_not_recorded_and_no_use_is_kept(make_laptop):
    laptop = make_laptop(settings=lists(GAME, record_apps=False))
    _shell, session = laptop.log_in()
    focus(laptop, session, "Mousepad", "mousepad")
    laptop.forward(120)
    focus(laptop, session, "supertux2", "supertux2")

    assert laptop.heard(session, m.Work)[0].sense_apps
    assert [] == laptop.records(records.AppUsed)
    assert [("supertux2", "notified")] == handled(laptop)


def test_without_a_list_nothing_is_decided_and_nothing_kept(make_laptop):
    laptop = make_laptop(settings=lists(record_apps=False))
    _shell, session = laptop.log_in()
    focus(laptop, session, "Steam", "steam")
    ask(laptop, session, "Steam", "steam")

    assert not laptop.heard(session, m.Work)[0].sense_apps
    assert [] == handled(laptop)
    assert [] == laptop.records(records.AppAsked)


def test_a_no_says_by_whom_and_scolds_nobody(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=False)
    page = app_pages(laptop, session)[-1]

    assert ("denied", "Ms Demir") == (page.state, page.by)
    assert ("Zoom", "denied") == handled(laptop)[-1]
    assert [] == laptop.heard(session, m.BringBack)


def test_a_question_taken_back_is_told_and_can_be_asked_again(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    ask(laptop, session, what="withdraw")
    taken_back = login_of(laptop).signs.app_asked
    ask(laptop, session)

    assert "" == taken_back
    assert ("Zoom", "withdrawn") in handled(laptop)
    assert 2 == len(laptop.records(records.AppAsked))


def test_an_answer_told_twice_is_obeyed_and_recorded_once(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=True)
    answer(laptop, allowed=True)

    assert 1 == len([each for each in laptop.records(records.OrderDone) if each.order == "a" * 16])
    assert 1 == len(laptop.heard(session, m.BringBack))


def test_an_answer_for_a_login_that_is_gone_says_so_and_opens_nothing_for_the_next(laptop):
    shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    gone = login_of(laptop).id
    laptop.device.exit(shell)
    laptop.forward(1)
    answer(laptop, allowed=True, login=gone)
    (done,) = [each for each in laptop.records(records.OrderDone) if each.order == "a" * 16]
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")

    assert ("failed", "that login has ended") == (done.outcome, done.problem)
    assert "ask" == states(laptop, session)[-1]


def test_a_yes_and_a_question_outlive_the_service(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom", "zoom")
    ask(laptop, session)
    answer(laptop, allowed=True)
    laptop.publish(lists(MEET, AppRule(app="Chess", lesson="ask")))
    ask(laptop, session, "Chess", "chess")
    laptop.kill_service()
    laptop.start()
    session = laptop.connect()

    assert "Chess" == login_of(laptop).signs.app_asked
    focus(laptop, session, "Zoom", "zoom")
    assert [] == laptop.heard(session, m.PutAway)


def test_a_program_with_a_new_name_every_moment_fills_no_journal(make_laptop):
    laptop = make_laptop(settings=lists(unlisted="notify"))
    _shell, session = laptop.log_in()
    for number in range(400):
        focus(laptop, session, f"name {number}", "shifty")
        if number % 50 == 0:
            laptop.forward(1)

    assert len(handled(laptop)) < 60


def test_a_pupil_who_asks_without_end_asks_a_few_times(make_laptop):
    laptop = make_laptop(settings=lists(unlisted="ask"))
    _shell, session = laptop.log_in()
    for number in range(200):
        ask(laptop, session, f"app {number}", "x")

    assert len(laptop.records(records.AppAsked)) < 10


def test_names_of_any_length_and_kind_are_kept_short(laptop):
    _shell, session = laptop.log_in()
    focus(laptop, session, "Zoom" + "\u202e\x00" * 60, "zoom")

    assert all(len(each.app) <= 200 for each in app_pages(laptop, session))


def test_what_a_club_allows_comes_back_by_itself(laptop):
    _shell, session = laptop.log_in()
    laptop.publish(lists(AppRule(app="Chess", lesson="close", club="allow")))
    focus(laptop, session, "Chess", "chess")
    focus(laptop, session)
    laptop.publish(lists(AppRule(app="Chess", lesson="close", club="allow"), session="club"))
    (back,) = laptop.heard(session, m.BringBack)

    assert ("Chess", "chess") == (back.app, back.program)


def test_a_program_that_calls_itself_something_new_all_the_time_opens_few_windows(make_laptop) -> None:
    laptop = make_laptop(settings=lists(unlisted="ask"))
    _shell, session = laptop.log_in()
    for number in range(60):
        focus(laptop, session, f"Game{number}", "game")
    put_away = len(laptop.heard(session, m.PutAway))
    flooded = len(app_pages(laptop, session))
    laptop.forward(10)
    focus(laptop, session, "Zoom", "zoom")

    assert (60, True) == (put_away, flooded <= 10)
    assert "Zoom" == app_pages(laptop, session)[-1].app
