"""What a class used: figures with nobody in them, and the time they are of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.windows import Window
from server import lesson_time, lesson_use
from server.lesson_time import Asked, Span
from server.lesson_use import Lesson, Stretch

SINCE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LESSON = Lesson("Lab 2", SINCE, SINCE + timedelta(minutes=40))
BELOW = 5
CLASS = {f"p{number}" for number in range(20)}


def stretch(pupil, app, begins, lasts):
    since = SINCE + timedelta(minutes=begins)
    return Stretch(pupil, app, since, since + timedelta(minutes=lasts))


def use(*stretches, pupils=CLASS):
    return lesson_use.decide_use(LESSON, pupils, stretches, BELOW)


def test_the_class_s_apps_stand_by_how_many_used_them():
    many = [stretch(f"p{number}", "Writer", 0, 20) for number in range(12)]
    less = [stretch(f"p{number}", "Browser", 20, 10) for number in range(7)]
    shown = use(*less, *many)

    assert [("Writer", 12, 240), ("Browser", 7, 70)] == [line[:3] for line in shown.lines]
    assert (20, 8) == (shown.pupils, len(shown.slots))


def test_an_app_that_few_used_has_no_count_no_time_and_no_hour():
    shown = use(stretch("p1", "Game", 0, 30), *[stretch(f"p{n}", "Writer", 0, 30) for n in range(6)])
    (game,) = [line for line in shown.lines if line.app == "Game"]

    assert ("Game", "few", None, ()) == game


def test_of_a_class_of_few_no_app_stands_at_all_as_its_name_would_tell_of_one():
    shown = use(stretch("p1", "Game", 0, 30), pupils={"p1", "p2", "p3", "p4"})

    assert (4, (), 0) == (shown.pupils, shown.lines, shown.more)


def test_a_pupil_whose_windows_have_a_hundred_names_hides_no_other_pupils_app():
    many = [stretch("p1", f"a{number:03}", number % 39, 0.5) for number in range(100)]
    shown = use(*many, stretch("p9", "Zebra", 0, 30))
    listed = [line.app for line in shown.lines]

    assert (13, "Zebra", 88) == (len(listed), listed[-1], shown.more)


def test_few_ones_stand_by_the_alphabet_not_by_how_few():
    shown = use(*[stretch(f"p{n}", "Zebra", 0, 30) for n in range(4)], stretch("p9", "Ant", 0, 1))

    assert ["Ant", "Zebra"] == [line.app for line in shown.lines]


def test_over_time_a_count_is_rounded_so_that_the_rest_is_not_known():
    writers = [stretch(f"p{n}", "Writer", 0, 40) for n in range(19)]
    shown = use(*writers, stretch("p19", "Game", 0, 40))

    assert [15] * 8 == list(shown.lines[0].strip)


def test_a_slot_is_the_app_s_that_was_in_front_longest():
    shown = use(*[each for n in range(6) for each in (
        stretch(f"p{n}", "Writer", 0, 3), stretch(f"p{n}", "Browser", 3, 7))])  # fmt: skip
    strips = {line.app: line.strip[:3] for line in shown.lines}

    assert {"Writer": (5, 0, 0), "Browser": (0, 5, 0)} == strips


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(CLASS)),
            st.sampled_from(["A", "B", "C", "D"]),
            st.integers(0, 39),
            st.floats(0.1, 200),
        ),
        max_size=60,
    )
)
def test_no_figure_below_the_limit_is_ever_shown(told):
    stretches = [stretch(pupil, app, at, min(lasts, 40 - at)) for pupil, app, at, lasts in told]
    shown = use(*stretches)

    for line in shown.lines:
        assert line.pupils == "few" or line.pupils >= BELOW
        assert all(cell in ("few", 0) or cell >= BELOW for cell in line.strip)
        assert (line.pupils == "few") == (line.minutes is None) == (line.strip == ())
        assert len(line.strip) in (0, len(shown.slots))


@given(st.integers(1, 360), st.integers(0, 59))
def test_slots_cover_the_lesson_and_lie_on_the_clock(minutes, begins):
    since = SINCE + timedelta(minutes=begins)
    slots, step = lesson_use.decide_slots(since, since + timedelta(minutes=minutes))

    assert slots[0] <= since < slots[0] + step
    assert slots[-1] < since + timedelta(minutes=minutes) <= slots[-1] + step
    assert {0} == {slot.minute % 5 for slot in slots}
    assert len(slots) <= 26


@pytest.mark.parametrize(
    ("app", "program", "shown"),
    [
        ("firefox", "firefox", "Browser"),
        ("firefox", "", "Browser"),
        ("Firefox", "firefox-esr", "Browser"),
        ("firefox", "supertux2", "firefox (supertux2)"),
        ("game", "game", "game"),
        ("", "tool", "tool"),
    ],
)
def test_only_window_and_program_together_have_the_register_s_name(app, program, shown):
    names = {"firefox": "Browser", "firefox-esr": "Browser"}

    assert shown == lesson_use.app_name(names, app, program)


# -- which lesson --------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = NOW.astimezone().date().isoformat()


def clock(at):
    return f"{at.astimezone():%H:%M}"


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (Asked(TODAY, "09:00", "08:00"), "backwards"),
        (Asked(TODAY, "9", "10"), "no-time"),
        (Asked("yesterday", "09:00", "10:00"), "no-time"),
        (Asked("", "", ""), "no-time"),
        (Asked(TODAY, "25:00", "26:00"), "no-time"),
        (Asked(TODAY, "٠٩:٠٠", "١٠:٠٠"), "no-time"),
        (Asked("0001-01-01", "00:00", "00:01"), ("no-time", "too-old")),
        (Asked("9999-12-31", "23:00", "23:59"), ("no-time", "future")),
        (Asked("2026-11-01", "09:00", "10:00"), "too-old"),
        (Asked("2026-11-23", "00:00", "23:59"), "too-long"),
        (Asked("2026-11-25", "09:00", "10:00"), "future"),
    ],
)
def test_what_is_no_lesson_is_refused_with_a_word(asked, refusal):
    found = lesson_time.read_span(asked, NOW)

    assert isinstance(found, str)
    assert found in refusal


def test_a_lesson_that_still_goes_on_ends_now():
    asked = Asked(TODAY, clock(NOW - timedelta(minutes=30)), clock(NOW + timedelta(minutes=30)))

    assert Span(NOW - timedelta(minutes=30), NOW) == lesson_time.read_span(asked, NOW)


def test_a_stretch_comes_back_as_it_was_written():
    span = Span(NOW - timedelta(hours=2), NOW - timedelta(hours=1))

    assert span == lesson_time.read_span(lesson_time.written(span), NOW)


def test_the_last_lessons_are_offered_newest_first():
    local = NOW.astimezone()
    ends = f"{local - timedelta(hours=1):%H:%M}"
    starts = f"{local - timedelta(hours=2):%H:%M}"
    offered = lesson_time.last_lessons([Window(days=("mon", "tue"), starts=starts, ends=ends)], NOW)
    days = [span.since.astimezone().date() for span in offered]

    assert [date(2026, 11, 24), date(2026, 11, 23), date(2026, 11, 17)] == days
    assert offered[0] == lesson_time.usual_span(offered, NOW)
