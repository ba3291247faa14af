"""LockedHint is set only on the session of the user whose screen was locked."""

from agent.backends import linux_hint


def test_a_session_of_the_same_user_is_theirs():
    assert linux_hint.session_of("c2", 1000, "User=1000\n")


def test_a_session_of_somebody_else_is_not_touched():
    assert not linux_hint.session_of("c2", 1000, "User=1001\n")


def test_a_name_that_is_none_is_refused():
    assert not linux_hint.session_of("../c2", 1000, "User=1000\n")
    assert not linux_hint.session_of("", 1000, "")
