"""What travels between a laptop and its server, and how a batch is sealed, bound and chained.

Bodies are msgpack, except the enrolment exchange (JSON, readable on a bad day). Every request after
enrolment carries the four headers of `request_bound`.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from policies import sealing
from policies.agreements import Agreement, check_agreement
from policies.decoding import UNREADABLE
from policies.officers import OfficersRefused, SignedOfficers, read_officers
from policies.orders import DeviceId, Signed
from policies.recording import Stream
from policies.records import AnyRecord, LoginId, Record, RecordGap, Seconds, Short, fitting
from policies.settings import School, Settings, SettingsRefused, refusal_sentence
from policies.variants import MOST_VARIANTS, Variant, check_variants

PROTOCOL_VERSION = 1
MAX_BATCH_RECORDS = 100
MAX_BATCH_BYTES = 256 * 1024
"""Sealed. 100 records compress to about 4 KiB (facts/server.md); the cap is for hostile ones."""
MAX_PLAIN_BYTES = 4 * 1024 * 1024
"""Unzipped. A bomb stops here."""
MAX_UPLOAD_BYTES = 1024 * 1024
MAX_CLOCK_SKEW_SECONDS = 300
FIRST_HASH = bytes(32)
"""The `prev_hash` of a stream's first batch."""

DEVICE_HEADER = "Gatepost-Device"
TIME_HEADER = "Gatepost-Time"
"""Unix milliseconds by the laptop's idea of server time."""
NONCE_HEADER = "Gatepost-Nonce"
SIGNATURE_HEADER = "Gatepost-Signature"
"""Hexadecimal, as are device and nonce (16 bytes)."""
MACHINE_HEADER = "Gatepost-Machine"
"""Optional: the same `machine` as at enrolment, so that a copied disk is told apart at its first request."""

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One body on the wire."""


class EnrolRequest(Message, frozen=True, kw_only=True):
    """POST /device/v1/enrol. `proof` signs `enrol_bound` with the new device key."""

    version: int = PROTOCOL_VERSION
    secret: Annotated[str, Meta(max_length=64)]
    device_key: Key
    machine: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of what tells this machine from a copy of its disk."""
    hostname: Short
    os: Short
    agent_version: Short
    proof: Annotated[bytes, Meta(min_length=64, max_length=64)]


class EnrolAnswer(Message, frozen=True, kw_only=True):
    """What the laptop pins from now on."""

    device: DeviceId
    policy_key: Key
    record_key: Key
    school_root_key: Key | None = None
    """Whose signature the officers' list will carry; a pinned slot until reports come."""


