import pytest

from policies import schools
from policies.settings import SettingsRefused

GOOD = """
tiers = ["junior"]
[school]
name = "Elm Row School"
contacts = [{name = "Ada Moss"}]
[school.consequences]
en = "An adult talks with you about it."
tr = "Bir yetişkin seninle konuşur."
"""


def with_lines(lines: str) -> bytes:
    return (GOOD + lines).encode()


def test_there_are_the_five_example_schools():
    expected = (
        "early-years-turkiye",
        "primary-england",
        "primary-nursery-england",
        "primary-turkiye",
        "secondary-turkiye",
    )

    assert expected == schools.profile_names()


@pytest.mark.parametrize("name", schools.profile_names())
def test_every_profile_can_start_a_demo(name):
    profile = schools.load_profile(name)

    assert name == profile.name
    assert profile.people[0].tier not in ("adult", "visitor")
    assert {"contacts", "consequences"} <= set(profile.must_supply)
    assert {"en", "tr"} == set(profile.school.consequences)
    roles = {role for someone in profile.staff for role in someone.roles}
    assert {"teacher", "technician", "safeguarding", "head"} <= roles


@pytest.mark.parametrize("name", schools.profile_names())
def test_no_profile_carries_a_telephone_number(name):
    """Emergency and school numbers are never ours to fill in (REQUIREMENTS, conflict 11)."""
    contacts = schools.load_profile(name).school.contacts

    assert [] == [c.how for c in contacts if sum(letter.isdigit() for letter in c.how) > 2]


@pytest.mark.parametrize("name", schools.profile_names())
def test_profiles_promise_nothing_that_comes_later(name):
    profile = schools.load_profile(name)
    words = " ".join([*profile.school.consequences.values(), *(c.how for c in profile.school.contacts)])

    assert [] == [claim for claim in ("stick", "bellek", "USB", "club", "kulüp") if claim in words]


def test_what_a_school_must_supply_is_said_in_both_languages():
    assert all({"en", "tr"} == set(words) for words in schools.SUPPLY_WORDS.values())
    assert all(line for words in schools.SUPPLY_WORDS.values() for line in words.values())


def test_a_small_file_is_a_school():
    school = schools.parse_school(with_lines(""), "elm")

    assert ("elm", "Elm Row School", ("junior",)) == (school.name, school.school.name, school.tiers)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("[settings.lock]\nidle = 3", "settings.lock.idle: there is no such setting"),
        ("[settings.lock]\nidle_after_seconds = 3", "settings.lock.idle_after_seconds: Expected `int` >= 30"),
        ('[settings.lock]\nidle_after_seconds = "300"', "settings.lock.idle_after_seconds: Expected `int`"),
        ("[settings.lock]\nidle_after_seconds = true", "settings.lock.idle_after_seconds: Expected `int`"),
        ("[settings.lock]\nidle_after_seconds = 60\ncountdown_seconds = 61", "settings.lock: countdown"),
        ('[settings.lock]\nif_session_lost = "open"', "settings.lock.if_session_lost: Invalid enum value"),
        ("[settings]\nlock = 3", "settings.lock: Expected `object`"),
        ('[settings.agreement]\nlanguages = ["en", "en"]', "settings.agreement: languages names one"),
        ("[settings.agreement]\nlanguages = []", "settings.agreement.languages: Expected `array`"),
        ('[settings.agreement]\nlanguages = ["de"]', "settings.agreement.languages[0]: Invalid enum"),
        ('[settings.agreement]\nschool_year_starts = "13-01"', "settings.agreement.school_year_starts"),
        ("[settings.usb]\nforbid = true", "settings.usb.forbid: there is no such setting"),
        ("[settings.camera]\non = true", "settings.camera: there is no such setting"),
        ('[[people]]\nos_user = "demo-a"', "people[0].person: this is missing"),
        ("[[staff]]\nname = ''", "staff[0].name: "),
    ],
)
def test_a_bad_file_is_refused_whole_and_the_field_is_named(lines, sentence):
    with pytest.raises(SettingsRefused) as refused:
        schools.parse_school(with_lines(lines))

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('tr = "Bir yetişkin seninle konuşur."', "", "school.consequences.tr is missing"),
        ('en = "An adult talks with you about it."', 'en = "Short."', "school.consequences[...]: Expected"),
        ('"Bir yetişkin seninle konuşur."', f'"{" " * 30}"', "school.consequences.tr is missing"),
        ('contacts = [{name = "Ada Moss"}]', "contacts = []", "school.contacts: Expected `array`"),
        ('"Elm Row School"', '"   "', "school.name: Expected `str` matching"),
        ('tiers = ["junior"]', "", "tiers: this is missing"),
        ('tiers = ["junior"]', 'tiers = ["junior", "junior"]', "tiers: `junior` stands there twice"),
        ('tiers = ["junior"]', 'tiers = ["seniors"]', "tiers[0]: Invalid enum value 'seniors'"),
        ('tiers = ["junior"]', "tiers = [", "This is not a TOML file"),
    ],
)
def test_a_school_without_what_it_needs_is_refused(before, after, sentence):
    assert before in GOOD

    with pytest.raises(SettingsRefused) as refused:
        schools.parse_school(GOOD.replace(before, after).encode())

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("hostile", [b"\xff\xfe", b"a = " + b"[" * 9000 + b"]" * 9000])
def test_bytes_that_are_no_text_are_refused(hostile):
    with pytest.raises(SettingsRefused, match="not a TOML file"):
        schools.parse_school(hostile)


def test_a_person_of_a_tier_the_school_does_not_use_is_refused():
    person = '[[people]]\nos_user="demo-a"\nperson="1"\ndisplay_name="A"\ntier="teen"\nlanguage="en"'

    with pytest.raises(SettingsRefused, match="demo-a has the tier `teen`"):
        schools.parse_school(with_lines(person))


def test_an_unknown_profile_is_answered_with_those_there_are():
    with pytest.raises(SettingsRefused, match="primary-england"):
        schools.load_profile("../primary-england")
