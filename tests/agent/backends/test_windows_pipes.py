"""The rules of our named pipes, and the fake of their slice held to its contract."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.backends import windows_pipes as wp
from tests.support.win32.fake_pipes import FakePipes
from tests.support.win32.pipes_contract import PipesContract


class TestTheFake(PipesContract):
    @pytest.fixture
    def pipes(self):
        return FakePipes()

    @pytest.fixture
    def name(self):
        return r"\\.\pipe\gatepost-contract"


def test_a_pupil_may_speak_on_the_public_pipe_but_make_no_instance_of_it():
    create_instance, write_the_rules, take_it_over = 0x4, 0x00040000, 0x00080000

    assert not wp.READ_AND_WRITE & (create_instance | write_the_rules | take_it_over)
    assert "(A;;0x12019b;;;IU)" in wp.public_sddl()


def test_only_system_and_the_one_user_may_open_a_sessions_pipe():
    sid = "S-1-5-21-1-2-3-1001"

    assert f"O:BAG:SYD:P(A;;GA;;;SY)(A;;0x12019b;;;{sid})" == wp.session_sddl(sid)


@pytest.mark.parametrize("text", ["WD", "S-1-1-0)(A;;GA;;;WD", "", "S-1", "S-1-5-²", "s-1-5-18", "S-1-5-18 "])
def test_what_is_no_sid_gets_no_pipe(text):
    with pytest.raises(ValueError):
        wp.session_sddl(text)


@given(some.text())
def test_a_sid_never_smuggles_anything_into_the_rules(text):
    if wp.is_sid(text):
        assert text.replace("-", "").isalnum()
