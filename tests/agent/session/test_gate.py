"""The gate stays until it is answered, whatever happens to its window."""

import msgspec
import pytest

from agent.link import messages as m
from agent.session.gate import PATIENCE_SECONDS, START_AGAIN_AFTER_SECONDS, TRIES, Gate


@pytest.fixture
def gate(desktop, starter, sent):
    return Gate(desktop, starter, sent.append)


def stand(gate, starter, page, now=0.0):
    gate.show(page, now)
    gate.tick(now)
    starter.last.answers("painted", kind="web")
    gate.take_answers(now)


def test_the_first_paint_is_reported_once(gate, starter, sent, gate_page):
    stand(gate, starter, gate_page)
    starter.last.answers("painted", kind="web")
    gate.take_answers(1.0)

    assert [m.GateShown(kind="web")] == sent


def test_an_answer_carries_the_version_that_was_asked(gate, starter, sent, gate_page):
    stand(gate, starter, gate_page)
    starter.last.answers("done", "accepted", language="tr", text_hash="ab", pages_shown=4)
    gate.take_answers(9.0)

    assert sent[-1] == m.GateAnswered(
        answer="accepted", version=1, text_hash="ab", language="tr", pages_shown=4
    )


def test_an_answered_gate_waits_for_the_service_and_asks_nothing_again(gate, starter, sent, gate_page):
    stand(gate, starter, gate_page)
    starter.last.answers("done", "declined")
    gate.take_answers(1.0)
    gate.tick(60.0)

    assert 1 == len(starter.windows)
    assert gate.is_up


def test_a_killed_window_is_shown_again(gate, starter, sent, gate_page):
    stand(gate, starter, gate_page)
    for number in range(1, 20):
        starter.last.dies()
        gate.take_answers(float(number))
        gate.tick(number + START_AGAIN_AFTER_SECONDS)
        starter.last.answers("painted", kind="web")
        gate.take_answers(number + START_AGAIN_AFTER_SECONDS)

    assert 20 == len(starter.windows)
    assert not any(isinstance(message, m.GateAnswered | m.GateBroken) for message in sent)


def test_a_web_view_that_fails_twice_gives_way_to_the_plain_window(gate, starter, sent, gate_page):
    gate.show(gate_page, 0.0)
    now = 0.0
    for _ in range(TRIES):
        gate.tick(now)
        starter.last.dies()
        gate.take_answers(now)
        now += START_AGAIN_AFTER_SECONDS
    gate.tick(now)

    assert [(), (), ("--plain",)] == [window.arguments for window in starter.windows]
    assert [] == sent


def test_a_gate_that_cannot_be_shown_at_all_says_so_and_does_not_open(gate, starter, sent, gate_page):
    starter.fails = True
    gate.show(gate_page, 0.0)
    for step in range(20):
        gate.tick(step * START_AGAIN_AFTER_SECONDS)

    assert [m.GateBroken] == [type(message) for message in sent]
    assert gate.is_up


def test_a_window_that_never_paints_is_given_up(gate, starter, sent, gate_page):
    gate.show(gate_page, 0.0)
    gate.tick(0.0)
    gate.tick(PATIENCE_SECONDS)
    gate.tick(PATIENCE_SECONDS + START_AGAIN_AFTER_SECONDS)

    assert starter.windows[0].closed
    assert ("--plain",) == starter.last.arguments


def test_a_request_for_help_keeps_the_page_being_read(gate, starter, gate_page):
    stand(gate, starter, gate_page)
    asked = msgspec.structs.replace(gate_page, help_asked=True)
    gate.show(asked, 5.0)
    gate.tick(5.0)

    assert 1 == len(starter.windows)
    assert msgspec.json.encode(asked) == starter.last.pages[-1]


def test_a_changed_text_is_asked_anew(gate, starter, gate_page):
    stand(gate, starter, gate_page)
    changed = msgspec.structs.replace(
        gate_page, agreement=msgspec.structs.replace(gate_page.agreement, version=2)
    )
    gate.show(changed, 5.0)
    gate.tick(5.0)

    assert starter.windows[0].closed
    assert 2 == len(starter.windows)


def test_a_page_asked_again_after_an_answer_gets_a_new_window(gate, starter, gate_page):
    stand(gate, starter, gate_page)
    starter.last.answers("done", "accepted")
    gate.take_answers(1.0)
    gate.show(gate_page, 2.0)
    gate.tick(2.0)

    assert 2 == len(starter.windows)


def test_help_at_the_gate_says_where_it_was_asked(gate, starter, sent, gate_page):
    stand(gate, starter, gate_page)
    starter.last.answers("help", "help")
    gate.take_answers(3.0)

    assert m.Asked(what="help", place="gate") == sent[-1]


@pytest.mark.parametrize(
    "chatter", [b"", b"Gtk-WARNING", b"{}", b'{"event":"done","choice":"opened"}', b"[" * 9000]
)
def test_chatter_of_a_library_is_no_answer(gate, starter, sent, gate_page, chatter):
    stand(gate, starter, gate_page)
    starter.last.lines.append(chatter)
    gate.take_answers(1.0)

    assert 1 == len(sent)
    assert not starter.last.closed


def test_a_gate_taken_away_leaves_no_window_and_no_guard(gate, desktop, starter, gate_page):
    stand(gate, starter, gate_page)
    gate.take_away()

    assert starter.last.closed
    assert [True, False] == desktop.guards
