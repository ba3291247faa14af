"""What the person did, as the one kind of line the session reads; and what the session may say meanwhile."""

import os
import threading
from collections.abc import Callable
from typing import BinaryIO, Literal, Protocol

import msgspec

from agent.errors import AgentError
from agent.link import pages
from agent.window.gate import text_of
from agent.window.report_draft import MAX_PROBLEM_LETTERS, Picked, draft_of
from policies.agreements import text_hash
from policies.settings import Language

MAX_PAGE_BYTES = 1024 * 1024
MAX_SAID_LETTERS = 64 * 1024
"""More than the longest report the window lets anybody write."""


class WindowImpossible(AgentError):
    """This kind of window cannot be shown here. Try the plainer kind, else say that neither works."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One message from the page's script. It is checked like anything from outside."""

    do: Literal[
        "painted",
        "size",
        "help",
        "accepted",
        "declined",
        "read",
        "hush",
        "lock",
        "rules",
        "record",
        "here",
        "close",
        "ask",
        "withdraw",
        "cancel",
        "open",
        "finish",
        "report",
        "replies",
        "hide",
        "draft",
        "send",
        "problem",
        "unlock",
        "ok",
        "not-yet",
    ]
    language: Language = "en"
    hash: str = ""
    sections: tuple[int, ...] = ()
    line: int = -1
    height: int = 0
    reason: str = ""
    pupil_data: bool = False
    picked: Picked | None = None
    """What stands in the report's window."""
    passphrase: str = ""


class CloseNow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From the session: go away without an answer."""

    close: Literal[True]


_MOST_PASSPHRASE = 512
_CHOICES: dict[type[pages.Page], frozenset[str]] = {
    pages.CountdownPage: frozenset(("here",)),
    pages.PanelPage: frozenset(("help", "lock", "rules", "record", "close", "report", "replies")),
    pages.RulesPage: frozenset(("close", "report")),
    pages.RecordPage: frozenset(("close", "report")),
    pages.NoticePage: frozenset(("close", "report")),
    pages.StickPage: frozenset(("close",)),
    pages.AppPage: frozenset(("close",)),
    pages.MessagePage: frozenset(("ok", "not-yet", "help", "close")),
    pages.AttentionPage: frozenset(("help", "report")),
    pages.ReceiptPage: frozenset(("close", "report")),
    pages.RepliesPage: frozenset(("close", "report")),
}
_STICK = frozenset(("ask", "withdraw", "cancel", "open", "finish", "unlock", "help", "report"))
"""Buttons of a stick's window, which stays and changes with the stick."""
_APP = frozenset(("ask", "withdraw", "help", "report"))
"""The same of an app that was put away."""


def decide_answer(
    page: pages.AnyPage, said: Said, kind: Literal["web", "plain"] = "web"
) -> pages.WindowAnswer | None:
    """
    Return the answer this message stands for, or None if it is none here.

    Accept counts only if every section of that language's text was shown to its end, and its hash is
    that of the page's own text.
    """
    if said.do == "painted":
        return pages.WindowAnswer(event="painted", language=page.language, kind=kind)
    if isinstance(page, pages.GatePage):
        return _gate_answer(page, said, kind)
    if isinstance(page, pages.ReportPage):
        return _report_answer(page, said, kind)
    if isinstance(page, pages.StickPage) and said.do in _STICK:
        return pages.WindowAnswer(
            event="help" if said.do in ("help", "report") else "stick",
            choice=said.do,  # type: ignore[arg-type]
            language=page.language,
            kind=kind,
            reason=said.reason[:200],
            pupil_data=said.pupil_data,
            passphrase=said.passphrase
            if said.do == "unlock" and len(said.passphrase) <= _MOST_PASSPHRASE
            else "",
        )
    if isinstance(page, pages.AppPage) and said.do in _APP:
        return pages.WindowAnswer(
            event="help" if said.do in ("help", "report") else "app",
            choice=said.do,  # type: ignore[arg-type]
            language=page.language,
            kind=kind,
            reason=said.reason[:200],
        )
    if said.do == "hide" and isinstance(page, pages.PanelPage):
        return pages.WindowAnswer(event="hide", choice="hide", language=page.language, kind=kind)
    if said.do == "report" and isinstance(page, pages.MessagePage):
        return pages.WindowAnswer(event="help", choice="report", language=page.language, kind=kind)
    if said.do == "help" and isinstance(page, pages.ReceiptPage | pages.NoticePage):
        return pages.WindowAnswer(event="help", choice="help", language=page.language, kind=kind)
    if said.do in _CHOICES[type(page)]:
        return pages.WindowAnswer(event="done", choice=said.do, language=page.language, kind=kind)  # type: ignore[arg-type]
    return None


