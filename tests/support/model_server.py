"""What the server must do, in its shortest form, for tests of the laptop side without one."""

import hashlib

import msgspec

from agent.errors import ServerUnreachable
from agent.service.enrolment import Enrolment
from policies import agreements, composing, orders, schools, sealing, wire
from policies.recording import Stream
from policies.records import RecordGap

DEVICE = "00" * 8
MACHINE = "ab" * 32


class ModelServer:
    """Stores batches in order, once; signs what a laptop believes; can be unplugged."""

    def __init__(self, now):
        self.batches = []
        """The kinds of each batch's records: what was sealed together."""
        self.device_key = sealing.new_signing_key()
        self.policy_key = sealing.new_signing_key()
        self.record_key = sealing.new_opening_key()
        self.now = now
        self.online = True
        self.loses_answers = False
        self.people = {}
        self.accepted = {}
        self.next = dict.fromkeys(Stream, 1)
        self.records = {stream: [] for stream in Stream}
        self.statuses = []
        self.looks = ()
        self.policies = {}
        self.offset = 0.0
        self.number = 0
        self.root_key = None
        """Public half of the school's root key, where the laptop is given one at enrolment."""

    def enrolment(self, machine=MACHINE):
        return Enrolment(
            server="https://gatepost.school.example",
            device=DEVICE,
            device_private=self.device_key,
            policy_key=sealing.signing_public_key(self.policy_key),
            record_key=sealing.opening_public_key(self.record_key),
            school_root_key=self.root_key,
            machine=machine,
            ca_pem="",
        )

    def sign(self, said):
        return orders.sign_said(self.policy_key, said)

    def policy(
        self, settings, versions=1, tiers=("teen", "junior", "visitor", "adult"), officers=None, variants=()
    ):
        """Make the next policy; return its assignment and body as they would travel."""
        school = schools.load_profile("secondary-turkiye").school
        body = msgspec.json.encode(
            wire.PolicyBody(
                school=school,
                settings=settings,
                agreements=composing.compose(school, settings, tiers, versions),
                officers=officers,
                variants=tuple(variants),
            )
        )
        self.number += 1
        digest = hashlib.sha256(body).hexdigest()
        self.policies[digest] = body
        assignment = orders.Assignment(device=DEVICE, number=self.number, body_hash=digest)
        return self.sign(assignment), body

    def all_records(self):
        return self.records[Stream.VITAL] + self.records[Stream.USAGE]

    # ---- the uplink's words ----

    def upload(self, batches):
        self._answer()
        for encoded in batches:
            batch = wire.read_batch(encoded)
            wire.verify_batch(sealing.signing_public_key(self.device_key), batch)
            opened = wire.open_batch(self.record_key, batch)
            if batch.first_seq != self.next[batch.stream]:
                continue
            self.next[batch.stream] += batch.count
            self.batches.append(tuple(type(each).__name__ for each in opened))
            if not isinstance(opened[0], RecordGap):
                self.records[batch.stream] += opened
        if self.loses_answers:
            raise ServerUnreachable("the answer was lost")
        return wire.UploadAnswer(next_seq=dict(self.next))

    def hold(self, number, cursor, wait_seconds, refused=0):
        self._answer()
        return wire.HoldAnswer(cursor=cursor)

    def login_grant(self, login, os_user):
        self._answer()
        person = self.people.get(os_user)
        if person is None:
            return self.sign(
                orders.LoginGrant(device=DEVICE, os_user=os_user, listed=False, issued_at=self.now())
            )
        return self.sign(
            orders.LoginGrant(
                device=DEVICE,
                os_user=os_user,
                listed=True,
                issued_at=self.now(),
                accepted=self.accepted.get(os_user),
                **person,
            )
        )

    def own_records(self, login):
        self._answer()
        mine = tuple(each for each in self.all_records() if getattr(each, "login", None) == login)
        return wire.OwnRecords(records=mine, looked_at=self.looks)

    def send_status(self, status):
        self._answer()
        self.statuses.append(status)

    def _answer(self):
        if not self.online:
            raise ServerUnreachable("unplugged")

    @property
    def offset_seconds(self):
        return self.offset

    def adopt_offset(self, seconds):
        self.offset = seconds

    def shift_offset(self, by_seconds):
        self.offset -= by_seconds

    def close(self):
        pass


__all__ = ["ModelServer", "agreements"]
