"""What somebody reads who is not let in, or soon signed out; nothing marks who has an arrangement."""

import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from agent.link import pages
from agent.window import notice, outline, render
from agent.window.talk import Said, decide_answer
from agent.words import Say
from policies.settings import LANGUAGES, TIERS, Language, Tier
from tests.support import window_pages

NOW = datetime(2026, 9, 14, 8, 30, tzinfo=timezone(timedelta(hours=3)))
KINDS = (
    "restricted",
    "meeting",
    "induction",
    "ends-soon",
    "closed",
    "unsupervised",
    "adults-only",
    "supervisor-left",
    "supervisor-back",
)
BLAME = re.compile(
    r"punish|sanction|ban|broke|wrong|violat|offen|forbid|ceza|yasak|suç|ihlal|kötü", re.IGNORECASE
)


def page(kind: str, tier: Tier, language: Language, **changes: object) -> pages.NoticePage:
    made = window_pages.notice(tier, language, kind=kind, reports=True)
    return msgspec.structs.replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("kind", KINDS)
def test_r16_the_words_are_neutral_in_every_tier_and_language(kind: str, tier: Tier, language: Language):
    title, said = notice.words_for(page(kind, tier, language), Say(language, tier), NOW)

    assert title
    assert said
    assert BLAME.search(f"{title} {said}") is None


@pytest.mark.parametrize(
    ("until", "language", "words"),
    [
        ("2026-09-14T12:00:00+00:00", "en", "today at 15:00"),
        ("2026-09-15T05:30:00+00:00", "en", "on Tuesday 15 September at 08:30"),
        ("2026-09-15T05:30:00+00:00", "tr", "15 Eylül Salı, saat 08.30"),
        ("nonsense", "en", "Ask an adult when it ends"),
        ("", "tr", "Ne zaman biteceğini bir yetişkine sor"),
    ],
)
def test_r16_a_limited_pupil_reads_when_it_ends(until: str, language: Language, words: str):
    _title, said = notice.words_for(
        page("restricted", "teen", language, until=until), Say(language, "teen"), NOW
    )

    assert words in said


def test_r16_a_login_that_ends_soon_says_when():
    ends = datetime(2026, 9, 14, 6, 0, tzinfo=UTC).isoformat()
    title, _said = notice.words_for(page("ends-soon", "junior", "en", ends_at=ends), Say("en", "junior"), NOW)

    assert "You are signed out at 09:00." == title


@pytest.mark.parametrize(
    ("kind", "then", "language", "words"),
    [
        ("supervisor-left", "lock", "en", "The screen locks at 09:00, unless a teacher checks in."),
        ("supervisor-left", "end", "en", "You are signed out at 09:00."),
        ("closed", "lock", "en", "The laptops close at 09:00."),
        ("closed", "end", "tr", "Oturumun saat 09.00 olunca kapanacak."),
    ],
)
def test_r20_a_warning_says_when_what_follows_and_that_work_can_be_saved(
    kind: str, then: str, language: Language, words: str
):
    ends = datetime(2026, 9, 14, 6, 0, tzinfo=UTC).isoformat()
    title, said = notice.words_for(
        page(kind, "teen", language, ends_at=ends, then=then), Say(language, "teen"), NOW
    )

    assert words in f"{title} {said}"
    assert "save your work" in said or "çalışmanı" in said


@pytest.mark.parametrize(
    ("kind", "until", "words"),
    [
        ("closed", "2026-09-14T12:00:00+00:00", "You can sign in again today at 15:00."),
        ("closed", "2026-09-15T05:30:00+00:00", "on Tuesday 15 September at 08:30."),
        ("closed", "", "Ask your teacher when you can use it."),
        ("adults-only", "nonsense", "Ask your teacher when you can use it."),
    ],
)
def test_r16_closed_hours_are_so_for_everybody_and_say_when_they_end(kind: str, until: str, words: str):
    _title, said = notice.words_for(page(kind, "teen", "en", until=until), Say("en", "teen"), NOW)

    assert said.startswith("That is so for everybody.")
    assert said.endswith(words)


@pytest.mark.parametrize("kind", sorted(notice.REFUSING))
@pytest.mark.parametrize("reports", [True, False])
def test_r16_whoever_is_refused_finds_help_and_where_it_exists_the_report(kind: str, reports: bool):
    made = msgspec.structs.replace(page(kind, "teen", "en"), reports=reports)
    html = render.render(made, NOW)
    plain = [choice for _words, choice in outline.choices_of(made, Say("en", "teen"))]

    assert 'data-choice="help"' in html
    assert reports is ('data-choice="report"' in html)
    assert ["report", "help", "close"][not reports :] == plain
    answer = decide_answer(made, Said(do="help", language="en"))
    assert answer is not None
    assert ("help", "help") == (answer.event, answer.choice)


@pytest.mark.parametrize("tier", TIERS)
def test_r5_nothing_on_the_page_marks_who_has_an_arrangement(tier: Tier):
    plain = window_pages.gate(tier, "tr", reports=True)
    arranged = msgspec.structs.replace(plain, text_scale=150)
    reading = msgspec.structs.replace(arranged, reads_at_once=True)

    assert render.render(plain, NOW) == render.render(arranged, NOW)
    assert render.render(plain, NOW) == render.render(reading, NOW).replace(' data-reads="1"', "")
    say = Say("tr", tier)
    assert outline.sheets_of(plain, say, NOW) == outline.sheets_of(reading, say, NOW)
