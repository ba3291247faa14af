"""What may be kept about sticks, phones, cameras and cards: a part of `records`, which names them all."""

from typing import Annotated, Literal

from msgspec import Meta

from policies.media import (
    Access,
    Encryption,
    Hex4,
    Interfaces,
    MediaClass,
    ScanOutcome,
    ShutReason,
    Target,
)
from policies.record_base import LoginId, Moment, Record, Seconds, Sha256Hex, Short
from policies.settings import UsbMode


class MediaRecord(Record, frozen=True, kw_only=True):
    """What happened to one device between one plugging in and its removal, told by the same `plug` id."""

    login: LoginId | None
    """Whose desktop was in front; None where nobody was logged in."""
    plug: LoginId


class MediaPlugged(MediaRecord, frozen=True, kw_only=True, tag="media-plugged"):
    """A stick, phone, camera or card came, and is shut. Everything it says of itself may be a lie."""

    os_user: Short
    person: Short | None
    media_class: MediaClass
    vendor: Hex4
    model: Hex4
    serial: Short
    descriptors: Sha256Hex
    interfaces: Interfaces
    maker: Short
    product: Short
    size_bytes: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    encryption: Encryption = "unknown"
    mode: UsbMode
    target: Target


class MediaSeen(MediaRecord, frozen=True, kw_only=True, tag="media-seen"):
    """What could be told only once the laptop itself had opened the device for a check."""

    size_bytes: Annotated[int, Meta(ge=0, le=2**62)]
    encryption: Encryption


class MediaRequested(MediaRecord, frozen=True, kw_only=True, tag="media-requested"):
    """Somebody asks for a device to be opened. The reason is theirs, optional, and short."""

    request: LoginId
    os_user: Short
    person: Short | None
    reason: Short
    pupil_data: bool = False
    """They say that it is to carry pupil data out of school (R28)."""


class MediaWithdrawn(MediaRecord, frozen=True, kw_only=True, tag="media-withdrawn"):
    """They stopped asking."""

    request: LoginId


class MediaDecided(MediaRecord, frozen=True, kw_only=True, tag="media-decided"):
    """The laptop holds an adult's answer for this device: the check begins, or it stays shut."""

    order: Short
    """The approval or the denial."""
    answer: Literal["approved", "denied"]


class MediaScanned(MediaRecord, frozen=True, kw_only=True, tag="media-scanned"):
    """One check, with our own count beside the scanner's: what was skipped was not scanned."""

    outcome: ScanOutcome
    files: Annotated[int, Meta(ge=0, le=2**62)]
    """Files we found."""
    scanned: Annotated[int, Meta(ge=0, le=2**62)]
    """Files the scanner answered for."""
    size_bytes: Annotated[int, Meta(ge=0, le=2**62)]
    seconds: Seconds
    scanner: Short
    signatures_at: Moment | None
    """None: of unknown age, and then nothing is ever clean."""


class MediaReleased(MediaRecord, frozen=True, kw_only=True, tag="media-released"):
    """Checked and clean: its user can reach it (or the copy) from now until then."""

    access: Access
    until: Moment
    order: Short


class MediaShut(MediaRecord, frozen=True, kw_only=True, tag="media-shut"):
    """It stays shut, or is shut again, and why."""

    reason: ShutReason


class MediaUnplugged(MediaRecord, frozen=True, kw_only=True, tag="media-unplugged"):
    """It was taken out."""


class MediaDetection(MediaRecord, frozen=True, kw_only=True, tag="media-detection"):
    """The scanner found something harmful (R30): what it calls it and in how many files, never which."""

    os_user: Short
    person: Short | None
    signature: Short
    files: Annotated[int, Meta(ge=1, le=2**62)]
