"""A sound on Windows lasts as long as its file says, and ends when it is told to."""

import threading
import wave

import pytest

from agent.backends.sound_windows import LONGEST_SECONDS, Sound, length_seconds
from agent.backends.win32_problem import WinProblem
from agent.errors import DeviceFailed


class FakePlayer:
    def __init__(self, fails=False):
        self.fails = fails
        self.heard = []
        self.playing = threading.Event()

    def play(self, path):
        if self.fails:
            raise WinProblem("PlaySound", 31)
        self.heard.append("play")
        self.playing.set()

    def stop(self):
        self.heard.append("stop")


@pytest.fixture
def make_sound(tmp_path):
    def make(seconds, rate=8000):
        path = tmp_path / "okuma sesi.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(rate)
            file.writeframes(b"\x80" * int(seconds * rate))
        return path

    return make


def test_a_short_sound_is_played_to_its_end(make_sound):
    player = FakePlayer()

    assert Sound(make_sound(0.01), player).finish()
    assert ["play"] == player.heard


def test_a_long_sound_ends_when_it_is_told_to(make_sound):
    player = FakePlayer()
    sound = Sound(make_sound(60), player)
    ended = []
    thread = threading.Thread(target=lambda: ended.append(sound.finish()), daemon=True)
    thread.start()
    assert player.playing.wait(30)
    sound.stop()
    thread.join(30)

    assert [True] == ended
    assert ["play", "stop"] == player.heard


def test_a_sound_stopped_before_it_began_is_silent(make_sound):
    player = FakePlayer()
    sound = Sound(make_sound(60), player)
    sound.stop()

    assert sound.finish()
    assert [] == player.heard


@pytest.mark.parametrize("content", [b"", b"RIFF", b"MZ" * 100, b"RIFF\xff\xff\xff\xffWAVEfmt "])
def test_what_is_no_sound_is_not_played(tmp_path, content):
    path = tmp_path / "x.wav"
    path.write_bytes(content)

    assert not Sound(path, FakePlayer()).finish()
    assert not Sound(tmp_path / "missing.wav", FakePlayer()).finish()


def test_a_player_that_will_not_is_said(make_sound):
    assert not Sound(make_sound(0.01), FakePlayer(fails=True)).finish()


def test_no_file_holds_us_for_long(make_sound):
    assert LONGEST_SECONDS == length_seconds(make_sound(700, rate=10))


def test_elsewhere_there_is_no_such_player(make_sound):
    with pytest.raises(DeviceFailed):
        Sound(make_sound(0.01))
