"""What follows when an app comes to the front, by the lists alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.app_rules import decide_app, key_of, listed_anywhere, lists_bind, opens_more, uses_rules
from policies.lab_settings import AppRule, AppsSettings

GAME = AppRule(app="SuperTux2", lesson="notify", club="allow")
CALL = AppRule(app="Zoom", lesson="ask", club="ask", consent=True)
ANSWERS = ("allow", "notify", "ask", "close")


def said(apps, session, app, program="", consents=()):
    return decide_app(apps, session, app, program, consents).answer


def test_r22_the_same_game_is_allowed_in_a_club_and_flagged_in_a_lesson():
    apps = AppsSettings(rules=(GAME,))

    assert "notify" == said(apps, "lesson", "supertux2")
    assert "allow" == said(apps, "club", "supertux2")


def test_r24_without_consent_no_call_whatever_a_teacher_says():
    apps = AppsSettings(rules=(CALL,))
    without = decide_app(apps, "lesson", "zoom", "zoom")

    assert ("close", True) == (without.answer, without.lacks_consent)
    assert "ask" == said(apps, "lesson", "zoom", consents=("ZOOM",))


def test_a_row_may_name_the_window_or_the_program_and_the_stricter_holds():
    apps = AppsSettings(rules=(AppRule(app="Chess"), AppRule(app="python3", lesson="close")))

    assert "allow" == said(apps, "lesson", "Chess", "chess-bin")
    assert "close" == said(apps, "lesson", "Chess", "python3")


def test_r21_what_stands_on_no_list_is_told_where_the_youngest_sit():
    apps = AppsSettings(rules=(AppRule(app="TuxPaint"),), unlisted="close", unlisted_in_club="notify")

    assert ["allow", "close", "notify"] == [
        said(apps, "lesson", "tuxpaint"),
        said(apps, "lesson", "steam"),
        said(apps, "club", "steam"),
    ]


def test_no_window_in_front_is_nothing():
    assert "allow" == said(AppsSettings(unlisted="close"), "lesson", "", "  ")


def test_adults_are_bound_by_no_list():
    apps = AppsSettings(unlisted="close")

    assert not lists_bind(apps, "adult")
    assert lists_bind(apps, "early")
    assert lists_bind(apps, "visitor")


@pytest.mark.parametrize(
    ("values", "is_list"),
    [
        (["allow"], False),
        ([()], False),
        (["close"], True),
        ([[{"app": "Chess"}]], False),
        ([[{"app": "Chess", "club": "close"}]], True),
        ([(AppRule(app="Zoom", consent=True),)], True),
    ],
)
def test_a_list_anywhere_is_found_however_it_is_written(values, is_list):
    assert is_list == listed_anywhere(values)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=6), st.sampled_from(ANSWERS)), max_size=5),
    st.sampled_from(ANSWERS),
    st.text(max_size=6),
    st.text(max_size=6),
)
def test_any_name_gets_one_answer_and_lists_that_change_nothing_allow_all(rows, unlisted, app, program):
    rules = {key_of(name): AppRule(app=name, lesson=answer) for name, answer in rows if name.strip()}
    folded = {rule.app.casefold(): rule for rule in rules.values()}
    apps = AppsSettings(rules=tuple(folded.values()), unlisted=unlisted)

    assert said(apps, "lesson", app, program) in ANSWERS
    if not uses_rules(apps):
        assert "allow" == said(apps, "lesson", app, program)


@pytest.mark.parametrize("program", ["xfdesktop", "xfce4-session-logout", "orca", "Onboard"])
def test_every_other_app_never_means_the_desktop_itself_or_what_helps_to_see_and_type(program):
    apps = AppsSettings(unlisted="close", rules=(AppRule(app="florence", lesson="ask"),))

    assert "allow" == said(apps, "lesson", program, program)
    assert "close" == said(apps, "lesson", "steam", "steam")
    assert "ask" == said(apps, "lesson", "florence", "florence")


LISTS = st.lists(
    st.builds(
        AppRule,
        app=st.sampled_from(["a", "b", "tint2"]),
        lesson=st.sampled_from(ANSWERS),
        club=st.sampled_from(ANSWERS),
        consent=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda row: row.app,
)


@given(LISTS, LISTS, st.sampled_from(ANSWERS), st.sampled_from(ANSWERS))
def test_r21_whatever_opens_more_easily_is_called_so(before, after, lesson, club):
    old, new = (
        AppsSettings(rules=tuple(rows), unlisted=lesson, unlisted_in_club=club) for rows in (before, after)
    )
    easier = any(
        ANSWERS.index(said(new, session, app, program, consents))
        < ANSWERS.index(said(old, session, app, program, consents))
        for session in ("lesson", "club")
        for app in ("a", "tint2", "c")
        for program in ("", "b")
        for consents in ((), ("a", "b"))
    )

    assert not easier or opens_more(before, after, old)
    assert not opens_more(before, before, old)
