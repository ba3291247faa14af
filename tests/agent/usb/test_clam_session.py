"""One connection with the scanner, several files on their way: each answer reaches the file it is about."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.clam_session import ClamSession, Confused, read_numbered
from tests.support.virus_signatures import EICAR

PATIENCE_SECONDS = 30.0
CLEAN, HARMFUL = b"words", EICAR


class Opened(int):
    """The descriptor of an open file that nobody else can reach."""

    def is_open(self):
        """Say whether it is that very file still: numbers are given again."""
        try:
            return os.fstat(self).st_ino == self.inode
        except OSError:
            return False


def opened(content):
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        made = Opened(os.dup(file.fileno()))
        made.inode = os.fstat(made).st_ino
        return made


def all_answers(session):
    """Every answer by its token, waited for."""
    found = {}
    until = time.monotonic() + 60
    while session.waiting and time.monotonic() < until:
        for token, answer in session.answers():
            assert token not in found
            found[token] = answer.verdict
    return found


def verdict_of(content):
    return "Eicar FOUND" if content == HARMFUL else "OK"


class PlayedClamd:
    """A clamd that looks at the files it is handed, and says what a test has it say in a session."""

    def __init__(self, folder, say):
        self.path = folder / "clamd.sock"
        self._say = say
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.path))
        self._listening.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                link, _ = self._listening.accept()
            except OSError:
                return
            with link:
                link.settimeout(60)
                if link.recv(len(b"zFILDES\0")) == b"zFILDES\0":
                    link.sendall(f"fd[9]: {verdict_of(self._file(link, 1))}\0".encode())
                else:
                    link.recv(len(b"zIDSESSION\0") - len(b"zFILDES\0"))
                    self._say(self, link)

    def _file(self, link, length=9):
        _, (file,), *_ = socket.recv_fds(link, length, 1)
        try:
            return os.pread(file, 1000, 0)
        finally:
            os.close(file)

    def take(self, link, count):
        """The contents of so many files of a session."""
        return [self._file(link) for _ in range(count)]

    def close(self):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.thread.join(30)


@pytest.fixture
def play(tmp_path):
    made = []
    folder = Path(tempfile.mkdtemp(prefix="gp-"))

    def make(say, patience_seconds=PATIENCE_SECONDS):
        made.append(PlayedClamd(folder, say))
        return ClamSession(made[-1].path, patience_seconds)

    yield make
    for each in made:
        each.close()
        each.path.unlink()
    folder.rmdir()


def hand_three(session):
    files = [opened(content) for content in (CLEAN, HARMFUL, CLEAN)]
    for token, file in zip("abc", files, strict=True):
        session.hand(token, file)
    return files


EXPECTED = {"a": "clean", "b": "harmful", "c": "clean"}


def test_the_real_scanner_answers_for_each_file_on_one_connection(clamd, limits):
    clamd.start(limits)
    with ClamSession(clamd.socket, PATIENCE_SECONDS) as session:
        files = hand_three(session)
        found = all_answers(session)

    assert EXPECTED == found
    assert [False] * 3 == [file.is_open() for file in files]


def test_the_real_scanner_started_anew_between_two_files_answers_for_both(clamd, limits):
    clamd.start(limits)
    with ClamSession(clamd.socket, PATIENCE_SECONDS) as session:
        session.hand("a", opened(HARMFUL))
        first = all_answers(session)
        clamd.stop()
        clamd.start(limits)
        session.hand("b", opened(HARMFUL))
        second = all_answers(session)

    assert ({"a": "harmful"}, {"b": "harmful"}) == (first, second)


def test_answers_in_another_order_reach_the_right_files(play):
    def say(played, link):
        contents = played.take(link, 3)
        for number in (3, 1, 2):
            link.sendall(f"{number}: fd[9]: {verdict_of(contents[number - 1])}\0".encode())
        link.recv(1)

    with play(say) as session:
        hand_three(session)
        found = all_answers(session)

    assert EXPECTED == found


@pytest.mark.parametrize(
    "instead",
    [b"", b"7: fd[9]: OK\0", b"COMMAND READ TIMED OUT\n", b"x: fd[9]: OK\0", 2 * b"1: fd[9]: OK\0"],
    ids=["hangs up", "a number of nobody's", "no number", "no digit", "one number twice"],
)
def test_what_a_broken_connection_owed_is_asked_for_again_file_by_file(play, instead):
    def say(played, link):
        played.take(link, 3)
        link.sendall(instead)

    with play(say) as session:
        files = hand_three(session)
        found = all_answers(session)

    assert EXPECTED == found
    assert [False] * 3 == [file.is_open() for file in files]


def test_after_a_broken_connection_the_next_file_begins_a_new_one(play):
    sessions = []

    def say(played, link):
        sessions.append(played.take(link, 1))
        if len(sessions) == 2:
            link.sendall(b"1: fd[9]: Eicar FOUND\0")

    with play(say) as session:
        session.hand("a", opened(CLEAN))
        first = all_answers(session)
        session.hand("b", opened(HARMFUL))
        second = all_answers(session)

    assert ({"a": "clean"}, {"b": "harmful"}) == (first, second)
    assert [[CLEAN], [HARMFUL]] == sessions


def test_without_a_scanner_nothing_was_checked(tmp_path):
    with ClamSession(tmp_path / "nobody", PATIENCE_SECONDS) as session:
        hand_three(session)
        found = all_answers(session)

    assert dict.fromkeys("abc", "not-scanned") == found


def test_a_silent_scanner_answers_nothing_and_holds_nobody_up(play):
    done = threading.Event()
    with play(lambda _played, _link: done.wait(60), patience_seconds=0.01) as session:
        files = hand_three(session)
        found = session.answers()
        waiting = session.waiting
        done.set()

    assert ([], 3) == (found, waiting)
    assert [False] * 3 == [file.is_open() for file in files]


@given(st.builds(bytes.__add__, st.sampled_from([b"", b"7: ", b"12: fd[9]"]), st.binary(max_size=80)))
def test_a_line_is_an_answer_to_a_number_or_confusion(line):
    try:
        number, answer = read_numbered(line)
    except Confused:
        return
    assert number == int(line.partition(b": ")[0])
    assert answer.verdict != "clean" or line.strip(b"\0\n ").endswith(b": OK")


@given(
    st.integers(1, 10**6),
    st.sampled_from([("OK", "clean"), ("Eicar FOUND", "harmful"), ("ERROR", "not-scanned")]),
)
def test_numbers_and_verdicts_are_read(number, said):
    read = read_numbered(f"{number}: fd[9]: {said[0]}".encode())

    assert (number, said[1]) == (read[0], read[1].verdict)
