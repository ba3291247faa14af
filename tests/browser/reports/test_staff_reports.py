"""What staff write: sealed in their browsers to whom the school's rules give it, and to nobody else."""

from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import expect

from policies import envelopes, reports
from server import cases, publishing
from tests.support.case_school import CaseSchool
from tests.support.officers_house import WAIT_MS, Adult

pytestmark = pytest.mark.browser
Sign = Callable[..., Adult]
STAFF = {
    "on-behalf": ({"harm": "Being horrible, bullying", "subject": "A pupil"}, {"Ruth Carver", "Dina Amos"}),
    "accidental": ({"harm": "Saw something upsetting"}, {"Ruth Carver", "Dina Amos"}),
    "visitor": ({"harm": "Offensive message"}, {"Ruth Carver", "Dina Amos"}),
    "private-contact": ({"harm": "Somebody makes contact"}, {"Ruth Carver", "Dina Amos"}),
    "content-conflict": ({}, {"Neil Okafor"}),
    "complaint": ({"subject": "Somebody who works at school"}, {"Neil Okafor"}),
    "whistleblowing": ({"subject": "The head"}, {"Grace Hall"}),
}


def test_staff_write_to_whom_the_school_s_rules_give_it(school: CaseSchool, adult: Sign):
    teacher = adult("j.reed", opened=False, path="/reports/write")
    page = teacher.page
    for what, (ticks, _) in STAFF.items():
        teacher.go(f"/reports/write?what={what}")
        page.wait_for_selector("#who-reads p", timeout=WAIT_MS)
        for group, label in ticks.items():
            page.locator(f"#set-{group}").get_by_label(label).check()
        page.fill("#words", f"Words of {what}. \u202e<b>")
        page.get_by_role("button", name="Seal and send").click()
        expect(page.get_by_role("heading", name="Sent, sealed")).to_be_visible(timeout=WAIT_MS)
    names = {holder.id: holder.name for holder in school.holders.values()}
    found: dict[str, set[str]] = {}
    words: dict[str, reports.ReportWords] = {}
    writers: dict[str, str] = {}
    for who in school.holders:
        with school.house.db.read() as connection:
            reader = school.reader(who)
            assert reader is not None
            rows, _, _ = cases.list_cases(connection, reader.opens, publishing.report_settings(connection))
        for row in rows:
            opened = envelopes.open_envelope(
                school.holders[who].private,
                row.envelope,
                device_public=bytes.fromhex(row.signer),
                envelope_id=row.id,
                device="staff",
                kind="staff-report",
            )
            words[row.what] = msgspec.json.decode(opened.payload, type=reports.ReportWords)
            found[row.what] = {names[key] for key in opened.to if key in names}
            writers[row.what] = row.reported_by

    assert {what: who for what, (_, who) in STAFF.items()} == found
    assert {f"Words of {what}. \u202e<b>" for what in STAFF} == {one.draft.words for one in words.values()}
    assert {"complaint": "", "whistleblowing": ""} == {what: who for what, who in writers.items() if not who}
    assert {"staff-self"} == {words["accidental"].draft.whom}


def test_nobody_who_is_written_about_is_sealed_to(school: CaseSchool, adult: Sign):
    page = adult("j.reed", opened=False, path="/reports/write?what=on-behalf").page
    reads = page.locator("#who-reads")
    expect(reads).to_contain_text("Goes to Ruth Carver and Dina Amos", timeout=WAIT_MS)
    page.locator("#set-not-to").get_by_label("Ruth Carver").check()
    expect(reads).to_contain_text("Goes to Dina Amos,")
    page.locator("#set-not-to").get_by_label("Dina Amos").check()
    expect(reads).to_contain_text("Goes to Neil Okafor,")
    for name in ("Neil Okafor", "Grace Hall"):
        page.locator("#set-not-to").get_by_label(name).check()
    expect(reads).to_contain_text("Nobody on the list may read this.")
    page.locator("#set-harm").get_by_label("Hate").check()
    page.fill("#words", "Nobody is left.")
    page.get_by_role("button", name="Seal and send").click()

    expect(page.get_by_role("heading", name="Write a report")).to_be_visible()
