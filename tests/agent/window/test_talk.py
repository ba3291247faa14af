"""What the person did becomes one line, and nothing that was not done does."""

import io
import os

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent.link import pages
from agent.window.talk import CloseNow, LinesOf, Said, Talk, decide_answer, read_line, read_said
from policies.agreements import text_hash
from tests.support import window_pages

GATE = window_pages.gate("teen")
ENGLISH = GATE.agreement.texts[0]
ALL = tuple(range(len(ENGLISH.sections)))


def accepting(**changes: object) -> Said:
    said = Said(do="accepted", language="en", hash=text_hash(ENGLISH), sections=ALL)
    return msgspec.structs.replace(said, **changes)


def test_an_acceptance_carries_the_hash_of_the_language_that_was_read() -> None:
    answer = decide_answer(GATE, accepting())

    assert (
        pages.WindowAnswer(
            event="done",
            choice="accepted",
            language="en",
            text_hash=text_hash(ENGLISH),
            pages_shown=len(ALL),
        )
        == answer
    )


@given(st.sets(st.integers(min_value=-3, max_value=9)))
def test_accept_is_nothing_until_every_section_was_shown(shown: set[int]) -> None:
    answer = decide_answer(GATE, accepting(sections=tuple(shown)))

    assert (answer is not None) == (set(ALL) <= shown)


def test_accept_is_nothing_for_another_text_or_a_language_not_offered() -> None:
    english_only = msgspec.structs.replace(
        GATE, agreement=msgspec.structs.replace(GATE.agreement, texts=(ENGLISH,))
    )

    assert decide_answer(GATE, accepting(language="tr")) is None
    assert decide_answer(GATE, accepting(hash="")) is None
    assert decide_answer(english_only, accepting(language="tr")) is None


def test_help_and_sign_out_need_no_reading() -> None:
    declined = decide_answer(GATE, Said(do="declined", language="en"))
    helped = decide_answer(GATE, Said(do="help", language="tr"))

    assert ("done", "declined", 0) == (declined.event, declined.choice, declined.pages_shown)  # type: ignore[union-attr]
    assert ("help", "help") == (helped.event, helped.choice)  # type: ignore[union-attr]


def test_no_window_answers_what_it_was_not_asked() -> None:
    for do in ("close", "here", "lock", "rules", "record", "read", "hush", "size"):
        assert decide_answer(GATE, Said(do=do)) is None  # type: ignore[arg-type]
    assert decide_answer(window_pages.countdown(), Said(do="accepted")) is None
    assert decide_answer(window_pages.notice(), Said(do="lock")) is None
    assert decide_answer(window_pages.panel(), Said(do="here")) is None


@given(st.text() | st.binary().map(repr))
def test_garbage_from_the_page_is_no_message(garbage: str) -> None:
    assert read_said(garbage) is None


@given(st.binary())
def test_garbage_from_outside_is_no_page(garbage: bytes) -> None:
    assert read_line(garbage) is None


def test_a_page_and_an_order_to_close_are_told_apart() -> None:
    assert read_line(msgspec.json.encode(GATE)) == GATE
    assert read_line(b'{"close":true}') == CloseNow(close=True)
    assert read_line(b'{"close":false}') is None


def test_after_the_last_line_nothing_more_is_said() -> None:
    out = io.BytesIO()
    talk = Talk(io.BytesIO(), out)

    assert not talk.answer(GATE, Said(do="painted"))
    assert talk.answer(GATE, Said(do="declined"))
    assert not talk.answer(GATE, accepting())
    assert ["painted", "done"] == [msgspec.json.decode(line)["event"] for line in out.getvalue().splitlines()]


def test_the_end_of_stdin_closes_the_window_and_pages_before_it_are_delivered() -> None:
    helped = msgspec.structs.replace(GATE, help_asked=True)
    incoming = io.BytesIO(msgspec.json.encode(GATE) + b"\nrubbish\n" + msgspec.json.encode(helped) + b"\n")
    talk = Talk(incoming, io.BytesIO())
    heard: list[object] = []

    assert GATE == talk.first_page()

    talk._listen(heard.append, lambda: heard.append("closed"))

    assert [helped, "closed"] == heard


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ") + b"\n"), max_size=20))
def test_lines_of_a_descriptor_come_whole_and_in_order(lines: list[bytes]) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"".join(lines))
    os.close(writing)
    source = LinesOf(reading)
    came = [source.readline(100) for _ in lines]
    end = source.readline(100)
    os.close(reading)

    assert (lines, b"") == (came, end)


def test_a_line_without_end_comes_in_pieces_and_is_no_page() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 250)
    os.close(writing)
    source = LinesOf(reading)
    sizes = [len(source.readline(100)) for _ in range(4)]
    os.close(reading)

    assert [100, 100, 50, 0] == sizes
