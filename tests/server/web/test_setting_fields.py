"""Settings as form fields: what stands in a field reads back as the same value; nonsense is refused."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import schools
from policies.setting_names import TYPES, as_text, get_value, plain_value
from policies.settings import Settings, SettingsRefused
from server.web.setting_fields import NotTaken, Typed, of_form, orders_of, to_typed, to_value, units_of
from server.wording.school import EVERYTHING, SCHOOL, SETTINGS


def posted(name: str, typed: Typed) -> dict[str, list[str]]:
    """Return what a browser sends for these fields."""
    form: dict[str, list[str]] = {name: list(typed.chosen) or [typed.text]}
    if typed.unit:
        form[f"{name}:unit"] = [typed.unit]
    for number, row in enumerate(typed.rows):
        for field, value in row.items():
            if isinstance(value, bool):
                form[f"{name}:{number}:{field}"] = ["yes"] if value else []
            else:
                form[f"{name}:{number}:{field}"] = (
                    list(value) if isinstance(value, list | tuple) else [str(value)]
                )
    return form


def there_and_back(name: str, value: Any) -> Any:
    entry = EVERYTHING[name]
    return to_value(name, entry, of_form(name, entry, posted(name, to_typed(name, entry, value))))


@pytest.mark.parametrize("profile", schools.profile_names())
@pytest.mark.parametrize("name", TYPES)
def test_what_stands_in_a_field_is_sent_as_the_same_value(name: str, profile: str):
    for settings in (Settings(), schools.load_profile(profile).settings):
        value = get_value(settings, name)

        assert as_text(value) == as_text(there_and_back(name, value))


@pytest.mark.parametrize("profile", schools.profile_names())
def test_the_schools_own_words_come_back_as_they_were(profile: str):
    school = msgspec.to_builtins(schools.load_profile(profile).school)

    assert as_text(school["contacts"]) == as_text(there_and_back("school.contacts", school["contacts"]))
    for language, words in school["consequences"].items():
        assert words.strip() == there_and_back(f"school.consequences.{language}", words)


@given(st.integers(0, 10**7))
def test_any_number_of_seconds_keeps_its_value(seconds: int):
    assert seconds == there_and_back("lock.idle_after_seconds", seconds)


@given(st.integers(0, 4 * 10**12))
def test_any_number_of_bytes_keeps_its_value(size: int):
    assert size == there_and_back("usb.scan.most_bytes", size)


@pytest.mark.parametrize(
    ("name", "text", "unit", "expected"),
    [
        ("lock.idle_after_seconds", "10", "minutes", 600),
        ("lock.idle_after_seconds", "1,5", "minutes", 90),
        ("lock.idle_after_seconds", "1.5", "hours", 5400),
        ("report.danger_minutes", "2", "hours", 120),
        ("lock.sign_out_after_seconds", "", "minutes", None),
    ],
)
def test_numbers_are_read_as_people_type_them(name, text, unit, expected):
    assert expected == to_value(name, SETTINGS[name], Typed(text, unit))


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("lock.idle_after_seconds", Typed("", "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("ten", "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("-1", "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("1e400", "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("١٠", "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("9" * 4000, "minutes"), "no-number"),
        ("lock.idle_after_seconds", Typed("0.333", "minutes"), "not-whole"),
        ("lock.idle_after_seconds", Typed("5", "fortnights"), "unit"),
        ("login.offline_days", Typed("2.5"), "not-whole"),
        ("usb.mode", Typed(chosen=("anything",)), "choose-one"),
        ("usb.mode", Typed(), "choose-one"),
        ("usb.approvers", Typed(chosen=("cat",)), "choose-some"),
        ("usage.record_apps", Typed(chosen=("true", "false")), "choose-one"),
        ("agreement.languages", Typed(chosen=("tr tr",)), "choose-one"),
        ("usb.later", Typed(rows=({"from_day": "", "mode": "off"},)), "day-missing"),
        ("report.helplines",
         Typed(rows=({"name": "", "how": "1", "tiers": [], "emergency": ""},)), "name-missing"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_with_a_reason(name, typed, code):
    with pytest.raises(NotTaken) as refused:
        to_value(name, SETTINGS[name], typed)

    assert code == refused.value.code


def test_the_first_language_is_chosen_too():
    assert ["tr", "en"] == there_and_back("agreement.languages", ["tr", "en"])
    assert [("en",), ("tr",), ("en", "tr"), ("tr", "en")] == orders_of(SETTINGS["agreement.languages"])


def test_a_unit_smaller_than_the_setting_counts_is_not_offered():
    assert ("minutes", "hours") == units_of(SETTINGS["report.danger_minutes"], Typed("30", "minutes"))
    assert ("seconds", "minutes", "hours") == units_of(SETTINGS["lock.idle_after_seconds"], Typed())


@given(
    st.sampled_from(sorted({**SETTINGS, **SCHOOL})),
    st.dictionaries(st.text(max_size=60), st.lists(st.text(max_size=80), max_size=4), max_size=6),
    st.lists(st.text(max_size=200), max_size=5),
    st.text(max_size=12),
)
def test_no_form_breaks_the_reading(name, form, values, unit):
    entry = EVERYTHING[name]
    form = {**form, name: values, f"{name}:unit": [unit], f"{name}:0:name": values}
    try:
        value = to_value(name, entry, of_form(name, entry, form))
    except NotTaken:
        return
    if name in TYPES:
        with contextlib.suppress(SettingsRefused):
            plain_value(name, value)
