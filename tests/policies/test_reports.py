"""To whom a report goes (R47, R50, R51), what the server may know of it, and what a draft may hold."""

import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import reports, sealing
from policies.officers import OfficersList
from policies.reports import Coarse, Harm, ReportDraft, Subject, coarse, reply_bound, reply_signed, route
from tests.support.officers import Office, holder

OFFICE = Office()
LISTED = OFFICE.listed()
HARMS: tuple[Harm, ...] = typing.get_args(Harm)
SUBJECTS: tuple[Subject, ...] = typing.get_args(Subject)
LEADS, HEAD, ALTERNATE = {"lead", "deputy"}, {"head"}, {"alternate"}

harms = st.lists(st.sampled_from(HARMS), min_size=1, max_size=13)
subjects = st.sampled_from(SUBJECTS)


def roles(routed):
    return {officer.role for officer in routed} - {"recovery"}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("nobody-known", LEADS),
        ("pupil", LEADS),
        ("outside", LEADS),
        ("staff", HEAD),
        ("head", ALTERNATE),
    ],
)
def test_each_kind_of_harm_goes_where_its_subject_sends_it(harm, subject, expected):
    """About staff to the head, about the head to the alternate; extremism by its subject as well (R51)."""
    assert expected == roles(route(LISTED, harms=(harm,), subject=subject))


def test_a_report_about_the_head_goes_to_the_leads_where_there_is_no_alternate():
    listed = OFFICE.listed(1, (OFFICE.lead, OFFICE.deputy, OFFICE.head, OFFICE.sheet))

    assert LEADS == roles(route(listed, harms=("conduct",), subject="head"))


@pytest.mark.parametrize(
    ("subject", "not_to", "expected"),
    [
        ("pupil", (OFFICE.lead,), {"deputy"}),
        ("pupil", (OFFICE.lead, OFFICE.deputy), HEAD),
        ("pupil", (OFFICE.lead, OFFICE.deputy, OFFICE.head), ALTERNATE),
        ("staff", (OFFICE.head,), ALTERNATE),
        ("head", (OFFICE.alternate,), LEADS),
        ("staff", (OFFICE.head, OFFICE.alternate), set()),
    ],
)
def test_whoever_it_is_about_is_left_out_and_the_next_are_asked(subject, not_to, expected):
    routed = route(LISTED, harms=("contact",), subject=subject, not_to=[each.id for each in not_to])

    assert expected == roles(routed)


def test_nobody_left_means_nobody_at_all_not_even_the_sheet():
    everyone = [officer.id for officer in LISTED.officers if officer.role != "recovery"]

    assert () == route(LISTED, harms=("content",), subject="nobody-known", not_to=everyone)


@given(harms=harms, subject=subjects, left_out=st.sets(st.integers(0, 3)), order=st.permutations(range(5)))
def test_no_report_ever_reaches_whom_it_is_about_and_the_sheet_receives_all(harms, subject, left_out, order):
    listed = OfficersList(seq=1, officers=tuple(LISTED.officers[place] for place in order))
    not_to = {LISTED.officers[place].id for place in left_out}

    routed = route(listed, harms=harms, subject=subject, not_to=tuple(not_to))

    assert set() == not_to & {officer.id for officer in routed}
    assert list(routed) == [officer for officer in listed.officers if officer in routed]
    if subject == "head":
        assert "head" not in roles(routed)
    if routed:
        assert {OFFICE.sheet.id} < {officer.id for officer in routed}


@given(harms=harms, subject=subjects)
def test_only_somebody_excluded_everywhere_leaves_nobody(harms, subject):
    assert route(LISTED, harms=harms, subject=subject)


def test_two_heads_both_receive_what_is_about_staff():
    other = holder("Mr Bell", "head")
    listed = OFFICE.listed(1, (*OFFICE.all, other))

    routed = route(listed, harms=("conduct",), subject="staff", not_to=(OFFICE.head.id,))

    assert [OFFICE.sheet.officer, other.officer] == list(routed)


@given(harms=harms, subject=subjects)
def test_the_server_learns_one_of_four_words(harms, subject):
    words = typing.get_args(Coarse)

    assert coarse(harms, subject) in words
    assert ("staff" == coarse(harms, subject)) == (subject in ("staff", "head"))


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        ("contact", "contact"),
        ("exploitation", "contact"),
        ("sexual-image", "contact"),
        ("bullying", "conduct"),
        ("hate", "conduct"),
        ("content", "content"),
        ("extremism", "content"),
        ("filter-breach", "content"),
    ],
)
def test_the_coarse_word_of_a_harm(harm, word):
    assert word == coarse((harm,), "pupil")


@pytest.mark.parametrize(
    "change",
    [
        {"harms": []},
        {"harms": ["something"]},
        {"words": "x" * 4001},
        {"addresses": ["a"] * 11},
        {"addresses": ["a" * 501]},
        {"not_to": ["A" * 32]},
        {"not_to": ["0" * 32] * 13},
        {"screenshot": "aGk="},
        {"urgency": "now"},
    ],
)
def test_a_draft_that_is_too_large_or_holds_something_else_is_refused(change):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"harms": ["content"], **change}, ReportDraft)


def test_a_blank_draft_of_one_picture_is_enough():
    draft = msgspec.convert({"harms": ["content"], "by_pictures": True}, ReportDraft)

    assert "" == draft.words
    assert () == draft.addresses


def test_three_addresses_are_kept_as_typed():
    addresses = ("example.test/a", "http://b.test", "the red one")

    assert addresses == ReportDraft(harms=("content",), addresses=addresses).addresses


def test_a_reply_is_bound_to_one_report_on_one_laptop():
    bounds = {
        reply_bound("a" * 32, "0" * 16),
        reply_bound("b" * 32, "0" * 16),
        reply_bound("a" * 32, "1" * 16),
        reply_signed("a" * 32, "0" * 16, b"sealed"),
        reply_signed("a" * 32, "0" * 16, b"other"),
        sealing.bind("wrap", "a" * 32, "0" * 16),
    }

    assert 6 == len(bounds)
    assert 8192 == reports.MAX_REPLY_BYTES
