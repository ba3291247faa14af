"""A case as its page gets it: JSON by msgspec; sealed bytes as base64, keys and hashes as hex digits."""

from datetime import datetime
from typing import Any

import msgspec


class Grant(msgspec.Struct, kw_only=True):
    """A content key sealed to one later reader. Bytes as hexadecimal digits."""

    hh: str
    key: str
    wrap: str
    by: str
    at: str
    signature: str


class Next(msgspec.Struct, kw_only=True):
    """What is to be done first in a case."""

    kind: str
    due: datetime


class Case(msgspec.Struct, kw_only=True):
    """One case as its page needs it."""

    id: str
    report: str
    number: str
    opened_at: datetime
    coarse: str
    urgency: str
    year: str
    device: str
    hostname: str
    room: str
    origin: str
    what: str
    reported_by: str
    state: str
    crowded: bool
    hold: bool
    escalated: str
    due_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    quarantined: bool
    second_review: bool
    readers: list[str]
    list_seq: int
    envelope: bytes
    device_key: str
    signer: str
    grants: list[Grant]
    harm: str | None
    procedure: str | None
    reference: str | None
    owner_due: datetime | None
    closed_at: datetime | None
    tasks: int
    """How many there are, settled ones too."""
    next: Next | None
    """The open task that falls due first."""


class Entry(msgspec.Struct, kw_only=True):
    """One line of a case's history."""

    seq: int
    at: datetime
    by: int | None
    by_name: str
    kind: str
    plain: dict[str, Any]
    envelope: bytes | None
    hash: str
    grants: list[Grant]
    delivered: str | None
    """Of an answer: what the laptop said of it, done or refused; None while it said nothing."""


class Task(msgspec.Struct, kw_only=True):
    """Something to do in a case."""

    id: str
    kind: str
    title_key: str
    made_at: datetime
    made_by: str
    due: datetime
    place: str
    done_at: datetime | None
    by: str
    outcome: str | None
    plain: dict[str, Any]
    note_seq: int | None
    blocked_by_hold: bool


class Detail(msgspec.Struct, kw_only=True):
    """One case with everything about it."""

    case: Case
    entries: list[Entry]
    chain_broken_at: int | None
    tasks: list[Task]
    links: list[dict[str, Any]]
    looks: list[dict[str, Any]]
    custody: list[dict[str, Any]]
    quarantines: list[dict[str, Any]]
    notices: list[dict[str, Any]]
