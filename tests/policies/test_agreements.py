import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import agreements
from policies.agreements import Agreement, AgreementRefused, AgreementText, Section, Sentence

MONITORING = Section(heading="Kept", clause="monitoring", sentences=(Sentence(text="Logins are kept."),))
CONSEQUENCES = Section(heading="If not", clause="consequences", sentences=(Sentence(text="We talk."),))


def text(*sections, language="en"):
    return AgreementText(language=language, title="Rules", intro="Read.", sections=sections)


def agreement(*texts, tier="teen"):
    return Agreement(tier=tier, version=1, texts=texts)


def card(words, picture="be-kind", clause=""):
    return Sentence(text=words, picture=picture, clause=clause)


def early(*sentences):
    both = (card("School sees.", clause="monitoring"), card("We talk.", clause="consequences"))
    return agreement(text(Section(heading="One", clause="use", sentences=(*sentences, *both))), tier="early")


def test_an_agreement_with_both_clauses_may_be_asked():
    agreements.check_agreement(agreement(text(MONITORING, CONSEQUENCES)))


@pytest.mark.parametrize(("only", "missing"), [(MONITORING, "consequences"), (CONSEQUENCES, "monitoring")])
def test_a_missing_clause_is_named_with_the_language_it_is_missing_in(only, missing):
    whole = text(MONITORING, CONSEQUENCES)
    half = text(only, language="tr")

    with pytest.raises(AgreementRefused, match=f"in `tr` has no {missing} clause. Add a section"):
        agreements.check_agreement(agreement(whole, half))


def test_a_clause_may_stand_in_one_sentence_of_a_page():
    agreements.check_agreement(early(card("I am kind.")))


def test_two_texts_in_one_language_are_refused():
    whole = text(MONITORING, CONSEQUENCES)

    with pytest.raises(AgreementRefused, match="two texts in one language"):
        agreements.check_agreement(agreement(whole, whole))


@pytest.mark.parametrize("broken", [{"title": ""}, {"intro": " \n"}, {"sections": ()}])
def test_an_empty_place_is_refused(broken):
    whole = msgspec.structs.replace(text(MONITORING, CONSEQUENCES), **broken)

    with pytest.raises(AgreementRefused, match="not complete"):
        agreements.check_agreement(agreement(whole))


@pytest.mark.parametrize(
    ("sentences", "why"),
    [
        ((card("one two three four five six seven eight nine ten eleven"),), "longer than 10 words"),
        ((card("I am kind.", picture=""),), "has no picture"),
        ((card("I am kind.", picture="dragon"),), "has no picture"),
        (tuple(card(f"Sentence {n}.") for n in range(6)), "has 8 sentences"),
    ],
)
def test_the_early_tier_is_held_to_its_limits(sentences, why):
    with pytest.raises(AgreementRefused, match=why):
        agreements.check_agreement(early(*sentences))


def leaves(value, path=()):
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*path, at))


RICH = text(
    Section(
        heading="Kept",
        clause="monitoring",
        sentences=(Sentence(text="Logins.", why="Safety.", picture="eye"),),
        kept=("logins",),
        never_kept=("typing",),
        for_adults="Small.",
    ),
    CONSEQUENCES,
)
FREE = [p for p in leaves(msgspec.to_builtins(RICH)) if p[-1] not in ("language", "clause", "picture")]


@given(where=st.sampled_from(FREE), more=st.text(min_size=1, max_size=5).filter(str.strip))
def test_any_other_word_anywhere_is_another_hash(where, more):
    raw = msgspec.to_builtins(RICH)
    place = raw
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] += more

    assert agreements.text_hash(RICH) != agreements.text_hash(msgspec.convert(raw, AgreementText))


def test_the_hash_of_a_text_never_changes_by_itself():
    """An acceptance stored years ago must still be found to be of this text."""
    expected = "568213dad7b63b3f2c6ec6cb9135482c825bfb6f7f9ef03357e30a6eff7214f0"

    assert expected == agreements.text_hash(text(MONITORING, CONSEQUENCES))


def test_a_language_nobody_wrote_falls_back_to_the_schools_own():
    turkish = text(MONITORING, CONSEQUENCES, language="tr")

    assert turkish == agreements.text_in(agreement(turkish), "en")
