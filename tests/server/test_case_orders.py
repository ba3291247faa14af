"""A real laptop on a real line: told to shut itself for evidence, and given the answer to its report."""

import msgspec
import pytest

from policies import orders, reports, sealing
from policies.recording import Stream
from policies.records import OrderDone, QuarantineChanged
from server import case_quarantine, case_sharing, codes
from tests.support.apart import served_apart
from tests.support.case_desks import Desk
from tests.support.laptop import Laptop


@pytest.fixture
def laptop(school, tmp_path):
    """The school's laptop, talking TLS to a server in a process of its own on the school's folder."""
    ca = tmp_path / "ca.pem"
    ca.write_bytes(school.house.certificate.ca_pem)
    with served_apart(school.house) as url:
        school.laptop.url, school.laptop.ca = url, ca
        yield school.laptop


def test_answer_and_quarantine_reach_the_laptop_within_one_hold(school, laptop):
    report = school.report()
    assert 2 == laptop.upload(laptop.seal(Stream.REPORT, [report]))[Stream.REPORT]
    lead = Desk(school, "r.carver", report.report)
    words = reports.ReplyWords(report=report.report, at=lead.now, by="R. Carver", words="Thank you, sorted.")
    bound = reports.reply_bound(report.report, laptop.device)
    reply_key = school.reply_keys[report.report]
    sealed = sealing.seal(sealing.opening_public_key(reply_key), msgspec.json.encode(words), bound)
    signature = sealing.sign(
        school.holders["r.carver"].sign_private,
        reports.reply_signed(report.report, laptop.device, sealed),
    )
    first = laptop.hold()
    policy = first.assignment
    lead.do(case_sharing.reply, sealed=sealed, signature=signature, envelope=lead.note())
    lead.do(case_quarantine.set_quarantine, on=True, envelope=lead.note())
    number = laptop.read(policy).number
    told, cursor = [], first.cursor
    while len(told) < 2:
        answer = laptop.hold(number, cursor, wait=20)
        assert answer.orders, "nothing came within one hold"
        told += [laptop.read(signed) for signed in answer.orders]
        cursor = answer.cursor
    reply = next(said for said in told if isinstance(said, orders.ReportReply))
    shut = next(said for said in told if isinstance(said, orders.Quarantine))

    assert b"sorted" in sealing.open_sealed(reply_key, reply.sealed, bound)
    assert (True, 1, "Ruth Carver") == (shut.on, shut.number, shut.by)
    laptop.upload(
        laptop.seal(
            Stream.VITAL,
            [
                QuarantineChanged(at=lead.now, order=shut.order, on=True),
                OrderDone(at=lead.now, order=shut.order, outcome="done"),
                OrderDone(at=lead.now, order=reply.order, outcome="done"),
            ],
        )
    )
    assert "quarantine-confirmed" == lead.kinds()[-1]
    assert ["done"] == [entry.delivered for entry in lead.detail().entries if entry.kind == "reply"]


def test_a_laptop_that_enrols_now_is_given_the_school_s_root_key(school, laptop):
    with school.house.db.write() as connection:
        code = codes.new_code(connection, school.house.ca_der, room="Lab 2", by="test", now=school.now)
    fresh = Laptop(url=laptop.url, ca=laptop.ca)

    assert sealing.signing_public_key(school.root) == fresh.enrol(code.text).school_root_key
