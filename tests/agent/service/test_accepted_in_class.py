"""An acceptance in class, which an adult witnessed, on a laptop that may stand at its gate meanwhile (R4)."""

from datetime import timedelta

import pytest

from agent.link import messages as m
from policies import orders, records
from policies.orders import Accepted
from tests.support.model_server import DEVICE


@pytest.fixture
def laptop(make_laptop):
    return make_laptop()


def tell(laptop, accepted, **changes):
    """The server says May's grant again, after her class has answered."""
    laptop.clock.forward(1)
    known = laptop.server.people["may"] | changes
    said = orders.LoginGrant(
        device=DEVICE, os_user="may", listed=True, issued_at=laptop.clock.at, accepted=accepted, **known
    )
    laptop.order(said)


def given(laptop, **changes):
    (login,) = laptop.service.ground.logins.values()
    values = {"tier": login.agreement.tier, "version": login.agreement.version, "at": laptop.clock.at}
    return Accepted(**(values | changes))


def test_r4_whoever_stands_at_the_gate_goes_on_when_their_class_has_accepted(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.forward(5)
    tell(laptop, given(laptop))

    assert hook.opens is True
    assert [True] == [each.opens for each in laptop.heard(session, m.GateOver)]
    assert [] == laptop.records(records.AgreementAnswered)


def test_r4_an_older_text_accepted_in_class_opens_nothing(laptop):
    _shell, hook = laptop.hello()
    laptop.connect()
    tell(laptop, given(laptop, version=999))

    assert hook.opens is not True


def test_r9_last_year_s_acceptance_opens_nothing(laptop):
    _shell, hook = laptop.hello()
    laptop.connect()
    tell(laptop, given(laptop, at=laptop.clock.at - timedelta(days=400)))

    assert hook.opens is not True


def test_r10_an_acceptance_before_a_meeting_opens_nothing(laptop):
    _shell, hook = laptop.hello()
    laptop.connect()
    before = given(laptop)
    tell(laptop, before, accept_after=laptop.clock.at + timedelta(seconds=1))

    assert hook.opens is not True


def test_an_account_that_is_another_child_s_meanwhile_opens_for_nobody(laptop):
    _shell, hook = laptop.hello()
    laptop.connect()
    tell(laptop, given(laptop), person="p-other")

    assert hook.opens is not True
