"""The session in a lesson: the cover over everything, what may stand above it, and a place for messages."""

import msgspec
import pytest

from agent.backends.desktop import Cover
from agent.link import messages as m
from agent.link import pages
from tests.agent.session.test_app import House
from tests.agent.session.test_reporting import DRAFT, WORK, drafted, report_open, shown
from tests.support import window_pages


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def covered(house, order="a1", **changes):
    page = msgspec.structs.replace(window_pages.attention(), order=order, **changes)
    house.orders(m.ShowAttention(page=page))
    return page


def test_what_every_cover_says_is_made_ready_with_the_desktop(house, desktop) -> None:
    house.orders(WORK)
    (words,) = desktop.prepared_fronts

    assert ("Eyes to the front", "", "", "Hazel Bank", "Something’s wrong") == words[:5]


def test_the_cover_comes_at_once_and_its_state_is_said(house, desktop) -> None:
    covered(house)

    assert ["front"] == desktop.covers
    assert [m.AttentionSeen(order="a1", covered=True)] == house.heard()
    assert "“Two minutes: let’s look at the graph on the board together.”" == desktop.front_words.said
    assert desktop.front_words.by.startswith("From Ms Demir · your work is safe and comes back at ")


def test_a_sentence_in_two_lines_becomes_one_and_none_leaves_no_marks(house, desktop) -> None:
    covered(house, words="  Look \n up ")
    first = desktop.front_words.said
    covered(house, words="  \n ")

    assert ("“Look up”", "") == (first, desktop.front_words.said)


def test_a_cover_that_is_lost_is_said_and_so_is_its_return(house, desktop) -> None:
    covered(house)
    desktop.front_cover = Cover(False, "a window lies above the cover")
    house.turn(1.0)
    desktop.front_cover = Cover(True)
    house.turn(1.0)

    assert [True, False, True] == [each.covered for each in house.heard()]


def test_a_cover_that_flickers_is_told_at_most_twice_a_second(house, desktop) -> None:
    covered(house)
    for number in range(50):
        desktop.front_cover = Cover(number % 2 == 0, "" if number % 2 == 0 else "a window")
        house.turn(0.02)

    assert len([each for each in house.heard() if isinstance(each, m.AttentionSeen)]) <= 4


def test_nothing_may_stand_above_it_but_what_is_told_from_it(house, desktop, starter) -> None:
    house.orders(WORK)
    house.orders(m.ShowPage(page=window_pages.panel(reports=True)))
    covered(house)
    house.turn()
    before = desktop.above_front[-1]
    desktop.changes = {"front-tell"}
    house.turn()
    report = report_open(house, starter, place="attention")
    house.turn()

    assert () == before
    assert m.Asked(what="report", place="attention") in house.heard()
    assert (report.pid,) == desktop.above_front[-1]


def test_a_report_that_is_open_already_comes_above_it_as_it_stands(house, desktop, starter) -> None:
    report = report_open(house, starter)
    covered(house)
    house.turn()
    beneath = desktop.above_front[-1]
    desktop.changes = {"front-tell"}
    house.turn()

    assert () == beneath
    assert (report.pid,) == desktop.above_front[-1]
    assert not [each for each in house.heard() if isinstance(each, m.Asked)]
    assert not report.closed


def test_a_cover_that_is_prolonged_meanwhile_does_not_go_over_a_report(house, desktop, starter) -> None:
    covered(house)
    desktop.changes = {"front-tell"}
    house.turn()
    report = report_open(house, starter, place="attention")
    house.turn()
    covered(house, until="2026-09-14T10:09:00Z")
    house.turn()
    prolonged = desktop.above_front[-1]
    covered(house, "a2", by="Mr Ashby")
    house.turn()

    assert [(report.pid,)] * 2 == [prolonged, desktop.above_front[-1]]
    assert not report.closed


def test_after_the_report_nothing_may_stand_above_it_again(house, desktop, starter) -> None:
    covered(house)
    desktop.changes = {"front-tell"}
    house.turn()
    report = report_open(house, starter, place="attention")
    house.turn()
    report.answers("done", "close")
    house.turn()
    house.orders(m.ShowPage(page=window_pages.panel()))
    house.turn()

    assert () == desktop.above_front[-1]


def test_a_report_sent_from_it_says_from_where(house, desktop, starter) -> None:
    covered(house)
    desktop.changes = {"front-tell"}
    house.turn()
    drafted(report_open(house, starter, place="attention"), "send", "send")
    house.turn()

    assert m.ReportWritten(draft=DRAFT, place="attention") in house.heard()


