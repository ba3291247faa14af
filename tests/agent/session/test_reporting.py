"""The session's part of a report: a draft in memory, the cover, what is sent and what is forgotten."""

import msgspec
import pytest

from agent.link import messages as m
from agent.link import pages
from policies.drafts import ReportDraft
from tests.agent.session.test_app import House
from tests.support import window_pages

DRAFT = ReportDraft(harms=("bullying",), words="They made a group about her.")
WORDS = pages.HiddenWords(title="Hazel Bank", tell="Something’s wrong", uncover="Show my screen again")
WORK = m.Work(
    language="en",
    sense_apps=False,
    texts=pages.TrayWords(title="Gatepost", open_panel="Open"),
    hide_shortcut="Ctrl+Alt+H",
    hidden=WORDS,
)


@pytest.fixture
def house(desktop, starter):
    house = House(desktop, starter)
    yield house
    house.service.close()
    house.link.close()


def shown(window) -> pages.AnyPage:
    return msgspec.json.decode(window.pages[-1], type=pages.AnyPage)


def report_open(house, starter, **changes):
    house.orders(m.ShowPage(page=window_pages.report(**changes)))
    return starter.last


def drafted(window, event="draft", choice="", draft=DRAFT):
    window.answers(event, choice, draft=msgspec.to_builtins(draft))


def test_the_key_and_the_cover_are_made_ready_with_the_desktop(house, desktop) -> None:
    house.orders(WORK)

    assert [("Ctrl+Alt+H", tuple(msgspec.structs.astuple(WORDS)))] == desktop.prepared
    assert [] == house.heard()


def test_a_key_that_another_program_has_is_said_to_be_lacking(house, desktop) -> None:
    desktop.key_is_free = False
    house.orders(WORK)

    assert [m.Lacks(lacking=("hide-key",))] == house.heard()


def test_the_key_covers_the_screen_before_anything_else(house, desktop, starter) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()

    assert ["hidden"] == desktop.covers


def test_the_cover_is_kept_above_all_but_our_own_windows(house, desktop, starter) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    window = report_open(house, starter, place="hidden")
    house.turn()

    assert (window.pid,) == desktop.above[-1]


def test_telling_from_the_cover_asks_for_a_report_and_leaves_the_cover(house, desktop) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    desktop.changes = {"tell"}
    house.turn()

    assert [m.Asked(what="report", place="hidden")] == house.heard()
    assert ["hidden"] == desktop.covers


def test_uncovering_takes_it_away(house, desktop) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    desktop.changes = {"uncover"}
    house.turn()

    assert ["hidden", "shown"] == desktop.covers


def test_the_panels_button_hides_as_well_and_closes_the_panel(house, desktop, starter) -> None:
    house.orders(WORK)
    house.orders(m.ShowPage(page=window_pages.panel(reports=True)))
    panel = starter.last
    panel.answers("hide", "hide")
    house.turn()

    assert ["hidden"] == desktop.covers
    assert panel.closed


def test_hiding_keeps_what_was_written_and_offers_it_again(house, desktop, starter) -> None:
    house.orders(WORK)
    window = report_open(house, starter)
    drafted(window, "hide", "hide")
    house.turn()
    again = report_open(house, starter, place="hidden")

    assert window.closed
    assert DRAFT == shown(again).draft
    assert [] == house.heard()


def test_the_key_keeps_what_was_last_said_of_the_draft(house, desktop, starter) -> None:
    house.orders(WORK)
    drafted(report_open(house, starter))
    house.turn()
    desktop.changes = {"hide"}
    house.turn()

    assert DRAFT == shown(report_open(house, starter)).draft


def test_the_key_loses_no_draft_that_was_said_in_the_same_moment(house, desktop, starter) -> None:
    house.orders(WORK)
    drafted(report_open(house, starter))
    desktop.changes = {"hide"}
    house.turn()

    assert DRAFT == shown(report_open(house, starter)).draft


def test_the_key_loses_no_report_that_was_sent_in_the_same_moment(house, desktop, starter) -> None:
    house.orders(WORK)
    window = report_open(house, starter)
    drafted(window, "send", "send")
    desktop.changes = {"hide"}
    house.turn()

    assert window.closed
    assert [m.ReportWritten(draft=DRAFT, place="panel")] == house.heard()


def test_a_page_that_is_ordered_in_the_same_moment_loses_no_report_that_was_sent(house, starter) -> None:
    drafted(report_open(house, starter), "send", "send")
    house.orders(m.ShowPage(page=window_pages.panel()))

    assert [m.ReportWritten(draft=DRAFT, place="panel")] == house.heard()


