"""The technician's desk: settings pushed, weakened by two, going back by themselves; people; silence."""

import csv
import io
import re
import time
import zlib
from typing import Any
from urllib.parse import quote

import msgspec
from playwright.sync_api import FilePayload, Page

from installer import processes
from installer.school import SignIn
from installer.tour.pretend_stick import PretendStick
from installer.tour.stage import Stage
from installer.tour.steps import Step, require
from policies.wire import PolicyBody

LOCK = "lock.idle_after_seconds"
CONFIRM_SECONDS = 20.0
BACK_SECONDS = 150.0
"""A minute of grace, the laptop's looks every few seconds, and the server's."""
SILENT_SECONDS = 110.0
NOBODY = "https://127.0.0.1:9"
"""A port at which no server answers."""
NEWCOMER = ("desk-9001", "demo-newcomer", "Iris Quill")


def lock_setting_pushed(stage: Stage) -> None:
    """The technician lets the pupil's room lock five seconds sooner; the laptop says that it obeys."""
    page = _at_desk(stage, "technician")
    before = _lock_seconds(stage)
    _type_lock(stage, page, before - 5)
    page.locator("[data-part=preview] .diff ins").first.wait_for()
    page.screenshot(path=str(stage.more / "setting-editor.png"), full_page=True)
    _propose(page, "Laptops in this room stand by the corridor")
    number = _proposal_number(page)
    pressed = time.monotonic()
    page.locator(f"form[action='/policies/proposals/{number}/apply'] button").click()
    _wait_confirmed(stage)
    stage.note(f"confirmed by the laptop {time.monotonic() - pressed:.2f} s after the press")
    page.goto(f"{stage.school.address}/policies/rollouts/{_newest(stage, 'rollouts')}")
    page.locator(".rings li.done").first.wait_for()
    require(_lock_seconds(stage) == before - 5, "the room's laptop is given the new time")
    applied = stage.school.records("policy-applied")[-1]["number"]
    require(applied == _assigned(stage)["number"], "and confirmed that very number")


def weakening_needs_two(stage: Stage) -> None:
    """Back to the longer time: the technician alone cannot; the head reads why, and says yes."""
    page = _at_desk(stage, "technician")
    before = _lock_seconds(stage)
    _type_lock(stage, page, before + 5)
    _propose(page, "A class loses its place", "The teacher stands by; the door is shut")
    number = _proposal_number(page)
    require(not page.locator(f"form[action$='/{number}/approve']").count(), "no button for one's own change")
    for step in ("approve", "apply"):
        status = _post(page, f"/policies/proposals/{number}/{step}")
        require(status == 409, f"and the request itself is refused: {step} was answered {status}")
    require(_lock_seconds(stage) == before, "nothing reached the laptop")
    page.screenshot(path=str(stage.more / "weakening-own.png"), full_page=True)
    head = _at_desk(stage, "head")
    head.goto(f"{stage.school.address}/policies")
    require(head.locator(".big-screens a[href='/policies'] .count").count() == 1, "the head is told of it")
    head.locator(f"a[href='/policies/proposals/{number}']").first.click()
    head.screenshot(path=str(stage.more / "weakening-head.png"), full_page=True)
    head.locator("#words").fill("For this term")
    head.locator(f"form[action$='/{number}/approve'] .btn.main").click()
    _wait_confirmed(stage)
    require(_lock_seconds(stage) == before + 5, "now it holds")
    said = stage.school.rows("SELECT by_name, answer FROM approvals WHERE proposal = ?", number)
    require([each["answer"] for each in said] == ["yes"], f"it is kept who said yes: {said}")


def bad_policy_rolled_back(stage: Stage) -> None:
    """Laptops are sent to a server that is not there; they stay in touch, say so, and all of it goes back."""
    page = _at_desk(stage, "technician")
    good = _assigned(stage)
    page.goto(_editor(stage))
    section = page.locator("details.section", has=page.locator("[name='connection.server']"))
    if not section.evaluate("each => each.open"):
        section.locator("summary").first.click()
    page.locator("[name='connection.server']").fill(NOBODY)
    page.locator("[name='connection.grace_minutes']").fill("1")
    page.locator("select[name='connection.grace_minutes:unit']").select_option("minutes")
    page.locator("input[name=how][value=few]").check(force=True)
    _propose(page, "The server moves", "Laptops go back by themselves after a minute")
    number = _proposal_number(page)
    head = _at_desk(stage, "head")
    head.goto(f"{stage.school.address}/policies/proposals/{number}")
    head.locator(f"form[action$='/{number}/approve'] .btn.main").click()
    begun = time.monotonic()
    head.goto(f"{stage.school.address}/policies/rollouts/{_newest(stage, 'rollouts')}")
    head.screenshot(path=str(stage.more / "bad-policy-going-out.png"), full_page=True)
    told = processes.wait_for(
        "the laptop gives the address up", lambda: stage.school.records("connection-reverted"), BACK_SECONDS
    )
    require(told[-1]["tried"] == NOBODY, f"it says which: {told[-1]}")
    processes.wait_for("the rollout stops itself", lambda: _is_stopped(stage), BACK_SECONDS)
    head.locator(".note.stop").first.wait_for()
    _wait_confirmed(stage)
    stage.note(f"all of it was taken back {time.monotonic() - begun:.0f} s after the head's yes")
    again = _assigned(stage)
    require(again["body_hash"] == good["body_hash"], "the laptop has the settings from before, byte for byte")
    require(again["number"] > good["number"], "under a higher number")
    require(stage.laptop.is_online(), "and was never out of touch for good")


