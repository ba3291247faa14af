"""Working on a case, step by step, as officers do it: what is refused, what is never undone."""

import sqlite3
from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from policies import envelopes, sealing
from server import (
    accounts,
    case_quarantine,
    case_sharing,
    case_work,
    isolating,
)
from server.case_entries import Who
from server.db import connect_plain
from server.errors import Invalid
from tests.support.case_desks import Desk, grants_for, refused


@pytest.fixture
def lead(school):
    return Desk(school, "r.carver", school.send())


@pytest.fixture
def deputy(school, lead):
    return Desk(school, "d.amos", lead.case)


def test_taking_a_case_up_makes_its_first_tasks(lead):
    lead.do(case_work.take_up)
    detail = lead.detail()

    assert ("open", "Ruth Carver") == (detail.case.state, detail.case.acknowledged_by)
    assert {"talk-with-child", "parents", "debrief"} == {task.kind for task in detail.tasks}
    assert detail.case.due_at is None
    assert "acknowledged" == refused(lambda: lead.do(case_work.take_up))


def test_whoever_writes_a_note_has_taken_the_case_up(lead):
    lead.do(case_work.add_note, lead.note())

    assert ["opened", "acknowledged", "task-made", "task-made", "task-made", "note"] == lead.kinds()


def test_a_note_opens_for_the_other_lead_and_the_recovery_sheet(school, lead):
    sealed = lead.note()
    lead.do(case_work.add_note, sealed)
    _, header = envelopes.read_envelope(sealed)
    for private in (school.holders["d.amos"].private, school.recovery):
        opened = envelopes.open_envelope(
            private, sealed, device_public=school.holders["r.carver"].sign_key,
            envelope_id=header.id, device=header.device, kind="note",
        )  # fmt: skip

        assert lead.case == msgspec.json.decode(opened.payload)["case"]


def test_a_note_sealed_to_fewer_or_to_strangers_is_refused(school, lead):
    mine = school.holders["r.carver"].key
    alone = school.note("r.carver", lead.case, to=(mine,))
    stranger = sealing.opening_public_key(sealing.new_opening_key())
    sheet = sealing.opening_public_key(school.recovery)
    wide = school.note("r.carver", lead.case, to=(mine, school.holders["d.amos"].key, sheet, stranger))

    assert "readers" == refused(lambda: lead.do(case_work.add_note, alone))
    assert "readers" == refused(lambda: lead.do(case_work.add_note, wide))


def test_a_note_signed_by_somebody_else_or_twice_is_refused(school, lead):
    with pytest.raises(Invalid):
        lead.do(case_work.add_note, school.note("d.amos", lead.case))
    once = lead.note()
    lead.do(case_work.add_note, once)
    with pytest.raises(Invalid):
        lead.do(case_work.add_note, once)

    assert 1 == lead.kinds().count("note")


def test_nothing_is_left_of_a_step_that_was_refused(school, lead):
    with pytest.raises(Invalid):
        lead.do(case_work.add_note, school.note("d.amos", lead.case))

    assert ["opened"] == lead.kinds()


def test_a_held_case_cannot_tell_parents_or_others(lead):
    lead.do(case_work.take_up)
    lead.do(case_work.set_hold, on=True, envelope=lead.note())
    lead.do(case_work.tag, harm="sexual-image", procedure=None, reference=None)
    for kind in ("parents", "agency-referral"):
        assert "held" == refused(lambda kind=kind: lead.settle(kind, day=date(2020, 1, 2), method="phone"))
        assert "held" == refused(lambda kind=kind: lead.settle(kind, "not-done"))

    assert lead.task("parents").blocked_by_hold
    lead.do(case_work.set_hold, on=False, envelope=lead.note())
    lead.settle("parents", day=date(2020, 1, 2), method="phone")
    assert ("done", {"date": "2020-01-02", "method": "phone"}) == (
        lead.task("parents").outcome, lead.task("parents").plain,
    )  # fmt: skip


