"""An adult's answer to whoever told: verified when it comes, opened only when that person asks to see it.

It never opens by itself and never says what it answers; the panel shows a number. The policy key alone proves
nothing here, because the server holds it: an officer on the signed list must have signed the answer too.
"""

import logging
from collections import deque
from typing import Literal

import msgspec

from agent.link import messages, pages
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.report_store import KeptReply, KeptReport
from agent.service.reports import Reports, is_theirs
from policies import orders, sealing
from policies.decoding import UNREADABLE
from policies.officers import OfficersList
from policies.records import OrderDone
from policies.reports import ReplyWords, reply_bound, reply_signed

log = logging.getLogger(__name__)

MOST_REPLIES = 20
"""To one report. More are refused: the panel is no place for a conversation."""
REMEMBERED = 400


class ReplyRefused(Exception):
    """This answer is not kept; the text says why."""


def open_reply(report: KeptReport, sealed: bytes) -> ReplyWords:
    """Return an answer's words; raise ReplyRefused if it is not sealed to this report or is of another."""
    try:
        bound = reply_bound(report.report, report.device)
        words = msgspec.json.decode(sealing.open_sealed(report.reply_private, sealed, bound), type=ReplyWords)
    except sealing.CannotOpen as problem:
        raise ReplyRefused("not sealed to this report's key") from problem
    except UNREADABLE as problem:
        raise ReplyRefused("sealed, but no answer this version knows") from problem
    if words.report != report.report:
        raise ReplyRefused("sealed for this report, but it speaks of another")
    return words


def check_reply(report: KeptReport | None, said: orders.ReportReply, listed: OfficersList | None) -> None:
    """Raise ReplyRefused unless an officer on this list wrote this answer to this report."""
    if report is None or not report.reply_private:
        raise ReplyRefused("no answer to this report is waited for here")
    officers = listed.officers if listed else ()
    officer = next((who for who in officers if who.id == said.by_key and who.role != "recovery"), None)
    if officer is None:
        raise ReplyRefused("whoever signed it is not on this laptop's list of officers")
    try:
        sealing.verify(
            officer.sign_key, reply_signed(report.report, report.device, said.sealed), said.signature
        )
    except sealing.BadSignature as problem:
        raise ReplyRefused("not signed by that officer") from problem
    if len(report.replies) >= MOST_REPLIES:
        raise ReplyRefused("there are too many answers to this report already")
    open_reply(report, said.sealed)


class Replies:
    """Keeps answers until they are read or expire."""

    def __init__(self, ground: Ground, reports: Reports) -> None:
        self._ground = ground
        self._reports = reports
        self._answered: deque[str] = deque(maxlen=REMEMBERED)
        """Orders whose outcome was recorded by this run of the service."""

    def obey(self, said: orders.ReportReply) -> None:
        """Take one answer, once; its outcome is told again where the last run may not have come so far."""
        store = self._reports.store
        if said.order in self._answered or store is None:
            return
        report = store.all.get(said.report)
        if report is not None and said.order in report.obeyed:
            self._done(said, "done")
            return
        if said.expires_at <= self._ground.now():
            self._done(said, "expired")
            return
        try:
            check_reply(report, said, self._ground.officers)
        except ReplyRefused as refused:
            log.warning("reply refused", extra={"problem": str(refused)})
            self._done(said, "refused", str(refused))
            return
        if report is None:
            return
        reply = KeptReply(order=said.order, sealed=said.sealed, expires_at=said.expires_at)
        report.replies = (*report.replies, reply)
        report.obeyed = (*report.obeyed, said.order)
        try:
            store.save(report)
        except OSError as problem:
            log.error("reply not kept", extra={"problem": str(problem)})
            report.replies, report.obeyed = report.replies[:-1], report.obeyed[:-1]
            return  # the server says it again, and the disk may have room by then
        self._done(said, "done")

    def _done(
        self, said: orders.ReportReply, outcome: Literal["done", "expired", "refused"], problem: str = ""
    ) -> None:
        self._answered.append(said.order)
        self._ground.keep(
            OrderDone(at=self._ground.now(), order=said.order, outcome=outcome, problem=problem[:200])
        )

    # ---- the person who told ----

    def _kept_for(self, login: Login) -> list[tuple[KeptReport, KeptReply]]:
        store, now = self._reports.store, self._ground.now()
        return [
            (report, reply)
            for report in (store.all.values() if store else ())
            if report.replies and is_theirs(report, login)
            for reply in report.replies
            if reply.expires_at > now
        ]

    def unread(self, login: Login) -> int:
        """Return how many answers this person has not seen."""
        return sum(reply.read_at is None for _report, reply in self._kept_for(login))

    def read(self, login: Login) -> int:
        """Return how many answers this person has seen and can see again."""
        return sum(reply.read_at is not None for _report, reply in self._kept_for(login))

    def asked(self, login: Login, word: messages.Asked) -> bool:
        """Show this person's answers if that was asked for; say whether it was."""
        if word.what != "replies":
            return False
        if login.state == "open":
            self._show(login)
        return True

    def _show(self, login: Login) -> None:
        ground = self._ground
        shown: list[ReplyWords] = []
        for report, reply in self._kept_for(login):
            try:
                shown.append(open_reply(report, reply.sealed))
            except ReplyRefused as problem:
                log.warning("kept reply not opened", extra={"problem": str(problem)})
                continue
            self._is_read(report, reply)
        ground.show(
            login,
            pages.RepliesPage(
                school=ground.school,
                language=login.person.language,
                tier=login.person.tier,
                replies=tuple(
                    pages.Reply(at=words.at.isoformat(), by=words.by, words=words.words)
                    for words in sorted(shown, key=lambda words: words.at)
                ),
                contacts=ground.contacts,
            ),
        )

    def _is_read(self, report: KeptReport, reply: KeptReply) -> None:
        if reply.read_at is not None or self._reports.store is None:
            return
        read = msgspec.structs.replace(reply, read_at=self._ground.now())
        report.replies = tuple(read if each.order == reply.order else each for each in report.replies)
        try:
            self._reports.store.save(report)
        except OSError as problem:
            log.warning("reading not noted", extra={"problem": str(problem)})
