"""Officers' keys under a passphrase, the recovery sheet, and the signed list, in a real browser."""
# ruff: noqa: E501 - lines of the page's own language

import base64
import json
import os
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page

from policies import officers, reports, sealing
from policies.envelopes import key_id, seal_envelope
from policies.officers import Officer, OfficersList, OfficersRefused, Pin, RootChange, SignedOfficers
from tests.support import real_records
from tests.support.case_school import Holder
from tests.support.script_page import Refused, refuses, run

pytestmark = pytest.mark.browser
WRAP = """
  const made = await wrapping.newKeys(true);
  const record = await wrapping.wrapKeys(made, given.passphrase, given.staff);
  return [record, [made.key, made.sign, made.root].map((one) => hex(one.publicKey))];
"""
UNWRAP = """
  const found = await wrapping.unwrapKeys(given.record, given.passphrase, given.staff);
  const signature = await keys.sign(found.sign.privateKey, bind('x'));
  const sealed = await hpke.seal(found.key.publicKey, utf8('words'), bind('x'));
  const opened = text(await hpke.open(found.key, sealed, bind('x')));
  let copied = [];
  for (const pair of [found.key, found.sign, found.root]) {
    try { await crypto.subtle.exportKey('pkcs8', pair.privateKey); copied.push('copied'); } catch (problem) { copied.push(problem.name); }
  }
  return [opened, await keys.verifies(found.sign.publicKey, bind('x'), signature), copied];
"""


@pytest.fixture(scope="module")
def wrapped(page: Page) -> tuple[dict[str, Any], str, list[str]]:
    passphrase = run(page, "return wrapping.newPassphrase()")
    record, publics = run(page, WRAP, passphrase=passphrase, staff="7")
    return json.loads(record), passphrase, publics