class Batch(Message, frozen=True, kw_only=True):
    """1–100 consecutive records of one stream, sealed to the record key and signed by the laptop."""

    device: DeviceId
    stream: Stream
    first_seq: Annotated[int, Meta(ge=1)]
    count: Annotated[int, Meta(ge=1)]
    """Records covered. More than 100 only where a single RecordGap stands for dropped ones."""
    prev_hash: Hash
    sealed: Annotated[bytes, Meta(max_length=MAX_BATCH_BYTES)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Upload(Message, frozen=True, kw_only=True):
    """POST /device/v1/records: encoded batches, unchanged from the journal, of any streams."""

    batches: Annotated[tuple[bytes, ...], Meta(max_length=64)]


class UploadAnswer(Message, frozen=True, kw_only=True):
    """For each stream: everything below `next_seq` is safe on the server and may leave the journal."""

    next_seq: dict[Stream, int]


class HoldAnswer(Message, frozen=True, kw_only=True):
    """GET /device/v1/orders?number=N&cursor=C&wait=S. Empty after `wait` seconds of nothing new."""

    assignment: Signed | None = None
    """Newer than `number`. Fetch the body it names from /device/v1/policy/HASH, if it is not below."""
    body: Annotated[bytes, Meta(max_length=MAX_BATCH_BYTES)] | None = None
    """The body the assignment names, zlib; saves every laptop of a school one request at every push."""
    orders: tuple[Signed, ...] = ()
    cursor: int


class PolicyBody(Message, frozen=True, kw_only=True):
    """GET /device/v1/policy/HASH: one flat policy, the same bytes for equal laptops (JSON)."""

    version: int = PROTOCOL_VERSION
    school: School
    settings: Settings
    agreements: tuple[Agreement, ...]
    officers: SignedOfficers | None = None
    """Who may open reports; without it none is taken."""
    variants: Annotated[tuple[Variant, ...], Meta(max_length=MOST_VARIANTS)] = ()
    """Put over `settings` in this order, where tier and local time fit (policies/variants.py)."""


class LoginRequest(Message, frozen=True, kw_only=True):
    """POST /device/v1/login; answered by a Signed LoginGrant."""

    login: LoginId
    os_user: Short


class LoginStatus(Message, frozen=True, kw_only=True):
    """One login as it is now. Never stored."""

    login: LoginId
    os_user: Short
    person: Short | None
    state: Annotated[str, Meta(pattern=r"^(gate|active|idle|locked)$")]
    app: Short = ""
    since_seconds: Seconds = 0.0
    """How long app and state have been so."""
    help_asked: bool = False
    attention: Short = ""
    """Order of the *Eyes to the front* whose cover is confirmed on this screen."""
    attention_problem: Short = ""
    """Why a cover that was ordered is not confirmed."""
    media: Annotated[str, Meta(pattern=r"^(|asks|checking|open|shut)$")] = ""
    """The most urgent state of a memory stick here."""
    app_asked: Short = ""
    """The app this pupil waits to be allowed."""
    app_noticed: Short = ""
    """An app in front that the list says to tell the teacher of."""
    unsupervised: bool = False
    """The hours ask for a supervisor and nobody is checked in."""
    paused: bool = False
    """The idle lock pauses for a presentation."""


class Status(Message, frozen=True, kw_only=True):
    """POST /device/v1/status: sent on change, only while somebody watches. Answered 204."""

    logins: Annotated[tuple[LoginStatus, ...], Meta(max_length=32)]


class OwnRecords(Message, frozen=True, kw_only=True):
    """
    GET /device/v1/record?login=ID: what the server holds of one login of the asking laptop.

    Of a listed person it holds more: other logins of the last day on that laptop, looks of more days.
    """

    records: tuple[AnyRecord, ...]
    looked_at: tuple["Look", ...] = ()
    looks_days: Annotated[int, Meta(ge=0, le=366)] = 0
    """Looks of so many days are given; 0: of the time since this login began."""


class Look(Message, frozen=True, kw_only=True):
    """An adult looked at this person or this lab."""

    at: str
    by: Short
    what: Short


class Refusal(Message, frozen=True, kw_only=True):
    """Body of every 4xx, as JSON. `error` is for programs, `message` says what to do."""

    error: Short
    message: Annotated[str, Meta(max_length=600)]
    time: Signed | None = None
    """With error `clock`: the server's time, signed, so that the laptop can try again."""


_records = msgspec.json.Decoder(list[AnyRecord])
_body = msgspec.json.Decoder(PolicyBody)
_batch = msgspec.msgpack.Decoder(Batch)


def enrol_bound(secret: str, device_key: bytes, machine: str) -> bytes:
    """Return what a new laptop signs to show that it holds the key it enrols."""
    return sealing.bind("enrol", secret, device_key, machine)


def request_bound(method: str, target: str, body: bytes, device: str, time_ms: int, nonce: bytes) -> bytes:
    """Return what the laptop signs of every request. `target` is path and query as sent."""
    return sealing.bind("request", method, target, hashlib.sha256(body).digest(), device, time_ms, nonce)


def read_policy(body: bytes) -> PolicyBody:
    """
    Return the policy in these bytes, checked as a whole: settings in range, every agreement askable.

    Raises SettingsRefused or AgreementRefused with a sentence: keep yesterday's policy and say why.
    """
    try:
        policy = _body.decode(body)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(refusal_sentence(problem)) from problem
    except UNREADABLE as problem:
        raise SettingsRefused(f"This is not a policy: {problem}.") from problem
    if policy.version != PROTOCOL_VERSION:
        raise SettingsRefused(f"This policy is of version {policy.version}; known is {PROTOCOL_VERSION}.")
    check_variants(policy.settings, policy.variants)
    tiers = [agreement.tier for agreement in policy.agreements]
    if len(set(tiers)) != len(tiers):
        raise SettingsRefused("agreements: one tier stands there twice.")
    for agreement in policy.agreements:
        check_agreement(agreement)
    if policy.officers is not None:
        try:
            read_officers(policy.officers)
        except OfficersRefused as problem:
            raise SettingsRefused(f"officers: {problem}.") from problem
    elif policy.settings.report.enabled:
        raise SettingsRefused(
            "report.enabled: reporting needs two officers with keys and a recovery sheet first. "
            "Ask the safeguarding lead and the head to open *Reports* and make theirs."
        )
    return policy


def cut_batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Cut records into batches that the server takes, by number and by size; one record is never cut."""
    batch: list[Record] = []
    size = 0
    for record in records:
        more = len(msgspec.json.encode(fitting(record)))
        if batch and (len(batch) == MAX_BATCH_RECORDS or size + more > MAX_BATCH_BYTES // 2):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += more
    if batch:
        yield batch


def seal_batch(
    device_private: bytes,
    record_public: bytes,
    *,
    device: str,
    stream: Stream,
    first_seq: int,
    prev_hash: bytes,
    records: list[Record],
    count: int | None = None,
) -> bytes:
    """
    Seal and sign records as one encoded Batch; nobody on the laptop can open it again.

    `count` differs from the number of records only for a gap: one RecordGap covering many.
    Text and numbers are brought into their limits, so that no name a pupil chose can make a batch that the
    server cannot read. Raises SealingError for what remains: a record that is none of ours, or too many.
    """
    covered = len(records) if count is None else count
    place = (device, stream.value, first_seq, covered, prev_hash)
    plain = msgspec.json.encode([fitting(record) for record in records])
    try:
        _records.decode(plain)
    except msgspec.DecodeError as problem:
        raise sealing.SealingError(f"a record that could not be read again: {problem}") from problem
    sealed = sealing.seal(record_public, zlib.compress(plain), sealing.bind("batch", *place))
    if len(sealed) > MAX_BATCH_BYTES:
        raise sealing.SealingError("larger than a batch may be: cut_batches makes such as the server takes")
    signature = sealing.sign(device_private, sealing.bind("batch-signature", *place, sealed))
    return msgspec.msgpack.encode(
        Batch(
            device=device,
            stream=stream,
            first_seq=first_seq,
            count=covered,
            prev_hash=prev_hash,
            sealed=sealed,
            signature=signature,
        )
    )


def read_batch(encoded: bytes) -> Batch:
    """Return the batch's outside; raise SealingError if these bytes are no batch."""
    try:
        return _batch.decode(encoded)
    except UNREADABLE as problem:
        raise sealing.SealingError("not a batch") from problem


def verify_batch(device_public: bytes, batch: Batch) -> None:
    """Raise BadSignature unless this laptop signed exactly this batch at exactly this place."""
    place = (batch.device, batch.stream.value, batch.first_seq, batch.count, batch.prev_hash)
    bound = sealing.bind("batch-signature", *place, batch.sealed)
    sealing.verify(device_public, bound, batch.signature)


def open_batch(record_private: bytes, batch: Batch) -> list[AnyRecord]:
    """
    Return the records; raise CannotOpen if sealed wrongly, and SealingError if what is inside is not a
    list of known records of the announced number. Such bytes are quarantined, never lost.
    """
    place = (batch.device, batch.stream.value, batch.first_seq, batch.count, batch.prev_hash)
    packed = sealing.open_sealed(record_private, batch.sealed, sealing.bind("batch", *place))
    unzip = zlib.decompressobj()
    try:
        plain = unzip.decompress(packed, MAX_PLAIN_BYTES)
        if unzip.unconsumed_tail or not unzip.eof:
            raise sealing.SealingError("larger than a batch may be, or cut short")
        opened = _records.decode(plain)
    except (zlib.error, *UNREADABLE) as problem:
        raise sealing.SealingError("sealed, but not records this version knows") from problem
    if not _counts_hold(batch, opened):
        raise sealing.SealingError("the number of records is not the announced one")
    return opened


def _counts_hold(batch: Batch, opened: list[AnyRecord]) -> bool:
    """A gap stands alone and speaks of exactly the numbers its batch covers; else one number a record."""
    if len(opened) == 1 and isinstance(opened[0], RecordGap):
        last_seq = batch.first_seq + batch.count - 1
        return (opened[0].first_seq, opened[0].last_seq) == (batch.first_seq, last_seq)
    return len(opened) == batch.count <= MAX_BATCH_RECORDS


def batch_hash(encoded: bytes) -> bytes:
    """Return the chain hash of one encoded batch: SHA-256 of its exact bytes."""
    return hashlib.sha256(encoded).digest()
