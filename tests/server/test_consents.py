"""Consents of parents: what the office writes down, what laptops are told, and what is taken back."""

from datetime import timedelta

import pytest

from policies import orders
from policies.app_rules import decide_app
from policies.lab_settings import AppRule, AppsSettings
from policies.settings import School, Settings
from policies.variants import Variant
from policies.wire import PolicyBody
from server import app_lists, consents, grants
from server.errors import Invalid, NotFound
from server.people import Person, replace_people
from tests.support.started import NOW

TODAY = NOW.astimezone().date()
CALL = AppRule(app="Zoom", lesson="ask", club="ask", consent=True)
LISTS = AppsSettings(rules=(CALL,))
SCHOOL = School(name="S", contacts=({"name": "Ms Demir"},), consequences={"en": "An adult talks with you."})


@pytest.fixture
def pupils(here):
    listed = [
        Person(os_user="may", person="1", display_name="May", tier="junior", room="Lab 1", year="4A"),
        Person(os_user="tom", person="2", display_name="Tom", tier="teen", room="Lab 2", year="8B"),
        Person(os_user="dem", person="3", display_name="Ms Demir", tier="adult"),
    ]
    with here.db.write() as connection:
        replace_people(connection, listed, now=NOW)
    return here


def give(here, *people, app="Zoom", on=TODAY, how="paper"):
    with here.db.write() as connection:
        return consents.give(connection, people, app, on=on, how=how, by="Office", staff=None, now=NOW)


def told(here, os_user="may"):
    """Return what a laptop reads in the grant, from exactly the bytes that travel."""
    with here.db.read() as connection:
        signed = grants.grant(connection, here.keys.policy_private, "00" * 8, os_user, NOW)
    return orders.read_said(here.keys.policy_public, "00" * 8, signed).consents


def test_r24_a_call_opens_only_once_a_parents_consent_is_written_down(pupils):
    before = decide_app(LISTS, "lesson", "zoom", "zoom", told(pupils))
    give(pupils, "1")
    after = decide_app(LISTS, "lesson", "zoom", "zoom", told(pupils))

    assert ("close", True) == (before.answer, before.lacks_consent)
    assert ("ask", False) == (after.answer, after.lacks_consent)
    assert () == told(pupils, "tom")


def test_a_consent_taken_back_holds_no_longer_and_stays_to_be_read(pupils):
    give(pupils, "1")
    with pupils.db.write() as connection:
        (line,) = consents.lines_of(connection, "1")
        whose = consents.take_back(connection, line.id, reason="By phone today", by="Office", now=NOW)
        (kept,) = consents.lines_of(connection, "1")

    assert "1" == whose
    assert () == told(pupils)
    assert (False, "By phone today") == (kept.holds, kept.taken_back_reason)
    with pupils.db.write() as connection, pytest.raises(NotFound):
        consents.take_back(connection, line.id, reason="again", by="Office", now=NOW)


def test_giving_it_twice_is_one_line(pupils):
    assert 1 == give(pupils, "1")
    assert 0 == give(pupils, "1", app="ZOOM")
    assert ("Zoom",) == told(pupils)


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": ("3",)},
        {"people": ("nobody",)},
        {"app": " "},
        {"app": "x" * 121},
        {"app": "a\nb"},
        {"on": TODAY + timedelta(days=1)},
        {"on": TODAY - timedelta(days=1200)},
        {"how": "guessed"},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(pupils, wrong):
    changes = {"people": ("1",)} | wrong
    people = changes.pop("people")
    with pytest.raises(Invalid):
        give(pupils, "2", *people, **changes)

    assert () == told(pupils)
    assert () == told(pupils, "tom")


def test_no_more_consents_than_a_grant_carries(pupils):
    for number in range(consents.MOST_TOLD):
        give(pupils, "1", app=f"app {number}")

    with pytest.raises(Invalid):
        give(pupils, "1", app="one more")
    assert consents.MOST_TOLD == len(told(pupils))


def body(settings, *variants):
    return PolicyBody(school=SCHOOL, settings=settings, variants=variants, agreements=())


def test_r21_the_first_day_of_review_counts_and_a_list_without_one_is_named():
    soon, later = TODAY + timedelta(days=3), TODAY + timedelta(days=90)
    found = app_lists.decide_facts(
        [
            body(Settings(apps=AppsSettings(rules=(CALL,), review_on=later))),
            body(Settings(apps=AppsSettings(unlisted="notify", review_on=soon))),
            body(Settings(apps=AppsSettings(review_on=TODAY))),
        ]
    )

    assert (True, soon, False, ("Zoom",)) == (
        found.is_listed, found.review_on, found.lacks_day, found.consent,
    )  # fmt: skip
    assert not found.is_due(TODAY)
    assert found.is_due(soon)


def test_a_list_that_holds_for_some_only_counts_too():
    club = Variant(tiers=("junior",), change={"apps.rules": [{"app": "Meet", "consent": True}]})
    found = app_lists.decide_facts([body(Settings(), club)])

    assert (True, None, True, ("Meet",)) == (
        found.is_listed, found.review_on, found.lacks_day, found.consent,
    )  # fmt: skip