def test_parents_need_a_day_and_a_way_or_a_reason(lead):
    lead.do(case_work.take_up)
    tomorrow = lead.now.date() + timedelta(days=2)

    assert "needs-date" == refused(lambda: lead.settle("parents"))
    assert "needs-date" == refused(lambda: lead.settle("parents", day=tomorrow, method="phone"))
    assert "needs-reason" == refused(lambda: lead.settle("parents", "not-done", note=False))
    lead.settle("parents", "not-done")
    assert "done" == refused(lambda: lead.settle("parents", "not-done"))


def test_a_kind_of_harm_brings_its_tasks_once(lead):
    lead.do(case_work.tag, harm="exploitation", procedure="protection", reference="CRN 12/34")
    lead.do(case_work.tag, harm="contact", procedure=None, reference=None)
    kinds = [task.kind for task in lead.detail().tasks]

    assert sorted(set(kinds)) == sorted(kinds)
    assert {"agency-advice", "agency-referral", "support", "blocking-advice"} <= set(kinds)
    assert ("contact", "protection", "CRN 12/34") == (
        lead.detail().case.harm, lead.detail().case.procedure, lead.detail().case.reference,
    )  # fmt: skip


def test_a_case_does_not_close_empty(lead):
    assert "parents-open" == refused(lead.close)
    lead.do(case_work.take_up)
    lead.settle("parents", "not-done")
    assert "debrief-open" == refused(lead.close)
    lead.settle("debrief")
    assert "tasks-open" == refused(lead.close)
    lead.settle("talk-with-child")
    assert "needs-outcome" == refused(lambda: lead.close(lesson=None))
    assert "needs-outcome" == refused(lambda: lead.close(outcome=None))
    assert "needs-owner" == refused(lambda: lead.close(owner=" "))
    assert "needs-owner" == refused(lambda: lead.close(owner_due=None))
    lead.close()

    assert ["outcome", "lesson", "closed"] == lead.kinds()[-3:]
    assert "closed" == lead.detail().case.state
    assert "closed" == refused(lambda: lead.do(case_work.add_note, lead.note()))
    lead.do(case_work.reopen)
    assert "open" == lead.detail().case.state


def test_viewing_imagery_needs_a_justification(lead):
    assert "needs-justification" == refused(lambda: lead.do(case_work.note_imagery, None, 200))
    assert "needs-justification" == refused(lambda: lead.do(case_work.note_imagery, lead.note(), 0))
    lead.do(case_work.note_imagery, lead.note(), 60)

    assert "viewed-imagery" == lead.kinds()[-1]


def test_the_deputy_secures_a_laptop_and_only_the_lead_or_head_opens_it(school, lead, deputy):
    assert "needs-note" == refused(lambda: deputy.do(case_quarantine.set_quarantine, on=True, envelope=None))
    deputy.do(case_quarantine.set_quarantine, on=True, envelope=deputy.note())
    with school.house.db.read() as connection:
        assert {school.laptop.device} == case_quarantine.held_devices(connection)

    assert lead.detail().case.quarantined
    assert "quarantined" == refused(lambda: (lead.settle_all(), lead.close())[1])
    assert "lead-or-head" == refused(
        lambda: deputy.do(case_quarantine.set_quarantine, on=False, envelope=deputy.note())
    )
    assert "needs-note" == refused(lambda: lead.do(case_quarantine.set_quarantine, on=False, envelope=None))
    lead.do(case_quarantine.set_quarantine, on=False, envelope=lead.note())
    lead.close()
    assert [("secured", 1), ("released", 2)] == [
        (step["did"], step["step"]) for step in lead.detail().custody
    ]


def test_records_of_a_secured_laptop_cannot_be_thinned_out(school, lead):
    lead.do(case_quarantine.set_quarantine, on=True, envelope=lead.note())
    plain = connect_plain(school.house.folder.database)
    with pytest.raises(sqlite3.IntegrityError, match="held"):
        plain.execute("DELETE FROM records WHERE device = ?", (school.laptop.device,))
    lead.do(case_quarantine.set_quarantine, on=False, envelope=lead.note())
    gone = plain.execute("DELETE FROM records WHERE device = ?", (school.laptop.device,)).rowcount
    plain.close()

    assert 1 == gone


