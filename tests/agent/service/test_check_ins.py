"""What a check-in is worth on a laptop: how long, over restarts, and for whom (R11, R19, R20)."""

from datetime import timedelta

import pytest

from agent.backends.device import LoginSeen
from agent.link import messages as m
from agent.service.state import all_capabilities
from policies import records
from policies.lab_settings import HoursSettings
from policies.orders import Accepted
from policies.settings import LoginSettings, Settings
from tests.support.supervised import (
    check_in,
    in_istanbul,
    lapses,
    leave,
    shown,
)

CLUB = HoursSettings(session="club")
istanbul = pytest.fixture(autouse=True)(in_istanbul)


@pytest.fixture
def club(make_laptop):
    return make_laptop(settings=Settings(hours=CLUB))


def test_r19_a_check_in_ends_by_itself(club):
    check_in(club, minutes=10)
    club.log_in()
    club.forward(10 * 60 + 121)

    assert ["warned", "locked"] == lapses(club)


def test_r19_no_check_in_holds_longer_than_the_policy_says_whatever_the_server_says(make_laptop):
    laptop = make_laptop(settings=Settings(hours=HoursSettings(session="club", longest_check_in_minutes=15)))
    check_in(laptop, minutes=500)
    laptop.log_in()
    laptop.forward(15 * 60 + 121)

    assert ["warned", "locked"] == lapses(laptop)


def test_r20_under_direct_supervision_a_check_in_has_to_be_confirmed(make_laptop):
    laptop = make_laptop(
        settings=Settings(hours=HoursSettings(supervision="direct", direct_confirm_minutes=5))
    )
    check_in(laptop, minutes=60)
    laptop.log_in()
    laptop.forward(200)
    check_in(laptop, minutes=60)
    laptop.forward(200)
    assert [] == lapses(laptop)

    laptop.forward(110)
    assert ["warned"] == lapses(laptop)


def test_r20_a_check_in_that_was_not_confirmed_is_named_nowhere_any_more(make_laptop):
    laptop = make_laptop(
        settings=Settings(hours=HoursSettings(supervision="direct", direct_confirm_minutes=5))
    )
    check_in(laptop, minutes=60)
    _shell, session = laptop.log_in()
    before = laptop.heard(session, m.Work)[-1].texts.title
    laptop.forward(303)

    assert "Tom Ashby supervises this room." in before
    assert "Tom Ashby" not in laptop.heard(session, m.Work)[-1].texts.title
    assert "lacking" == all_capabilities(laptop.service.ground)["supervision"].state


def test_two_adults_are_checked_in_and_one_leaves(club):
    check_in(club, order="c1", by="Tom Ashby")
    check_in(club, order="c2", by="Sam Reed", issued=1)
    club.log_in()
    leave(club, "c2")
    club.forward(200)

    assert [] == lapses(club)


def test_an_older_word_never_brings_a_supervisor_back(club):
    before = check_in(club)
    club.log_in()
    leave(club)
    club.order(before)
    club.kill_service()
    club.start()
    club.connect()
    club.order(before)
    club.forward(125)

    assert "locked" in lapses(club)


def test_a_check_in_is_kept_over_a_restart_and_without_the_server(club):
    check_in(club)
    club.log_in()
    club.server.online = False
    club.kill_service()
    club.start()
    club.connect()
    club.forward(600)

    assert [] == club.device.lockers


def test_a_wall_clock_set_back_lets_no_check_in_hold_longer(club):
    check_in(club, minutes=10)
    club.log_in()
    club.clock.at -= timedelta(hours=3)
    club.forward(10 * 60 + 125)

    assert "locked" in lapses(club)


def test_a_damaged_file_of_check_ins_opens_nothing(club):
    check_in(club)
    club.kill_service()
    (club.config.state / "supervised.json").write_bytes(b'[{"order": 7')
    club.start()
    _shell, hook = club.hello()
    session = club.connect()

    assert ["unsupervised"] == shown(club, session)
    assert hook.opens is None


def test_one_order_is_said_to_be_done_once_however_often_it_is_renewed(club):
    for number in range(5):
        check_in(club, issued=float(number))
        club.forward(5)

    assert [("c1", "done")] == [(each.order, each.outcome) for each in club.records(records.OrderDone)]


def test_r11_a_pupil_without_the_lesson_works_while_supervised_and_not_alone(make_laptop):
    laptop = make_laptop(settings=Settings(login=LoginSettings(induction="required")))
    laptop.server.people["may"]["held"] = "induction"
    _shell, hook = laptop.hello()
    session = laptop.connect()
    assert ["induction"] == shown(laptop, session)
    check_in(laptop)
    laptop.answer(session)
    assert hook.opens is True

    leave(laptop)
    laptop.forward(125)
    assert ["warned", "locked"] == lapses(laptop)


def test_r19_a_terminal_is_held_to_the_hours_too(club):
    club.server.accepted["may"] = Accepted(tier="teen", version=1, at=club.clock.at - timedelta(hours=1))
    check_in(club)
    shell = club.device.run(1001)
    club.device.seen.append(LoginSeen("c7", 1001, "may", "tty", shell, "tty3"))
    club.forward(12)
    assert club.device.is_alive(shell)
    leave(club)
    club.forward(130)

    assert not club.device.is_alive(shell)
    shell = club.device.run(1001)
    club.device.seen.append(LoginSeen("c8", 1001, "may", "tty", shell, "tty3"))
    club.forward(12)
    assert not club.device.is_alive(shell)


def test_doctor_says_what_the_hours_lack_and_names_nobody(club):
    club.forward(1)
    assert "lacking" == all_capabilities(club.service.ground)["supervision"].state
    check_in(club)
    told = all_capabilities(club.service.ground)["supervision"]
    assert "works" == told.state
    assert "Tom" not in told.why
