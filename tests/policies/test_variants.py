from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import composing, wire
from policies.settings import TIERS, LockSettings, Settings, SettingsRefused
from policies.variants import (
    Clash,
    Variant,
    Window,
    changes_at,
    check_variants,
    next_change,
    settings_at,
)
from policies.windows import is_open, moments, tiers_meet, window_covers, windows_meet
from tests.support import policy_trees
from tests.support.policy_trees import local_moments, tree, windows

LESSON = Window(days=("mon", "tue"), starts="09:00", ends="10:00")
MONDAY = datetime(2026, 9, 7, 9, 0)


def longer(tiers=(), when=None, seconds=600) -> Variant:
    return Variant(tiers=tiers, when=when, change={"lock.idle_after_seconds": seconds})


def idle(variants, tier="teen", at=MONDAY) -> int:
    return settings_at(Settings(), variants, tier, at).lock.idle_after_seconds


def test_the_last_variant_that_fits_holds():
    variants = (longer(), longer(("teen",), seconds=700), longer(when=LESSON, seconds=800))

    assert 800 == idle(variants)
    assert 700 == idle(variants, at=datetime(2026, 9, 7, 10, 0))
    assert 600 == idle(variants, "adult", datetime(2026, 9, 7, 8, 59, 59))
    assert 300 == idle(())


def test_the_first_minute_belongs_to_a_window_and_the_last_does_not():
    assert is_open(LESSON, MONDAY)
    assert not is_open(LESSON, MONDAY + timedelta(hours=1))
    assert is_open(Window(), datetime(2026, 1, 1, 23, 59, 59))


def test_settings_without_a_variant_are_the_very_same():
    base = Settings()

    assert settings_at(base, (longer(("early",)),), "teen", MONDAY) is base
    assert settings_at(base, (longer(),), "teen", MONDAY) is settings_at(base, (longer(),), "early", MONDAY)


def test_the_next_change_is_the_next_edge():
    variants = (longer(when=LESSON), longer(("teen",)))
    aware = MONDAY.replace(tzinfo=UTC)

    assert aware + timedelta(hours=1) == next_change(variants, aware)
    assert MONDAY == next_change(variants, datetime(2026, 9, 5, 12))
    assert datetime(2026, 9, 8, 9) == next_change(variants, datetime(2026, 9, 7, 10))
    assert next_change((longer(("teen",)),), MONDAY) is None
    assert next_change((longer(when=Window()),), MONDAY) is None


def test_a_change_years_ahead_is_found_and_the_calendar_s_end_breaks_nothing():
    far = (longer(when=Window(from_day=date(2031, 5, 5))),)
    assert datetime(2031, 5, 5) == next_change(far, MONDAY)

    end = (longer(when=Window(from_day=date(9999, 12, 31), until_day=date(9999, 12, 31))),)
    assert datetime(9999, 12, 31) == next_change(end, MONDAY)
    check_variants(Settings(), end)


@settings(max_examples=60, deadline=None)
@given(st.lists(windows(), max_size=4), local_moments)
def test_between_now_and_the_next_change_nothing_changes(drawn, local):
    variants = tuple(longer(when=window, seconds=100 + n) for n, window in enumerate(drawn))
    until = next_change(variants, local)
    now = idle(variants, at=local)

    steps = [local + timedelta(minutes=37 * step) for step in range(1, 80)]
    for moment in steps:
        if until is None or moment < until:
            assert now == idle(variants, at=moment)
    if until is not None:
        before = [is_open(window, until - timedelta(seconds=1)) for window in drawn]
        assert before != [is_open(window, until) for window in drawn]


@settings(max_examples=60, deadline=None)
@given(windows(), windows(), st.lists(local_moments, min_size=5, max_size=20))
def test_meeting_and_covering_are_true_of_every_moment(one, other, sampled):
    found = [*moments((one, other)), *sampled]
    both = any(is_open(one, at) and is_open(other, at) for at in found)

    assert both == windows_meet(one, other)
    if window_covers(one, other):
        assert all(is_open(one, at) or not is_open(other, at) for at in found)
    kinds = {(is_open(one, at), is_open(other, at)) for at in moments((one, other))}
    assert {(is_open(one, at), is_open(other, at)) for at in sampled} <= kinds