def test_hiding_a_report_above_it_leaves_the_cover_and_keeps_what_was_written(
    house, desktop, starter
) -> None:
    house.orders(WORK)
    covered(house)
    desktop.changes = {"front-tell"}
    house.turn()
    report = report_open(house, starter, place="attention")
    drafted(report, "hide", "hide")
    house.turn()

    assert ["front"] == desktop.covers
    assert report.closed
    assert DRAFT == shown(report_open(house, starter)).draft


def test_a_screen_that_was_hidden_is_hidden_still_when_it_ends(house, desktop) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    covered(house)
    desktop.above.clear()
    house.turn()
    meanwhile = list(desktop.above)
    house.orders(m.HideAttention(order="a1"))
    house.turn()

    assert ["hidden", "front", "front away"] == desktop.covers
    assert [] == meanwhile
    assert [()] == desktop.above[-1:]


def test_the_warning_before_a_lock_is_seen_above_it(house, desktop, starter) -> None:
    covered(house)
    house.orders(m.ShowCountdown(page=window_pages.countdown()))
    house.turn()
    shown_above = desktop.above_front[-1]
    house.orders(m.HideCountdown())
    house.turn()

    assert ((starter.last.pid,), ()) == (shown_above, desktop.above_front[-1])


def test_only_its_own_order_takes_it_away(house, desktop) -> None:
    covered(house, "a2")
    house.orders(m.HideAttention(order="a1"))
    before = list(desktop.covers)
    house.orders(m.HideAttention(order="a2"))

    assert (["front"], ["front", "front away"]) == (before, desktop.covers)


# ---- messages ----


@pytest.mark.parametrize(
    ("choice", "answer"), [("ok", "ok"), ("not-yet", "not-yet"), ("help", "help"), ("close", "closed")]
)
def test_a_messages_button_is_its_answer(house, starter, choice, answer) -> None:
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    starter.last.answers("done", choice)
    house.turn()

    assert [m.MessageDone(order="m1", answer=answer)] == house.heard()


def test_a_message_window_that_dies_is_closed_and_not_answered(house, starter) -> None:
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    starter.last.dies()
    house.turn()

    assert [m.MessageDone(order="m1", answer="closed")] == house.heard()


def test_a_message_never_takes_the_place_of_a_report(house, starter) -> None:
    report = report_open(house, starter)
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()

    assert not report.closed
    assert isinstance(shown(starter.last), pages.MessagePage)


def test_a_report_can_be_told_from_a_message_and_the_message_stays(house, starter) -> None:
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    window = starter.last
    window.answers("help", "report")
    house.turn()

    assert [m.Asked(what="report")] == house.heard()
    assert not window.closed


def told_shown(house):
    return [each.order for each in house.heard() if isinstance(each, m.MessageShown)]


def test_a_message_is_said_to_be_shown_once_its_window_is_painted(house, starter) -> None:
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    before = told_shown(house)
    starter.last.answers("painted")
    house.turn()
    house.turn()

    assert ([], ["m1"]) == (before, told_shown(house))


def test_a_message_painted_under_a_cover_that_came_first_is_shown_when_that_goes(house, starter) -> None:
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    covered(house)
    starter.last.answers("painted")
    house.turn()
    meanwhile = told_shown(house)
    house.orders(m.HideAttention(order="a1"))
    house.turn()

    assert ([], ["m1"]) == (meanwhile, told_shown(house))


def test_a_message_that_has_waited_too_long_is_not_shown_any_more(house, starter) -> None:
    covered(house)
    house.orders(m.ShowPage(page=window_pages.message()))
    house.orders(m.HideMessage(order="m1"))
    house.orders(m.HideAttention(order="a1"))
    house.turn()

    assert [] == starter.windows


def test_a_message_waits_until_the_cover_has_gone(house, starter) -> None:
    covered(house)
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()
    meanwhile = len(starter.windows)
    house.orders(m.HideAttention(order="a1"))
    house.turn()

    assert (0, 1) == (meanwhile, len(starter.windows))


def test_a_message_waits_until_the_screen_is_shown_again(house, desktop, starter) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    house.orders(m.ShowPage(page=window_pages.thanks()))
    house.turn()
    meanwhile = len(starter.windows)
    desktop.changes = {"uncover"}
    house.turn()

    assert (0, 1) == (meanwhile, len(starter.windows))


def test_a_message_that_cannot_be_shown_is_closed(house, starter) -> None:
    starter.fails = True
    house.orders(m.ShowPage(page=window_pages.message()))
    house.turn()

    assert [m.MessageDone(order="m1", answer="closed")] == house.heard()
