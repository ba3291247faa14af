"""A name from elsewhere is shown, and does nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from server.web.names import LONGEST_SHOWN, harmless, name_markup

DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(max_size=300))
def test_no_control_character_survives(text: str):
    left = {
        char
        for char in harmless(text)
        if unicodedata.category(char) in DANGEROUS and char not in "\u200c\u200d"
    }

    assert set() == left


@given(st.text(max_size=2000))
def test_a_name_is_never_longer_than_is_shown(text: str):
    assert len(harmless(text)) <= LONGEST_SHOWN


@given(st.text(alphabet="abcçığöşüABCÇIİ -'", max_size=LONGEST_SHOWN))
def test_an_ordinary_name_is_left_as_it_is(text: str):
    assert text == harmless(text)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" onload="x', "&#34; onload=&#34;x"),
        ("a\x1b[2Jb", "a\u241b[2Jb"),
        ("a\nb\tc\0d", "a\u240ab\u2409c\u2400d"),
        ("abc\u202egnp.exe", "abc\ufffdgnp.exe"),
        ("\u2066x\u2069", "\ufffdx\ufffd"),
        ("a\x7f", "a\u2421"),
        ("\ud800", "\ufffd"),
    ],
)
def test_each_kind_of_hostile_name_is_shown_harmless(given_name: str, shown: str):
    assert f"<bdi>{shown}</bdi>" == str(name_markup(given_name))


def test_ten_kilobytes_end_in_an_ellipsis():
    shown = harmless("x" * 10_000)

    assert "x" * (LONGEST_SHOWN - 1) + "…" == shown


def test_a_tower_of_marks_is_cut_down():
    assert "a" + "\u0301" * 3 + "b" == harmless("a" + "\u0301" * 50 + "b")


@given(st.text(max_size=100))
def test_what_is_walled_in_is_escaped(text: str):
    assert f"<bdi>{escape(harmless(text))}</bdi>" == str(name_markup(text))
