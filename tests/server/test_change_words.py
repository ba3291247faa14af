"""A change reads as one sentence a tired adult understands: place, setting, new and old, and what it does."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import schools
from policies.comparing import compare
from policies.directions import DIRECTIONS
from policies.settings import Settings
from policies.tree import Layer, PolicyTree, Review
from policies.variants import Window
from server.change_words import WHY, entry_of, say_change, sentences
from server.web.words import words_in
from server.wording.values import differing

BEYOND_SETTINGS = {
    "tier-removed", "contact-removed", "contact-moved", "consequences-removed", "review-put-off",
}  # fmt: skip


def tree(*layers: Layer, **fields: object) -> PolicyTree:
    profile = schools.load_profile("primary-england")
    made = PolicyTree(
        school=profile.school,
        tiers=profile.tiers,
        settings=Settings(),
        layers=layers,
        profile="primary-england",
    )
    return msgspec.structs.replace(made, **fields)


def room(change: dict[str, object], **more: object) -> Layer:
    return Layer(scope="room", name="Room 4", change=change, **more)  # type: ignore[arg-type]


def test_r82_a_weaker_lock_in_one_room_is_said_in_words_and_marked():
    changes = compare(tree(), tree(room({"lock.idle_after_seconds": 600})))

    assert ["Room 4: lock after 10 minutes instead of 5. Weakens protection."] == sentences(changes)


def test_the_same_in_turkish():
    changes = compare(tree(), tree(room({"lock.idle_after_seconds": 600})))

    assert ["Room 4: 5 yerine 10 dakika sonra kilitlenir. Korumayı zayıflatır."] == sentences(
        changes, words_in("tr")
    )


def test_a_stricter_value_is_not_marked():
    (change,) = compare(tree(), tree(room({"lock.idle_after_seconds": 120})))
    said = say_change(change)

    assert "Room 4: lock after 2 minutes instead of 5." == said.sentence
    assert ("", False) == (said.why, said.weakens)


def test_tiers_and_times_are_part_of_the_sentence():
    when = Window(days=("mon", "tue", "wed", "thu", "fri"), starts="08:00", ends="12:00")
    layer = room({"lock.idle_after_seconds": 900}, tiers=("teen",), when=when)
    (line,) = sentences(compare(tree(), tree(layer)))

    assert (
        "Room 4, for Teen, Mon–Fri, 08:00–12:00: lock after 15 minutes instead of 5. Weakens protection."
        == line
    )


def test_a_laptop_is_called_by_its_name():
    layer = Layer(scope="device", name="00000000000000a1", change={"usb.mode": "approve_then_scan"})
    (line,) = sentences(compare(tree(), tree(layer)), hostnames={"00000000000000a1": "L-014"})

    assert line.startswith("Laptop L-014: memory sticks: ask, then check (until now: as on any laptop).")


@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_reason_for_weakening_has_words(language):
    codes = {row.code for row in DIRECTIONS.values()} - {""}
    words = words_in(language)

    assert codes | BEYOND_SETTINGS == set(WHY)
    assert [] == [text for text in WHY.values() if language == "tr" and words.say(text) == text]


def test_everything_that_compare_tells_of_has_words():
    was = tree()
    school = msgspec.structs.replace(was.school, name="Another", contacts=was.school.contacts[:1])
    now = tree(
        room({}, note="Long experiments"), school=school, tiers=("adult",), profile="other",
        review=Review(
            approved_by="Governors", approved_on="2026-09-01", next_review="2027-09-01", early="Law",
        ),
    )  # fmt: skip
    changes = compare(was, now)

    assert {"school.name", "school.contacts", "tiers", "profile", "note", "review.early"} < {
        change.setting for change in changes
    }
    assert [] == [change.setting for change in changes if entry_of(change.setting).name == change.setting]


def test_hostile_names_stay_on_their_line():
    layer = Layer(scope="room", name="x\u202e<b>\n" + "A" * 100, change={"lock.idle_after_seconds": 60})
    (line,) = sentences(compare(tree(), tree(layer)))

    assert line.isprintable()


def test_of_a_long_text_only_what_differs_is_said():
    was = tree()
    words = was.school.consequences | {
        "en": was.school.consequences["en"] + " A screen locks after 5 minutes."
    }
    now = tree(school=msgspec.structs.replace(was.school, consequences=words))
    (said,) = [say_change(change) for change in compare(was, now)]

    assert "nothing" == said.before
    assert "“… A screen locks after 5 minutes.”" == said.after


def test_of_a_list_only_the_rows_that_differ_are_said():
    was = tree()
    now = tree(school=msgspec.structs.replace(was.school, contacts=was.school.contacts[1:]))
    (said,) = [say_change(change) for change in compare(was, now)]

    assert (was.school.contacts[0].name in said.before, "nothing") == (True, said.after)


def test_a_word_changed_in_the_middle_stands_in_whole_words():
    before = (
        "First an adult talks with you about what happened on that day, and listens. Then the head is told."
    )
    after = before.replace("the head", "the deputy")

    assert ("… head …", "… deputy …") == differing(entry_of("school.consequences.en"), before, after)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_two_texts_break_the_difference(before, after):
    first, second = differing(entry_of("school.consequences.en"), before, after)

    assert (first == second) <= (before == after)
