"""What the officers' pages seal, Python opens, and the other way round; both refuse every tampering."""
# ruff: noqa: E501 - lines of the page's own language

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from policies import envelopes, reports, sealing
from policies.envelopes import key_id, open_envelope, seal_envelope
from tests.support.script_page import Refused, refuses, run

pytestmark = pytest.mark.browser
VECTORS = json.loads((Path(__file__).parent / "vectors" / "hpke.json").read_text())
REPORT = "a" * 32
DEVICE = "00000000000000a1"
WORDS = '{"words": "Someone keeps writing to me. \u202e<script>alert(1)</script> ağ 你好 😀"}'.encode()
OPEN = """
  const mine = await pairOf('X25519', given.private);
  const place = { id: given.id, device: given.device, kind: given.kind };
  const found = await envelopes.openEnvelope(mine, unbase64(given.envelope), unhex(given.sender), place, given.grants || []);
  return { ...found, payload: base64(found.payload) };
"""


class Cast:
    """A laptop, three readers, and one envelope from the first to the first two."""

    def __init__(self) -> None:
        self.laptop = sealing.new_signing_key()
        self.readers = [sealing.new_opening_key() for _ in range(3)]
        self.publics = [sealing.opening_public_key(one) for one in self.readers]
        self.envelope = self.seal(WORDS)

    @property
    def sender(self) -> bytes:
        return sealing.signing_public_key(self.laptop)

    def seal(self, words: bytes, to: int = 2, **place: str) -> bytes:
        where = {"envelope_id": REPORT, "device": DEVICE, "kind": "report", **place}
        return seal_envelope(self.laptop, self.publics[:to], words, **where)

    def asked(self, envelope: bytes | None = None, reader: int = 0, **other: object) -> dict[str, object]:
        return {
            "private": self.readers[reader].hex(),
            "envelope": b64(envelope or self.envelope),
            "sender": self.sender.hex(),
            "id": REPORT,
            "device": DEVICE,
            "kind": "report",
            **other,
        }


@pytest.fixture(scope="module")
def cast() -> Cast:
    return Cast()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def parts(envelope: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope)
    return found


def flipped(text: str, at: int = 10) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[at % len(raw)] ^= 1
    return b64(bytes(raw))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: str(one["aead_id"]))
def test_the_published_vectors_hold(page: Page, vector: dict[str, Any]):
    found = run(
        page,
        """
        const fixed = { aead: given.aead_id, aad: unhex(given.aad) };
        const mine = await pairOf('X25519', given.skRm);
        const ephemeral = await pairOf('X25519', given.skEm);
        const publicKey = await keys.importPublic(ephemeral.publicKey);
        const asExtractable = await crypto.subtle.importKey('raw', ephemeral.publicKey, 'X25519', true, []);
        const pair = { privateKey: ephemeral.privateKey, publicKey: asExtractable };
        const { key, nonce } = await hpke.schedule(unhex(given.shared_secret), unhex(given.info), given.aead_id);
        const sealed = await hpke.seal(mine.publicKey, unhex(given.pt), unhex(given.info), { ...fixed, ephemeral: pair });
        const opened = await hpke.open(mine, unhex(given.enc + given.ct), unhex(given.info), fixed);
        return [mine.publicKey, ephemeral.publicKey, key, nonce, sealed, opened].map(hex);
        """,
        **vector,
    )

    names = ("pkRm", "pkEm", "key", "base_nonce")
    assert [*(vector[name] for name in names), vector["enc"] + vector["ct"], vector["pt"]] == found


def test_bind_and_key_names_are_the_same_in_both(page: Page):
    key = os.urandom(32)
    found = run(
        page,
        """const key = unhex(given.key);
        return [hex(bind('x', key, 'ığ', 2 ** 53 - 1, '')), hex(bind('x')), await keys.keyId(key), await keys.fingerprint(key)]""",
        key=key.hex(),
    )

    bound = [sealing.bind("x", key, "ığ", 2**53 - 1, "").hex(), sealing.bind("x").hex()]
    assert [*bound, key_id(key), sealing.fingerprint(key)] == found


