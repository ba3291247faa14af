"""Something's wrong: written while the server is away, sealed on the way, opened by the few alone."""

import json
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from agent.link import pages
from agent.service.report_pages import helplines_for, readers_of
from installer import officers, processes
from installer.officers import Officer
from installer.school import SignIn
from installer.tour.hands import Window
from installer.tour.morning import GATE_SECONDS
from installer.tour.stage import Stage
from installer.tour.steps import Step, require
from installer.tour.twin import Twin
from policies.officers import read_officers

WORDS = "quartz penguin umbrella 4711"
"""What the pupil writes; nothing else in the day says so. Typed by hands, so in plain letters."""
TEACHER_WORDS = "cobalt heron trousers 2202"
NOTE = "marble otter calendar 9303"
SECRETS = (WORDS, TEACHER_WORDS, NOTE)
DANGER_MINUTES = 5
"""The shortest a school may choose: so long the tour has to wait for an unopened report."""
SEALED_SECONDS = 60.0
TURNS_SECONDS = 10.0
"""Well over the 4 seconds after which a receipt no longer says that it is on its way."""


def officers_make_keys(stage: Stage) -> None:
    """Head, leads and governor make their keys in browsers; the head signs the list and switches it on."""
    stage.looks_at_teacher = True
    stage.school.set_policy("The tour cannot wait longer", report__danger_minutes=DANGER_MINUTES)
    found = officers.make(stage.school, stage.browser(), **stage.window())
    require({"lead", "deputy", "head"} <= {each.place for each in found}, f"who holds keys: {found}")
    require(stage.school.policy().officers is not None, "the policy carries the signed list")
    stage.hear_notices({each.username for each in found})
    teacher = stage.school.sign_in_of("teacher")
    page = stage.teacher.sign_in(teacher.username, teacher.password)
    page.goto(f"{stage.school.address}/reports/write?what=on-behalf")
    page.locator("input[name=harm]").first.check()
    page.locator("input[name=urgency][value=danger]").check()
    page.locator("#words").fill(f"A pupil told me: {TEACHER_WORDS}")
    page.locator("button.sealed").click()
    page.locator("#view .note.ok").wait_for()
    require(len(stage.school.rows("SELECT id FROM reports")) == 1, "the teacher's report is there, sealed")


def report_offline_waits(stage: Stage) -> None:
    """The server is away: the report waits on the laptop, and the window says so and to tell an adult now."""
    window = _open_panel(stage)
    twin = stage.twin(_panel(stage), (window.x, window.y, window.width, window.height))
    twin.click("[data-choice=report]")
    twin.close()
    wide = 2 * window.width
    whole = processes.wait_for("the report's window", lambda: stage.our_window(wider_than=wide), GATE_SECONDS)
    stage.hands.settle(stage.more / "report-1.png")
    twin = stage.twin(report_page(stage), (whole.x, whole.y, whole.width, whole.height))
    if stage.pupil.tier == "early":
        twin.click("[data-set^=harms]")
        stage.hands.settle(stage.more / "report-2.png")
        twin.click("[data-send]")
    else:
        _write(stage, twin)
    twin.close()
    stage.hands.settle(stage.more / "receipt-sending.png", seconds=2)
    waiting = processes.wait_for("the report waits on the laptop", lambda: _sealed_files(stage), 20)
    sending = _leaf(stage.more / "receipt-sending.png", whole)
    until = time.monotonic() + TURNS_SECONDS
    processes.wait_for(
        "the window says that it waits",
        # On a slow machine the first picture may be of that already.
        lambda: _leaf_now(stage, whole) != sending or time.monotonic() > until,
        2 * TURNS_SECONDS,
    )
    stage.hands.settle(stage.more / "receipt-waiting.png", seconds=3)
    stage.keep_picture()
    require(not stage.school.answers(), "the server is away")
    require(not _holds(waiting, WORDS), "what waits on the laptop is sealed")


def _write(stage: Stage, twin: Twin) -> None:
    """Go through the three screens with mouse and keys."""
    twin.click(".pick:has([data-pick=harms])")
    twin.to_screen(1)
    twin.click("[data-write=words]")
    stage.hands.type(WORDS)
    stage.hands.settle(stage.more / "report-2.png")
    twin.to_screen(2)
    stage.hands.settle(stage.more / "report-3.png")
    twin.to_end()
    twin.click("[data-send]")


def report_sealed(stage: Stage) -> None:
    """It arrived once, the window turned to say so, and nothing the server keeps holds a word of it."""
    found = processes.wait_for("the report is at the server", lambda: _of_pupil(stage), SEALED_SECONDS)
    require(len(found) == 1, f"exactly once: {len(found)}")
    stage.hands.settle(stage.more / "receipt-sent.png", seconds=3)
    stage.keep_picture()
    files = [path for path in stage.school.folder.rglob("*") if path.is_file()]
    for secret in SECRETS:
        require(not _holds(files, secret), f"no file of the server holds “{secret[:6]}…”")
    require(len(files) > 5, "the server's files were looked through")
    stage.hands.keys("Escape")


