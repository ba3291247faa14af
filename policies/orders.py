"""Everything a server can tell one laptop to do or believe, each signed with the policy key.

`Signed` carries exact bytes; only what verifies is decoded. Every order names the device, so that one
laptop's order cannot be replayed to another, and has an id, an expiry and an outcome record.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies import sealing
from policies.decoding import UNREADABLE
from policies.lab_orders import AppAnswered, Attention, LabMessage, LabOrder, PauseLock, Supervised, Unlock
from policies.media import Terms
from policies.order_base import DeviceId as DeviceId
from policies.order_base import Said as Said
from policies.order_base import Signed as Signed
from policies.records import Counted, LoginId, Moment, Sha256Hex, Short
from policies.settings import Language, Tier
from policies.variants import Window


class Assignment(Said, frozen=True, kw_only=True, tag="assignment"):
    """This laptop obeys the policy body with this hash. `number` never goes back."""

    number: Counted
    body_hash: Sha256Hex


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The last acceptance the server knows of one person."""

    tier: Tier
    version: Annotated[int, Meta(ge=1)]
    at: Moment


class Restriction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person set a limit for a while (R16). The laptop shows it neutrally; help and reporting stay."""

    until: Moment
    only_in: Window | None = None
    """Logins are let in inside this window only; None: not at all."""


class Arrangement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one person needs otherwise (R5). Nothing on screen marks it, and no reason travels."""

    idle_after_seconds: Annotated[int, Meta(ge=30, le=3600)] | None = None
    answer_within_seconds: Annotated[int, Meta(ge=60, le=7200)] | None = None
    text_scale_percent: Annotated[int, Meta(ge=100, le=200)] = 100
    reads_aloud: bool = False
    """The gate begins to read by itself."""


class LoginGrant(Said, frozen=True, kw_only=True, tag="login-grant"):
    """What the server knows about an OS account on this laptop, kept for offline days."""

    os_user: Short
    listed: bool
    """False: no such person on the school's list. The policy decides what follows."""
    person: Short | None = None
    display_name: Short = ""
    tier: Tier = "visitor"
    language: Language = "en"
    year: Short = ""
    """Year group: beside a report it serves the trends (R64)."""
    accepted: Accepted | None = None
    consents: Annotated[tuple[Short, ...], Meta(max_length=16)] = ()
    """Apps a parent has consented to (R24), as `apps.rules` names them."""
    accept_after: Moment | None = None
    """Acceptances given before this moment count no longer: re-signing after a meeting (R10)."""
    held: Literal["", "meeting", "induction", "left"] = ""
    """Not let in before an adult has recorded a meeting (R10), an induction (R11); or no longer here."""
    restrictions: Annotated[tuple[Restriction, ...], Meta(max_length=8)] = ()
    arrangement: Arrangement | None = None
    issued_at: Moment


class Watch(Said, frozen=True, kw_only=True, tag="watch"):
    """An adult looks at this lab until `until`; send status on change, and tell the pupil."""

    order: Short
    by: Short
    """The adult's name as pupils know it."""
    until: Moment


class LockNow(Said, frozen=True, kw_only=True, tag="lock-now"):
    """Lock every login on this laptop."""

    order: Short
    by: Short = ""
    """The adult's name as pupils know it; empty for a technician."""
    expires_at: Moment


class MediaApproval(Said, frozen=True, kw_only=True, tag="media-approval"):
    """
    This laptop may check such a device and open it if clean. Kept for offline until `terms.until`.

    `order` is the approval's own id, the same on every laptop it is for. Told again it changes nothing.
    """

    order: Short
    by: Short
    """The adult's name as pupils know it."""
    request: LoginId | None = None
    """The request it answers; None for a standing approval."""
    issued_at: Moment
    terms: Terms


class MediaDenied(Said, frozen=True, kw_only=True, tag="media-denied"):
    """The answer to one request is no."""

    order: Short
    by: Short
    request: LoginId
    reason: Short = ""
    """In the adult's words, for the person who asked."""
    expires_at: Moment


class MediaRevoked(Said, frozen=True, kw_only=True, tag="media-revoked"):
    """
    An approval ends now, and never comes back: shut what it opened.

    The laptop remembers it until `expires_at`, when the approval would have ended by itself; an approval
    with this id that comes later is refused.
    """

    order: Short
    approval: Short
    by: Short
    expires_at: Moment


class ReportReply(Said, frozen=True, kw_only=True, tag="report-reply"):
    """An officer's answer to the pupil who reported from this laptop. Kept until read or `expires_at`."""

    order: Short
    report: LoginId
    by_key: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    """Id of the officer's key on the signed list; whose `sign_key` signed `sealed`."""
    sealed: Annotated[bytes, Meta(max_length=8192)]
    """HPKE to the report's reply key (policies/reports.py: ReplyWords)."""
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    expires_at: Moment


class Quarantine(Said, frozen=True, kw_only=True, tag="quarantine"):
    """
    Shut this laptop's logins and sticks for evidence, or open them again; wipe nothing (R53).

    Holds across restarts and without the server until an order with a higher `number` lifts it.
    """

    order: Short
    number: Annotated[int, Meta(ge=1)]
    on: bool
    by: Short
    issued_at: Moment


class SelfTest(Said, frozen=True, kw_only=True, tag="self-test"):
    """Try now that gate, lock, stick check, report and sending work; answered by a SelfTested record."""

    order: Short
    by: Short
    expires_at: Moment


class ServerTime(Said, frozen=True, kw_only=True, tag="server-time"):
    """The server's clock, for a laptop whose own is wrong. Bound to the request by its nonce."""

    now: Moment
    nonce: Short


MediaOrder = MediaApproval | MediaDenied | MediaRevoked
AnySaid = (
    Assignment
    | LoginGrant
    | Watch
    | LockNow
    | MediaOrder
    | ReportReply
    | Quarantine
    | SelfTest
    | LabOrder
    | ServerTime
)
Order = Watch | LockNow | MediaOrder | ReportReply | Quarantine | SelfTest | LabOrder

_decoder: msgspec.json.Decoder[AnySaid] = msgspec.json.Decoder(AnySaid)


def sign_said(policy_private_key: bytes, said: AnySaid) -> Signed:
    """Encode one message and sign exactly those bytes."""
    body = msgspec.json.encode(said)
    return Signed(body, sealing.sign(policy_private_key, sealing.bind("said", body)))


def read_said(policy_public_key: bytes, device: str, signed: Signed) -> AnySaid:
    """
    Return the message if the signature holds and it is meant for this device.

    Raises BadSignature otherwise, and SealingError if the signed bytes are not a message we know
    (a newer server): refuse that one and go on.
    """
    sealing.verify(policy_public_key, sealing.bind("said", signed.body), signed.signature)
    try:
        said = _decoder.decode(signed.body)
    except UNREADABLE as problem:
        raise sealing.SealingError("signed, but not a message this version knows") from problem
    if said.device != device:
        raise sealing.BadSignature("signed for another device")
    return said


__all__ = [
    "Accepted",
    "AnySaid",
    "AppAnswered",
    "Arrangement",
    "Assignment",
    "Attention",
    "DeviceId",
    "LabMessage",
    "LabOrder",
    "LockNow",
    "LoginGrant",
    "LoginId",
    "MediaApproval",
    "MediaDenied",
    "MediaOrder",
    "MediaRevoked",
    "Order",
    "PauseLock",
    "Quarantine",
    "ReportReply",
    "Restriction",
    "Said",
    "SelfTest",
    "ServerTime",
    "Signed",
    "Supervised",
    "Unlock",
    "Watch",
    "read_said",
    "sign_said",
]