@settings(max_examples=25, deadline=None)
@given(words=st.binary(max_size=9000))
def test_seals_of_any_length_open_on_the_other_side(page: Page, cast: Cast, words: bytes):
    info = sealing.bind("wrap", words[:5])
    sealed = sealing.seal(cast.publics[0], words, info)
    opened, back = run(
        page,
        """const mine = await pairOf('X25519', given.private);
        const info = bind('wrap', unhex(given.first));
        const words = await hpke.open(mine, unhex(given.sealed), info);
        return [hex(words), hex(await hpke.seal(mine.publicKey, words, info))]""",
        private=cast.readers[0].hex(), sealed=sealed.hex(), first=words[:5].hex(),
    )  # fmt: skip

    assert words.hex() == opened
    assert words == sealing.open_sealed(cast.readers[0], bytes.fromhex(back), info)


def test_each_reader_opens_what_the_laptop_sealed(page: Page, cast: Cast):
    for reader in (0, 1):
        found = run(page, OPEN, **cast.asked(reader=reader))
        assert WORDS == base64.b64decode(found["payload"])
        assert [[key_id(one) for one in cast.publics[:2]], [], []] == [
            found["to"], found["dropped"], found["strange"],
        ]  # fmt: skip

    with pytest.raises(Refused, match="not sealed to this key"):
        run(page, OPEN, **cast.asked(reader=2))


@pytest.mark.parametrize("size", [0, 1, 4091, 4092, 4093, 8188, 100_000])
def test_what_the_page_seals_the_laptop_s_code_opens(page: Page, cast: Cast, size: int):
    payload = os.urandom(size)
    sealed = run(
        page,
        """const signer = await pairOf('Ed25519', given.laptop);
        const place = { id: given.id, device: 'staff', kind: 'staff-report' };
        return base64(await envelopes.sealEnvelope(signer.privateKey, given.to.map((one) => unhex(one)), unbase64(given.payload), place))""",
        laptop=cast.laptop.hex(), to=[one.hex() for one in cast.publics], payload=b64(payload), id=REPORT,
    )  # fmt: skip
    for private in cast.readers:
        opened = open_envelope(
            private,
            base64.b64decode(sealed),
            device_public=cast.sender,
            envelope_id=REPORT,
            device="staff",
            kind="staff-report",
        )
        assert (payload, ()) == (opened.payload, opened.dropped)


def tamper_header(whole: dict[str, Any], **changes: object) -> None:
    header = json.loads(base64.b64decode(whole["header"]))
    header.update(changes)
    whole["header"] = b64(json.dumps(header).encode())


def tamperings(cast: Cast) -> dict[str, Callable[[dict[str, Any]], None]]:
    other = parts(cast.seal(b"another", envelope_id="b" * 32))
    first, second = (key_id(one) for one in cast.publics[:2])
    stranger = key_id(cast.publics[2])

    def take(name: str) -> Callable[[dict[str, Any]], None]:
        return lambda whole: whole.update({name: other[name]})

    def wraps(change: Callable[[dict[str, str]], None]) -> Callable[[dict[str, Any]], None]:
        return lambda whole: change(whole["wraps"])

    return {
        "wrap of another report": wraps(lambda w: w.update({first: other["wraps"][first]})),
        "another reader's wrap": wraps(lambda w: w.update({first: w[second]})),
        "a flipped bit in the wrap": wraps(lambda w: w.update({first: flipped(w[first])})),
        "a zero key share": wraps(lambda w: w.update({first: b64(bytes(32) + base64.b64decode(w[first])[32:])})),
        "a short wrap": wraps(lambda w: w.update({first: b64(b"short")})),
        "my wrap taken out": wraps(lambda w: w.pop(first)),
        "payload of another report": take("sealed"),
        "header of another report": take("header"),
        "signature of another report": take("signature"),
        "a flipped bit in the payload": lambda whole: whole.update(sealed=flipped(whole["sealed"], 5000)),
        "a truncated payload": lambda whole: whole.update(sealed=whole["sealed"][:-8]),
        "another kind": lambda whole: tamper_header(whole, kind="note"),
        "another reader named": lambda whole: tamper_header(whole, to=[first, stranger]),
        "another commitment": lambda whole: tamper_header(whole, commit="0" * 64),
        "an unknown version": lambda whole: tamper_header(whole, v=2),
        "an unknown suite": lambda whole: tamper_header(whole, suite="none"),
        "an unknown member": lambda whole: whole.update(extra=1),
        "an unknown header member": lambda whole: tamper_header(whole, extra=1),
        "no signature": lambda whole: whole.update(signature=""),
        "base64 for addresses": lambda whole: whole.update(sealed=whole["sealed"].replace("+", "-").rstrip("=")),
        "a strange wrap's name": wraps(lambda w: w.update({"__proto__x": w[second]})),
    }  # fmt: skip


