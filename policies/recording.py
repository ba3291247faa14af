"""Why each kind of record is kept, for how long, who reads it, and how fast it travels.

Written before the first record was: a fact without a row here cannot be kept (R36, R76, R79).
The pupil's page "What is recorded about me" and the docs are made from this table.
"""

from enum import StrEnum
from typing import NamedTuple

from policies import records
from policies.app_rules import uses_rules
from policies.settings import Settings


class Stream(StrEnum):
    """One numbered, hash-chained line of batches per laptop. Earlier members are sent first."""

    REPORT = "report"
    """Pupils' sealed reports."""
    VITAL = "vital"
    """Agreements, locks, logins, help, security: never dropped."""
    USAGE = "usage"
    """App usage: the only stream a full disk may shorten."""


class Kept(NamedTuple):
    """What the school has to be able to say about a kind of record."""

    purpose: str
    retention: str
    """The class whose days the school sets: agreements, security, activity, devices, reports."""
    readers: tuple[str, ...]
    stream: Stream
    urgent: bool
    """Sealed and written to disk at once, not gathered with others."""
    about_person: bool
    """Shown to that person under *What is recorded about me*."""


_STAFF = ("teacher", "technician", "safeguarding", "head")
_DEVICE = ("technician", "head")
_SAFETY = ("technician", "safeguarding", "head")

KEPT: dict[type[records.Record], Kept] = {
    records.LoginStarted: Kept(
        "to know which laptop is in use", "activity", _STAFF, Stream.VITAL, True, True
    ),
    records.LoginEnded: Kept("to know which laptop is in use", "activity", _STAFF, Stream.VITAL, True, True),
    records.AgreementAnswered: Kept(
        "to show who agreed to which rules", "agreements", _STAFF, Stream.VITAL, True, True
    ),
    records.GateFailed: Kept(
        "to mend a laptop that cannot ask", "security", _DEVICE, Stream.VITAL, True, False
    ),
    records.SessionLost: Kept("to notice a stopped agent", "security", _SAFETY, Stream.VITAL, True, True),
    records.ScreenLocked: Kept("to prove that screens lock", "activity", _STAFF, Stream.VITAL, True, True),
    records.LockFailed: Kept(
        "to mend a laptop that cannot lock", "security", _DEVICE, Stream.VITAL, True, False
    ),
    records.ScreenUnlocked: Kept("to prove that screens lock", "activity", _STAFF, Stream.VITAL, True, True),
    records.AppUsed: Kept(
        "to see which apps the school needs and uses", "activity", _STAFF, Stream.USAGE, False, True
    ),
    records.HelpAsked: Kept("to send somebody to help", "activity", _STAFF, Stream.VITAL, True, True),
    records.PolicyApplied: Kept(
        "to prove which settings hold", "devices", _DEVICE, Stream.VITAL, True, False
    ),
    records.PolicyRejected: Kept(
        "to prove which settings hold", "devices", _DEVICE, Stream.VITAL, True, False
    ),
    records.OrderDone: Kept(
        "to show confirmed state, never merely sent", "devices", _STAFF, Stream.VITAL, True, False
    ),
    records.AgentStarted: Kept("to keep laptops in order", "devices", _DEVICE, Stream.VITAL, True, False),
    records.ClockStepped: Kept(
        "to judge the times in other records", "security", _SAFETY, Stream.VITAL, True, False
    ),
    records.LinkMisused: Kept("to notice tampering", "security", _SAFETY, Stream.VITAL, True, False),
    records.MediaPlugged: Kept(
        "to know which memory sticks meet the laptops", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaSeen: Kept("to answer a request knowingly", "security", _STAFF, Stream.VITAL, True, True),
    records.MediaRequested: Kept(
        "to answer whoever asks for a stick", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaWithdrawn: Kept(
        "to answer whoever asks for a stick", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaDecided: Kept(
        "to show confirmed state, never merely sent", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaScanned: Kept(
        "to prove that sticks are checked", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaReleased: Kept(
        "to know which sticks were opened", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaShut: Kept("to say why a stick stays shut", "security", _STAFF, Stream.VITAL, True, True),
    records.MediaUnplugged: Kept(
        "to know which memory sticks meet the laptops", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.MediaDetection: Kept(
        "to stop harmful programs (R30)", "security", _SAFETY, Stream.VITAL, True, True
    ),
    records.ScannerSeen: Kept("to keep scanners current", "devices", _DEVICE, Stream.VITAL, True, False),
    records.ReportSent: Kept(
        "to get a report to the right adult", "reports", ("safeguarding", "head"), Stream.REPORT, True, False
    ),
    records.ProblemReported: Kept("to mend laptops", "activity", _STAFF, Stream.VITAL, True, True),
    records.QuarantineChanged: Kept(
        "to prove that a laptop was secured", "security", _SAFETY, Stream.VITAL, True, False
    ),
    records.InventorySeen: Kept(
        "to know which laptops the school has", "devices", _DEVICE, Stream.VITAL, True, False
    ),
    records.SelfTested: Kept("to prove that laptops work", "devices", _DEVICE, Stream.VITAL, True, False),
    records.ConnectionReverted: Kept(
        "to mend a setting that cut laptops off", "devices", _DEVICE, Stream.VITAL, True, False
    ),
    records.LockPaused: Kept("to prove that screens lock", "security", _STAFF, Stream.VITAL, True, False),
    records.LockPauseEnded: Kept("to prove that screens lock", "security", _STAFF, Stream.VITAL, True, False),
    records.SupervisionLapsed: Kept(
        "to prove that pupils are supervised", "security", _STAFF, Stream.VITAL, True, True
    ),
    records.AppAsked: Kept("to answer whoever asks for an app", "activity", _STAFF, Stream.VITAL, True, True),
    records.AppHandled: Kept(
        "to keep to the school's app list", "activity", _STAFF, Stream.VITAL, True, True
    ),
    records.MessageAnswered: Kept(
        "to answer the teacher's message", "activity", _STAFF, Stream.VITAL, True, True
    ),
    records.RecordGap: Kept("to say honestly what was lost", "devices", _DEVICE, Stream.USAGE, True, False),
}


def permits(settings: Settings, record: records.Record) -> bool:
    """Say whether policy allows this record to be kept at all. A refused record is never written."""
    return permits_kind(settings, type(record))


def permits_kind(settings: Settings, kind: type[records.Record]) -> bool:
    """Say whether policy allows records of this kind to be kept."""
    if kind is records.AppUsed:
        return settings.usage.record_apps
    if kind in (records.AppAsked, records.AppHandled):
        return uses_rules(settings.apps)
    if issubclass(kind, records.MediaRecord):
        return settings.usb.ever_gates
    if kind in (records.ReportSent, records.ProblemReported):
        return settings.report.enabled
    return kind in KEPT


def kept_about_people(settings: Settings) -> tuple[type[records.Record], ...]:
    """Return the kinds of record that are kept about a person, and shown to that person."""
    return tuple(kind for kind, kept in KEPT.items() if kept.about_person and permits_kind(settings, kind))


def named_in_agreement(settings: Settings) -> tuple[type[records.Record], ...]:
    """
    Return the kinds of record that an agreement must name (R34).

    A sealed report is named though it is not shown again: outside its seal stands nobody's name, and whoever
    looks over a pupil's shoulder must not see that there was one.
    """
    sealed = (records.ReportSent,) if permits_kind(settings, records.ReportSent) else ()
    return (*kept_about_people(settings), *sealed)
