"""Dates, counts and the choice of language, as people write them."""

from datetime import datetime, timedelta

import pytest

from server.web.words import choose_language, words_in

EN, TR = words_in("en"), words_in("tr")
NOW = datetime(2026, 11, 24, 12, 30).astimezone()


@pytest.mark.parametrize(("asked", "kept", "preferred", "header", "chosen"), [
    ("tr", "en", "en", "en", "tr"),
    ("xx", "tr", "en", "en", "tr"),
    (None, None, "tr", "en-GB,en;q=0.9", "tr"),
    (None, None, None, "de-DE, tr;q=0.5, en;q=0.3", "tr"),
    (None, None, None, "", "en"),
    ("<script>", "../..", None, "*", "en"),
])  # fmt: skip
def test_the_first_language_we_have_is_chosen(asked, kept, preferred, header, chosen):
    assert chosen == choose_language(asked, kept, preferred, header)


@pytest.mark.parametrize(("back", "english", "turkish"), [
    (timedelta(hours=2), "today 10:30", "bugün 10.30"),
    (timedelta(days=1), "yesterday 12:30", "dün 12.30"),
    (timedelta(days=3), "Saturday 12:30", "Cumartesi 12.30"),
    (timedelta(days=40), "15 Oct 12:30", "15 Eki 12.30"),
    (timedelta(days=400), "20 Oct 2025 12:30", "20 Eki 2025 12.30"),
])  # fmt: skip
def test_days_near_today_have_names(back: timedelta, english: str, turkish: str):
    assert (english, turkish) == (EN.moment(NOW - back, NOW), TR.moment(NOW - back, NOW))


@pytest.mark.parametrize(("seconds", "english", "turkish"), [
    (-5, "under 1 min", "1 dk’dan az"),
    (59, "under 1 min", "1 dk’dan az"),
    (480, "8 min", "8 dk"),
    (3900, "1 h 5 min", "1 sa 5 dk"),
    (7200, "2 h", "2 sa"),
    (90000, "1 day", "1 gün"),
    (900000, "10 days", "10 gün"),
])  # fmt: skip
def test_a_span_is_as_exact_as_it_is_useful(seconds: float, english: str, turkish: str):
    assert (english, turkish) == (EN.span(seconds), TR.span(seconds))


def test_numbers_are_written_the_language_s_way():
    assert ("1,012", "1.012") == (EN.number(1012), TR.number(1012))


def test_counts_agree_with_their_number():
    assert ("1 change", "2 changes") == tuple(
        EN.count("%(num)s change", "%(num)s changes", n) for n in (1, 2)
    )
