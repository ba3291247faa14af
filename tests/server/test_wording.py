"""Every setting has a name, an explanation and words for its values, in English and Turkish."""

import typing

import msgspec
import pytest

from policies.setting_names import PARTS, TYPES, get_value
from policies.settings import School, Settings
from policies.tree import PolicyTree, Review
from policies.variants import Window
from server.web.words import words_in
from server.wording.places import say_layer, say_window
from server.wording.school import EVERYTHING, REVIEW, SCHOOL, SETTINGS
from server.wording.settings import PARTS as PART_WORDS
from server.wording.values import ENGLISH, clean, say_pair, say_value


def literals(kind: object) -> set[str]:
    """Return every code a type allows, however deep."""
    if typing.get_origin(kind) is typing.Literal:
        return set(typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        kinds = typing.get_type_hints(kind, include_extras=True).values()
        return set().union(*(literals(each) for each in kinds))
    return set().union(*(literals(each) for each in typing.get_args(kind)), set())


def test_every_setting_has_words_and_every_word_a_setting():
    assert set(TYPES) == set(SETTINGS)
    assert set(PARTS) == set(PART_WORDS)


def test_what_stands_beside_the_settings_has_words_too():
    assert {f"school.{field}" for field in School.__struct_fields__} == {
        ".".join(name.split(".")[:2]) for name in SCHOOL if name != "tiers"
    }
    assert {f"review.{field}" for field in Review.__struct_fields__} == set(REVIEW)
    assert {"tiers", "school", "review"} < set(PolicyTree.__struct_fields__)


@pytest.mark.parametrize("name", TYPES)
def test_every_code_a_setting_takes_has_words(name: str):
    codes = {"true", "false"} if TYPES[name] is bool else literals(TYPES[name])

    assert codes == set(SETTINGS[name].choices)


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_setting_is_translated(name: str):
    entry, turkish = EVERYTHING[name], words_in("tr")
    texts = [entry.name, entry.said, *([entry.hint] if entry.hint else [])]

    assert [] == [text for text in texts if turkish.say(text) == text]
    assert 1 == turkish.say(entry.said).count("%(value)s") == entry.said.count("%(value)s")


@pytest.mark.parametrize("name", TYPES)
def test_the_standard_value_of_every_setting_can_be_said(name: str):
    said = say_value(SETTINGS[name], get_value(Settings(), name))

    assert said
    assert "_" not in said


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("lock.idle_after_seconds", 300, 600, "10 minutes instead of 5"),
        ("lock.idle_after_seconds", 300, 90, "90 seconds instead of 5 minutes"),
        ("lock.idle_after_seconds", 3600, 60, "1 minute instead of 1 hour"),
        ("lock.sign_out_after_seconds", None, 1800, "after 30 minutes (until now: never)"),
        ("usb.mode", "forbid", "approve_then_scan", "ask, then check (until now: never)"),
        ("usb.scan.most_bytes", 64_000_000_000, 32_000_000_000, "32 GB instead of 64"),
        ("report.danger_minutes", 30, 60, "1 hour instead of 30 minutes"),
        ("login.offline_days", 30, 1, "1 day instead of 30"),
        ("usage.record_apps", True, False, "is not recorded (until now: is recorded)"),
        ("usb.approvers", ["technician"], ["technician", "teacher"],
         "technician and teacher (until now: technician)"),
        ("report.agencies", [], ["Desk"], "Desk (until now: nothing)"),
    ],
)  # fmt: skip
def test_a_change_of_a_value_reads_as_a_person_would_say_it(name, before, after, expected):
    assert expected == say_pair(SETTINGS[name], before, after)


def test_turkish_puts_the_old_value_first():
    said = say_pair(SETTINGS["lock.idle_after_seconds"], 300, 600, words_in("tr"))

    assert "5 yerine 10 dakika" == said


def test_a_place_says_for_whom_and_when():
    window = Window(days=("mon", "tue", "wed"), starts="08:00", ends="12:00")

    assert "Lab 2, for Early and Junior, Mon–Wed, 08:00–12:00" == say_layer(
        "room", "Lab 2", ("early", "junior"), window
    )
    assert "Laptop L-014" == say_layer("device", "a1", hostnames={"a1": "L-014"})
    assert "every day" == say_window(Window())


def test_a_hostile_text_stands_on_one_line_without_hidden_signs():
    said = clean("<b>\u202eevil\x1b[2J\n" + "A" * 10_000)

    assert len(said) <= 160
    assert said.isprintable()
    assert "“a b”" == say_value(EVERYTHING["school.name"], "a\nb", ENGLISH)
