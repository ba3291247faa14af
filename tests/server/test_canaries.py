"""The whole server taken: its disk, its memory, all its keys. No word of a report is in any of them.

A real server process; a laptop that signs and seals as the agent does; officers at its JSON API, who note and
answer. Words, names and addresses that stand only in reports are looked for, in many spellings, and found by
nobody but those whom the report was sealed to.
"""

import base64
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from policies import envelopes, reports, sealing, wire
from policies.officers import SignedOfficers, list_bound, read_officers
from policies.recording import Stream
from policies.records import ProblemReported, ReportSent
from policies.sealing import CannotOpen, SealingError
from tests.support import apart, case_school, searching
from tests.support.case_school import CaseSchool

WORDS = (
    "quivering marmalade lighthouse",
    "Zephyrine Quillfeather",
    "zq-canary-4711",
    "pages.canary-nest.example/room/77",
    "wren-canary-account",
)
NOTE, STAFF_WORDS, ANSWER = "tangerine barometer note", "ochre pelican staffroom", "velvet walrus answer"
CANARIES = (*WORDS, NOTE, STAFF_WORDS, ANSWER)
PLAIN = "stapler-canary on the keyboard"
"""A broken thing, told plainly: it has to be found, or the search finds nothing at all."""


class Officer:
    """One adult at the officers' API."""

    def __init__(self, here: "Running", name: str) -> None:
        url = self.url = here.url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(here.laptop.ca)
        self.http.headers.update({"Origin": url, "Sec-Fetch-Site": "same-origin"})
        answer = self.http.post(
            f"{url}/sign-in", data={"name": name, "password": case_school.PASSWORD}, allow_redirects=False
        )
        assert answer.status_code == 303
        page = self.http.get(f"{url}/concerns").text
        self.http.headers["X-CSRF-Token"] = page.split('name="_csrf_token" value="')[1].split('"')[0]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/reports/api{path}", json=body, timeout=60)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    def reads(self) -> set[str]:
        return {case["id"] for case in self.ask("GET", "/cases")["cases"]}


class Running:
    """The served school, its laptop on the network, and the process to look into."""

    def __init__(self, school: CaseSchool, url: str, pid: int) -> None:
        self.school, self.url, self.pid = school, url, pid
        self.laptop = school.laptop
        self.laptop.url, self.laptop.ca = url, school.house.folder.tls / "ca.pem"

    def listed(self) -> SignedOfficers:
        """Fetch the policy as a laptop does, and return the officers' list in it."""
        signed = self.laptop.hold().assignment
        assert signed is not None
        body = wire.read_policy(self.laptop.ask("GET", f"/policy/{self.laptop.read(signed).body_hash}"))
        assert body.officers is not None
        return body.officers

    def report(self, words: str, *, addresses: tuple[str, ...] = ()) -> str:
        """Seal a report to whom the pinned list gives it, and send it in a signed, sealed batch."""
        report, harms = secrets.token_hex(16), ("contact",)
        signed = self.listed()
        chosen = reports.route(read_officers(signed), harms=harms, subject="nobody-known")
        draft = reports.ReportDraft(harms=harms, words=words, addresses=addresses, talk_to=WORDS[1])
        reply = self.school.reply_keys.setdefault(report, sealing.new_opening_key())
        payload = reports.ReportWords(
            report=report, device=self.laptop.device, at=datetime.now(UTC), draft=draft, tier="junior",
            person=WORDS[2], display_name=WORDS[1], os_user=WORDS[4],
            reply_key=sealing.opening_public_key(reply),
        )  # fmt: skip
        sealed = envelopes.seal_envelope(
            self.laptop.private, [officer.key for officer in chosen], msgspec.json.encode(payload),
            envelope_id=report, device=self.laptop.device, kind="report",
        )  # fmt: skip
        sent = ReportSent(
            at=datetime.now(UTC), report=report, coarse="contact", urgency="soon", year="Year 8",
            list_seq=read_officers(signed).seq, envelope=sealed,
        )  # fmt: skip
        self.laptop.upload(self.laptop.seal(Stream.REPORT, [sent]))
        return report

    def envelope(self, officer: Officer, report: str) -> bytes:
        case = officer.ask("GET", f"/cases/{report}")["case"]
        return base64.b64decode(case["envelope"])

    def open(self, private: bytes, envelope: bytes, report: str) -> reports.ReportWords:
        opened = envelopes.open_envelope(
            private, envelope, device_public=self.laptop.public, envelope_id=report,
            device=self.laptop.device, kind="report",
        )  # fmt: skip
        return msgspec.json.decode(opened.payload, type=reports.ReportWords)


