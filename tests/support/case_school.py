"""An invented school with officers' keys, a signed list, and reports that a real laptop sealed and sent.

Everything goes through the doors a school uses: keys and lists through `server.officers`, reports through a
sealed, signed batch and ingest. Private halves stay here, as they would in browsers and on laptops.
"""

import copy
import secrets
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from policies import envelopes, reports, schools, sealing
from policies.officers import Officer, OfficersList, SignedOfficers, list_bound
from policies.recording import Stream
from policies.records import Record, ReportSent
from policies.settings import ReportSettings
from server import (
    accounts,
    case_quarantine,
    cases,
    codes,
    db,
    enrolling,
    ingest,
    officer_lists,
    officers,
    people,
    publishing,
    settings,
    state,
)
from server.ingest import Upload
from tests.support.laptop import Laptop
from tests.support.school import PASSWORD

ROOM = "Lab 2"
CAST: dict[str, tuple[str, frozenset[str], tuple[str, ...]]] = {
    "r.carver": ("Ruth Carver", frozenset({"safeguarding"}), ()),
    "d.amos": ("Dina Amos", frozenset({"safeguarding"}), ()),
    "n.okafor": ("Neil Okafor", frozenset({"head"}), ()),
    "g.hall": ("Grace Hall", frozenset({"governor"}), ()),
    "t.ashby": ("Tom Ashby", frozenset({"technician"}), ()),
    "j.reed": ("Joan Reed", frozenset({"teacher"}), (ROOM,)),
}
PLACES = {"r.carver": "lead", "d.amos": "deputy", "n.okafor": "head", "g.hall": "alternate"}
"""Who stands on the list, and where."""
ADA = people.Person(
    os_user="ada", person="p1", display_name="Ada Yıldız", tier="junior", room=ROOM, year="Year 8"
)
KDF = {"name": "PBKDF2-SHA256", "iterations": 1_200_000, "salt": "00" * 16}


@dataclass
class Holder:
    """One officer's private halves, as their browser would hold them."""

    name: str
    staff: int
    place: str
    private: bytes = field(default_factory=sealing.new_opening_key)
    sign_private: bytes = field(default_factory=sealing.new_signing_key)

    @property
    def key(self) -> bytes:
        """The public half reports are sealed to."""
        return sealing.opening_public_key(self.private)

    @property
    def sign_key(self) -> bytes:
        """The public half notes are checked with."""
        return sealing.signing_public_key(self.sign_private)

    @property
    def id(self) -> str:
        """The id of the opening key."""
        return envelopes.key_id(self.key)

    @property
    def proof(self) -> bytes:
        """What shows that both halves belong to this account."""
        return sealing.sign(self.sign_private, sealing.bind("officer-proof", str(self.staff), self.key))

    @property
    def record(self) -> str:
        """A record of the right shape. What is wrapped in it opens nowhere."""
        return msgspec.json.encode(
            {
                "v": 1,
                "kdf": KDF,
                "key": self.key.hex(),
                "sign_key": self.sign_key.hex(),
                "wrapped": {"key": "00" * 64, "sign_key": "00" * 64},
            }
        ).decode()


