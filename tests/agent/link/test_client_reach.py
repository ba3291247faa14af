"""How long the hook looks for the service: longer where the system may still be starting it."""

import pytest

from agent.backends import own_process
from agent.link import client


@pytest.mark.parametrize(("up", "seconds"), [(0.0, 120.0), (45.0, 75.0), (100.0, 20.0), (86_400.0, 20.0)])
def test_just_after_the_start_a_late_service_is_given_time(up, seconds):
    assert seconds == client.decide_reach(up, 120.0)


def test_on_linux_the_service_is_there_before_anybody_signs_in():
    assert 20.0 == client.decide_reach(3.0, own_process.SERVICES_START_WITHIN_SECONDS)