def test_every_tampering_is_refused_in_the_page_as_in_python(page: Page, cast: Cast):
    opened = {}
    for name, change in tamperings(cast).items():
        whole = parts(cast.envelope)
        change(whole)
        changed = json.dumps(whole).encode()
        asked = cast.asked(changed)
        with pytest.raises(sealing.SealingError):
            open_envelope(
                cast.readers[0], changed, device_public=cast.sender, envelope_id=REPORT, device=DEVICE, kind="report"
            )  # fmt: skip
        if not refuses(page, OPEN, **asked):
            opened[name] = "opened"

    assert {} == opened


@pytest.mark.parametrize(
    "other", [{"id": "b" * 32}, {"device": "00000000000000a2"}, {"kind": "note"}, {"sender": "00" * 32}]
)
def test_an_envelope_filed_under_another_row_is_refused(page: Page, cast: Cast, other: dict[str, str]):
    with pytest.raises(Refused, match=r"another envelope|signature"):
        run(page, OPEN, **{**cast.asked(), **other})


def test_a_dropped_and_an_added_reader_are_seen(page: Page, cast: Cast):
    whole = parts(cast.envelope)
    second, stranger = key_id(cast.publics[1]), key_id(cast.publics[2])
    whole["wraps"][stranger] = whole["wraps"].pop(second)
    found = run(page, OPEN, **cast.asked(json.dumps(whole).encode()))

    assert [[second], [stranger]] == [found["dropped"], found["strange"]]


def test_a_sender_cannot_show_two_readers_different_words(page: Page, cast: Cast):
    """The insider who knows the content key wraps another one for the second reader: its commitment differs."""
    whole = parts(cast.envelope)
    header_hash = hashlib.sha256(base64.b64decode(whole["header"])).digest()
    second = key_id(cast.publics[1])
    whole["wraps"][second] = b64(
        sealing.seal(cast.publics[1], os.urandom(32), sealing.bind("wrap", header_hash, second))
    )
    with pytest.raises(Refused, match="committed"):
        run(page, OPEN, **cast.asked(json.dumps(whole).encode(), reader=1))


GRANT = """
  const mine = await pairOf('X25519', given.private);
  const signer = await pairOf('Ed25519', given.signer);
  const encoded = unbase64(given.envelope);
  const grant = await envelopes.makeGrant(mine, signer.privateKey, encoded, unhex(given.newcomer), '2026-11-25T10:00:00.000Z', given.grants || []);
  return [grant, await envelopes.grantHolds(encoded, grant, signer.publicKey), await envelopes.grantHolds(encoded, { ...grant, at: '2026-11-26' }, signer.publicKey)];
"""


def test_a_grant_lets_a_later_reader_in_and_only_them(page: Page, cast: Cast):
    newcomer = sealing.new_opening_key()
    signer = sealing.new_signing_key()
    public = sealing.opening_public_key(newcomer)
    given_to = {**cast.asked(), "signer": signer.hex(), "newcomer": public.hex()}
    grant, holds, holds_changed = run(page, GRANT, **given_to)
    found = run(page, OPEN, **{**cast.asked(grants=[grant]), "private": newcomer.hex()})
    header_hash = hashlib.sha256(base64.b64decode(parts(cast.envelope)["header"])).digest()
    content_key = sealing.open_sealed(
        newcomer, bytes.fromhex(grant["wrap"]), sealing.bind("grant", header_hash, key_id(public))
    )
    bound = sealing.bind(
        "grant-signature", header_hash, grant["key"], grant["by"], grant["at"], bytes.fromhex(grant["wrap"])
    )
    sealing.verify(sealing.signing_public_key(signer), bound, bytes.fromhex(grant["signature"]))
    forwarded = {**cast.asked(grants=[grant]), "private": newcomer.hex(), "signer": signer.hex()}
    next_one = sealing.new_opening_key()
    second, _, _ = run(page, GRANT, **{**forwarded, "newcomer": sealing.opening_public_key(next_one).hex()})
    again = run(page, OPEN, **{**cast.asked(grants=[grant, second]), "private": next_one.hex()})

    assert [WORDS, WORDS] == [base64.b64decode(one["payload"]) for one in (found, again)]
    assert (True, False, 32) == (holds, holds_changed, len(content_key))
    assert grant == found["grant"]
    for wrong in (
        {**grant, "wrap": base64.b64decode(parts(cast.envelope)["wraps"][key_id(cast.publics[0])]).hex()},
        {**grant, "wrap": grant["wrap"][:-2] + "00"},
        {**grant, "wrap": "zz"},
        {**grant, "key": key_id(cast.publics[2])},
    ):
        with pytest.raises(Refused, match="CannotOpen"):
            run(page, OPEN, **{**cast.asked(grants=[wrong]), "private": newcomer.hex()})


