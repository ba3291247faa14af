"""What may be kept of a lesson on a laptop: a part of `records`, which names them all."""

from typing import Literal

from policies.lab_settings import Session, Supervision
from policies.record_base import LoginId, Moment, Record, Short


class LockPaused(Record, frozen=True, kw_only=True, tag="lock-paused"):
    """The idle lock of this laptop pauses for a presentation (R18)."""

    order: Short
    by: Short
    until: Moment


class LockPauseEnded(Record, frozen=True, kw_only=True, tag="lock-pause-ended"):
    """It works again, and why."""

    order: Short
    reason: Literal["expired", "ended", "unsupervised"]


class SupervisionLapsed(Record, frozen=True, kw_only=True, tag="supervision-lapsed"):
    """A login went on without the supervision its hours ask for, and what followed (R19, R20)."""

    login: LoginId
    what: Literal["warned", "locked", "ended", "returned"]
    session: Session
    supervision: Supervision


class AppAsked(Record, frozen=True, kw_only=True, tag="app-asked"):
    """A pupil asks the teacher before an app is used (R24)."""

    login: LoginId
    os_user: Short
    person: Short | None
    app: Short
    program: Short
    words: Short = ""
    """What they want it for; theirs, and optional."""


class AppHandled(Record, frozen=True, kw_only=True, tag="app-handled"):
    """What followed when an app came to the front that is not simply allowed (R21, R22)."""

    login: LoginId
    app: Short
    program: Short
    what: Literal["notified", "put-away", "closed", "allowed", "denied", "withdrawn"]


class MessageAnswered(Record, frozen=True, kw_only=True, tag="message-answered"):
    """One of three buttons under a teacher's message."""

    login: LoginId
    os_user: Short
    person: Short | None
    order: Short
    answer: Literal["ok", "not-yet", "help"]