@contextmanager
def running(school: CaseSchool) -> Iterator[Running]:
    school.house.close()
    with apart.served_apart(school.house) as url:
        (pid,) = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _is_server(entry, str(school.house.folder.path))
        ]
        yield Running(school, url, pid)


def _is_server(entry: Path, folder: str) -> bool:
    try:
        return folder.encode() in (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


@pytest.fixture(scope="module")
def taken(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Running, str, Path, dict[str, Officer]]]:
    """A day of reports, notes and answers; then a copy of the folder while the server runs."""
    if os.geteuid() != 0:
        pytest.skip("looking into another process needs root")
    folder = tmp_path_factory.mktemp("taken")
    school = case_school.make_case_school(folder / "data")
    with running(school) as here:
        lead, head = Officer(here, "r.carver"), Officer(here, "n.okafor")
        broken = ProblemReported(
            at=datetime.now(UTC), login="1" * 32, os_user="ada", person="p1", kind="broken", words=PLAIN
        )
        here.laptop.upload(here.laptop.seal(Stream.VITAL, [broken]))
        report = here.report(f"There is a {WORDS[0]} and {WORDS[1]} said so.", addresses=(WORDS[3],))
        work(here, lead, report)
        staff_report(here, Officer(here, "j.reed"))
        copy = folder / "copy"
        shutil.copytree(folder / "data", copy)
        yield here, report, copy, {"r.carver": lead, "n.okafor": head}


def work(here: Running, lead: Officer, report: str) -> None:
    """Let the lead acknowledge, note and answer, each sealed as the browser seals it."""
    lead.ask("POST", f"/cases/{report}/acknowledge", {})
    note = base64.b64encode(here.school.note("r.carver", report, NOTE)).decode()
    lead.ask("POST", f"/cases/{report}/notes", {"envelope": note})
    said = reports.ReplyWords(report=report, at=datetime.now(UTC), by="Ruth Carver", words=ANSWER)
    reply = sealing.opening_public_key(here.school.reply_keys[report])
    sealed = sealing.seal(reply, msgspec.json.encode(said), reports.reply_bound(report, here.laptop.device))
    holder = here.school.holders["r.carver"]
    bound = reports.reply_signed(report, here.laptop.device, sealed)
    copy = base64.b64encode(here.school.note("r.carver", report, ANSWER)).decode()
    signature = sealing.sign(holder.sign_private, bound)
    lead.ask(
        "POST", f"/cases/{report}/reply",
        {"sealed": sealed.hex(), "signature": signature.hex(), "envelope": copy},
    )  # fmt: skip


def staff_report(here: Running, teacher: Officer) -> None:
    """Let a teacher pass something on, sealed in their browser under a one-time key."""
    report, once = secrets.token_hex(16), sealing.new_signing_key()
    draft = reports.ReportDraft(harms=("conduct",), words=STAFF_WORDS)
    words = reports.ReportWords(
        report=report, origin="staff", device="staff", at=datetime.now(UTC), draft=draft, tier="adult",
        display_name=WORDS[1],
    )  # fmt: skip
    chosen = reports.route(read_officers(here.listed()), harms=("conduct",), subject="nobody-known")
    sealed = envelopes.seal_envelope(
        once, [officer.key for officer in chosen], msgspec.json.encode(words), envelope_id=report,
        device="staff", kind="staff-report",
    )  # fmt: skip
    body = {"envelope": base64.b64encode(sealed).decode(), "coarse": "conduct", "urgency": "soon",
            "signer": sealing.signing_public_key(once).hex(), "what": "on-behalf"}  # fmt: skip
    teacher.ask("POST", "/staff-reports", body)


def test_the_search_finds_a_word_however_it_is_written(tmp_path: Path):
    word = WORDS[0]
    texts = {
        f"shifted by {shift}": base64.b64encode(b"x" * shift + word.encode() + b"yz") for shift in range(3)
    }
    texts |= {"packed": zlib.compress(b"a" * 99 + word.encode()), "wide": f"<{word}>".encode("utf-16-le")}
    for name, content in texts.items():
        (tmp_path / name).write_bytes(b"\x00" * 1000 + content)
        found = searching.hits(searching.files_of(tmp_path), [word])
        (tmp_path / name).unlink()

        assert {word} == set(found), name


Taken = tuple[Running, str, Path, dict[str, Officer]]


@pytest.mark.timeout(600)  # the first of the file: the day is played before it
def test_nothing_on_the_server_s_disk_holds_a_word_of_a_report(taken: Taken):
    copy = taken[2]
    found = searching.hits(searching.files_of(copy), [*CANARIES, PLAIN])

    assert PLAIN in found, "the search itself has to find what is there"
    assert {PLAIN} == set(found), found


