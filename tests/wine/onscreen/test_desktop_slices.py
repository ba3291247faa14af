"""The slices `desktop` and `desktop_pump` hold their contract on Windows' own calls."""

import pytest

from agent.backends.win32api import desktop
from agent.backends.win32api.desktop_pump import DesktopPump
from tests.support.win32.desktop_contract import DesktopContract


class TestRealDesktop(DesktopContract):
    @pytest.fixture
    def calls(self):
        return desktop

    @pytest.fixture
    def open_pump(self):
        return DesktopPump


def test_a_second_program_cannot_have_the_same_key():
    first = DesktopPump(lambda _event: None)
    second = DesktopPump(lambda _event: None)
    try:
        first.hold_key(3, ord("J"))
        with pytest.raises(Exception) as caught:
            second.hold_key(3, ord("J"))
    finally:
        first.stop()
        second.stop()

    assert 1409 == caught.value.code
