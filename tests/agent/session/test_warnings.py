"""Warnings of what comes by itself: they take no report from who writes it, and no cover hides them."""

import pytest

from agent.link import messages as m
from agent.session.app import WARNINGS
from tests.agent.session.test_app import House
from tests.agent.session.test_lesson import covered
from tests.agent.session.test_reporting import DRAFT, drafted, report_open, shown
from tests.support import window_pages


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def warn(house, starter, kind="supervisor-left", how="open"):
    house.orders(m.ShowPage(page=window_pages.notice(kind=kind, reports=True), how=how))
    return starter.last


@pytest.mark.parametrize("kind", WARNINGS)
def test_a_warning_stands_beside_a_report_that_is_being_written(house, starter, kind) -> None:
    report = report_open(house, starter)
    drafted(report)
    warning = warn(house, starter, kind)
    drafted(report, "send", "send")
    house.turn()

    assert (False, False) == (report.closed, warning.closed)
    assert kind == shown(warning).kind
    assert DRAFT in [each.draft for each in house.heard() if isinstance(each, m.ReportWritten)]


def test_a_warning_takes_the_place_of_anything_else(house, starter) -> None:
    house.orders(m.ShowPage(page=window_pages.panel()))
    panel = starter.last
    warn(house, starter)

    assert panel.closed


def test_it_says_that_an_adult_is_there_again_and_nothing_where_it_was_closed(house, starter) -> None:
    report_open(house, starter)
    warning = warn(house, starter)
    warn(house, starter, "supervisor-back", "renew")
    back = shown(warning).kind
    warning.answers("done", "close")
    house.turn()
    warn(house, starter, "supervisor-back", "renew")

    assert "supervisor-back" == back
    assert warning.closed
    assert 2 == len(starter.windows)


def test_a_warning_under_eyes_to_the_front_is_seen_above_it(house, desktop, starter) -> None:
    covered(house)
    warning = warn(house, starter)
    house.turn()

    assert (warning.pid,) == desktop.above_front[-1]


def test_help_and_a_report_are_to_be_had_from_it(house, desktop, starter) -> None:
    covered(house)
    warn(house, starter).answers("help", "help")
    house.turn()
    warn(house, starter).answers("done", "report")
    house.turn()
    report = report_open(house, starter, place="attention")
    house.turn()

    asked = [each for each in house.heard() if isinstance(each, m.Asked)]
    assert [m.Asked(what=what, place="attention") for what in ("help", "report")] == asked
    assert (report.pid,) == desktop.above_front[-1]


def test_what_is_said_last_takes_the_warning_away(house, starter) -> None:
    report_open(house, starter)
    warning = warn(house, starter)
    house.orders(m.GateOver(opens=False, page=window_pages.notice(kind="closed")))

    assert warning.closed