@dataclass
class CaseSchool:
    """The school, its officers by sign-in name, and one laptop that reports come from."""

    house: state.ServerState
    holders: dict[str, Holder]
    root: bytes
    recovery: bytes
    laptop: Laptop
    now: datetime
    seq: int = 0
    reply_keys: dict[str, bytes] = field(default_factory=dict)

    # -- officers --------------------------------------------------------------------------------

    def signed_list(self, *names: str, seq: int | None = None) -> SignedOfficers:
        """Return the next list with these holders (all, if none is named) and the recovery sheet."""
        chosen = [self.holders[name] for name in (names or self.holders)]
        listed = OfficersList(
            seq=self.seq + 1 if seq is None else seq,
            officers=(
                *(
                    Officer(
                        name=holder.name,
                        role=holder.place,  # type: ignore[arg-type]
                        key=holder.key,
                        sign_key=holder.sign_key,
                        since=self.now,
                    )
                    for holder in chosen
                ),
                Officer(
                    name="Recovery sheet",
                    role="recovery",
                    key=sealing.opening_public_key(self.recovery),
                    sign_key=bytes(32),
                    since=self.now,
                ),
            ),
        )
        encoded = msgspec.json.encode(listed)
        return SignedOfficers(
            list=encoded,
            signature=sealing.sign(self.root, list_bound(encoded)),
            root=sealing.signing_public_key(self.root),
        )

    def publish_list(self, *names: str) -> int:
        """Publish the next list as the head."""
        with self.house.db.write() as connection:
            head = accounts.find_staff(connection, "n.okafor")
            self.seq = officers.put_list(
                connection, head, self.signed_list(*names), root_box=None, now=self.now
            )
        return self.seq

    def put_key(self, name: str) -> Holder:
        """Make a key for somebody of the cast and hand it in."""
        with self.house.db.write() as connection:
            person = accounts.find_staff(connection, name)
            holder = Holder(person.display_name, person.id, PLACES.get(name, "deputy"))
            officers.put_key(
                connection,
                person,
                record=holder.record,
                key=holder.key,
                sign_key=holder.sign_key,
                proof=holder.proof,
                now=self.now,
            )
        self.holders[name] = holder
        return holder

    def replace_key(self, name: str) -> Holder:
        """Lose a passphrase, say so, and hand in another key; it waits for the next list."""
        with self.house.db.write() as connection:
            person = accounts.find_staff(connection, name)
            officers.note_recovery(connection, person, "lost-passphrase", "", self.now)
        return self.put_key(name)

    def reader(self, name: str) -> officers.Reader | None:
        """Return somebody as the server knows them as a reader of cases."""
        with self.house.db.read() as connection:
            return officers.reader_of(connection, accounts.find_staff(connection, name))

    # -- reports ---------------------------------------------------------------------------------

    def report(
        self,
        words: str = "Somebody keeps writing to me and I want it to stop.",
        *,
        harms: tuple[reports.Harm, ...] = ("contact",),
        subject: reports.Subject = "nobody-known",
        not_to: tuple[str, ...] = (),
        urgency: reports.Urgency = "soon",
        report: str = "",
        laptop: Laptop | None = None,
        **draft: Any,
    ) -> ReportSent:
        """Seal a report on the laptop and return its record, as the agent writes it."""
        laptop = laptop or self.laptop
        report = report or secrets.token_hex(16)
        with self.house.db.read() as connection:
            newest = officer_lists.newest(connection)
        assert newest is not None
        listed = newest.listed
        chosen = reports.route(
            listed, harms=harms, subject=subject, not_to=[self.holders[name].id for name in not_to]
        )
        reply = self.reply_keys.setdefault(report, sealing.new_opening_key())
        payload = msgspec.json.encode(
            reports.ReportWords(
                report=report,
                device=laptop.device,
                at=self.now,
                draft=reports.ReportDraft(
                    harms=harms, subject=subject, urgency=urgency, words=words, **draft
                ),
                tier="junior",
                year=ADA.year,
                room=ROOM,
                person=ADA.person,
                display_name=ADA.display_name,
                os_user=ADA.os_user,
                reply_key=sealing.opening_public_key(reply),
            )
        )
        return ReportSent(
            at=self.now,
            report=report,
            coarse=reports.coarse(harms, subject),
            urgency=urgency,
            year=ADA.year,
            list_seq=max(self.seq, 1),
            envelope=envelopes.seal_envelope(
                laptop.private,
                [officer.key for officer in chosen],
                payload,
                envelope_id=report,
                device=laptop.device,
                kind="report",
            ),
        )

    def send(self, words: str = "Somebody keeps writing to me and I want it to stop.", **more: Any) -> str:
        """Seal a report, bring it to the server and return its id. `at` sets when the server got it."""
        at = more.pop("at", None)
        sent = self.report(words, **more)
        self.bring(sent, laptop=more.get("laptop"), at=at)
        return sent.report

    def bring(
        self,
        *sent: Record,
        laptop: Laptop | None = None,
        stream: Stream = Stream.REPORT,
        at: datetime | None = None,
    ) -> None:
        """Bring records to the server as uploads do, each in a batch of its own, as urgent ones are."""
        laptop = laptop or self.laptop
        plain = db.connect_plain(self.house.folder.database)
        try:
            for first in range(0, len(sent), 20):
                batches = tuple(laptop.seal(stream, [record]) for record in sent[first : first + 20])
                upload = Upload(laptop.device, laptop.public, batches, at or self.now)
                (outcome,) = ingest.store(plain, self.house.keys.record_private, [upload])
                assert outcome.refusal is None, outcome.refusal
        finally:
            plain.close()

    def open(
        self, name: str, envelope: bytes, device_key: bytes, report: str, device: str
    ) -> reports.ReportWords:
        """Open a report as this officer's browser does."""
        opened = envelopes.open_envelope(
            self.holders[name].private,
            envelope,
            device_public=device_key,
            envelope_id=report,
            device=device,
            kind="report",
        )
        return msgspec.json.decode(opened.payload, type=reports.ReportWords)

    def note(
        self, name: str, case: str, text: str = "Talked with her at break.", *, to: tuple[bytes, ...] = ()
    ) -> bytes:
        """Return a sealed note of this officer, to these keys or to everybody on the list and the sheet."""
        holder = self.holders[name]
        if not to:
            with self.house.db.read() as connection:
                readers = cases.readers_of(connection, case)
            known = {each.id: each.key for each in self.holders.values()}
            sheet = sealing.opening_public_key(self.recovery)
            known[envelopes.key_id(sheet)] = sheet
            to = tuple(known[reader] for reader in sorted(readers) if reader in known)
        payload = {"v": 1, "case": case, "at": self.now.isoformat(), "text": text}
        return envelopes.seal_envelope(
            holder.sign_private,
            to,
            msgspec.json.encode(payload),
            envelope_id=secrets.token_hex(16),
            device=f"officer-{holder.id[:16]}",
            kind="note",
        )

    def enrol_again(self) -> str:
        """Enrol the same machine with fresh keys, as after a repair; returns its new id."""
        fresh = Laptop(machine=self.laptop.machine)
        return _enrol(self.house, self.now, "L-001", ROOM, fresh).device

    def enrol(self, hostname: str = "L-001", room: str = ROOM) -> Laptop:
        """Enrol another laptop without a network."""
        return _enrol(self.house, self.now, hostname, room)


