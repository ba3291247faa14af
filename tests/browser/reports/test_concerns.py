"""A concern from the lab, in real browsers: raised at a seat, opened by the lead, gone for its teacher."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from server.lab_tables import concern_marks
from tests.support import concerns
from tests.support.case_school import ROOM, CaseSchool
from tests.support.looks import held, levels_are_in_order
from tests.support.officers_house import WAIT_MS, Adult

pytestmark = pytest.mark.browser
Sign = Callable[..., Adult]


def test_r39_a_concern_goes_to_the_lead_and_leaves_the_teacher(school: CaseSchool, adult: Sign):
    concerns.work(school, datetime.now(UTC))
    seat = f"/lab/{ROOM}/seat/{school.laptop.device}?login={concerns.LOGIN}"
    teacher = adult("j.reed", opened=False, path=seat)
    page = teacher.page
    page.locator("#reason-odd").check(force=True)
    page.get_by_role("button", name="Open the detail").click()
    expect(page.locator("#detail")).to_contain_text(concerns.APP)
    page.locator("#raise-concern").click()
    expect(page.locator("#concern-about")).to_contain_text("Ada Yıldız", timeout=WAIT_MS)
    expect(page.locator("#who-reads")).to_contain_text("Goes to Ruth Carver and Dina Amos")
    assert {} == held(page, in_one_language=True)
    assert levels_are_in_order(page)
    page.locator("#set-harm").get_by_label("Somebody makes contact").check()
    page.fill("#words", "She writes with somebody she does not know.")
    page.get_by_role("button", name="Seal and send").click()
    expect(page.get_by_role("heading", name="Sent, sealed")).to_be_visible(timeout=WAIT_MS)
    teacher.go(seat)
    expect(page.locator("#detail")).to_contain_text("You passed this on.")
    expect(page.locator("#detail")).not_to_contain_text(concerns.APP)

    lead = adult("r.carver")
    shown = lead.page
    shown.get_by_role("link", name="-001").click()
    about = shown.locator("#activity")
    expect(about).to_contain_text("Ada Yıldız", timeout=WAIT_MS)
    expect(about).to_contain_text(f"{concerns.APP} · 10 minutes")
    with shown.context.expect_page() as opening:
        about.get_by_role("link", name="Look at the activity").click()
    looking = opening.value
    looking.locator("#purpose-concern").check(force=True)
    looking.get_by_role("button", name="Look at the activity").click()
    expect(looking.get_by_role("heading", name="What was used in this login")).to_be_visible()
    with school.house.db.read() as connection:
        marks = connection.execute(concern_marks.select()).all()

    assert [("Joan Reed", ROOM)] == [(mark.by_name, mark.room) for mark in marks]


def test_a_concern_about_somebody_else_s_room_is_not_offered(school: CaseSchool, adult: Sign):
    concerns.work(school, datetime.now(UTC))
    asked = f"what=concern&device={school.laptop.device}&login={'0' * 32}"
    teacher = adult("j.reed", opened=False, path=f"/reports/write?{asked}")
    page = teacher.page
    expect(page.get_by_role("heading", name="This cannot be passed on from here")).to_be_visible(
        timeout=WAIT_MS
    )
    page.get_by_role("link", name="Write a report").click()

    expect(page.get_by_role("heading", name="Write a report")).to_be_visible(timeout=WAIT_MS)
    teacher.faults.clear()  # the 404 that the page turned into words
