"""The keys of *Eyes to the front*: whoever types on when it comes presses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.front_keys import GRACE_SECONDS, FrontKeys, KeyStep, decide_front_key

KEYS = st.sampled_from(("tab", "enter", "other"))


@given(KEYS, st.booleans(), st.floats(0, GRACE_SECONDS, exclude_max=True))
def test_no_key_does_anything_in_the_first_moments(key, focused, seconds):
    assert KeyStep(False, False) == decide_front_key(key, up_seconds=seconds, focused=focused)


@pytest.mark.parametrize(
    ("key", "focused", "step"),
    [
        ("enter", False, KeyStep(False, False)),
        ("tab", False, KeyStep(True, False)),
        ("tab", True, KeyStep(True, False)),
        ("enter", True, KeyStep(False, True)),
        ("other", True, KeyStep(False, False)),
    ],
)
def test_after_that_tab_gives_the_focus_and_only_then_enter_presses(key, focused, step):
    assert step == decide_front_key(key, up_seconds=GRACE_SECONDS, focused=focused)


@given(st.lists(st.tuples(st.floats(0, 1), KEYS), max_size=30))
def test_whatever_is_typed_only_enter_right_after_tab_presses(typed):
    now = [10.0]
    keys = FrontKeys(lambda: now[0])
    keys.came()
    before = "other"
    for seconds, key in typed:
        now[0] += seconds
        settled = now[0] - 10.0 >= GRACE_SECONDS

        assert keys.typed(key) <= (settled and (before, key) == ("tab", "enter"))
        before = key if settled else "other"


def test_a_cover_that_is_prolonged_keeps_its_focus_and_one_that_comes_anew_does_not():
    now = [10.0]
    keys = FrontKeys(lambda: now[0])
    keys.came()
    now[0] += GRACE_SECONDS
    keys.typed("tab")
    keys.came()
    kept = keys.focused
    keys.went()
    beneath = keys.typed("enter")
    keys.came()

    assert (True, False, False) == (kept, beneath, keys.focused)