def test_a_laptop_that_two_cases_hold_stays_shut_until_both_let_go(school, lead):
    other = Desk(school, "r.carver", school.send())
    for desk in (lead, other):
        desk.do(case_quarantine.set_quarantine, on=True, envelope=desk.note())
    lead.do(case_quarantine.set_quarantine, on=False, envelope=lead.note())
    with school.house.db.read() as connection:
        assert case_quarantine.state_of(connection, school.laptop.device).is_on
    other.do(case_quarantine.set_quarantine, on=False, envelope=other.note())
    with school.house.db.read() as connection:
        assert not case_quarantine.state_of(connection, school.laptop.device).is_on


def test_a_laptop_enrolled_again_is_secured_again(school, lead):
    lead.do(case_quarantine.set_quarantine, on=True, envelope=lead.note())
    again = school.enrol_again()
    with school.house.db.read() as connection:
        assert case_quarantine.state_of(connection, again).is_on
        bodies = connection.exec_driver_sql("SELECT body FROM media_orders WHERE device = ?", (again,)).all()

    assert 1 == len(bodies)


def test_phones_have_the_same_log(lead):
    item = lead.do(case_quarantine.log_custody, item=None, what="phone", did="taken", envelope=lead.note())
    lead.do(case_quarantine.log_custody, item=item, what="phone", did="handed-over", envelope=lead.note())
    with pytest.raises(Invalid):
        lead.do(case_quarantine.log_custody, item=9, what="phone", did="moved", envelope=None)

    assert [("phone", "taken"), ("phone", "handed-over")] == [
        (step["what"], step["did"]) for step in lead.detail().custody
    ]


def test_a_technician_sees_a_place_and_no_story(school, lead):
    assert "needs-place" == refused(lambda: lead.do(case_work.add_task, "isolate", lead.now, " "))
    lead.do(case_work.add_task, "isolate", lead.now + timedelta(hours=2), "Shared folder Year 8")
    with school.house.db.write() as connection:
        (task,) = isolating.list_isolate(connection)
        isolating.settle(connection, task.id, Who(5, "Tom Ashby"), lead.now)

    assert ("id", "place", "due", "done_at", "done_by") == task._fields
    assert lead.case not in task.id
    assert "Tom Ashby" == lead.task("isolate").by


def test_only_the_last_word_about_a_quarantine_is_told(school, lead):
    for on in (True, False, True):
        lead.do(case_quarantine.set_quarantine, on=on, envelope=lead.note())
    school.house.notice_changes()
    told = school.house.media_telling.newer(school.laptop.device, "Lab 2", 0, lead.now)

    assert [(3, True)] == [(said.number, said.on) for said in told]


@pytest.mark.parametrize(
    "table", ["case_entries", "reports", "case_looks", "case_readers", "case_grants", "custody"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_history_can_neither_be_edited_nor_erased(school, lead, table, change):
    lead.do(case_work.add_note, lead.note())
    lead.do(case_sharing.grant, grants_for(school, lead, "n.okafor"))
    lead.do(case_work.note_printed)
    lead.do(case_quarantine.log_custody, item=None, what="phone", did="taken", envelope=None)
    with pytest.raises(IntegrityError, match="only ever added"), school.house.db.write() as connection:
        connection.exec_driver_sql(change.format(table))


def test_a_changed_history_shows(school, lead):
    lead.do(case_work.add_note, lead.note())
    plain = connect_plain(school.house.folder.database)
    plain.execute("DROP TRIGGER case_entries_no_update")
    plain.execute("UPDATE case_entries SET by_name = 'Somebody else' WHERE kind = 'acknowledged'")
    plain.close()

    assert 2 == lead.detail().chain_broken_at


def test_two_offices_in_one_person_ask_for_a_second_reviewer(school, lead, deputy):
    with school.house.db.write() as connection:
        carver = accounts.find_staff(connection, "r.carver")
        accounts.set_roles(connection, carver.id, frozenset({"safeguarding", "head"}), ())
    lead.do(case_work.take_up)

    assert lead.detail().case.second_review
    assert "same-person" == refused(lambda: lead.settle("second-review"))
    deputy.settle("second-review")
    lead.settle_all()
    lead.close()
