"""A text and the settings agree, or somebody is told (R84)."""

import msgspec
import pytest

from policies import schools
from policies.settings import Settings
from policies.tree import Layer, PolicyTree
from server.wording.promises import broken_promises


def tree(english: str, *layers: Layer, turkish: str = "", **changes: object) -> PolicyTree:
    profile = schools.load_profile("primary-england")
    plain = "An adult talks with you about what happened, and that is all of it."
    words = {"en": f"{plain} {english}", "tr": f"Bir yetişkin olanları seninle konuşur. {turkish}"}
    settings = Settings()
    for name, value in changes.items():
        part, _, field = name.partition("__")
        settings = msgspec.structs.replace(
            settings, **{part: msgspec.structs.replace(getattr(settings, part), **{field: value})}
        )
    return PolicyTree(
        school=msgspec.structs.replace(profile.school, consequences=words),
        tiers=profile.tiers,
        settings=settings,
        layers=layers,
    )


def test_r84_a_number_that_is_so_warns_of_nothing():
    assert [] == broken_promises(tree("The screen locks after 5 minutes."))


def test_r84_a_text_says_five_minutes_and_the_policy_says_ten():
    (found,) = broken_promises(tree("The screen locks after 5 minutes.", lock__idle_after_seconds=600))

    assert "The screen locks after 5 minutes." == found.sentence
    assert ("lock.idle_after_seconds", 300, (600,)) == (found.setting, found.said, found.holds)
    assert ("early", "junior", "adult", "visitor") == found.tiers


def test_r84_one_room_that_differs_is_enough():
    layer = Layer(scope="room", name="Lab 2", change={"lock.idle_after_seconds": 900})
    (found,) = broken_promises(tree("An unattended screen locks itself after 5 minutes.", layer))

    assert (900,) == found.holds


def test_r84_a_layer_for_others_breaks_no_promise_to_these():
    layer = Layer(scope="school", tiers=("adult",), change={"lock.idle_after_seconds": 900})
    (found,) = broken_promises(tree("The screen locks after 5 minutes.", layer))

    assert ("adult",) == found.tiers


def test_r84_turkish_texts_are_read_too():
    (found,) = broken_promises(
        tree("", turkish="Ekran 5 dakika sonra kilitlenir.", lock__idle_after_seconds=120)
    )

    assert ("Ekran 5 dakika sonra kilitlenir.", (120,)) == (found.sentence, found.holds)


@pytest.mark.parametrize(
    ("sentence", "setting", "said"),
    [
        ("You are signed out after 30 minutes of a locked screen.", "lock.sign_out_after_seconds", 1800),
        ("Somebody answers within 2 hours.", "report.answer_within_hours", 2),
        ("A permission for a stick holds 400 days.", "usb.longest_approval_days", 400),
        ("Offline you can work for 7 days.", "login.offline_days", 7),
        ("The screen locks after 90 seconds.", "lock.idle_after_seconds", 90),
    ],
)
def test_r84_each_topic_finds_its_setting(sentence, setting, said):
    (found,) = broken_promises(tree(sentence))

    assert (setting, said) == (found.setting, found.said)


@pytest.mark.parametrize(
    "sentence",
    [
        "You may not use a laptop for 2 weeks.",
        "The library is open for 5 minutes more.",
        "Lock your door.",
        "At 12:05 minutes are read out and the lock is tried.",
    ],
)
def test_r84_other_numbers_are_no_promise(sentence):
    assert [] == broken_promises(tree(sentence))


@pytest.mark.parametrize("profile", schools.profile_names())
def test_r84_no_example_school_promises_what_it_does_not_keep(profile):
    loaded = schools.load_profile(profile)

    assert [] == broken_promises(
        PolicyTree(school=loaded.school, tiers=loaded.tiers, settings=loaded.settings)
    )


def test_r84_a_number_that_follows_its_setting_is_never_wrong():
    assert [] == broken_promises(tree("It locks after {lock_minutes} minutes.", lock__idle_after_seconds=600))


def test_r84_one_that_follows_the_school_is_not_so_in_a_room_that_differs():
    layer = Layer(scope="room", name="Lab 2", change={"lock.idle_after_seconds": 900})
    (found,) = broken_promises(tree("It locks after {lock_minutes} minutes.", layer))

    assert ("It locks after 5 minutes.", (900,)) == (found.sentence, found.holds)
