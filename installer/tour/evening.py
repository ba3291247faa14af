"""Evening: a laptop is kept for evidence, an unopened report goes further, and the governors get totals."""

import json
import re
import time

from installer import processes
from installer.tour.morning import GATE_SECONDS
from installer.tour.reports import DANGER_MINUTES, NOTE, SECRETS, open_case
from installer.tour.stage import Stage
from installer.tour.steps import Step, require

SHUT_SECONDS = 40


def quarantine_holds(stage: Stage) -> None:
    """Logins stay shut through a restart and without the server; only the lead can lift it."""
    case = stage.school.rows("SELECT id FROM cases WHERE coarse != '' AND state = 'open'")[0]["id"]
    _set_quarantine(stage, case, "Kept until the police have answered.")
    processes.wait_for("the laptop confirms", lambda: _confirmed(stage, on=True), SHUT_SECONDS)
    stage.school.stop()
    stage.laptop.stop()
    stage.laptop.start()
    found = stage.log_in(stage.pupil.os_user)
    processes.wait_for("a window that says so", stage.gate_window, GATE_SECONDS)
    stage.hands.wait_drawn("the window")
    stage.hands.settle(stage.more / "kept-for-evidence.png", seconds=2)
    stage.keep_picture()
    require(not stage.pids("openbox"), "no desktop opened")
    for _ in range(SHUT_SECONDS):
        if found.wait(1.0) is not None:
            break
        stage.hands.keys("Escape")
    require(found.wait(0.1) is not None, "the login ended")
    stage.school.start()
    _technician_cannot_lift(stage)
    _set_quarantine(stage, case, "The police have what they need.")
    processes.wait_for("the laptop opens again", lambda: _confirmed(stage, on=False), SHUT_SECONDS)
    stage.log_in(stage.pupil.os_user)
    processes.wait_for("the desktop opens", lambda: stage.pids("openbox"), 40)


def _set_quarantine(stage: Stage, case: str, why: str) -> None:
    lead = stage.officer("lead")
    adult = next(each for each in stage.school.sign_ins() if each.username == lead.username)
    page = stage.teacher.sign_in(adult.username, adult.password)
    open_case(stage, page, lead, case)
    before = len(stage.school.rows("SELECT 1 FROM quarantines"))
    page.locator("#act-quarantine summary").click()
    page.locator("#quarantine-text").fill(f"{why} {NOTE}")
    page.locator("#act-quarantine button").click()
    processes.wait_for(
        "it is written down", lambda: len(stage.school.rows("SELECT 1 FROM quarantines")) > before, 15
    )
    page.locator("#act-quarantine-trouble:empty").wait_for(state="attached")
    page.screenshot(path=str(stage.more / f"evidence-{before + 1}.png"), full_page=True)


def _confirmed(stage: Stage, *, on: bool) -> bool:
    rows = stage.school.rows("SELECT is_on, confirmed_at FROM quarantines ORDER BY number DESC LIMIT 1")
    return bool(rows) and bool(rows[0]["is_on"]) == on and rows[0]["confirmed_at"] is not None


def _technician_cannot_lift(stage: Stage) -> None:
    adult = stage.school.sign_in_of("technician")
    page = stage.teacher.sign_in(adult.username, adult.password)
    row = stage.school.rows('SELECT device, "case" FROM quarantines ORDER BY number DESC LIMIT 1')[0]
    page.goto(f"{stage.school.address}/devices/{row['device']}")
    text = page.inner_text("main")
    require(stage.officer("lead").name in text, f"the device page names who may lift it: {text[:300]}")
    require(NOTE not in text, "and tells no story")
    page.screenshot(path=str(stage.more / "evidence-device.png"))
    status = page.evaluate(
        """async (address) => {
            const token = document.querySelector('input[name=_csrf_token]').value;
            const headers = {'Content-Type': 'application/json', 'X-CSRF-Token': token};
            const answer = await fetch(address, {method: 'POST', headers, body: '{"on": false}'});
            return answer.status;
        }""",
        f"/reports/api/cases/{row['case']}/quarantine",
    )
    require(status == 403, f"the technician's own request is refused: {status}")


