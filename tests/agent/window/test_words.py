"""The agent's catalogue: complete, current, and polite to the right people."""

import io
import string
from datetime import date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import agent
from agent.words import TRANSLATIONS, Say, say_in
from tests.support.said_messages import Message, messages_in

PO = TRANSLATIONS / "tr" / "LC_MESSAGES" / "agent.po"


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="tr")


def known(catalogue: Catalog) -> set[Message]:
    found = set()
    for message in catalogue:
        if message.id:
            one, more = message.id if isinstance(message.id, tuple) else (message.id, "")
            found.add(Message(one, more, message.context or ""))
    return found


def test_the_code_says_nothing_that_the_catalogue_lacks_and_the_catalogue_nothing_unsaid(
    catalogue: Catalog,
) -> None:
    assert messages_in(Path(agent.__file__).parent) == known(catalogue)


def test_no_turkish_is_missing_or_doubtful(catalogue: Catalog) -> None:
    assert [] == [m.id for m in catalogue if m.id and (m.fuzzy or not all(_strings(m.string)))]


def test_every_translation_keeps_the_places_for_values(catalogue: Catalog) -> None:
    for message in catalogue:
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        for words in _strings(message.string) if source else ():
            assert _places(source) == _places(words), source


def test_the_compiled_catalogue_is_current(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)

    assert compiled.getvalue() == PO.with_suffix(".mo").read_bytes()


def test_children_are_sen_and_adults_siz() -> None:
    assert "Her sayfayı gördün." == say_in("tr", "junior").you("You have seen every page.")
    assert "Her sayfayı gördünüz." == say_in("tr", "visitor").you("You have seen every page.")
    assert "You have seen every page." == say_in("en", "adult").you("You have seen every page.")


def test_a_value_is_never_taken_for_a_format() -> None:
    said = say_in("en")("Hear: {sentence}", sentence="{n} {sentence} {0}")

    assert "Hear: {n} {sentence} {0}" == said


@pytest.mark.parametrize(
    ("at", "english", "turkish"),
    [
        (date(2026, 11, 24), "Today", "Bugün"),
        (date(2026, 11, 23), "Yesterday", "Dün"),
        (date(2026, 9, 7), "Monday 7 September", "7 Eylül Pazartesi"),
        (date(2025, 9, 7), "7 September 2025", "7 Eylül 2025"),
    ],
)
def test_days_are_named_near_today_and_dated_further_off(at: date, english: str, turkish: str) -> None:
    today = date(2026, 11, 24)

    assert [english, turkish] == [Say("en").day(at, today), Say("tr").day(at, today)]


def test_the_clock_has_24_hours_and_each_language_its_own_point() -> None:
    at = datetime(2026, 11, 24, 16, 5)

    assert ["16:05", "16.05"] == [Say("en").time(at), Say("tr").time(at)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59.4, "59 seconds"),
        (60, "1 minute"),
        (3599, "1 hour"),
        (3700, "1 hour 2 minutes"),
    ],
)
def test_a_length_of_time_is_said_in_rough_true_words(seconds: float, words: str) -> None:
    assert words == Say("en").duration(seconds)


def _strings(found: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else tuple(found)


def _places(words: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}
