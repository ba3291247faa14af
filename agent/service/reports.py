"""*Something's wrong*: from the window's draft to a sealed report on its way, and a receipt that is true.

A report counts as taken once its sealed record is in the journal. Until the server has it a copy lies beside
the journal, so that neither a kill nor a torn journal loses it; the server counts its id once. *Sent* is said
only when the server has it.
"""

import logging
import secrets
from typing import Literal

from agent.errors import JournalUnwritable
from agent.link import messages
from agent.service.endings import Endings
from agent.service.ground import Ground, Server
from agent.service.journal import Place
from agent.service.login import Login
from agent.service.report_limits import decide_take
from agent.service.report_pages import Why, receipt_page, report_page
from agent.service.report_sealing import Teller, seal_report, words_of
from agent.service.report_store import KeptReport, ReportStore, decide_forget, decide_replies, whose_of
from policies import reports, sealing
from policies.officers import Officer, OfficersList
from policies.recording import Stream
from policies.reports import ReportDraft

log = logging.getLogger(__name__)

SENT_WITHIN_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 0.25
LOOK_LATER_SECONDS = 2.0
LOST_LOOK_SECONDS = 5.0
FORGET_EVERY_SECONDS = 3600.0
OWED_SECONDS = 10.0
"""A receipt shown so lately is the answer to what was cut off."""
REFUSE_AGAIN_SECONDS = 1.0
"""A program that asks a hundred times a second is answered once."""

How = Literal["open", "renew", "renew-or-open"]
State = Literal["sending", "sent", "waiting"]


def decide_receipt(*, is_safe: bool, seconds: float) -> State:
    """Return what may be said of a report this long after it was told. Pure."""
    if is_safe:
        return "sent"
    return "sending" if seconds < SENT_WITHIN_SECONDS else "waiting"


def decide_place(
    report: KeptReport, *, found: str, next_seq: int, torn: bool
) -> Literal["waits", "safe", "again"]:
    """
    Return where an unconfirmed report stands, looking at the journal afresh. Pure.

    `found`: hash of the batch at its number, empty for none. `next_seq`: of the stream. `torn`: records may
    have been lost, so that a missing batch proves nothing. Sent twice it counts once, so doubt sends again.
    """
    if found and found == (report.batch or found) and report.seq:
        return "waits"
    if report.batch and not found and report.seq < next_seq and not torn:
        return "safe"
    return "again"


def is_theirs(report: KeptReport, login: Login) -> bool:
    """Say whether this login is the person who told, not merely somebody at the same laptop. Pure."""
    return report.whose == whose_of(report.report, login.os_user, login.person.person)