def case_escalates(stage: Stage) -> None:
    """Nobody opened the teacher's report: it goes to the deputy, and the notice says nothing of it."""
    stage.looks_at_teacher = True
    case = stage.school.rows("SELECT id FROM reports WHERE origin = 'staff'")[0]["id"]
    left = DANGER_MINUTES * 60 - (time.time() - _opened_at(stage, case)) + 90
    stage.note(f"waited up to {max(0, round(left))} s for the school's {DANGER_MINUTES} minutes to pass")
    processes.wait_for("the case goes further", lambda: _escalated(stage, case), max(30.0, left), every=1.0)
    told = processes.wait_for("a notice that says so", lambda: _told(stage), 60)
    stage.note(f"notice: {told[-1][:160]!r}")
    heard = [*stage.notices, *(json.loads(notice).get("message", "") for notice in stage.notices)]
    require(not any(secret in notice for notice in heard for secret in SECRETS), "without content")
    deputy = stage.officer("deputy")
    adult = next(each for each in stage.school.sign_ins() if each.username == deputy.username)
    page = stage.teacher.sign_in(adult.username, adult.password)
    page.goto(f"{stage.school.address}/reports")
    page.locator("#title").wait_for()
    page.locator(f"a[href='/reports/case/{case}']").first.wait_for()


def _told(stage: Stage) -> list[str]:
    """Return the notices that a report was not opened, in either language."""
    words = [str(json.loads(notice).get("message", "")) for notice in stage.notices]
    return [each for each in words if "not opened" in each or "açılmadı" in each]


def _opened_at(stage: Stage, case: str) -> float:
    return float(stage.school.rows("SELECT opened_at FROM cases WHERE id = ?", case)[0]["opened_at"]) / 1000


def _escalated(stage: Stage, case: str) -> bool:
    rows = stage.school.rows("SELECT 1 FROM cases WHERE id = ? AND escalated != 'none'", case)
    return bool(rows)


def pack_has_no_names(stage: Stage) -> None:
    """The governor's pack, on paper too: totals only; and no case opens to a governor."""
    stage.looks_at_teacher = True
    adult = stage.school.sign_in_of("governor")
    page = stage.teacher.sign_in(adult.username, adult.password)
    page.goto(f"{stage.school.address}/governors/pack")
    paper = stage.more / "pack.pdf"
    page.pdf(path=str(paper), prefer_css_page_size=True, print_background=True)
    require(paper.stat().st_size > 10_000, "the pack is on paper")
    text = page.inner_text("main")
    people = [person.display_name for person in stage.school.profile.people]
    numbers = [f"{row['opened_year']}-{row['serial']:03}" for row in stage.school.rows("SELECT * FROM cases")]
    named = [name for name in [*people, *numbers, *SECRETS] if name in text]
    require(not named, f"nobody and no case is named: {named}")
    figures = "\n".join(page.locator(".figure").all_inner_texts())
    require(not re.search(r"(?m)(^|\t)\s*[1-4]\s*($|\t)", figures), f"and no small count: {figures[:300]}")
    if "safeguarding" in adult.roles:
        stage.note("this school's governor is a safeguarding lead too: Oversight asks for a second reader")
        return
    case = stage.school.rows("SELECT id FROM cases")[0]["id"]
    # A governor on the list reads reports about the head, and learns of no other.
    status = page.evaluate("async (address) => (await fetch(address)).status", f"/reports/api/cases/{case}")
    require(status in (403, 404), f"no case opens to the governor: {status}")


STEPS = (
    Step("quarantine-holds", quarantine_holds),
    Step("case-escalates", case_escalates),
    Step("pack-has-no-names", pack_has_no_names),
)