def test_an_answer_opens_with_the_report_s_reply_key_only(page: Page):
    reply_key, signer = sealing.new_opening_key(), sealing.new_signing_key()
    made = run(
        page,
        """const signer = await pairOf('Ed25519', given.signer);
        const reply = { report: given.report, device: given.device, at: '2026-11-25T10:00:00.000Z', by: 'Ms Carver', words: 'Come by at lunch. Iyi ki söyledin.' };
        const { sealed, signature } = await writing.sealReply(signer, unhex(given.replyKey), reply);
        return [hex(sealed), hex(signature)]""",
        signer=signer.hex(), report=REPORT, device=DEVICE, replyKey=sealing.opening_public_key(reply_key).hex(),
    )  # fmt: skip
    sealed, signature = (bytes.fromhex(one) for one in made)
    opened = sealing.open_sealed(reply_key, sealed, reports.reply_bound(REPORT, DEVICE))
    words = msgspec.json.decode(opened, type=reports.ReplyWords)
    sealing.verify(
        sealing.signing_public_key(signer), reports.reply_signed(REPORT, DEVICE, sealed), signature
    )
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(reply_key, sealed, reports.reply_bound("b" * 32, DEVICE))

    assert ("Ms Carver", "Come by at lunch. Iyi ki söyledin.") == (words.by, words.words)


def test_a_note_is_sealed_to_its_readers_and_signed_by_the_officer(page: Page, cast: Cast):
    signer = sealing.new_signing_key()
    made = run(
        page,
        """const both = { key: await pairOf('X25519', given.private), sign: await pairOf('Ed25519', given.signer) };
        return base64(await writing.sealNote(both, given.to.map((one) => unhex(one)), { case: 'c1', text: 'Spoke with D.' }))""",
        private=cast.readers[0].hex(), signer=signer.hex(), to=[one.hex() for one in cast.publics[:2]],
    )  # fmt: skip
    encoded = base64.b64decode(made)
    _, header = envelopes.read_envelope(encoded)
    opened = open_envelope(
        cast.readers[1],
        encoded,
        device_public=sealing.signing_public_key(signer),
        envelope_id=header.id,
        device=f"officer-{key_id(cast.publics[0])[:16]}",
        kind="note",
    )

    assert {"v": 1, "case": "c1", "text": "Spoke with D."} == json.loads(opened.payload)


def test_a_staff_report_is_what_the_contract_says(page: Page, cast: Cast):
    words = reports.ReportWords(
        report=REPORT,
        origin="staff",
        device="staff",
        at=msgspec.json.decode(b'"2026-11-25T10:00:00Z"', type=reports.Moment),
        draft=reports.ReportDraft(harms=("content",)),
        tier="adult",
    )
    made = run(
        page,
        """const { envelope, signer } = await writing.sealStaffReport(given.to.map((one) => unhex(one)), given.report, given.words);
        return [base64(envelope), hex(signer)]""",
        to=[cast.publics[0].hex()], report=REPORT, words=json.loads(msgspec.json.encode(words)),
    )  # fmt: skip
    opened = open_envelope(
        cast.readers[0],
        base64.b64decode(made[0]),
        device_public=bytes.fromhex(made[1]),
        envelope_id=REPORT,
        device="staff",
        kind="staff-report",
    )

    assert words == msgspec.json.decode(opened.payload, type=reports.ReportWords)
