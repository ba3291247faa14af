"""The window of one memory stick: what it says in every moment, and what its buttons mean."""

import typing
from datetime import UTC, datetime

import pytest

from agent.link import pages
from agent.window import outline, render, stick
from agent.window.talk import Said, decide_answer
from agent.words import Say
from policies.media import ShutReason
from tests.support import window_pages

NOW = datetime(2026, 11, 25, 10, 45, tzinfo=UTC)
UNTIL = "2026-11-25T15:30:00+00:00"


def words(page):
    return stick.words_for(page, Say(page.language, page.tier), NOW)


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("reason", typing.get_args(ShutReason))
def test_every_reason_has_words_of_its_own(reason, language):
    said = words(window_pages.stick(language=language, state="stays-shut", may_ask=False, reason=reason)).said
    broken = words(
        window_pages.stick(language=language, state="stays-shut", may_ask=False, reason="broken")
    ).said

    assert said
    assert (said == broken) == (reason == "broken")


def test_whoever_has_asked_too_often_is_told_that_and_no_fault():
    said = words(window_pages.stick(state="stays-shut", may_ask=False, reason=None)).said

    assert said.startswith("You have asked for it many times.")


def test_the_check_says_how_far_it_is_and_who_said_yes():
    page = window_pages.stick(
        state="checking", by="Mr Ashby", until=UNTIL, files=214, of_files=391, seconds_left=20.0
    )

    assert "Mr Ashby said yes until 15:30. Please leave the stick in." == words(page).said
    assert "214 of 391 files · about 20 seconds left" == stick.progress_words(page, Say("en"))


def test_a_yes_from_the_command_line_is_an_adult_s():
    page = window_pages.stick(state="checking", by="command line", until=UNTIL)

    assert "An adult said yes until 15:30. Please leave the stick in." == words(page).said


@pytest.mark.parametrize(
    ("access", "expected"),
    [("read", "you cannot save to it"), ("write", "You can use the stick"), ("copy", "You have a copy")],
)
def test_an_open_stick_says_what_can_be_done_with_it(access, expected):
    assert expected in words(window_pages.stick(state="open", until=UNTIL, of_files=3, access=access)).said


def test_a_file_s_name_is_text_and_never_markup():
    page = window_pages.stick(state="stays-shut", reason="harmful", harmful="<script>x</script>.exe")

    assert "<script>x" not in render.body(page, NOW)


def test_asking_takes_the_reason_along_and_leaves_the_window_open():
    answer = decide_answer(window_pages.stick(), Said(do="ask", reason="x" * 900, pupil_data=True))

    assert ("stick", "ask", 200, True) == (
        answer.event, answer.choice, len(answer.reason), answer.pupil_data,
    )  # fmt: skip


def test_other_windows_cannot_ask_for_a_stick():
    assert decide_answer(window_pages.panel(), Said(do="ask")) is None


def test_closing_only_closes_the_window():
    answer = decide_answer(window_pages.stick(), Said(do="close"))

    assert ("done", "close") == (answer.event, answer.choice)


def test_only_staff_are_asked_about_pupils_data():
    assert "data-pupil-data" in render.body(window_pages.stick("adult"), NOW)
    assert "data-pupil-data" not in render.body(window_pages.stick("teen"), NOW)


@pytest.mark.parametrize("state", ["shut", "asked", "checking", "open", "stays-shut"])
def test_the_plain_window_says_and_offers_the_same(state):
    page = window_pages.stick(state=state, until=UNTIL, reason="harmful")
    say = Say("en", "teen")
    (sheet,) = outline.sheets_of(page, say, NOW)

    assert words(page).title in [block.words for block in sheet.blocks]
    assert [each.choice for each in stick.buttons_for(page, say)] == [
        choice for _words, choice in outline.choices_of(page, say)
    ]


def test_the_kind_of_device_is_named():
    names = [
        stick.device_words(window_pages.stick(media=media), Say("en"))
        for media in ("storage", "phone", "card")
    ]

    assert ["USB stick, 32 GB", "Phone or camera, 32 GB", "Memory card, 32 GB"] == names


@pytest.mark.parametrize(
    ("media", "language", "title"),
    [
        ("storage", "en", "This stick stays shut"),
        ("card", "en", "This memory card stays shut"),
        ("phone", "en", "This phone or camera is not opened here"),
        ("mixed", "en", "This device is not opened here"),
        ("storage", "tr", "Bu bellek kapalı kalıyor"),
        ("card", "tr", "Bu hafıza kartı kapalı kalıyor"),
        ("phone", "tr", "Bu telefon veya kamera burada açılmıyor"),
        ("mixed", "tr", "Bu aygıt burada açılmıyor"),
    ],
)
@pytest.mark.parametrize("reason", ["forbidden", "not-listed", None])
def test_only_a_stick_that_stays_shut_is_called_a_stick(media, language, title, reason):
    page = window_pages.stick(
        media=media, language=language, state="stays-shut", may_ask=False, reason=reason
    )

    assert title == words(page).title


@pytest.mark.parametrize(
    ("tier", "language", "said"),
    [
        (
            "teen",
            "en",
            "You can ask for a copy of its files. An adult has to say yes, and the laptop checks them first.",
        ),
        (
            "teen",
            "tr",
            "İçindeki dosyaların bir kopyasını isteyebilirsin. Önce bir yetişkinin izin vermesi ve "
            "bilgisayarın dosyaları denetlemesi gerekir.",
        ),
        (
            "adult",
            "tr",
            "İçindeki dosyaların bir kopyasını isteyebilirsiniz. Önce bir yetkilinin izin vermesi ve "
            "bilgisayarın dosyaları denetlemesi gerekir.",
        ),
    ],
)
def test_where_copies_are_given_nobody_is_told_that_a_stick_is_opened(tier, language, said):
    page = window_pages.stick(tier, language=language, access="copy")
    copy = {
        "en": ("This stick stays shut", "Ask for a copy"),
        "tr": ("Bu bellek kapalı kalıyor", "Kopyasını iste"),
    }
    ask = stick.buttons_for(page, Say(language, tier))[0]

    assert (*copy[language], said) == (words(page).title, ask.label, words(page).said)


def test_a_stick_page_is_read_again_as_it_was():
    import msgspec

    page = window_pages.stick()

    assert page == msgspec.json.decode(msgspec.json.encode(page), type=pages.AnyPage)
