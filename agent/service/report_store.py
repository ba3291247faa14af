"""What this laptop remembers of a report it took: enough to send it for certain, and to show an answer.

One file each, root only, without a name. The words are sealed and the laptop cannot open them; the envelope
stays only until the server has it. The reply key opens an adult's answer and nothing else.
"""

import contextlib
import hashlib
import logging
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from agent.backends import secret_files
from policies import sealing
from policies.decoding import UNREADABLE
from policies.record_base import LoginId
from policies.records import ReportSent

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
"""An answer later than this finds no key any more; the school has the report all the same."""
READ_KEPT = timedelta(days=1)


class KeptReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An answer, verified and still sealed."""

    order: str
    sealed: bytes
    expires_at: datetime
    read_at: datetime | None = None


class KeptReport(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One report that was taken here."""

    report: LoginId
    device: str
    at: datetime
    whose: str
    """`whose_of` who told: their name need not lie here to be known again."""
    login: str
    """The login it was told in, as long as a receipt is owed to it."""
    reply_private: bytes
    """Empty where no answer can come."""
    urgent: bool
    readers: tuple[str, ...]
    """Ids of the officers who can open it."""
    sent: ReportSent | None
    """The record as it travels; None once the server has it."""
    seq: int = 0
    """Its number in the journal; 0 before it was written there."""
    batch: str = ""
    """Hash of the batch that carries it."""
    told: bool = False
    """Its login was told that the server has it."""
    replies: tuple[KeptReply, ...] = ()
    obeyed: tuple[str, ...] = ()
    """Reply orders that were carried out or refused."""

    @property
    def is_safe(self) -> bool:
        """The server has it."""
        return self.sent is None


def whose_of(report: str, os_user: str, person: str | None) -> str:
    """
    Return what tells whether somebody told this report.

    Whoever reads the disk as root could try every name; whoever merely looks finds none.
    """
    return hashlib.sha256(sealing.bind("whose-report", report, os_user, person or "")).hexdigest()


def decide_replies(replies: tuple[KeptReply, ...], now: datetime) -> tuple[KeptReply, ...]:
    """Return the answers that are kept on: until they expire, or a day after they were read. Pure."""
    return tuple(
        reply
        for reply in replies
        if reply.expires_at > now and (reply.read_at is None or now - reply.read_at < READ_KEPT)
    )


def decide_forget(report: KeptReport, now: datetime) -> bool:
    """Say whether nothing is left to be done for a report. Pure."""
    return report.is_safe and not decide_replies(report.replies, now) and now - report.at > KEPT


def count_unsent(folder: Path, device: str) -> int:
    """Return how many reports of one enrolment the server has not got yet."""
    return sum(not report.is_safe for report in ReportStore(folder, device).all.values())


class ReportStore:
    """The files of all reports of one enrolment, read once and written whole."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder = folder
        self.all: dict[str, KeptReport] = {}
        for path in sorted(folder.glob("*.json")):
            report = self._read(path)
            if report is not None and report.device == device:
                self.all[report.report] = report

    def _read(self, path: Path) -> KeptReport | None:
        try:
            return msgspec.json.decode(secret_files.read_secret(path), type=KeptReport)
        except (OSError, *UNREADABLE) as problem:
            log.warning("kept report not usable", extra={"problem": str(problem)})
            return None

    def save(self, report: KeptReport) -> None:
        """Keep it, on disk when this returns; raises OSError if it cannot be."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret_files.write_secret(self._path(report), msgspec.json.encode(report))
        self.all[report.report] = report

    def forget(self, report: KeptReport) -> None:
        """Remember it no longer."""
        self.all.pop(report.report, None)
        with contextlib.suppress(OSError):
            self._path(report).unlink(missing_ok=True)

    def _path(self, report: KeptReport) -> Path:
        return self._folder / f"{report.report}.json"
