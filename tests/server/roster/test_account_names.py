"""User names made by a rule: the same for everybody who follows it, and never two people's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Invalid
from server.roster.account_names import (
    Collision,
    check_template,
    is_account,
    make_account,
    settle,
    transliterate,
)


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("Çağla", "cagla"),
        ("IŞIK", "isik"),
        ("İpek", "ipek"),
        ("ışık", "isik"),
        ("Öztürk", "ozturk"),
        ("Ay Nur", "aynur"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Ann-Marie", "annmarie"),
        ("Zoë", "zoe"),
        ("Hâlit", "halit"),
        ("Łukasz", "lukasz"),
        ("Weiß", "weiss"),
        ("Bjørn", "bjorn"),
        ("c\u0327ag\u0306la", "cagla"),
        ("", ""),
        ("Ольга", None),
        ("نیما", None),
        ("May!", None),
    ],
)
def test_letters_have_the_spelling_of_the_documented_rule(name, spelling):
    assert spelling == transliterate(name)


def test_templates_make_names_and_none_where_a_part_lacks():
    values = {"givenName": "Ayşe Nur", "familyName": "Öztürk", "identifier": "1042"}

    assert "aysenur.ozturk" == make_account("{givenName}.{familyName}", values)
    assert "aozturk" == make_account("{givenName:1}{familyName}", values)
    assert "ayse.o1042" == make_account("{firstGivenName}.{familyName:1}{identifier}", values)
    assert None is make_account("{givenName}.{username}", values)
    assert None is make_account("{identifier}", values)
    assert None is make_account("{givenName}", {"givenName": "x" * 33})


@pytest.mark.parametrize(
    "template", ["", "same", "{birthDate}", "{givenName", "{givenName}/..", "A{givenName}"]
)
def test_a_template_that_cannot_be_is_refused(template):
    with pytest.raises(Invalid):
        check_template(template)


def test_whoever_has_a_name_keeps_it_and_nobody_guesses_for_the_others():
    given, collisions = settle([("1", ("may",)), ("2", ("May",)), ("3", ("tom",))], {"may": "1"})

    assert {"1": ("may",), "2": (), "3": ("tom",)} == given
    assert [Collision("may", ("1", "2"), "1")] == collisions


def test_two_newcomers_with_one_name_both_go_without():
    given, collisions = settle([("1", ("may",)), ("2", ("may",))], {})

    assert {"1": (), "2": ()} == given
    assert [Collision("may", ("1", "2"), None)] == collisions


def test_a_name_of_somebody_the_list_does_not_speak_of_stays_theirs():
    given, collisions = settle([("1", ("may",))], {"may": "9"}, {"may"})

    assert {"1": ()} == given
    assert [Collision("may", ("1", "9"), "9")] == collisions


def test_swapping_names_is_no_collision():
    given, collisions = settle([("1", ("tom",)), ("2", ("may",))], {"may": "1", "tom": "2"})

    assert ({"1": ("tom",), "2": ("may",)}, []) == (given, collisions)


def test_accounts_of_domains_are_accounts_and_tricks_are_not():
    assert all(map(is_account, ["may", "SCHOOL\\may", "may@school.example", "m.lamb-2", "ışık"]))
    assert not any(map(is_account, ["", "-rf", "may lamb", "a/b", "=x", "a:b", "a\nb", "x" * 201]))


names = st.sampled_from(["a", "A", "b", "c"])


@given(
    st.dictionaries(st.sampled_from("123456"), st.lists(names, max_size=2, unique=True).map(tuple)),
    st.dictionaries(names, st.sampled_from("123456789")),
    st.sets(names),
)
def test_no_two_people_ever_get_one_name_and_nobody_gets_a_taken_one(claims, holders, taken):
    given, _ = settle(list(claims.items()), holders, taken)
    given_names = [(name.casefold(), person) for person, names in given.items() for name in names]
    whose = dict(given_names)

    assert len({name for name, _ in given_names}) == len(set(given_names))
    for name in {each.casefold() for each in taken} & whose.keys():
        assert whose[name] == {each.casefold(): who for each, who in holders.items()}.get(name)


@given(st.text(max_size=20))
def test_a_spelling_is_plain_or_none(name):
    spelling = transliterate(name)

    assert spelling is None or (spelling == "" or spelling.isascii())
