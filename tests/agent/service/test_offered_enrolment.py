"""Enrolling by itself with what the installation left, and forgetting the code."""

import pytest

from agent.backends import enrol_offer
from agent.backends.enrol_offer import CODE, KEY, SERVER, Offer, RegistryOffers
from agent.backends.win32_problem import ACCESS_DENIED
from agent.errors import ConfigProblem, ServerRefused, ServerUnreachable
from agent.service import offered_enrolment
from tests.support.win32.fake_registry import FakeRegistry

OFFER = Offer("https://gatepost.school.example:8443", "GP-CODE")


@pytest.fixture
def registry():
    return FakeRegistry({KEY: {SERVER: OFFER.server, CODE: OFFER.code}})


def test_an_offer_is_taken_once_and_its_code_is_gone(registry):
    tried = []
    offers = RegistryOffers(registry)

    assert "enrolled" == offered_enrolment.try_once(offers, tried.append)
    assert [OFFER] == tried
    assert {} == registry.values(KEY)
    assert "nothing offered" == offered_enrolment.try_once(offers, tried.append)


@pytest.mark.parametrize("problem", [ServerUnreachable("no answer"), OSError(28, "no space")])
def test_what_may_pass_is_tried_again_with_the_code_kept(registry, problem):
    def attempt(_offer):
        raise problem

    assert "later" == offered_enrolment.try_once(RegistryOffers(registry), attempt)
    assert OFFER.code == registry.read(KEY, CODE)


@pytest.mark.parametrize(
    "problem", [ConfigProblem("already enrolled"), ServerRefused("spent", error="code-used", status=403)]
)
def test_a_code_that_will_never_do_does_not_lie_about(registry, problem):
    def attempt(_offer):
        raise problem

    assert "given up" == offered_enrolment.try_once(RegistryOffers(registry), attempt)
    assert {} == registry.values(KEY)


def test_a_code_that_cannot_be_removed_is_tried_to_be_removed_again(registry):
    registry.refuse[(KEY, "")] = ACCESS_DENIED

    assert "later" == offered_enrolment.try_once(RegistryOffers(registry), lambda _offer: None)


def test_a_registry_that_will_not_be_read_keeps_the_service_running(registry):
    registry.refuse_reading[(KEY, "")] = ACCESS_DENIED

    assert offered_enrolment.begin(None, None, RegistryOffers(registry)) is None
    assert "later" == offered_enrolment.try_once(RegistryOffers(registry), lambda _offer: None)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {SERVER: OFFER.server},
        {CODE: OFFER.code},
        {SERVER: "", CODE: ""},  # what a repair of the package writes
        {SERVER: " ", CODE: OFFER.code},
        {SERVER: 7, CODE: OFFER.code},
        {SERVER: OFFER.server, CODE: ["a", "b"]},
        {SERVER: OFFER.server, CODE: "x" * 10_000},
    ],
)
def test_half_an_offer_is_none(values):
    assert RegistryOffers(FakeRegistry({KEY: values})).read() is None


def test_spaces_around_what_was_pasted_do_no_harm():
    found = RegistryOffers(FakeRegistry({KEY: {SERVER: f" {OFFER.server}\n", CODE: f"{OFFER.code} "}})).read()

    assert OFFER == found


def test_linux_offers_the_service_nothing():
    assert enrol_offer.choose().read() is None
    assert offered_enrolment.begin(None, None) is None