def technician_cannot_read(stage: Stage) -> None:
    """The technician calls the addresses directly: pages and API say no, and nothing else."""
    stage.looks_at_teacher = True
    adult = stage.school.sign_in_of("technician")
    page = stage.teacher.sign_in(adult.username, adult.password)
    case = _of_pupil(stage)[0]["id"]
    for path in ("/reports/api/cases", f"/reports/api/cases/{case}", f"/reports/case/{case}", "/reports"):
        answer = page.goto(stage.school.address + path)
        require(answer is not None and answer.status == 403, f"{path} is refused")
        require(WORDS not in page.content(), "and says nothing")


def officer_opens_in_browser(stage: Stage) -> None:
    """The lead types the passphrase, and the words stand there as the pupil wrote them."""
    stage.looks_at_teacher = True
    lead = stage.officer("lead")
    page = stage.teacher.sign_in(*_sign_in_of(stage, lead))
    case = _of_pupil(stage)[0]["id"]
    open_case(stage, page, lead, case)
    text = page.inner_text("main")
    if stage.pupil.tier == "early":
        require(stage.pupil.display_name in text, "who it was, and nothing had to be written")
    else:
        require(WORDS in text, "the words are there")
    page.locator("#case-head button.main").click()
    processes.wait_for(
        "the case is taken up",
        lambda: stage.school.rows("SELECT 1 FROM cases WHERE id = ? AND state = 'open'", case),
        20,
    )
    looks = stage.school.rows('SELECT by_name FROM case_looks WHERE "case" = ?', case)
    require(lead.name in {row["by_name"] for row in looks}, "and it is written down who looked")


def open_case(stage: Stage, page: Page, officer: Officer, case: str) -> None:
    """Go to a case and open the key, as this officer."""
    page.goto(f"{stage.school.address}/reports/case/{case}")
    page.locator("#passphrase").fill(officer.passphrase)
    page.locator("#passphrase").press("Enter")
    page.locator("#case-head").wait_for()
    page.locator("#story li").first.wait_for()


def _sign_in_of(stage: Stage, officer: Officer) -> tuple[str, str]:
    adult: SignIn = next(each for each in stage.school.sign_ins() if each.username == officer.username)
    return adult.username, adult.password


def _of_pupil(stage: Stage) -> list[dict[str, str]]:
    return stage.school.rows("SELECT id, device FROM reports WHERE origin = 'pupil' ORDER BY received_at")


def _sealed_files(stage: Stage) -> list[Path]:
    """Return the laptop's files, once something of a report lies among them."""
    files = [path for path in stage.laptop.state.rglob("*") if path.is_file()]
    return files if any("report" in str(path.relative_to(stage.laptop.state)) for path in files) else []


def _leaf(picture: Path, window: Window) -> bytes:
    """Return what a picture shows inside a window, without the desktop's clock or the file's date."""
    with Image.open(picture) as opened:
        box = (window.x, window.y, window.x + window.width, window.y + window.height)
        return opened.convert("L").crop(box).tobytes()


def _leaf_now(stage: Stage, window: Window) -> bytes:
    path = stage.folder / "now.png"
    stage.display.screenshot(path)
    return _leaf(path, window)


def _holds(files: list[Path], secret: str) -> list[str]:
    spelt = (secret.encode(), secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode())
    return [path.name for path in files if any(each in path.read_bytes() for each in spelt)]


def _open_panel(stage: Stage) -> Window:
    icon = processes.wait_for("the tray icon", stage.tray_icon, 15)
    stage.hands.click(icon.x + icon.width // 2, icon.y + icon.height // 2)
    processes.wait_for("the panel", stage.our_window, GATE_SECONDS)
    stage.hands.settle(stage.more / "panel-report.png")
    return processes.wait_for("the panel in its own height", stage.our_window, GATE_SECONDS)


def _panel(stage: Stage) -> pages.PanelPage:
    """Return the panel as it must stand while the server is away."""
    body, pupil = stage.school.policy(), stage.pupil
    return pages.PanelPage(
        school=body.school.name,
        language=stage.language,
        tier=pupil.tier,
        person=pupil.display_name,
        online=False,
        waiting_records=max(0, stage.laptop.waiting_records()),
        contacts=body.school.contacts,
        reports=True,
        shortcut=body.settings.report.shortcut,
    )


def report_page(stage: Stage) -> pages.ReportPage:
    """Return the report's window as the laptop must show it."""
    body, pupil = stage.school.policy(), stage.pupil
    assert body.officers is not None
    report = body.settings.report
    return pages.ReportPage(
        school=body.school.name,
        language=stage.language,
        tier=pupil.tier,
        person=pupil.display_name,
        readers=readers_of(read_officers(body.officers).officers),
        contacts=body.school.contacts,
        helplines=helplines_for(report.helplines, pupil.tier),
        ceop=report.ceop,
        answer_within_hours=report.answer_within_hours,
        online=False,
        read_aloud=True,
        shortcut=report.shortcut,
        reports=True,
    )


FIRST = (Step("officers-make-keys", officers_make_keys),)
OFFLINE = (Step("report-offline-waits", report_offline_waits),)
OPENED = (
    Step("report-sealed", report_sealed),
    Step("technician-cannot-read", technician_cannot_read),
    Step("officer-opens-in-browser", officer_opens_in_browser),
)
