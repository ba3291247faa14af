"""What a watching adult is told of sticks: the most urgent state of one login's."""

import pytest

from agent.service.media_windows import decide_sign


@pytest.mark.parametrize(
    ("states", "sign"),
    [
        ([], ""),
        (["shut"], "shut"),
        (["locked"], "shut"),
        (["asked", "released"], "asks"),
        (["scanning", "released"], "checking"),
        (["opening"], "checking"),
        (["released", "shut"], "open"),
    ],
)
def test_the_most_urgent_state_is_told(states, sign) -> None:
    assert sign == decide_sign(states)


def test_a_login_with_a_stick_says_how_it_stands_until_it_is_pulled(laptop):
    laptop.opened()
    laptop.until("released")
    (login,) = laptop.service.ground.logins.values()
    released = login.signs.media
    laptop.usb.pull()
    laptop.settle()

    assert ("open", "") == (released, login.signs.media)