def _report_answer(
    page: pages.ReportPage, said: Said, kind: Literal["web", "plain"]
) -> pages.WindowAnswer | None:
    """Return what was done with a report; *Leave without telling* carries no draft, so nothing is kept."""
    picked = said.picked
    draft = None if picked is None else draft_of(page, picked, said.language)
    match said.do:
        case "draft" | "hide" | "send" as what if draft is not None:
            choice: Literal["", "hide", "send"] = "" if what == "draft" else what
            return pages.WindowAnswer(
                event=what, choice=choice, language=said.language, kind=kind, draft=draft
            )
        case "problem" if picked is not None:
            return pages.WindowAnswer(
                event="done",
                choice="problem",
                problem=picked.problem or "other",
                reason=picked.problem_words[:MAX_PROBLEM_LETTERS],
                language=said.language,
                kind=kind,
            )
        case "help":
            return pages.WindowAnswer(event="help", choice="help", language=said.language, kind=kind)
        case "close":
            return pages.WindowAnswer(
                event="done", choice="close", language=said.language, kind=kind, draft=draft
            )
    return None


def _gate_answer(
    page: pages.GatePage, said: Said, kind: Literal["web", "plain"]
) -> pages.WindowAnswer | None:
    if said.do in ("help", "report"):
        return pages.WindowAnswer(event="help", choice=said.do, language=said.language, kind=kind)
    if said.do not in ("accepted", "declined"):
        return None
    text = text_of(page, said.language)
    everything = set(range(len(text.sections)))
    shown = everything & set(said.sections)
    if said.do == "accepted" and (
        shown != everything or text.language != said.language or said.hash != text_hash(text)
    ):
        return None
    return pages.WindowAnswer(
        event="done",
        choice="accepted" if said.do == "accepted" else "declined",
        language=text.language,
        text_hash=text_hash(text),
        pages_shown=len(shown),
        kind=kind,
    )


def stays_for(shown: pages.AnyPage, new: pages.AnyPage) -> bool:
    """Say whether the window that shows one page may take this one: of its kind, or a report's receipt."""
    return type(new) is type(shown) or (
        isinstance(shown, pages.ReportPage) and isinstance(new, pages.ReceiptPage)
    )


def read_said(message: str) -> Said | None:
    """Return the script's message, or None if it is not one."""
    if len(message) > MAX_SAID_LETTERS:
        return None
    try:
        return msgspec.json.decode(message, type=Said)
    except (msgspec.DecodeError, ValueError):
        return None


def read_line(line: bytes) -> pages.AnyPage | CloseNow | None:
    """Return what a line from the session asks for, or None if it is no such thing."""
    try:
        return msgspec.json.decode(line, type=pages.AnyPage)  # type: ignore[no-any-return]
    except (msgspec.DecodeError, ValueError):
        pass
    try:
        return msgspec.json.decode(line, type=CloseNow)
    except (msgspec.DecodeError, ValueError):
        return None


class Lines(Protocol):
    """Where the session's lines come from."""

    def readline(self, limit: int, /) -> bytes:
        """Return the next line with its end, or what is left, or nothing at the end."""
        ...


class LinesOf:
    """
    Lines of a file descriptor, read without Python's own buffer.

    A thread waiting inside `sys.stdin` makes the interpreter abort at its end; in `os.read` it does not.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def readline(self, limit: int, /) -> bytes:
        """Return the next line; one longer than `limit` comes in pieces."""
        while b"\n" not in self._rest and len(self._rest) < limit:
            more = os.read(self._descriptor, 65_536)
            if not more:
                break
            self._rest += more
        end = self._rest.find(b"\n") + 1 or len(self._rest)
        line, self._rest = self._rest[: min(end, limit)], self._rest[min(end, limit) :]
        return line


class Talk:
    """The window's two ends: answers go out line by line, further pages come in."""

    def __init__(self, incoming: Lines, outgoing: BinaryIO, kind: Literal["web", "plain"] = "web") -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()
        self.kind = kind
        self.over = False
        """The last line has been said; nothing more goes out."""

    def first_page(self) -> pages.AnyPage | None:
        """Return the page to show, or None if the first line is none."""
        found = read_line(self._incoming.readline(MAX_PAGE_BYTES))
        return None if found is None or isinstance(found, CloseNow) else found

    def answer(self, page: pages.AnyPage, said: Said) -> bool:
        """Say what the person did. Return whether that ends the window."""
        answer = decide_answer(page, said, self.kind)
        if answer is None:
            return False
        with self._lock:
            if self.over:
                return False
            self.over = answer.event == "done"
            try:
                self._outgoing.write(msgspec.json.encode(answer) + b"\n")
                self._outgoing.flush()
            except OSError:
                self.over = True
        return self.over

    def listen(self, on_page: Callable[[pages.AnyPage], None], on_close: Callable[[], None]) -> None:
        """Read further lines in a thread until the session closes its end; garbage is passed over."""
        threading.Thread(target=self._listen, args=(on_page, on_close), daemon=True).start()

    def _listen(self, on_page: Callable[[pages.AnyPage], None], on_close: Callable[[], None]) -> None:
        while line := self._incoming.readline(MAX_PAGE_BYTES):
            found = read_line(line)
            if isinstance(found, CloseNow):
                break
            if found is not None:
                on_page(found)
        on_close()