@pytest.mark.timeout(600)  # all of a process's memory, searched many times
def test_nothing_in_the_server_s_memory_holds_a_word_of_a_report(taken: Taken):
    here, _, copy, officers = taken
    for officer in officers.values():
        officer.ask("GET", "/cases")
    Officer(here, "t.ashby").http.get(f"{here.url}/problems")
    here.laptop.hold()
    dump = copy.parent / "memory"
    with dump.open("wb") as file:
        for piece in searching.memory_of(here.pid):
            file.write(piece)
    found = searching.hits((("memory", piece) for piece in searching.memory_of(here.pid)), [*CANARIES, PLAIN])

    assert dump.stat().st_size > 50 * 1024 * 1024, "a server's memory is larger than this"
    assert PLAIN in found, "the search itself has to find what is there"
    assert {PLAIN} == set(found), found


def keys_in(folder: Path) -> dict[str, bytes]:
    """Return every private key of the server's folder, as 32 bytes where it has so many."""
    found = {}
    for path in folder.rglob("*"):
        if not path.is_file() or path.stat().st_size > 64 * 1024:
            continue
        content = path.read_bytes()
        if len(content) == 32:
            found[path.name] = content
        for text in (content.strip(), *content.split()):
            if len(text) == 64:
                try:
                    found[f"{path.name}, {text[:4]!r}"] = bytes.fromhex(text.decode("ascii", "replace"))
                except ValueError:
                    continue
        if b"PRIVATE KEY" in content:
            key = serialization.load_pem_private_key(content, None)
            raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            found[f"{path.name} (pem)"] = raw[-32:]
    return found


def test_none_of_the_server_s_keys_opens_a_report_or_a_note(taken: Taken):
    here, report, copy, officers = taken
    detail = officers["r.carver"].ask("GET", f"/cases/{report}")
    sealed = [detail["case"]["envelope"], *(one["envelope"] for one in detail["entries"] if one["envelope"])]
    keys = keys_in(copy)

    assert len(sealed) >= 3
    assert here.school.house.keys.record_private in keys.values()
    assert here.school.house.keys.policy_private in keys.values()
    opened = []
    for name, key in keys.items():
        for one in map(base64.b64decode, sealed):
            header = json.loads(base64.b64decode(json.loads(one)["header"] + "=="))
            try:
                envelopes.open_envelope(
                    key, one, device_public=here.laptop.public, envelope_id=header["id"],
                    device=header["device"], kind=header["kind"],
                )  # fmt: skip
            except (CannotOpen, SealingError, ValueError):
                continue
            opened.append(name)
    assert [] == opened


def test_each_of_the_three_recipients_opens_it(taken: Taken):
    here, report, _, officers = taken
    envelope = here.envelope(officers["r.carver"], report)
    privates = {
        "lead": here.school.holders["r.carver"].private,
        "deputy": here.school.holders["d.amos"].private,
        "sheet": here.school.recovery,
    }
    heads = here.school.holders["n.okafor"].private

    assert dict.fromkeys(privates, f"There is a {WORDS[0]} and {WORDS[1]} said so.") == {
        who: here.open(private, envelope, report).draft.words for who, private in privates.items()
    }
    with pytest.raises(CannotOpen):
        here.open(heads, envelope, report)
    assert report not in officers["n.okafor"].reads()


def test_one_who_was_taken_off_the_list_cannot_open_the_next(taken: Taken):
    here, _, _, officers = taken
    deputy = Officer(here, "d.amos")
    signed = here.school.signed_list("r.carver", "n.okafor", "g.hall")
    sealing.verify(signed.root, list_bound(signed.list), signed.signature)
    body = {"list": base64.b64encode(signed.list).decode(), "signature": signed.signature.hex(),
            "root": signed.root.hex(), "changes": []}  # fmt: skip
    officers["n.okafor"].ask("PUT", "/officers", body)
    after = here.report(f"Another {WORDS[0]}.")
    envelope = here.envelope(officers["r.carver"], after)
    sheet = here.open(here.school.recovery, envelope, after)

    assert (
        f"Another {WORDS[0]}."
        == here.open(here.school.holders["r.carver"].private, envelope, after).draft.words
    )
    assert f"Another {WORDS[0]}." == sheet.draft.words
    with pytest.raises(CannotOpen):
        here.open(here.school.holders["d.amos"].private, envelope, after)
    answer = deputy.http.get(f"{here.url}/reports/api/cases/{after}")
    assert 404 == answer.status_code
