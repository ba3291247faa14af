"""The fake of the slice `own` does what the real one does (tests/wine/inside/test_own.py runs the same)."""

import pytest

from tests.support.win32.fake_own import FakeOwn
from tests.support.win32.own_contract import OwnContract


class TestTheFake(OwnContract):
    @pytest.fixture
    def calls(self):
        return FakeOwn()
