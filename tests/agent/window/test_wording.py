"""What is recorded about a person has words, in both languages, for every kind of record about a person."""

import typing
from datetime import UTC, datetime

import pytest

from agent.link.pages import Entry
from agent.window.wording import _known, entry_words, look_words, moment_words, what_words
from agent.words import Say
from policies.recording import KEPT
from policies.settings import LANGUAGES, Language

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ABOUT_A_PERSON = {str(kind.__struct_config__.tag): kind for kind, kept in KEPT.items() if kept.about_person}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(ABOUT_A_PERSON))
def test_every_kind_of_record_about_a_person_has_words(kind: str, language: Language) -> None:
    words = what_words(Say(language, "junior"), Entry(at="", kind=kind))

    assert words not in ("", kind)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("login-ended", "reason"),
        ("agreement-answered", "answer"),
        ("session-lost", "how"),
        ("screen-locked", "reason"),
        ("help-asked", "place"),
    ],
)
def test_every_reason_a_record_can_give_has_words(kind: str, field: str) -> None:
    reasons = typing.get_args(typing.get_type_hints(ABOUT_A_PERSON[kind])[field])

    assert reasons
    assert set() == {(kind, reason) for reason in reasons} - set(_known(Say("en")))


def test_an_app_is_called_by_its_own_name_with_the_time_it_was_in_front() -> None:
    entry = Entry(at="2026-11-24T10:01:00+00:00", kind="app-used", detail="Writer", seconds=1680)

    assert ("Writer", "10:01–10:29", "28 minutes in front") == entry_words(Say("en"), entry, NOW)


def test_a_time_that_cannot_be_read_is_shown_as_it_came() -> None:
    assert "soon" == moment_words(Say("en"), "soon", NOW)
    assert "2026-11-24T10:00:00" == moment_words(Say("en"), "2026-11-24T10:00:00", NOW)


def test_a_time_is_told_in_the_readers_zone() -> None:
    assert "Today, 10:00" == moment_words(Say("en"), "2026-11-24T13:00:00+03:00", NOW)


def test_a_record_of_a_kind_unknown_here_is_shown_by_its_tag() -> None:
    entry = Entry(at="2026-11-24T10:01:00+00:00", kind="stick-opened", detail="x")

    assert ("stick-opened", "10:01", "x") == entry_words(Say("en"), entry, NOW)


@pytest.mark.parametrize(
    "what", ["lab", "device", "agreements", "agreements-print", "person", "seat", "named", "after"]
)
@pytest.mark.parametrize("language", ["en", "tr"])
def test_what_an_adult_looked_at_is_said_in_words(what: str, language: Language) -> None:
    assert what != look_words(Say(language, "teen"), what)
