"""One officer of the invented school at one case: every step in a transaction of its own, sealed for real."""

import hashlib
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from policies import envelopes, sealing
from server import case_work, cases, publishing
from server.case_desk import StepRefused
from server.case_sharing import GivenGrant

LATER = timedelta(minutes=5)


class Desk:
    """One officer at one case of the invented school: every step in a transaction of its own."""

    def __init__(self, school, name, case):
        self.school, self.name, self.case = school, name, case
        self.now = school.now + LATER

    @contextmanager
    def at(self):
        with self.school.house.db.write() as connection:
            yield connection, self.school.reader(self.name), self.case

    def note(self):
        return self.school.note(self.name, self.case)

    def do(self, step, *given, **named):
        with self.at() as (connection, reader, case):
            return step(connection, reader, case, *given, now=self.now, **named)

    def detail(self):
        with self.school.house.db.read() as connection:
            reader = self.school.reader(self.name)
            return cases.get_detail(
                connection, reader.opens, self.case, publishing.report_settings(connection)
            )

    def kinds(self):
        return [entry.kind for entry in self.detail().entries]

    def task(self, kind):
        return next(task for task in self.detail().tasks if task.kind == kind)

    def settle(self, kind, outcome="done", *, day=None, method=None, note=True):
        self.do(
            case_work.settle_task,
            self.task(kind).id,
            outcome,
            day=day,
            method=method,
            envelope=self.note() if note else None,
        )

    def settle_all(self):
        self.settle("parents", day=date(2020, 1, 2), method="phone")
        for task in self.detail().tasks:
            if task.outcome is None:
                self.settle(task.kind)

    def close(self, **changes):
        given = {
            "outcome": self.note(),
            "lesson": self.note(),
            "owner": "Tom Ashby",
            "owner_due": self.now + timedelta(days=30),
        }
        self.do(case_work.close, **(given | changes))


def refused(step):
    with pytest.raises(StepRefused) as caught:
        step()
    return caught.value.kind


def grants_for(school, desk, target, giver="r.carver"):
    """Grants of the report and of every note to this officer, as the giver's browser makes them."""
    holder, to = school.holders[giver], school.holders[target]
    detail = desk.detail()
    sealed = [detail.case.envelope, *(entry.envelope for entry in detail.entries if entry.envelope)]
    made = []
    for encoded in sealed:
        outside, _ = envelopes.read_envelope(encoded)
        header_hash = hashlib.sha256(outside.header).digest()
        key = sealing.open_sealed(
            holder.private, outside.wraps[holder.id], sealing.bind("wrap", header_hash, holder.id)
        )
        wrap = sealing.seal(to.key, key, sealing.bind("grant", header_hash, to.id))
        at = desk.now.isoformat()
        signature = sealing.sign(
            holder.sign_private, sealing.bind("grant-signature", header_hash, to.id, holder.id, at, wrap)
        )
        made.append(GivenGrant(header_hash.hex(), to.id, wrap, holder.id, at, signature))
    return made