class Reports:
    """Takes reports and follows each until the server has it."""

    def __init__(self, ground: Ground, endings: Endings) -> None:
        self._ground = ground
        self._endings = endings
        self.store: ReportStore | None = None
        """What was told on this laptop, of its present enrolment; None without one."""
        self._losses = 0
        self._told: dict[str, float] = {}
        """Boot time of each report's telling, or of the start of this service."""
        self._shown: dict[str, State] = {}
        self._refused: dict[str, float] = {}
        self._receipts: dict[str, float] = {}
        """Boot time of the last receipt each login was shown."""
        ground.loop.every(LOST_LOOK_SECONDS, self._look_for_lost)
        ground.loop.every(FORGET_EVERY_SECONDS, self._forget_old)

    # ---- what was taken before ----

    def enrolled(self) -> None:
        """An enrolment begins, or this service does: find where every report of it stands."""
        server = self._ground.server
        if server is None:
            self.store = None
            return
        self.store = ReportStore(self._ground.config.reports, server.enrolment.device)
        self._losses = 0
        self._look_afresh()

    @property
    def unsent(self) -> int:
        """How many the server has not got yet."""
        return len(self._unsafe())

    def _unsafe(self) -> list[KeptReport]:
        found = self.store.all.values() if self.store else ()
        return sorted((report for report in found if not report.is_safe), key=lambda report: report.at)

    def _look_afresh(self) -> None:
        """Compare with the journal; what is in doubt is put there once more."""
        server = self._ground.server
        if server is None:
            return
        torn, self._losses = server.journal.losses > self._losses, server.journal.losses
        for report in self._unsafe():
            place = self._place(server, report.seq)
            match decide_place(report, found=place.batch, next_seq=place.next_seq, torn=torn):
                case "waits":
                    report.batch = place.batch
                case "safe":
                    self._is_safe(report)
                case "again":
                    log.warning("report put into the journal again", extra={"torn": torn})
                    self._put(server, report)

    def _look_for_lost(self) -> None:
        """Put again what a journal that tore, or could not be written, does not hold."""
        server = self._ground.server
        if server is None or self.store is None:
            return
        unwritten = any(not report.is_safe and not report.seq for report in self.store.all.values())
        if unwritten or server.journal.losses != self._losses:
            self._look_afresh()

    def _put(self, server: Server, report: KeptReport) -> bool:
        """Write its record into the journal; False, and in doubt, if that was impossible."""
        if report.sent is None:
            return True
        try:
            (kept,) = self._ground.keep_all(Stream.REPORT, [report.sent], must=True)
        except JournalUnwritable as problem:
            log.error("report not in the journal", extra={"problem": str(problem)})
            report.seq, report.batch = 0, ""
            self._save(report)
            return False
        report.seq, report.batch = kept.seq, self._place(server, kept.seq).batch
        self._save(report)
        return True

    def _place(self, server: Server, seq: int) -> Place:
        """Return what the journal says of a number; of one that cannot be read, nothing."""
        try:
            return server.journal.place_of(Stream.REPORT, seq)
        except JournalUnwritable as problem:
            log.error("journal not read", extra={"problem": str(problem)})
            return Place("", 0)

    def _save(self, report: KeptReport) -> None:
        if self.store is None:
            return
        self.store.all[report.report] = report
        try:
            self.store.save(report)
        except OSError as problem:
            log.error("report's file not written", extra={"problem": str(problem)})

    def acknowledged(self) -> None:
        """The server has said what it has."""
        server = self._ground.server
        if server is None:
            return
        if server.journal.losses != self._losses:
            self._look_afresh()
        below = self._ground.safe_below.get(Stream.REPORT, 0)
        for report in self._unsafe():
            place = self._place(server, report.seq)
            if 0 < report.seq < min(below, place.next_seq) and not place.batch:
                self._is_safe(report)

    def _is_safe(self, report: KeptReport) -> None:
        report.sent = None
        self._save(report)
        self._say_how_far(report)

    def _forget_old(self) -> None:
        """Drop what is over; on a laptop under quarantine nothing is dropped."""
        if self.store is None or self._ground.quarantined:
            return
        now = self._ground.now()
        for report in list(self.store.all.values()):
            replies = decide_replies(report.replies, now)
            if decide_forget(report, now):
                self.store.forget(report)
                self._told.pop(report.report, None)
                self._shown.pop(report.report, None)
            elif replies != report.replies:
                report.replies = replies
                self._save(report)

    # ---- asked and told ----

    def asked(self, login: Login, word: messages.Asked) -> bool:
        """Show the way to tell; False where it does not exist, and then the call is one for help."""
        if word.what != "report" or not self._ground.takes_reports or not self._can_see(login):
            return False
        self._endings.give_time(login)
        self._ground.show(login, report_page(self._ground, login, word.place))
        return True

    def _can_see(self, login: Login) -> bool:
        return login.state in ("gate", "open", "notice") and login.session is not None

    def written(self, login: Login, word: messages.ReportWritten) -> None:
        """Somebody told. Whatever becomes of it, they are told that; a login that just ends tells as well."""
        server, listed, store = self._ground.server, self._ground.officers, self.store
        if not self._ground.takes_reports or server is None or listed is None or store is None:
            self._refuse(login, word.draft, "switched-off")
            return
        draft = word.draft
        readers = reports.route(listed, harms=draft.harms, subject=draft.subject, not_to=draft.not_to)
        if not readers:
            self._refuse(login, draft, "nobody-left")
            return
        mine = [report for report in store.all.values() if is_theirs(report, login)]
        unsent = sum(not report.is_safe for report in mine)
        danger = draft.urgency == "danger"
        if not decide_take((report.at for report in mine), unsent, self._ground.now(), danger=danger):
            self._refuse(login, draft, "too-many")
            return
        report = self._seal(login, draft, server, listed, readers)
        if report is None or not self._put_first(server, store, report):
            self._refuse(login, draft, "not-kept")
            return
        self._told[report.report] = self._ground.clock.boot()
        self._show_receipt(login, report, "sending", "open")
        self._follow(report)

    def _seal(
        self,
        login: Login,
        draft: ReportDraft,
        server: Server,
        listed: OfficersList,
        readers: tuple[Officer, ...],
    ) -> KeptReport | None:
        person = login.person
        teller = Teller(person.person, person.display_name, login.os_user, person.tier, person.year)
        # An account that is nobody's own is used by many: an answer would be read by whoever comes next.
        answers = person.person is not None
        reply_private = sealing.new_opening_key() if answers else b""
        words = words_of(
            draft,
            teller,
            report=secrets.token_hex(16),
            device=server.enrolment.device,
            at=self._ground.now(),
            reply_key=sealing.opening_public_key(reply_private) if answers else None,
        )
        try:
            sent = seal_report(
                words, readers, device_private=server.enrolment.device_private, list_seq=listed.seq
            )
        except sealing.SealingError as problem:
            log.error("report not sealed", extra={"problem": str(problem)})
            return None
        return KeptReport(
            report=words.report,
            device=words.device,
            at=words.at,
            whose=whose_of(words.report, login.os_user, person.person),
            login=login.id,
            reply_private=reply_private,
            urgent=draft.urgency == "danger",
            readers=tuple(reader.id for reader in readers),
            sent=sent,
        )

    def _put_first(self, server: Server, store: ReportStore, report: KeptReport) -> bool:
        """Take a new report: its own file first, then the journal; False leaves no trace of it."""
        report.seq = self._place(server, 0).next_seq
        # A full disk may still have the journal's reserve: the words go, though an answer's key is not kept.
        self._save(report)
        if self._put(server, report):
            return True
        store.forget(report)
        return False

    # ---- receipts ----

    def connected(self, login: Login) -> None:
        """A session runs (again): whoever told something in this login is told how it stands."""
        for report in list(self.store.all.values()) if self.store else ():
            if report.login == login.id and not report.told:
                self._shown.pop(report.report, None)
                self._follow(report)

    def cut_off(self, login: Login) -> None:
        """Something was told to a session that ended: show the receipt it is owed, or that none is known."""
        if self._ground.clock.boot() - self._receipts.get(login.id, -OWED_SECONDS) < OWED_SECONDS:
            return
        if any(report.login == login.id for report in (self.store.all.values() if self.store else ())):
            return  # `connected` follows it
        log.warning("a report was cut off")
        self._ground.show(login, receipt_page(self._ground, login, "refused", urgent=False, why="cut-off"))

    def _follow(self, report: KeptReport) -> None:
        state = self._say_how_far(report)
        if state != "sent" and report.login in self._ground.logins:
            again = LOOK_LATER_SECONDS if state == "waiting" else LOOK_AGAIN_SECONDS
            self._ground.loop.after(again, lambda: self._follow(report))

    def _say_how_far(self, report: KeptReport) -> State:
        told = self._told.setdefault(report.report, self._ground.clock.boot())
        state = decide_receipt(is_safe=report.is_safe, seconds=self._ground.clock.boot() - told)
        login, before = self._ground.logins.get(report.login), self._shown.get(report.report)
        if login is not None and state != before:
            # A receipt that says *wait* and was closed is not opened again by itself.
            self._show_receipt(login, report, state, "renew" if before == "waiting" else "renew-or-open")
        return state

    def _show_receipt(self, login: Login, report: KeptReport, state: State, how: How) -> None:
        if login.session is None or not login.session.connected:
            return
        self._shown[report.report] = state
        self._receipts[login.id] = self._ground.clock.boot()
        page = receipt_page(self._ground, login, state, urgent=report.urgent, reader_ids=report.readers)
        self._ground.show(login, page, how)
        if state == "sent":
            report.told, report.login = True, ""
            self._save(report)

    def _refuse(self, login: Login, draft: ReportDraft, why: Why) -> None:
        now = self._ground.clock.boot()
        if now - self._refused.get(login.id, -REFUSE_AGAIN_SECONDS) < REFUSE_AGAIN_SECONDS:
            return
        self._refused[login.id] = self._receipts[login.id] = now
        log.warning("report not taken", extra={"why": why})
        urgent = draft.urgency == "danger"
        self._ground.show(login, receipt_page(self._ground, login, "refused", urgent=urgent, why=why))

    def forget(self, login: Login) -> None:
        """This login has ended: no receipt can reach it any more."""
        self._refused.pop(login.id, None)
        self._receipts.pop(login.id, None)
        for report in list(self.store.all.values()) if self.store else ():
            if report.login == login.id:
                report.login = ""
                self._save(report)
