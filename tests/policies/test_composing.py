import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import agreements, composing, recording, records, schools, wire
from policies.agreements import AgreementRefused
from policies.lab_settings import AppRule, AppsSettings
from policies.settings import (
    LANGUAGES,
    TIERS,
    AgreementSettings,
    Contact,
    ReportSettings,
    School,
    Settings,
    UsageSettings,
    UsbSettings,
)

SCHOOL = School(
    name="Elm Row School",
    contacts=(Contact(name="Ada Moss"),),
    consequences={
        "en": "An adult talks with you. Your parents are told. A person decides.",
        "tr": "Bir yetişkin seninle konuşur. Ailene haber verilir. Bir insan karar verir.",
    },
)
BOTH = list(itertools.product(TIERS, LANGUAGES))
DEFAULT = Settings()
STICKS = Settings(usb=UsbSettings(mode="forbid"))
LISTS = AppsSettings(rules=(AppRule(app="Zoom", lesson="ask"),))
EVERYTHING = Settings(usb=UsbSettings(mode="forbid"), report=ReportSettings(enabled=True), apps=LISTS)
NO_APPS = Settings(usage=UsageSettings(record_apps=False))
ONLY_LISTS = Settings(usage=UsageSettings(record_apps=False), apps=LISTS)


def text_of(tier, language, settings=DEFAULT, school=SCHOOL):
    (agreement,) = composing.compose(school, settings, (tier,))
    return agreements.text_in(agreement, language)


def all_words(text):
    for section in text.sections:
        yield from (section.heading, section.for_adults, *section.kept, *section.never_kept)
        yield from (part for sentence in section.sentences for part in (sentence.text, sentence.why))
    yield from (text.title, text.intro)


def test_every_tier_has_every_language_and_both_clauses():
    composed = composing.compose(SCHOOL, Settings(), TIERS)

    assert list(TIERS) == [agreement.tier for agreement in composed]
    for agreement in composed:
        assert list(LANGUAGES) == [text.language for text in agreement.texts]
        for text in agreement.texts:
            assert {"monitoring", "consequences", "use", "people", "help"} == agreements.clauses_of(text)


def test_the_schools_own_language_stands_first():
    settings = Settings(agreement=AgreementSettings(languages=("tr", "en")))

    (agreement,) = composing.compose(SCHOOL, settings, ("teen",))

    assert ["tr", "en"] == [text.language for text in agreement.texts]


@pytest.mark.parametrize("tier", TIERS)
def test_both_languages_say_equally_much(tier):
    english, turkish = (composing.load_text(tier, language) for language in LANGUAGES)

    assert [s.clause for s in english.sections] == [s.clause for s in turkish.sections]
    for one, other in zip(english.sections, turkish.sections, strict=True):
        assert [(s.picture, s.clause, s.when, bool(s.why)) for s in one.sentences] == [
            (s.picture, s.clause, s.when, bool(s.why)) for s in other.sentences
        ]
        assert [line.records for line in one.kept] == [line.records for line in other.kept]
        assert len(one.never_kept) == len(other.never_kept)
        assert bool(one.for_adults) == bool(other.for_adults)
        assert one.school_consequences == other.school_consequences
        same = [a.text for a, b in zip(one.sentences, other.sentences, strict=True) if a.text == b.text]
        assert [] == same


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_the_list_of_what_is_kept_is_the_table_of_what_is_kept(tier, language):
    """The monitoring clause and recording.KEPT cannot drift apart (R34, R36)."""
    listed = [
        kind
        for section in composing.load_text(tier, language).sections
        for line in section.kept
        for kind in line.records
    ]
    named = [records.kind_name(kind) for kind in recording.named_in_agreement(EVERYTHING)]

    assert sorted(named) == sorted(listed)


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_reports_are_named_only_where_they_can_be_made_and_then_with_who_opens_them(tier, language):
    """Who is not offered a report is asked nothing new; a kept report is never kept unsaid (R34)."""
    said = " ".join(all_words(text_of(tier, language, EVERYTHING))).lower()
    unsaid = " ".join(all_words(text_of(tier, language, STICKS))).lower()
    word = {"en": "the adults who help", "tr": "yalnızca yardım eden yetişkinler açar"}[language]

    assert word in said
    assert word not in unsaid


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_where_apps_are_not_recorded_no_line_says_they_are(tier, language):
    line = next(
        line.line
        for section in composing.load_text(tier, language).sections
        for line in section.kept
        if line.records == ("app-used",)
    )
    on = " ".join(all_words(text_of(tier, language)))
    off = " ".join(all_words(text_of(tier, language, NO_APPS)))

    assert line in on
    assert line not in off
    assert not any(word in off for word in ("your app", "uygulamanı ", "what I open", "açtığımı"))


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_a_list_of_apps_is_named_where_there_is_one_also_where_use_is_not_recorded(tier, language):
    """What is in front is looked at for the list: no text may then say that nobody sees it (R34)."""
    word = {"en": "list", "tr": "liste"}[language]
    said = " ".join(all_words(text_of(tier, language, ONLY_LISTS)))
    unsaid = " ".join(all_words(text_of(tier, language, NO_APPS)))

    assert word in said
    assert len(said) > len(unsaid)
    if tier == "early":
        assert any(words in said for words in ("what I open", "neyi, ne zaman açtığımı"))


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_sticks_are_named_only_where_the_policy_shuts_them_and_only_of_laptops_that_do(tier, language):
    """A laptop that cannot shut sticks must not make the text untrue: the line speaks of those that check."""
    said = " ".join(all_words(text_of(tier, language, STICKS))).lower()
    unsaid = " ".join(all_words(text_of(tier, language))).lower()
    word, where = {"en": ("stick", "laptop"), "tr": ("bellek", "denetleyen")}[language]

    assert word in said
    assert where in said[said.index(word) - 40 :]
    assert word not in unsaid


