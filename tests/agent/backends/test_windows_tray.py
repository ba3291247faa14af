"""How much of a title the tray of Windows keeps."""

import pytest

from agent.backends.tray_icon import cut_to_utf16, shown_title


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("Gatepost", 127, "Gatepost"),
        ("ş" * 200, 127, "ş" * 127),
        ("aa🙂", 3, "aa"),
        ("🙂🙂", 4, "🙂🙂"),
        ("", 5, ""),
    ],
)
def test_a_title_is_cut_to_what_windows_keeps_and_never_within_a_letter(text, most, kept):
    assert kept == cut_to_utf16(text, most)


def test_here_a_title_stays_whole():
    assert "ş" * 300 == shown_title("ş" * 300)
