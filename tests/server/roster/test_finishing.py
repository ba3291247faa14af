"""What a file means under a school's rules."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.roster.drafts import Draft, Reading
from server.roster.entries import Entry, Known
from server.roster.finishing import Ground, finish
from server.roster.rules import Band, Rules, age_on, read_grade, tier_of
from tests.server.roster.conftest import NOW

YEAR = date(2026, 9, 1)
MAY = Draft(
    person="1", file="f", line=2, given_name="May", family_name="Lamb", display_name="May Lamb", tier="teen"
)


def draft(person, **values):
    return msgspec.structs.replace(MAY, **{"person": person, "line": int(person) + 1, **values})


def ground(known=(), former=(), mapping=(), tiers=("early", "junior", "teen", "adult")):
    people = {entry.person: Known(entry=entry, joined_at=NOW) for entry in known}
    return Ground(people, dict(former), YEAR, dict(mapping), tiers)


def done(*drafts, rules=Rules(), **around):  # noqa: B008 - frozen
    return finish(Reading("csv", drafts), rules, ground(**around))


def entry(person, *accounts):
    return Entry(person=person, display_name="May Lamb", tier="teen", accounts=accounts)


def codes(found):
    return [(each.code, each.value) for each in found]


def test_r5_a_tier_comes_from_the_column_then_grade_then_age():
    def tier(rules=Rules(), **values):  # noqa: B008
        made = done(draft("1", **values), rules=rules)
        return made.entries[0].tier if made.entries else made.problems[0].code

    assert "junior" == tier(tier="İLKOKUL", grade="9")
    assert "teen" == tier(tier="junior", grade="9", rules=Rules(tiers="grade"))
    assert "early" == tier(tier="", grade="01")
    assert "junior" == tier(tier="", class_name="4-A")
    assert "early" == tier(tier="", born=date(2019, 9, 1))
    assert "no-tier" == tier(tier="", grade="UG")
    assert "junior" == tier(tier="", grade="UG", rules=Rules(other_tier="junior"))
    assert "bad-tier" == tier(tier="toddler")
    assert "adult" == tier(tier="teen", kind="staff")


def test_grades_are_read_as_people_write_them():
    written = [
        "04",
        "Year 4",
        "4-A",
        "4. sınıf",
        "P4",
        "10",
        "KG",
        "Reception",
        "ANA SINIFI",
        "PK",
        "IT",
        "13",
        "14",
    ]

    assert [4, 4, 4, 4, 4, 10, 0, 0, 0, -1, -2, 13, None] == [read_grade(each) for each in written]


def test_bands_count_upwards_in_whatever_order_they_stand():
    bands = (Band(up_to=13, tier="teen"), Band(up_to=2, tier="early"))

    assert ["early", "teen", None] == [tier_of(bands, value) for value in (2, 3, 14)]
    assert (6, 7) == (age_on(date(2019, 9, 2), YEAR), age_on(date(2019, 9, 1), YEAR))


def test_what_is_wrong_is_told_in_the_order_of_the_lines():
    made = done(
        draft("1"), draft("1", line=3, tier="junior"), draft("8", tier="wizard"), draft("3", tier="none")
    )

    assert [3, 4, 9] == [each.line for each in made.problems]


def test_a_line_that_is_there_twice_counts_once_and_two_that_contradict_count_not_at_all():
    twice = done(draft("1"), draft("1", line=9))
    wrong = done(draft("1"), draft("1", line=9, tier="junior"), draft("2"), known=[entry("1", "may")])

    assert (1, [("twice", "May Lamb")]) == (len(twice.entries), codes(twice.notes))
    assert (["2"], [("contradicts", "2")], {"1"}) == (
        [each.person for each in wrong.entries],
        codes(wrong.problems),
        set(wrong.held),
    )


def test_lines_that_differ_in_the_user_name_alone_are_one_person_with_two():
    made = done(draft("1", username="may"), draft("1", line=9, username="may.l"))

    assert (("may", "may.l"),) == tuple(each.accounts for each in made.entries)


def test_a_template_gives_newcomers_names_and_leaves_the_others_theirs():
    made = done(
        draft("1"), draft("2", family_name="Öz"), rules=Rules(accounts="template"), known=[entry("1", "old")]
    )

    assert [("old",), ("may.oz",)] == [each.accounts for each in made.entries]


def test_namesakes_get_no_guessed_name_and_are_told_of():
    made = done(draft("1"), draft("2"), rules=Rules(accounts="template"))

    assert [(), ()] == [each.accounts for each in made.entries]
    assert [("collision", "may.lamb")] == codes(made.notes)


def test_a_guessed_name_is_never_a_leaver_s():
    made = done(draft("2"), rules=Rules(accounts="template"), former={"may.lamb": "1"})

    assert ((), [("collision-kept", "may.lamb")]) == (made.entries[0].accounts, codes(made.notes))


def test_a_name_without_a_spelling_is_told_of():
    made = done(draft("1", given_name="Ольга"), rules=Rules(accounts="template"))

    assert ((), [("no-spelling", "May Lamb")]) == (made.entries[0].accounts, codes(made.notes))


def test_the_column_may_give_a_leaver_s_name_but_it_is_said():
    made = done(draft("2", username="may"), former={"may": "1"})

    assert (("may",), [("reused", "may")]) == (made.entries[0].accounts, codes(made.notes))


def test_a_school_s_own_file_of_accounts_maps_people():
    rules = Rules(accounts="mapping")
    made = done(draft("1"), draft("2"), rules=rules, mapping={"1": "mlamb"}, known=[entry("2", "tom")])

    assert [("mlamb",), ("tom",)] == [each.accounts for each in made.entries]


def test_a_user_name_that_cannot_be_one_is_told_of_and_the_old_one_stays():
    made = done(draft("1", username="May Lamb"), known=[entry("1", "may")])

    assert (("may",), [("bad-account", "May Lamb")]) == (made.entries[0].accounts, codes(made.notes))


def test_without_staff_no_adult_of_the_list_is_taken_and_none_of_the_school_s_ends():
    teacher = Entry(person="9", kind="staff", display_name="Ms Demir", tier="adult")
    made = done(draft("1"), draft("2", kind="staff"), rules=Rules(staff=False), known=[teacher])

    assert (["1"], {"9"}) == ([each.person for each in made.entries], set(made.held))


def test_a_tier_without_an_agreement_is_told_of():
    assert [("no-agreement", "teen")] == codes(done(draft("1"), tiers=("early",)).notes)


people = st.builds(
    lambda number, **values: draft(str(number), **values),
    st.integers(1, 5),
    tier=st.sampled_from(["", "teen", "odd"]),
    username=st.sampled_from(["", "a", "A", "b", "b c"]),
    given_name=st.sampled_from(["May", "Ольга", ""]),
)
known = st.lists(
    st.builds(entry, st.sampled_from("123456"), st.sampled_from("abc")), unique_by=lambda e: e.person
)
ways = st.sampled_from(["column", "template", "keep"])


@given(
    st.lists(people, max_size=8),
    known.map(lambda all_: {e.accounts: e for e in all_}.values()),
    ways,
    st.booleans(),
)
def test_whatever_a_file_says_no_name_is_two_people_s(drafts, before, accounts, whole):
    made = done(*drafts, rules=Rules(accounts=accounts, whole=whole), known=before)
    given_names = [name.casefold() for each in made.entries for name in each.accounts]
    listed = {each.person for each in made.entries}
    staying = {
        name
        for e in before
        for name in e.accounts
        if e.person not in listed and (e.person in made.held or not whole)
    }

    assert len(given_names) == len(set(given_names))
    assert set() == staying & set(given_names)
    assert len(listed) == len(made.entries)
    assert set() == listed & made.held


def test_what_the_whole_list_says_nothing_of_stays_as_it_was():
    before = msgspec.structs.replace(entry("1"), room="Lab 1", year="4A", language="tr", job_title="Captain")
    silent = done(draft("1"), known=[before]).entries[0]
    says = done(draft("1"), draft("2", room="Lab 9", class_name="5B"), known=[before]).entries[0]

    assert ("Lab 1", "4A", "tr", "Captain") == (silent.room, silent.year, silent.language, silent.job_title)
    assert ("", "", "tr", "Captain") == (says.room, says.year, says.language, says.job_title)