def make_case_school(
    folder: Path,
    *,
    report: ReportSettings | None = None,
    now: datetime | None = None,
    hosts: tuple[str, ...] = (),
) -> CaseSchool:
    """Return an opened server with staff, four officers with keys on a list, and reporting switched on."""
    now = now or datetime.now(UTC)
    where = settings.Folder(folder)
    where.make()
    config = settings.Config(profile="primary-england", hosts=hosts, bind="127.0.0.1", port=0)
    settings.write_config(where, config)
    house = state.open_state(where)
    house.db.upgrade()
    profile = schools.load_profile("primary-england")
    with house.db.write() as connection:
        for name, (shown, roles, rooms) in CAST.items():
            accounts.add_staff(
                connection,
                name=name,
                display_name=shown,
                roles=roles,
                rooms=rooms,
                password=PASSWORD,
                now=now,
            )
        off = msgspec.structs.replace(profile.settings, report=ReportSettings())
        _publish(connection, profile, off, now)
        people.replace_people(connection, [ADA])
    school = CaseSchool(
        house,
        {},
        sealing.new_signing_key(),
        sealing.new_opening_key(),
        _enrol(house, now, "L-001", ROOM),
        now,
    )
    for name in PLACES:
        school.put_key(name)
    school.publish_list()
    chosen = report or ReportSettings(enabled=True)
    with house.db.write() as connection:
        _publish(connection, profile, msgspec.structs.replace(profile.settings, report=chosen), now)
    return school


def copy_case_school(template: CaseSchool, folder: Path) -> CaseSchool:
    """Return a school of one's own from a closed one: hashing six passwords takes a while."""
    shutil.copytree(template.house.folder.path, folder, dirs_exist_ok=True)
    return replace(
        template,
        house=state.open_state(settings.Folder(folder)),
        holders=dict(template.holders),
        laptop=copy.deepcopy(template.laptop),
        reply_keys=dict(template.reply_keys),
    )


def _publish(connection: Any, profile: Any, chosen: Any, now: datetime) -> None:
    publishing.publish(
        connection,
        school=profile.school,
        settings=chosen,
        tiers=profile.tiers,
        profile="primary-england",
        by="test",
        now=now,
    )


def _enrol(
    house: state.ServerState, now: datetime, hostname: str, room: str, laptop: Laptop | None = None
) -> Laptop:
    laptop = laptop or Laptop()
    with house.db.write() as connection:
        code = codes.new_code(connection, house.ca_der, room=room, by="test", now=now)
        secret = code.text.replace("-", "")[-16:]
        laptop.device = enrolling.enrol(connection, laptop.enrol_request(secret, hostname), now)
        case_quarantine.carry_over(connection, laptop.device, now)
    laptop.policy_key, laptop.record_key = house.keys.policy_public, house.keys.record_public
    house.registry.forget_all()
    return laptop
