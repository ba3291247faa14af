"""Small things of the Windows desktop: how long a sound is, and how much of a title a tray keeps."""

import wave

import pytest

from agent.backends.sound_windows import Sound, seconds_of
from agent.backends.tray_icon import cut_to_utf16, shown_title


def write_sound(path, seconds):
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * int(8000 * seconds))
    return path


def test_a_sound_is_as_long_as_its_file_says(tmp_path):
    assert 1.5 == seconds_of(write_sound(tmp_path / "Kural ı.wav", 1.5))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\0" * 100])
def test_what_is_no_sound_is_not_played(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)

    assert (0.0, False) == (seconds_of(path), Sound(path).finish())


def test_a_sound_stopped_before_it_begins_counts_as_played(tmp_path):
    sound = Sound(write_sound(tmp_path / "a.wav", 60))
    sound.stop()

    assert sound.finish()


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
