"""Open files handed to clamd on one connection, a few at a time: the next is read while the last is checked.

clamd numbers what it is asked within an `IDSESSION`, and its answers bear the number (clamd(8)); they come in
any order. A connection that breaks, or says what nobody asked, has answered nothing: whatever it still owed
is handed over once more, each file on a connection of its own. Of a silent one the caller tires by itself.
"""

import sys

assert sys.platform == "linux"

import contextlib
import itertools
import os
import select
import socket
from pathlib import Path
from typing import Generic, Self, TypeVar

from agent.backends import clamd
from agent.backends.public_door import unix_socket
from agent.backends.virus_sample import Answer

Token = TypeVar("Token")

_MOST_BYTES = 65536
_MOST_DIGITS = 9


class Confused(Exception):
    """What clamd says is no answer to what it was asked."""


def read_numbered(line: bytes) -> tuple[int, Answer]:
    """Return the number and the meaning of one line of a session; raises Confused if it bears none."""
    number, separator, said = line.partition(b": ")
    if not separator or not number.isdigit() or len(number) > _MOST_DIGITS:
        raise Confused(line[:200].decode("utf-8", "replace"))
    return int(number), clamd.read_answer(said)


class ClamSession(Generic[Token]):
    """
    One check's conversation with clamd. Not for several threads.

    A token says whose answer it is. Files that are handed over are closed here. Raises nothing: a scanner
    that is gone has answered *not-scanned*. `patience_seconds`: how long one look for answers may take.
    """

    def __init__(self, where: Path, patience_seconds: float) -> None:
        self._where = where
        self._patience_seconds = patience_seconds
        self._link: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._owed: dict[int, tuple[Token, int]] = {}
        """By number: whose file, and its descriptor."""
        self._left: list[tuple[Token, int]] = []
        """Of a connection that broke."""
        self._heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._hang_up()
        for _token, file in self._left:
            os.close(file)
        self._left.clear()

    @property
    def waiting(self) -> int:
        """How many files were handed over and not answered for."""
        return len(self._owed) + len(self._left)

    @property
    def has_answer(self) -> bool:
        """Say whether clamd has said something that waits to be heard."""
        if self._link is None or not self._owed:
            return False
        here = select.poll()
        here.register(self._link, select.POLLIN)
        return bool(here.poll(0))

    def hand(self, token: Token, file: int) -> None:
        """Hand over an open file, from its beginning; it is clamd's and ours to close now."""
        try:
            link = self._link or self._call()
            # The command and the byte that carries the descriptor in one: clamd wakes once for it.
            socket.send_fds(link, [b"zFILDES\0\0"], [file])
        except OSError:
            self._left.append((token, file))
            self._hang_up()
            return
        self._owed[next(self._numbers)] = (token, file)

    def answers(self) -> list[tuple[Token, Answer]]:
        """Return what is answered now or soon, perhaps nothing. *Slow* once a connection has broken."""
        if self._left:
            (token, file), *self._left = self._left
            try:
                return [(token, clamd.scan_file(self._where, file))]
            finally:
                os.close(file)
        if self._link is None or not self._owed:
            return []
        try:
            return self._hear(self._link)
        except TimeoutError:
            return []
        except (OSError, Confused):
            self._hang_up()
            return []

    def _call(self) -> socket.socket:
        link = unix_socket()
        try:
            link.settimeout(self._patience_seconds)
            link.connect(str(self._where))
            link.sendall(b"zIDSESSION\0")
        except OSError:
            link.close()
            raise
        self._link, self._numbers, self._heard = link, itertools.count(1), b""
        return link

    def _hear(self, link: socket.socket) -> list[tuple[Token, Answer]]:
        piece = link.recv(_MOST_BYTES)
        if not piece or len(self._heard) > _MOST_BYTES:
            raise Confused("it hung up, or speaks without end")
        *lines, self._heard = (self._heard + piece).split(b"\0")
        found: list[tuple[Token, Answer]] = []
        for line in lines:
            try:
                found.append(self._take(*read_numbered(line)))
            except Confused:
                # What it said before stands: those files are closed and counted.
                self._hang_up()
                break
        return found

    def _take(self, number: int, answer: Answer) -> tuple[Token, Answer]:
        if number not in self._owed:
            raise Confused(f"nobody asked for {number}")
        token, file = self._owed.pop(number)
        os.close(file)
        return token, answer

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with contextlib.suppress(OSError):
                link.close()
        self._left += self._owed.values()
        self._owed.clear()