def media_approved(stage: Stage) -> None:
    """A pupil asks for a stick (a pretended one; real ones are in tests/vm/usb): two clicks are a yes."""
    mode = stage.school.policy().settings.usb.mode
    if mode not in ("approve_then_scan", "copy"):
        stage.note(f"this school's rule is {mode}: for this step its sticks are asked for, then checked")
        stage.school.change_policy('usb.mode="approve_then_scan"', reason="The tour shows a stick")
        mode = "approve_then_scan"
    code = stage.school.new_code(stage.pupil.room)
    stick = PretendStick(stage.school.address, code, stage.pupil, mode)
    try:
        page = _at_desk(stage, "technician")
        page.goto(f"{stage.school.address}/media")
        stick.ask("My history slides")  # the page is open already, and shows it by itself
        card = page.locator("article", has_text="My history slides")
        card.wait_for()
        page.screenshot(path=str(stage.more / "stick-asked.png"), full_page=True)
        card.locator("label", has=page.locator("input[name=until][value=today]")).click()
        card.locator("form[action$='/allow'] .btn.main").click()
        approval = stick.hears_approval(20)
        require(approval.terms.person == stage.pupil.person, f"the yes is for who asked: {approval.terms}")
        require(approval.terms.access == "read", "for reading")
        stick.confirm(approval)
        page.locator("[data-part=today] tr", has_text=stage.pupil.display_name).first.wait_for()
        page.goto(f"{stage.school.address}/media/approvals")
        page.locator(".state.ok").first.wait_for()
        told = stage.school.rows("SELECT outcome FROM order_outcomes WHERE order_id = ?", approval.order)
        require([each["outcome"] for each in told] == ["done"], f"the laptop has it: {told}")
    finally:
        stick.close()


def roster_imported(stage: Stage) -> None:
    """A list from the school's office: read, compared, and nothing is changed before the yes."""
    page = _at_desk(stage, "technician")
    people = stage.school.rows("SELECT * FROM people ORDER BY os_user")
    page.goto(f"{stage.school.address}/people/import")
    list_of_office: FilePayload = {
        "name": "roster.csv", "mimeType": "text/csv", "buffer": _roster(stage, people),
    }  # fmt: skip
    page.locator("#list").set_input_files(list_of_office)
    page.locator("form[action='/people/import'] .btn.main").click()
    page.wait_for_url(re.compile(r"/people/import/\d+"))
    if page.url.endswith("/rules"):
        page.screenshot(path=str(stage.more / "roster-rules.png"), full_page=True)
        page.locator("form[action$='/rules'] .btn.main").click()
    page.locator("form[action$='/apply']").wait_for()
    require(NEWCOMER[2] in page.inner_text("main"), "the difference names who joins")
    require(stage.school.rows("SELECT * FROM people ORDER BY os_user") == people, "nothing is changed yet")
    page.screenshot(path=str(stage.more / "roster-difference.png"), full_page=True)
    page.locator("form[action$='/apply'] .btn").click()
    page.wait_for_url("**/people/import?done=*")
    now = {row["os_user"]: row for row in stage.school.rows("SELECT * FROM people")}
    require(now.keys() == {NEWCOMER[1], *(row["os_user"] for row in people)}, "one joined, nobody left")
    require(all(row.get("left_at") is None for row in now.values()), "and nobody is marked as gone")