def test_a_window_covers_only_what_lies_inside_it_on_every_side():
    outer = Window(days=("mon", "tue"), starts="09:00", ends="12:00", from_day=date(2026, 9, 1))
    inner = msgspec.structs.replace(outer, starts="10:00", ends="11:00")

    assert window_covers(outer, inner)
    assert window_covers(outer, outer)
    assert window_covers(None, outer)
    assert window_covers(Window(), None)
    for wider in (
        {"days": ("mon", "wed")},
        {"starts": "08:59"},
        {"ends": "12:01"},
        {"from_day": date(2026, 8, 31)},
        {"from_day": None},
    ):
        assert not window_covers(outer, msgspec.structs.replace(inner, **wider)), wider
    assert not window_covers(outer, None)


@settings(max_examples=100, deadline=None)
@given(policy_trees.trees, local_moments, st.sampled_from(TIERS))
def test_the_second_opinion_on_windows_agrees(school, local, tier):
    for layer in school.layers:
        assert policy_trees.is_open(layer.when, local) == is_open(layer.when, local)
        assert tiers_meet(layer.tiers, (tier,)) == (not layer.tiers or tier in layer.tiers)


# ---- what a laptop refuses ----


def refusal(*variants: Variant) -> str:
    body = wire.PolicyBody(
        school=tree().school,
        settings=Settings(),
        agreements=composing.compose(tree().school, Settings(), ("junior",)),
        variants=variants,
    )
    with pytest.raises(SettingsRefused) as refused:
        wire.read_policy(msgspec.json.encode(body))
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lock.idle": 60}, "variants, number 1: lock.idle: there is no such setting"),
        ({"usb.mode": "off"}, "usb.mode cannot differ by tier or time"),
        ({"report.enabled": False}, "report.enabled cannot differ by tier or time"),
        ({"agreement.languages": ["en"]}, "agreement.languages cannot differ"),
        ({"lock.idle_after_seconds": 1}, "lock.idle_after_seconds: Expected `int` >= 30"),
        ({"lock.idle_after_seconds": None}, "lock.idle_after_seconds: Expected `int`, got `null`"),
        ({"lock.idle_after_seconds": True}, "Expected `int`, got `bool`"),
        ({"lock": {"idle_after_seconds": 60}}, "lock: there is no such setting"),
        ({"lock.countdown_seconds": 120, "lock.idle_after_seconds": 60}, "countdown_seconds is longer"),
    ],
)
def test_a_policy_with_a_wrong_variant_is_refused_whole(change, words):
    assert words in refusal(Variant(change=change))


def test_two_variants_that_only_together_are_wrong_are_refused():
    said = refusal(
        Variant(tiers=("teen",), change={"lock.idle_after_seconds": 60}),
        Variant(when=LESSON, change={"lock.countdown_seconds": 90}),
    )

    assert "for teen, mon 09:00: lock: countdown_seconds is longer than idle_after_seconds" in said


def test_two_variants_that_never_meet_are_taken():
    check_variants(
        Settings(lock=LockSettings(countdown_seconds=30)),
        (
            Variant(tiers=("teen",), change={"lock.idle_after_seconds": 60}),
            Variant(tiers=("adult",), change={"lock.countdown_seconds": 90}),
        ),
    )


def test_a_clash_says_for_whom_and_when():
    with pytest.raises(Clash) as clash:
        check_variants(Settings(), (Variant(tiers=("early",), change={"lock.idle_after_seconds": 30}),
                                    Variant(when=LESSON, change={"lock.countdown_seconds": 31})))  # fmt: skip

    assert "early" == clash.value.tier
    assert is_open(LESSON, clash.value.at)
    assert {"lock.idle_after_seconds", "lock.countdown_seconds"} == set(clash.value.names)
    assert {} == changes_at((), "early", MONDAY)