def compact(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


def unwrap(page: Page, record: dict[str, Any], passphrase: str, staff: str = "7") -> Any:
    return run(page, UNWRAP, record=compact(record), passphrase=passphrase, staff=staff)


def test_a_passphrase_is_made_not_chosen(page: Page):
    made = {run(page, "return wrapping.newPassphrase()") for _ in range(20)}

    assert 20 == len(made)
    assert all(len(one) == 19 and one.count("-") == 3 for one in made)


def test_keys_come_back_with_the_passphrase_and_cannot_be_copied(
    page: Page, wrapped: tuple[dict[str, Any], str, list[str]]
):
    record, passphrase, publics = wrapped
    typed = passphrase.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for spelling in (passphrase, typed, f"  {typed}\n"):
        assert ["words", True, ["InvalidAccessError"] * 3] == unwrap(page, record, spelling)

    assert [record["key"], record["sign_key"], record["root"]] == publics
    assert 1_200_000 == record["kdf"]["iterations"]


def test_a_changed_record_or_a_wrong_passphrase_opens_nothing(
    page: Page, wrapped: tuple[dict[str, Any], str, list[str]]
):
    record, passphrase, _ = wrapped
    other = json.loads(run(page, WRAP, passphrase=passphrase, staff="7")[0])

    def changed(**changes: object) -> dict[str, Any]:
        return {**json.loads(json.dumps(record)), **changes}

    kdf, boxes = record["kdf"], record["wrapped"]
    wrong = {
        "another public key": changed(key=os.urandom(32).hex()),
        "another sign key": changed(sign_key=other["sign_key"]),
        "another root": changed(root=other["root"]),
        "another sheet": changed(sheet=os.urandom(32).hex()),
        "another box": changed(root_box=os.urandom(80).hex()),
        "few iterations": changed(kdf={**kdf, "iterations": 1}),
        "other iterations": changed(kdf={**kdf, "iterations": 600_000}),
        "endless iterations": changed(kdf={**kdf, "iterations": 10**12}),
        "another function": changed(kdf={**kdf, "name": "none"}),
        "another salt": changed(kdf={**kdf, "salt": "00" * 16}),
        "boxes of another": changed(wrapped=other["wrapped"]),
        "keys swapped": changed(wrapped={**boxes, "sign_key": boxes["root"], "root": boxes["sign_key"]}),
        "a member more": changed(extra=1),
        "a version more": changed(v=2),
    }
    opened = []
    for name, one in wrong.items():
        if not refuses(page, UNWRAP, record=compact(one), passphrase=passphrase, staff="7"):
            opened.append(name)
    for passes, staff in (("AAAA-AAAA-AAAA-AAAA", "7"), (passphrase, "8"), ("", "7")):
        with pytest.raises(Refused, match="wrong passphrase"):
            unwrap(page, record, passes, staff)

    assert [] == opened


def test_a_record_that_python_wrapped_opens_in_the_page_unless_guessing_is_cheap(page: Page):
    one = Holder("Ruth Carver", 7, "lead")
    strong = real_records.wrap(one, root=ROOT, sheet=sealing.new_opening_key())
    cheap = real_records.wrap(one, iterations=100_000)
    asked = {"passphrase": real_records.PASSPHRASE, "staff": "7"}

    assert ["words", True, ["InvalidAccessError"] * 3] == run(page, UNWRAP, record=strong, **asked)
    assert refuses(page, UNWRAP, record=cheap, **asked)


def test_the_same_keys_can_go_under_a_new_passphrase(
    page: Page, wrapped: tuple[dict[str, Any], str, list[str]]
):
    record, passphrase, publics = wrapped
    again = run(
        page,
        """const found = await wrapping.unwrapKeys(given.record, given.old, '7', true);
        return wrapping.wrapKeys(found, 'BBBB-BBBB-BBBB-BBBB', '7')""",
        record=compact(record), old=passphrase,
    )  # fmt: skip

    assert "words" == unwrap(page, json.loads(again), "bbbbbbbbbbbbbbbb")[0]
    assert publics[0] == json.loads(again)["key"]


def test_the_sheet_is_typed_back_and_opens_a_report(page: Page):
    laptop = sealing.new_signing_key()
    spelt, public = run(
        page, "const made = await recovery.newSheet(); return [made.spelt, hex(made.publicKey)]"
    )
    sealed = seal_envelope(
        laptop, [bytes.fromhex(public)], b"words", envelope_id="a" * 32, device="d1", kind="report"
    )
    typed = spelt.lower().replace("-", "  ").replace("1", "i").replace("0", "O")
    opened = run(
        page,
        """const mine = await recovery.readSheet(given.typed);
        const place = { id: given.id, device: 'd1', kind: 'report' };
        const found = await envelopes.openEnvelope(mine, unbase64(given.envelope), unhex(given.sender), place);
        return text(found.payload)""",
        typed=typed, id="a" * 32, envelope=base64.b64encode(sealed).decode(),
        sender=sealing.signing_public_key(laptop).hex(),
    )  # fmt: skip

    assert (14, "words") == (len(spelt.split("-")), opened)


def test_the_sheet_brings_the_school_s_key_back(page: Page):
    back = run(
        page,
        """const made = await wrapping.newKeys(true);
        const sheet = await recovery.newSheet();
        const box = await recovery.boxRoot(sheet.publicKey, made.root);
        const read = await recovery.readSheet(sheet.spelt);
        const root = await recovery.openRoot(read, box, made.root.publicKey);
        const other = await wrapping.newKeys(true);
        let refused = '';
        try { await recovery.openRoot(read, box, other.root.publicKey); } catch (problem) { refused = problem.constructor.name; }
        const beside = { sheet: hex(sheet.publicKey), root_box: hex(box) };
        const record = await wrapping.wrapKeys({ ...other, root }, 'AAAA-BBBB-CCCC-DDDD', '7', beside);
        const found = await wrapping.unwrapKeys(record, 'AAAA-BBBB-CCCC-DDDD', '7');
        const signature = await keys.sign(found.root.privateKey, bind('x'));
        return [await keys.verifies(made.root.publicKey, bind('x'), signature), refused, found.beside.sheet === beside.sheet]""",
    )

    assert [True, "CannotOpen", True] == back


def test_every_single_slip_of_the_pen_is_caught(page: Page):
    spelt = run(page, "return (await recovery.newSheet()).spelt")
    passed = run(
        page,
        """let passed = [];
        for (const at of Array.from(given.spelt, (letter, at) => at).filter((at) => given.spelt[at] !== '-')) {
          const wrong = given.spelt[at] === 'A' ? 'B' : 'A';
          try { await recovery.readSheet(given.spelt.slice(0, at) + wrong + given.spelt.slice(at + 1)); passed.push(at); } catch { continue; }
        }
        for (const other of ['', 'AAAA', given.spelt.slice(0, -1), given.spelt + 'A', given.spelt.replace(/.$/, 'U')]) {
          try { await recovery.readSheet(other); passed.push(other); } catch { continue; }
        }
        return passed""",
        spelt=spelt,
    )  # fmt: skip

    assert [] == passed


# -- the signed list ----------------------------------------------------------------------------------


def officer(name: str, role: officers.OfficerRole) -> Officer:
    key = sealing.opening_public_key(sealing.new_opening_key())
    sign = sealing.signing_public_key(sealing.new_signing_key())
    sign_key = bytes(32) if role == "recovery" else sign
    return Officer(name=name, role=role, key=key, sign_key=sign_key, since=datetime(2026, 11, 1, tzinfo=UTC))


STAFF = [officer("Ruth Carver", "lead"), officer("Daniel Bell", "deputy"), officer("Neil Okafor", "head")]
SHEET = officer("Recovery sheet", "recovery")
ROOT, NEXT_ROOT = sealing.new_signing_key(), sealing.new_signing_key()


def signed(listed: list[Officer], seq: int = 1, root: bytes = ROOT, changes: tuple[RootChange, ...] = ()):
    raw = msgspec.json.encode(OfficersList(seq=seq, officers=tuple(listed)))
    return SignedOfficers(
        list=raw,
        signature=sealing.sign(root, officers.list_bound(raw)),
        root=sealing.signing_public_key(root),
        changes=changes,
    )


def change(old: bytes, new: bytes, by: bytes) -> RootChange:
    before, after = sealing.signing_public_key(old), sealing.signing_public_key(new)
    return RootChange(old=before, new=after, signature=sealing.sign(by, officers.change_bound(before, after)))


def spelt(one: SignedOfficers) -> dict[str, Any]:
    return {
        "list": base64.b64encode(one.list).decode(),
        "signature": one.signature.hex(),
        "root": one.root.hex(),
        "changes": [
            {"old": it.old.hex(), "new": it.new.hex(), "signature": it.signature.hex()} for it in one.changes
        ],
    }


TAKE = """
  const { listed, pin } = await officers.takeOfficers(officers.signedFrom(given.signed), given.pin || null);
  return [listed.seq, listed.officers.map((one) => one.id), pin];
"""


def pinned(one: SignedOfficers, seq: int) -> tuple[Pin, dict[str, Any]]:
    return Pin(one.root, seq, one.list), {
        "root": one.root.hex(),
        "seq": seq,
        "list": base64.b64encode(one.list).decode(),
    }


FIRST = signed([*STAFF, SHEET], 5)
CASES: dict[str, tuple[SignedOfficers, bool]] = {
    "the same list": (FIRST, True),
    "a longer number": (signed([*STAFF[1:], SHEET], 6), True),
    "an older one": (signed([*STAFF, SHEET], 4), False),
    "another of its number": (signed([*STAFF[1:], SHEET], 5), False),
    "another root": (signed([*STAFF, SHEET], 6, NEXT_ROOT), False),
    "a root named by the old": (
        signed([*STAFF, SHEET], 6, NEXT_ROOT, (change(ROOT, NEXT_ROOT, ROOT),)), True,
    ),
    "a root that named itself": (
        signed([*STAFF, SHEET], 6, NEXT_ROOT, (change(ROOT, NEXT_ROOT, NEXT_ROOT),)), False,
    ),
    "one person": (signed([STAFF[0], SHEET], 6), False),
    "no sheet": (signed(STAFF, 6), False),
    "no head": (signed([STAFF[0], STAFF[1], SHEET], 6), False),
    "no lead": (signed([STAFF[2], officer("Alt", "alternate"), SHEET], 6), False),
    "one key twice": (signed([STAFF[0], STAFF[0], STAFF[2], SHEET], 6), False),
    "a signature of something else": (
        msgspec.structs.replace(FIRST, signature=signed([*STAFF, SHEET], 6).signature), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_page_and_laptop_take_and_refuse_the_same_lists(page: Page, name: str):
    list_now, taken = CASES[name]
    pin, pin_spelt = pinned(FIRST, 5)
    try:
        listed, _ = officers.take_officers(list_now, pin)
        in_python: object = [listed.seq, [one.id for one in listed.officers]]
    except OfficersRefused:
        in_python = "refused"
    asked = {"signed": spelt(list_now), "pin": pin_spelt}
    in_page: object = "refused" if refuses(page, TAKE, **asked) else run(page, TAKE, **asked)[:2]

    assert in_python == in_page
    assert taken is (in_page != "refused")


def test_a_list_that_the_page_signs_is_taken_by_laptops(page: Page):
    made = run(
        page,
        """const root = await pairOf('Ed25519', given.root);
        const people = given.people.map((one) => ({ ...one, key: unbase64(one.key), signKey: unbase64(one.sign_key) }));
        const changed = await officers.changeRoot(root, unhex(given.next));
        const signed = await officers.signOfficers(root, 3, people, [changed]);
        return officers.signedInto(signed)""",
        root=ROOT.hex(), next=sealing.signing_public_key(NEXT_ROOT).hex(),
        people=[json.loads(msgspec.json.encode(one)) for one in [*STAFF, SHEET]],
    )  # fmt: skip
    one = made["changes"][0]
    whole = SignedOfficers(
        list=base64.b64decode(made["list"]),
        signature=bytes.fromhex(made["signature"]),
        root=bytes.fromhex(made["root"]),
        changes=(RootChange(**{name: bytes.fromhex(digits) for name, digits in one.items()}),),
    )
    listed, _ = officers.take_officers(whole, None)
    first = whole.changes[0]
    sealing.verify(first.old, officers.change_bound(first.old, first.new), first.signature)

    assert [*STAFF, SHEET] == list(listed.officers)


def test_both_send_a_report_to_the_same_people(page: Page):
    people = [*STAFF, officer("Alt", "alternate"), SHEET]
    ids = [one.id for one in people]
    choices = [
        (subject, not_to, left)
        for subject in ("nobody-known", "pupil", "outside", "staff", "head")
        for not_to in ([], ids[:1], ids[:2], ids[:3], ids[2:3], ids[2:4], ids)
        for left in (people, [one for one in people if one.role != "alternate"])
    ]
    in_python = [
        [
            one.id
            for one in reports.route(
                OfficersList(seq=1, officers=tuple(left)), harms=("content",), subject=subject, not_to=not_to
            )  # type: ignore[arg-type]
        ]
        for subject, not_to, left in choices
    ]
    in_page = run(
        page,
        """return given.choices.map(([subject, notTo, left]) => officers.route(left, subject, notTo).map((one) => one.id))""",
        choices=[
            [subject, not_to, [{"id": one.id, "role": one.role} for one in left]]
            for subject, not_to, left in choices
        ],
    )

    assert in_python == in_page
    assert key_id(STAFF[0].key) == ids[0]