def device_silent(stage: Stage) -> None:
    """A laptop falls silent, stands on the list of those, and leaves it when it speaks again."""
    page = _at_desk(stage, "technician")
    coverage = f"{stage.school.address}/devices/coverage"
    page.goto(coverage)
    page.locator("form[action='/devices/coverage/silent'] select[name=minutes]").select_option("1")
    page.locator("form[action='/devices/coverage/silent'] .btn").click()
    device = _assigned(stage)["device"]
    stage.laptop.stop()
    processes.wait_for("it is listed as silent", lambda: _is_silent(page, coverage, device), SILENT_SECONDS,
                       every=3.0)  # fmt: skip
    page.screenshot(path=str(stage.more / "silent.png"), full_page=True)
    stage.laptop.start()
    processes.wait_for("it speaks again", stage.laptop.is_online, 60)
    processes.wait_for("it leaves the list", lambda: not _is_silent(page, coverage, device), 40, every=2.0)


def _at_desk(stage: Stage, role: str) -> Page:
    """Sign this office in at the browser."""
    stage.looks_at_teacher = True
    adult: SignIn = stage.school.sign_in_of(role)
    return stage.teacher.sign_in(adult.username, adult.password)


def _editor(stage: Stage) -> str:
    return f"{stage.school.address}/policies/change?where=room:{quote(stage.pupil.room)}"


def _type_lock(stage: Stage, page: Page, seconds: int) -> None:
    page.goto(_editor(stage))
    page.locator(f"[name='{LOCK}']").fill(str(seconds))
    page.locator(f"select[name='{LOCK}:unit']").select_option("seconds")


def _propose(page: Page, reason: str, risk: str = "") -> None:
    page.locator("#reason").fill(reason)
    page.locator("#risk").fill(risk)
    page.locator("#change button[value=send]").click()
    page.wait_for_url("**/policies/proposals/*")


def _proposal_number(page: Page) -> int:
    return int(page.url.rsplit("/", 1)[1].partition("?")[0])


def _post(page: Page, path: str) -> int:
    """Send what no button offers, with the page's own token; return the answer's status."""
    return int(
        page.evaluate(
            """async (path) => {
                const token = document.querySelector('input[name=_csrf_token]').value;
                const body = new URLSearchParams({_csrf_token: token, words: 'yes'});
                return (await fetch(path, {method: 'POST', body})).status;
            }""",
            path,
        )
    )


def _assigned(stage: Stage) -> dict[str, Any]:
    """Return what the tour's laptop is given."""
    query = "SELECT a.* FROM assignments a JOIN devices d ON d.id = a.device WHERE d.state = 'active'"
    return stage.school.rows(f"{query} ORDER BY d.enrolled_at LIMIT 1")[0]


def _lock_seconds(stage: Stage) -> int:
    """Return after how many seconds the tour's laptop is told to lock."""
    found = stage.school.rows(
        "SELECT packed FROM policy_bodies WHERE hash = ?", _assigned(stage)["body_hash"]
    )
    body = msgspec.json.decode(zlib.decompress(found[0]["packed"]), type=PolicyBody)
    return body.settings.lock.idle_after_seconds


def _wait_confirmed(stage: Stage) -> None:
    """Wait until the laptop says that it obeys the number it was given last."""
    query = "SELECT applied_number FROM devices WHERE id = ?"

    def confirmed() -> bool:
        given = _assigned(stage)
        return bool(stage.school.rows(query, given["device"])[0]["applied_number"] == given["number"])

    processes.wait_for("the laptop confirms", confirmed, CONFIRM_SECONDS, every=0.05)


def _newest(stage: Stage, table: str) -> int:
    return int(stage.school.rows(f"SELECT max(number) AS number FROM {table}")[0]["number"])  # noqa: S608


def _is_stopped(stage: Stage) -> bool:
    return bool(stage.school.rows("SELECT 1 FROM rollouts WHERE number = ? AND state = 'stopped'",
                                  _newest(stage, "rollouts")))  # fmt: skip


def _roster(stage: Stage, people: list[dict[str, object]]) -> bytes:
    """Return the school's list as its office has it, with one more pupil."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("id", "username", "name", "tier", "language", "room", "class"))
    for row in people:
        told = ("person", "os_user", "display_name", "tier", "language", "room", "year")
        table.writerow([row[name] for name in told])
    pupil = stage.pupil
    table.writerow((*NEWCOMER[:3], pupil.tier, pupil.language, pupil.room, pupil.year))
    return out.getvalue().encode("utf-8-sig")


def _is_silent(page: Page, address: str, device: object) -> bool:
    page.goto(address)
    return page.locator(f"#silent a[href='/devices/{device}']").count() > 0


STEPS = (
    Step("lock-setting-pushed-and-confirmed", lock_setting_pushed),
    Step("weakening-needs-second-approver", weakening_needs_two),
    Step("bad-policy-rolled-back-by-itself", bad_policy_rolled_back),
    Step("media-approved-from-page", media_approved),
    Step("roster-imported", roster_imported),
    Step("device-silent-is-listed", device_silent),
)
