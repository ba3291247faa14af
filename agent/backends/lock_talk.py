"""What the password field understands, without a screen: packets of the locker's checker, and keys. Pure."""

import codecs
from typing import Literal, NamedTuple

MAX_PASSWORD_LETTERS = 250
MAX_PACKET_BYTES = 64 * 1024
Pressed = Literal["", "changed", "enter", "cancel"]
_ENTER, _ERASE, _CLEAR, _CANCEL = "\r\n", "\b\x7f", "\x15", "\x1b"


class Packet(NamedTuple):
    """One message of the checker: `P` asks for a password, `U` for something shown; `i` and `e` only tell."""

    kind: str
    text: str


def take_packet(data: bytes) -> tuple[Packet | None, bytes]:
    """
    Return the first whole packet and what follows it; None while it is not whole.

    The form is `KIND LENGTH NEWLINE TEXT NEWLINE`. Raises ValueError on anything else.
    """
    head, found, rest = data.partition(b"\n")
    if not found:
        if len(head) > 16:
            raise ValueError("no packet")
        return None, data
    kind, _space, size_text = head.partition(b" ")
    size = int(size_text)
    if len(kind) != 1 or not 0 <= size <= MAX_PACKET_BYTES:
        raise ValueError("no packet")
    if len(rest) < size + 1:
        return None, data
    return Packet(kind.decode("latin-1"), rest[:size].decode("utf-8", "replace")), rest[size + 1 :]


def make_packet(kind: str, text: str) -> bytes:
    """Return an answer to the checker."""
    content = text.encode("utf-8", "surrogateescape")
    return f"{kind} {len(content)}\n".encode() + content + b"\n"


class Field:
    """The letters typed so far; only their number is ever shown."""

    def __init__(self) -> None:
        self._letters: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def __len__(self) -> int:
        return len(self._letters)

    def press(self, data: bytes) -> list[Pressed]:
        """Take what the locker passed on from the keyboard; return what each letter did."""
        return [self._press(letter) for letter in self._decoder.decode(data)]

    def _press(self, letter: str) -> Pressed:
        if letter in _ENTER:
            return "enter"
        if letter in _CANCEL:
            return "cancel"
        if letter in _ERASE:
            del self._letters[-1:]
        elif letter in _CLEAR:
            self._letters.clear()
        elif (letter.isprintable() or "\udc80" <= letter <= "\udcff") and len(self) < MAX_PASSWORD_LETTERS:
            self._letters.append(letter)
        else:
            return ""
        return "changed"

    def take(self) -> str:
        """Return the password and forget it."""
        password = "".join(self._letters)
        self._letters.clear()
        return password
