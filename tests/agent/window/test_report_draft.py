"""What was picked, as a report: always a sound one, whoever wrote the message."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.link import pages
from agent.window.report_draft import Picked, decide_readers, draft_of, picked_json, picked_of
from policies.drafts import ReportDraft
from policies.officers import Officer, OfficersList
from policies.reports import route
from tests.support import window_pages

PAGE = window_pages.report()
HARMS = ("content", "bullying", "contact", "sexual-image", "hate", "conduct", "other", "extremism")
words = st.text(max_size=60)
ids = st.sampled_from([reader.id for reader in window_pages.READERS] + ["head", "x", "f" * 32])
picks = st.builds(
    Picked,
    harms=st.lists(st.sampled_from((*HARMS, "nonsense")), max_size=5).map(tuple),
    subject=st.sampled_from(("", "nobody-known", "pupil", "outside", "staff", "head", "x")),
    readers=st.lists(ids, max_size=4).map(tuple),
    whom=st.sampled_from(("", "me", "friend", "somebody", "staff-self", "x")),
    where=st.sampled_from(("", "here", "home", "phone", "x")),
    naming=st.sampled_from(("", "named", "lead-only", "unnamed", "x")),
    words=st.one_of(words, st.text(min_size=4100, max_size=4200), st.just("\ud800 half")),
    addresses=st.lists(words, max_size=14).map(tuple),
    talk_to=st.one_of(words, st.just("other")),
    talk_other=words,
    danger=st.booleans(),
)


@given(picks)
def test_whatever_was_picked_becomes_a_report_that_can_be_read(picked: Picked) -> None:
    draft = draft_of(PAGE, picked, "tr")
    line = msgspec.json.encode(draft)

    assert draft == msgspec.json.decode(line, type=ReportDraft)


@given(picks)
def test_a_draft_offered_again_is_the_same_report(picked: Picked) -> None:
    draft = draft_of(PAGE, picked, "en")
    again = msgspec.structs.replace(PAGE, draft=draft)

    assert draft == draft_of(again, picked_of(again), "en")
    assert picked_of(again) == msgspec.json.decode(picked_json(again), type=Picked)


def test_nothing_picked_is_something_else_and_needs_no_word() -> None:
    draft = draft_of(PAGE, Picked(), "en")

    assert (("other",), "nobody-known", "me", "soon", "") == (
        draft.harms,
        draft.subject,
        draft.whom,
        draft.urgency,
        draft.words,
    )


@pytest.mark.parametrize(("tier", "whom"), [("adult", "staff-self"), ("visitor", "visitor"), ("early", "me")])
def test_who_picks_nobody_means_themselves(tier, whom) -> None:
    assert whom == draft_of(window_pages.report(tier), Picked(), "en").whom


def test_a_report_about_an_adult_is_not_for_that_adult() -> None:
    bell = window_pages.READERS[1].id
    draft = draft_of(PAGE, Picked(subject="staff", readers=(bell,)), "en")

    assert ("staff", (bell,)) == (draft.subject, draft.not_to)


def test_names_picked_and_then_meant_for_nobody_exclude_nobody() -> None:
    draft = draft_of(PAGE, Picked(subject="pupil", readers=(window_pages.READERS[1].id,)), "en")

    assert () == draft.not_to


@pytest.mark.parametrize("picked", ["head", window_pages.READERS[2].id])
def test_a_report_about_the_head_is_known_as_such(picked) -> None:
    assert "head" == draft_of(PAGE, Picked(subject="staff", readers=(picked,)), "en").subject


def test_a_report_of_the_youngest_is_marked_as_made_by_pictures() -> None:
    assert draft_of(window_pages.report("early"), Picked(harms=("content",)), "en").by_pictures


def test_an_empty_address_is_none_and_three_are_kept() -> None:
    draft = draft_of(PAGE, Picked(addresses=("", " a.example ", "b.example", "", "c.example")), "en")

    assert ("a.example", "b.example", "c.example") == draft.addresses


@given(
    roles=st.lists(st.sampled_from(("lead", "deputy", "head", "alternate")), min_size=1, max_size=6),
    subject=st.sampled_from(("nobody-known", "pupil", "outside", "staff", "head")),
    excluded=st.sets(st.integers(0, 5)),
)
def test_the_window_names_exactly_those_to_whom_the_laptop_seals(roles, subject, excluded) -> None:
    officers = [
        Officer(
            name=f"Adult {at}",
            role=role,
            key=bytes([at + 1]) * 32,
            sign_key=bytes([at + 101]) * 32,
            since="2026-09-01T08:00:00+00:00",
        )
        for at, role in enumerate(roles)
    ]
    listed = OfficersList(seq=1, officers=tuple(officers))
    readers = tuple(pages.Reader(id=each.id, name=each.name, role=each.role) for each in officers)
    not_to = [officers[at].id for at in excluded if at < len(officers)]
    sealed_to = {who.id for who in route(listed, harms=("other",), subject=subject, not_to=not_to)}

    assert sealed_to == {reader.id for reader in decide_readers(readers, subject, not_to)}