def test_leaving_without_telling_keeps_nothing(house, starter) -> None:
    window = report_open(house, starter)
    drafted(window)
    window.answers("done", "close")
    house.turn()

    assert shown(report_open(house, starter)).draft is None
    assert [] == house.heard()


def test_a_frame_that_was_closed_offers_it_again(house, starter) -> None:
    window = report_open(house, starter)
    drafted(window, "done", "close")
    house.turn()

    assert DRAFT == shown(report_open(house, starter)).draft


def test_sending_says_it_once_with_its_place_and_forgets_it(house, starter) -> None:
    window = report_open(house, starter, place="gate")
    drafted(window, "send", "send")
    drafted(window, "send", "send")
    house.turn()

    assert [m.ReportWritten(draft=DRAFT, place="gate")] == house.heard()
    assert shown(report_open(house, starter)).draft is None


def test_the_receipt_comes_in_the_reports_own_window(house, starter) -> None:
    window = report_open(house, starter)
    drafted(window, "send", "send")
    house.turn()
    house.orders(m.ShowPage(page=window_pages.receipt(state="sending")))
    house.orders(m.ShowPage(page=window_pages.receipt(state="sent"), how="renew"))

    assert [window] == starter.windows
    assert ["sending", "sent"] == [
        msgspec.json.decode(page, type=pages.AnyPage).state for page in window.pages[1:]
    ]


def test_a_receipt_opens_a_window_where_the_reports_has_ended(house, starter) -> None:
    window = report_open(house, starter)
    drafted(window, "send", "send")
    house.turn()
    window.listens = False
    house.orders(m.ShowPage(page=window_pages.receipt(state="sending")))

    assert 2 == len(starter.windows)


def test_a_broken_laptop_is_said_plainly(house, starter) -> None:
    report_open(house, starter).answers("done", "problem", problem="virus", reason="A window says so.")
    house.turn()

    assert [m.ProblemWritten(kind="virus", words="A window says so.")] == house.heard()


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (window_pages.panel(reports=True), "panel"),
        (window_pages.notice(reports=True), "attention"),
        (window_pages.rules(), "rules"),
    ],
)
def test_a_report_asked_for_says_from_where(house, starter, page, place) -> None:
    house.orders(m.ShowPage(page=page))
    starter.last.answers("done", "report")
    house.turn()

    assert [m.Asked(what="report", place=place)] == house.heard()


def test_a_report_at_the_gate_leaves_the_gate_standing(house, desktop, starter, gate_page) -> None:
    house.orders(m.ShowGate(page=gate_page))
    gate = starter.last
    gate.answers("help", "report")
    house.turn()
    window = report_open(house, starter, place="gate")
    desktop.fronts.clear()
    house.turn(1.0)

    assert m.Asked(what="report", place="gate") in house.heard()
    assert [window.pid] == desktop.fronts
    assert not gate.closed


def test_at_the_gate_the_windows_own_button_hides_without_a_key(house, desktop, starter, gate_page) -> None:
    house.orders(m.ShowGate(page=gate_page))
    window = report_open(house, starter, place="gate")
    drafted(window, "hide", "hide")
    house.turn()

    assert ["hidden"] == desktop.covers
    assert [""] == [shortcut for shortcut, _words in desktop.prepared]


def test_a_receipt_is_hidden_too_and_what_comes_by_itself_waits_for_the_screen(
    house, desktop, starter
) -> None:
    house.orders(WORK)
    drafted(report_open(house, starter), "send", "send")
    house.turn()
    house.orders(m.ShowPage(page=window_pages.receipt(state="sending")))
    receipt = starter.last
    desktop.changes = {"hide"}
    house.turn()
    waiting = window_pages.receipt(state="waiting")
    house.orders(m.ShowPage(page=waiting, how="renew-or-open"))
    opened_while_hidden = len(starter.windows)
    desktop.changes = {"uncover"}
    house.turn()

    assert (True, 1) == (receipt.closed, opened_while_hidden)
    assert waiting == shown(starter.last)


def test_who_tells_from_the_cover_is_shown_what_becomes_of_it(house, desktop, starter) -> None:
    house.orders(WORK)
    desktop.changes = {"hide"}
    house.turn()
    desktop.changes = {"tell"}
    house.turn()
    house.orders(m.ShowPage(page=window_pages.receipt(state="waiting"), how="renew-or-open"))

    assert 1 == len(starter.windows)
