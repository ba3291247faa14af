"""Letting another officer in, answering a pupil, linking: what is sealed to whom, and who is left out."""

import msgspec
import pytest

from policies import orders, reports, sealing
from server import accounts, case_sharing, case_work, officers
from server.errors import Invalid, NotFound
from tests.support.case_desks import Desk, grants_for, refused


@pytest.fixture
def lead(school):
    return Desk(school, "r.carver", school.send())


@pytest.fixture
def deputy(school, lead):
    return Desk(school, "d.amos", lead.case)


def test_an_answer_goes_to_the_laptop_and_only_it_can_open_it(school, lead):
    words = reports.ReplyWords(
        report=lead.case, at=lead.now, by="Ruth Carver", words="Come and see me at break."
    )
    reply_key = school.reply_keys[lead.case]
    bound = reports.reply_bound(lead.case, school.laptop.device)
    sealed = sealing.seal(sealing.opening_public_key(reply_key), msgspec.json.encode(words), bound)
    signature = sealing.sign(
        school.holders["r.carver"].sign_private,
        reports.reply_signed(lead.case, school.laptop.device, sealed),
    )
    with pytest.raises(Invalid):
        lead.do(case_sharing.reply, sealed=sealed, signature=bytes(64), envelope=lead.note())
    lead.do(case_sharing.reply, sealed=sealed, signature=signature, envelope=lead.note())
    school.house.notice_changes()
    (said,) = school.house.media_telling.newer(school.laptop.device, "Lab 2", 0, lead.now)
    opened = msgspec.json.decode(sealing.open_sealed(reply_key, said.sealed, bound), type=reports.ReplyWords)

    assert isinstance(said, orders.ReportReply)
    assert words == opened
    assert school.holders["r.carver"].id == said.by_key


def test_the_head_is_let_in_and_then_reads_report_and_notes(school, lead):
    lead.do(case_work.add_note, lead.note())
    head = Desk(school, "n.okafor", lead.case)
    with pytest.raises(NotFound):
        head.detail()

    assert 2 == lead.do(case_sharing.grant, grants_for(school, lead, "n.okafor"))
    assert 0 == lead.do(case_sharing.grant, grants_for(school, lead, "n.okafor"))
    detail = head.detail()
    assert [1] == [len(detail.case.grants)]
    assert [1] == [len(entry.grants) for entry in detail.entries if entry.kind == "note"]
    assert "grant" == detail.entries[-1].kind


def test_whoever_a_report_left_out_cannot_be_let_in_later(school):
    lead = Desk(school, "r.carver", school.send(not_to=("d.amos",)))

    assert "excluded" == refused(lambda: lead.do(case_sharing.grant, grants_for(school, lead, "d.amos")))
    with pytest.raises(NotFound):
        Desk(school, "d.amos", lead.case).detail()


def test_a_grant_that_somebody_else_signed_is_refused(school, lead):
    with pytest.raises(Invalid):
        lead.do(case_sharing.grant, [grants_for(school, lead, "n.okafor")[0]._replace(signature=bytes(64))])


def test_links_show_only_cases_that_both_can_read(school, lead, deputy):
    other = school.send(not_to=("d.amos",))
    lead.do(case_work.link, other)

    assert [other] == [link["case"] for link in lead.detail().links]
    assert [] == deputy.detail().links
    assert "same-case" == refused(lambda: lead.do(case_work.link, lead.case))
    with pytest.raises(NotFound):
        deputy.do(case_work.link, other)


# -- whoever is the head, whatever their place ---------------------------------------------------


def as_sheet(school, name, case):
    """Say whether this adult, holding the sheet, is shown the case."""
    with school.house.db.write() as connection:
        who = accounts.find_staff(connection, name)
        officers.note_recovery(connection, who, "used-sheet", "", school.now)
        try:
            case_sharing.with_sheet(connection, officers.sheet_reader_of(connection, who, school.now), case)
        except NotFound:
            return False
    return True


def test_a_head_off_the_list_sees_nothing_about_the_head_with_the_sheet(school):
    about_staff = school.send(subject="staff")
    school.publish_list("r.carver", "d.amos", "g.hall")
    about_head = school.send(subject="head")

    assert as_sheet(school, "n.okafor", about_staff)
    assert not as_sheet(school, "n.okafor", about_head)


def test_a_head_who_comes_to_the_list_later_is_not_let_in_to_what_is_about_them(school):
    school.publish_list("r.carver", "d.amos", "g.hall")
    alternate = Desk(school, "g.hall", school.send(subject="head"))
    school.publish_list()

    assert "excluded" == refused(
        lambda: alternate.do(case_sharing.grant, grants_for(school, alternate, "n.okafor", "g.hall"))
    )


def test_a_lead_who_became_head_is_shown_nothing_about_the_head(school, browser_of):
    school.publish_list("r.carver", "d.amos", "n.okafor")
    about_head, usual = school.send(subject="head"), school.send()
    with school.house.db.write() as connection:
        carver = accounts.find_staff(connection, "r.carver")
        accounts.set_roles(connection, carver.id, frozenset({"safeguarding", "head"}), ())

    client = browser_of("r.carver")
    listed = [case["id"] for case in client.get("/reports/api/cases").json()["cases"]]
    assert [usual] == listed
    assert 404 == client.get(f"/reports/api/cases/{about_head}").status_code
    assert 200 == browser_of("d.amos").get(f"/reports/api/cases/{about_head}").status_code
