"""Orders of a teacher to the laptops of a room: a part of `orders`, which names them all.

An order that holds for a while (attention, pause, supervision) has one id; the word with the later
`issued_at` holds, so that it can be renewed, ended (`on` false) and never brought back by an older word.
A laptop keeps such an order until `until`, also across restarts and without the server: it ends by itself.
"""

from typing import Annotated, Literal

from msgspec import Meta

from policies.order_base import Said
from policies.record_base import LoginId, Moment, Short

NOT_OURS = "locked by its user or by itself: only the password opens it"
"""What a laptop records of an Unlock where no adult's order had locked the screen."""
Words = Annotated[str, Meta(max_length=300)]
"""A teacher's own sentence, shown as it is."""


class Attention(Said, frozen=True, kw_only=True, tag="attention"):
    """*Eyes to the front*: cover every open login here, also those that come later, until `until`."""

    order: Short
    on: bool
    by: Short
    words: Words = ""
    locks: bool = False
    """Lock the screens beneath the cover too; they stay locked when it ends."""
    issued_at: Moment
    until: Moment


class Unlock(Said, frozen=True, kw_only=True, tag="unlock"):
    """Take back a lock that a LockNow or an Attention made here; no other lock is opened by it."""

    order: Short
    by: Short
    expires_at: Moment


class PauseLock(Said, frozen=True, kw_only=True, tag="pause-lock"):
    """The idle lock of this laptop pauses (R18); never in unsupervised time, never past the policy's cap."""

    order: Short
    on: bool
    by: Short
    issued_at: Moment
    until: Moment


class Supervised(Said, frozen=True, kw_only=True, tag="supervised"):
    """A supervisor is checked in for this room until `until` (R19, R20); `on` false: they have left."""

    order: Short
    on: bool
    by: Short
    issued_at: Moment
    until: Moment


class LabMessage(Said, frozen=True, kw_only=True, tag="lab-message"):
    """A teacher's sentence, or thanks (R90), to one login or to whoever is logged in here."""

    order: Short
    kind: Literal["message", "thanks"] = "message"
    """message: answered by one of three buttons. thanks: private, no answer."""
    by: Short
    words: Words
    login: LoginId | None = None
    """Only this login; None: everybody logged in now."""
    expires_at: Moment


class AppAnswered(Said, frozen=True, kw_only=True, tag="app-answered"):
    """The teacher's yes or no to one pupil who asked for an app (R24)."""

    order: Short
    by: Short
    login: LoginId
    app: Short
    allowed: bool
    until: Moment
    """A yes holds until then; a no is told until then."""


LabOrder = Attention | Unlock | PauseLock | Supervised | LabMessage | AppAnswered
