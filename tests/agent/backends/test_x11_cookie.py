"""Only this display's cookie is handed on, and hostile files are read without harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.x11_cookie import COOKIE_NAME, FAMILY_LOCAL, FAMILY_WILD, Entry, for_display, parse, write
from agent.errors import DeviceFailed


def test_the_cookie_is_found_under_any_name_and_written_for_both_libraries():
    file = write([Entry(FAMILY_WILD, b"", b"5", COOKIE_NAME, b"secret")])

    assert [
        Entry(FAMILY_LOCAL, b"lab-3", b"5", COOKIE_NAME, b"secret"),
        Entry(FAMILY_WILD, b"", b"5", COOKIE_NAME, b"secret"),
    ] == parse(for_display(file, ":5.0", "lab-3"))


def test_a_cookie_of_another_display_is_not_taken():
    file = write([Entry(FAMILY_LOCAL, b"lab-3", b"6", COOKIE_NAME, b"secret")])

    with pytest.raises(DeviceFailed):
        for_display(file, ":5", "lab-3")


def test_a_remote_hosts_cookie_is_not_taken():
    file = write([Entry(0, b"\x0a\0\0\1", b"5", COOKIE_NAME, b"secret")])

    with pytest.raises(DeviceFailed):
        for_display(file, ":5", "lab-3")


entries = st.builds(
    Entry, st.integers(0, 0xFFFF), st.binary(max_size=9), st.binary(max_size=9), st.binary(), st.binary()
)


@given(st.lists(entries), st.binary(max_size=3))
def test_whole_entries_survive_a_torn_end(wanted, torn):
    found = parse(write(wanted) + torn)

    assert wanted == found[: len(wanted)]


@given(st.binary(max_size=200))
def test_garbage_is_read_without_harm(garbage):
    assert isinstance(parse(garbage), list)
