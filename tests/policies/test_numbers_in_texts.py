"""A text that states a number follows the setting (R84)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import composing
from policies.numbers_in_texts import NUMBERS, check_numbers, fill_numbers, fill_school
from policies.resolving import check_tree
from policies.setting_names import TYPES, put_values
from policies.settings import Contact, LockSettings, Settings, SettingsRefused
from tests.support.policy_trees import SCHOOL, tree

LOCK_10 = Settings(lock=LockSettings(idle_after_seconds=600))
LOCK_90S = Settings(lock=LockSettings(idle_after_seconds=90))


def school(**changes):
    return msgspec.structs.replace(SCHOOL, **changes)


def consequences(words):
    return school(consequences={"en": words, "tr": words})


def all_words(settings, given):
    (agreement,) = composing.compose(given, settings, ("adult",))
    return msgspec.json.encode(agreement).decode()


def test_r84_a_number_in_the_school_s_words_follows_the_setting():
    given = consequences("The screen locks after {lock_minutes} minutes. An adult talks with you.")

    assert "locks after 5 minutes" in all_words(Settings(), given)
    assert "locks after 10 minutes" in all_words(LOCK_10, given)


def test_r84_a_changed_number_is_a_new_version_of_the_agreement():
    given = consequences("The screen locks after {lock_minutes} minutes. An adult talks with you.")
    before, after = (composing.compose(given, settings, ("teen",)) for settings in (Settings(), LOCK_10))

    assert [2] == [each.version for each in composing.carry_versions(before, after)]
    same = consequences("An adult talks with you about what has happened.")
    before, after = (composing.compose(same, settings, ("teen",)) for settings in (Settings(), LOCK_10))
    assert [1] == [each.version for each in composing.carry_versions(before, after)]


def test_r84_contacts_follow_too_and_other_braces_stay():
    contact = Contact(name="Ada {x}", role="IT", how="within {report_answer_hours} h, {not_ours} {}")
    (filled,) = fill_school(school(contacts=(contact,)), Settings()).contacts

    assert Contact(name="Ada {x}", role="IT", how="within 24 h, {not_ours} {}") == filled
    assert SCHOOL is fill_school(SCHOOL, Settings())


@pytest.mark.parametrize(
    ("word", "settings", "language", "written"),
    [
        ("{lock_minutes}", LOCK_90S, "en", "1.5"),
        ("{lock_minutes}", LOCK_90S, "tr", "1,5"),
        ("{lock_seconds}", LOCK_90S, "en", "90"),
        ("{lock_minutes}", Settings(lock=LockSettings(idle_after_seconds=3600)), "en", "60"),
        ("{offline_days}", Settings(), "tr", "30"),
        ("{approval_days}", Settings(), "en", "120"),
        ("{sign_out_minutes}", Settings(), "en", "{sign_out_minutes}"),
    ],
)
def test_r84_numbers_are_written_as_people_write_them(word, settings, language, written):
    assert written == fill_numbers(word, settings, language)


def test_r84_a_word_that_stands_for_nothing_is_refused_where_the_school_can_read_it():
    with pytest.raises(SettingsRefused, match=r"school\.consequences\.en: \{lock_minute\} stands for no"):
        check_tree(tree(school=consequences("It locks after {lock_minute} minutes, and an adult talks.")))
    with pytest.raises(SettingsRefused, match=r"has no number to stand for, because lock\.sign_out"):
        check_numbers(consequences("You are signed out after {sign_out_minutes} minutes."), Settings())
    signed_out = put_values(Settings(), {"lock.sign_out_after_seconds": 900})
    check_numbers(consequences("You are signed out after {sign_out_minutes} minutes."), signed_out)


def test_every_number_stands_for_a_setting():
    assert {number.setting for number in NUMBERS.values()} <= set(TYPES)


@given(st.text(max_size=80))
def test_r84_any_text_is_filled_once_and_breaks_nothing(text):
    once = fill_numbers(text, Settings(), "en")

    assert once == fill_numbers(once, Settings(), "en")
