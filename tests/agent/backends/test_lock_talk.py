"""The password field: whole packets, every letter once, and never a decision of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import linux_locker, lock_dialog
from agent.backends.device import LockLook
from agent.backends.lock_screen import decide_words
from agent.backends.lock_talk import MAX_PASSWORD_LETTERS, Field, Packet, make_packet, take_packet
from policies.settings import Contact


@given(st.text(max_size=80), st.integers(0, 100))
def test_a_packet_is_read_whole_however_it_is_cut(text, cut):
    data = make_packet("P", text)
    early, rest = take_packet(data[: min(cut, len(data) - 1)])
    found, left = take_packet(rest + data[min(cut, len(data) - 1) :] + b"more")

    assert early is None
    assert (Packet("P", text.encode().decode("utf-8", "replace")), b"more") == (found, left)


@given(st.binary(max_size=40))
def test_garbage_of_the_checker_is_refused_or_waited_for(data):
    try:
        take_packet(data)
    except ValueError:
        return


def test_letters_of_several_bytes_count_once_and_arrive_whole():
    field = Field()
    for byte in "şifreç".encode():
        field.press(bytes([byte]))

    assert 6 == len(field)
    assert "şifreç" == field.take()
    assert 0 == len(field)


def test_erasing_and_clearing():
    field = Field()
    field.press(b"abc\b\x7f")
    one = len(field)
    field.press(b"\x15")

    assert (1, 0) == (one, len(field))


@given(st.binary(max_size=600))
def test_no_key_breaks_the_field(data):
    field = Field()
    field.press(data)

    assert len(field) <= MAX_PASSWORD_LETTERS
    make_packet("p", field.take())


@pytest.mark.parametrize(
    ("state", "tier", "line"), [("ask", "early", "Parolan"), ("ask", "adult", "Parolanız")]
)
def test_the_field_speaks_the_readers_language(state, tier, line):
    assert line == lock_dialog.decide_line(state, "", LockLook("tr", tier))


def test_the_lock_screen_always_says_where_help_is():
    look = LockLook("en", "early", "Hazel Bank", (Contact(name="Ms Demir"), Contact(name="Mr Okafor")))
    _title, _what, ask, people = decide_words(look)

    assert ("If something is wrong, tell an adult:", ["Ms Demir"]) == (ask, people)
    assert "tell an adult" in decide_words(LockLook("en", "teen"))[2]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(lock_dialog.OPENED, 0), (lock_dialog.CLOSED, 1), (lock_dialog.CANNOT, 7), (1, 7), (139, 7)],
)
def test_whatever_goes_wrong_with_our_field_the_lockers_own_takes_over(tmp_path, monkeypatch, status, wanted):
    helpers = tmp_path / "helpers"
    helpers.mkdir()
    (helpers / "auth_x11").write_text("#!/bin/sh\nexit 7\n")
    (helpers / "auth_x11").chmod(0o755)
    monkeypatch.setattr(linux_locker, "HELPERS", str(helpers))
    monkeypatch.setattr(
        linux_locker.own_process,
        "agent_command",
        lambda *_: [sys.executable, "-c", f"import os; os._exit({status})"],
    )
    programs = linux_locker.write_programs([tmp_path])

    assert wanted == subprocess.run([programs.dialog], check=False).returncode


def test_without_a_place_for_programs_the_lockers_own_are_used():
    assert linux_locker.Programs() == linux_locker.write_programs([Path("/proc/none")])