@pytest.mark.parametrize(("tier", "language"), BOTH)
@pytest.mark.parametrize("settings", [Settings(), NO_APPS])
def test_every_text_says_the_schools_consequences_in_full(tier, language, settings):
    words = " ".join(all_words(text_of(tier, language, settings)))

    for sentence in SCHOOL.consequences[language].split(". "):
        assert sentence in words


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_no_text_claims_what_is_not_built_or_names_a_number(tier, language):
    words = " ".join(all_words(text_of(tier, language)))
    later = ("stick", "bellek", "USB", "club", "kulüp", "{", "}")

    assert [] == [claim for claim in later if claim.lower() in words.lower()]
    assert [] == [letter for letter in words if letter.isdigit()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("settings", [Settings(), NO_APPS])
def test_the_early_tier_keeps_its_limits(language, settings):
    text = text_of("early", language, settings)
    sentences = [sentence for section in text.sections for sentence in section.sentences]

    assert len(sentences) <= 7
    assert len(text.sections) <= 2
    assert [] == [s.text for s in sentences if len(s.text.split()) > 10]
    assert len(sentences) == len({s.picture for s in sentences})
    assert {s.picture for s in sentences} <= set(agreements.PICTURES)


@pytest.mark.parametrize(("tier", "language"), BOTH)
def test_no_page_holds_more_than_fits_a_small_screen(tier, language):
    """The fit itself is seen in a browser; this guards the amounts that were seen to fit."""
    most_sentences, most_letters = {"early": (4, 130), "junior": (4, 640)}.get(tier, (5, 600))
    for section in text_of(tier, language).sections:
        letters = sum(len(s.text) + len(s.why) for s in section.sentences)
        letters += sum(len(line) for line in section.kept + section.never_kept)

        assert len(section.sentences) <= most_sentences
        assert letters <= most_letters


@pytest.mark.parametrize("name", schools.profile_names())
def test_every_profile_makes_a_policy_a_laptop_takes(name):
    profile = schools.load_profile(name)
    body = wire.PolicyBody(
        school=profile.school,
        settings=profile.settings,
        agreements=composing.compose(profile.school, profile.settings, profile.tiers),
    )

    assert body == wire.read_policy(msgspec.json.encode(body))


def test_a_changed_lock_time_or_contact_asks_nobody_again():
    other_settings = msgspec.convert({"lock": {"idle_after_seconds": 600}}, Settings)
    other_school = msgspec.structs.replace(SCHOOL, contacts=(Contact(name="New Person", how="Room 9"),))
    before = composing.compose(SCHOOL, Settings(), TIERS, 4)

    assert before == composing.carry_versions(before, composing.compose(other_school, other_settings, TIERS))


def test_a_changed_text_gets_the_next_version_and_only_its_own_tier():
    before = composing.compose(SCHOOL, Settings(), ("teen", "adult"), {"teen": 4, "adult": 2})
    changed = msgspec.structs.replace(before[0].texts[0], title="Before we start")
    now = (msgspec.structs.replace(before[0], version=1, texts=(changed, before[0].texts[1])), before[1])

    assert [5, 2] == [agreement.version for agreement in composing.carry_versions(before, now)]


def test_a_language_taken_away_or_added_is_a_change_but_its_order_is_none():
    english = AgreementSettings(languages=("en",))
    turkish_first = AgreementSettings(languages=("tr", "en"))
    before = composing.compose(SCHOOL, Settings(), ("teen",), 3)

    one = composing.compose(SCHOOL, Settings(agreement=english), ("teen",))
    turned = composing.compose(SCHOOL, Settings(agreement=turkish_first), ("teen",))

    assert 4 == composing.carry_versions(before, one)[0].version
    assert 3 == composing.carry_versions(before, turned)[0].version


@pytest.mark.parametrize(
    "consequences", [{"en": SCHOOL.consequences["en"]}, {"en": "   " * 10, "tr": "x" * 20}]
)
def test_no_agreement_without_consequences_in_every_language(consequences):
    school = msgspec.structs.replace(SCHOOL, consequences=consequences)

    with pytest.raises(AgreementRefused, match=r"consequences in `(tr|en)` are missing"):
        composing.compose(school, Settings(), ("teen",))


@given(words=st.text(min_size=20, max_size=1200).filter(str.strip), tier=st.sampled_from(TIERS))
def test_whatever_a_school_writes_makes_an_agreement_with_every_word(words, tier):
    school = msgspec.structs.replace(SCHOOL, consequences={"en": words, "tr": words})
    text = text_of(tier, "en", school=school)

    shown = "".join("".join(all_words(text)).split())
    assert "".join(words.split()) in shown


def test_a_schools_name_is_put_in_as_it_is():
    school = msgspec.structs.replace(SCHOOL, name="{kept} & <b>{0}</b>")

    assert text_of("junior", "en", school=school).title == "Using a laptop at {kept} & <b>{0}</b>"
