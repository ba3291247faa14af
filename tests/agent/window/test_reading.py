"""Reading aloud: the right line, one at a time, stopped at once, honest when there is no sound."""

import threading
from pathlib import Path

from agent.backends.sound_linux import Sound
from agent.link.speech import sentence_line, speech_file, spoken_lines
from agent.window.reading import Reader
from policies.settings import TIERS
from tests.support import window_pages

PAGE = window_pages.gate("junior")


class FakeSound:
    def __init__(self, path: Path, sounds: bool = True) -> None:
        self.path, self.sounds = path, sounds
        self.stopped = threading.Event()
        self.may_end = threading.Event()

    def finish(self) -> bool:
        self.may_end.wait(30)
        return self.sounds

    def stop(self) -> None:
        self.stopped.set()
        self.may_end.set()


class Listener:
    def __init__(self) -> None:
        self.heard: list[bool] = []
        self.came = threading.Event()

    def __call__(self, sounded: bool) -> None:
        self.heard.append(sounded)
        self.came.set()


def test_everything_shown_to_a_child_can_be_heard_in_both_languages() -> None:
    for tier in TIERS:
        for text in window_pages.AGREEMENTS[tier].texts:
            lines = spoken_lines(text)
            sentences = [sentence_line(each) for part in text.sections for each in part.sentences]

            assert len(lines) == len(set(lines))
            assert set(sentences) <= set(lines)
            assert (text.title, text.intro) == lines[:2]


def test_the_same_words_in_another_language_are_another_sound(tmp_path: Path) -> None:
    assert speech_file(tmp_path, "en", "Stop") != speech_file(tmp_path, "tr", "Stop")


def test_a_line_is_played_from_its_own_file_and_its_end_is_told(tmp_path: Path) -> None:
    sounds: list[FakeSound] = []
    listener = Listener()

    def start(path: Path) -> FakeSound:
        sounds.append(FakeSound(path))
        return sounds[-1]

    Reader(tmp_path, start, listener).read(PAGE, "tr", 1)
    sounds[0].may_end.set()

    assert listener.came.wait(30)
    assert [True] == listener.heard
    assert speech_file(tmp_path, "tr", PAGE.agreement.texts[1].intro) == sounds[0].path


def test_another_line_stops_the_first_whose_end_is_not_told(tmp_path: Path) -> None:
    sounds: list[FakeSound] = []
    listener = Listener()

    def start(path: Path) -> FakeSound:
        sounds.append(FakeSound(path))
        return sounds[-1]

    reader = Reader(tmp_path, start, listener)
    reader.read(PAGE, "en", 0)
    reader.read(PAGE, "en", 1)
    sounds[1].may_end.set()

    assert sounds[0].stopped.is_set()
    assert listener.came.wait(30)
    assert [True] == listener.heard


def test_without_rendered_speech_or_for_a_line_that_is_none_it_says_that_it_cannot(tmp_path: Path) -> None:
    listener = Listener()
    Reader(None, FakeSound, listener).read(PAGE, "en", 0)
    Reader(tmp_path, FakeSound, listener).read(PAGE, "en", 9999)
    Reader(tmp_path, FakeSound, listener).read(PAGE, "en", -1)

    assert [False, False, False] == listener.heard


def _player(folder: Path, body: str) -> tuple[str]:
    path = folder / f"player-{len(list(folder.iterdir()))}"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return (str(path),)


def test_a_player_that_fails_gives_way_to_the_next(tmp_path: Path) -> None:
    wav = tmp_path / "line.wav"
    wav.write_bytes(b"RIFF")
    broken, works = _player(tmp_path, "exit 1"), _player(tmp_path, f'echo "$1" > {tmp_path}/played')

    assert Sound(wav, [("/nonexistent/player",), broken, works]).finish()
    assert f"{wav}\n" == (tmp_path / "played").read_text()


def test_no_player_that_works_or_no_file_is_no_sound(tmp_path: Path) -> None:
    wav = tmp_path / "line.wav"
    wav.write_bytes(b"RIFF")

    assert not Sound(wav, [_player(tmp_path, "exit 1")]).finish()
    assert not Sound(tmp_path / "missing.wav", [_player(tmp_path, "exit 0")]).finish()


def test_a_sound_that_was_stopped_ends_at_once_and_tries_no_other_player(tmp_path: Path) -> None:
    wav = tmp_path / "line.wav"
    wav.write_bytes(b"RIFF")
    slow = _player(tmp_path, f"touch {tmp_path}/begun; exec sleep 60")
    other = _player(tmp_path, f"touch {tmp_path}/other")
    sound = Sound(wav, [slow, other])
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(sound.finish()))
    thread.start()
    while not (tmp_path / "begun").exists() and thread.is_alive():
        thread.join(0.01)
    sound.stop()
    thread.join(30)

    assert [True] == ended
    assert not (tmp_path / "other").exists()
