"""A lesson: the room is looked at and told so, held for a moment, paused, supervised; apps are asked for."""

import csv
import json
import re
import time
from typing import Any
from urllib.parse import quote

import msgspec
from playwright.sync_api import Page

from agent.link import pages
from installer import processes
from installer.school import SignIn
from installer.tour.afternoon import see_panel
from installer.tour.morning import IDLE_AFTER_SECONDS
from installer.tour.stage import Stage
from installer.tour.steps import Step, require

SEEN_SECONDS = 20.0
APP, APP_CLASS = "mousepad", "mousepad"
CHILDREN = (("Ali Moss", "t-901"), ("Bea Lund", "t-902"), ("Cem Oral", "t-903"), ("Dot Hale", "t-904"))
"""Invented; Dot is absent."""
LOCKERS = ("xsecurelock", "i3lock")


def told_when_watched(stage: Stage) -> None:
    """The teacher opens the room; the laptop's own panel says so at once, and stops when it is over."""
    page = _open_lab(stage)
    tile = page.locator(f"[data-tile='{_device(stage)}']")
    tile.locator("b", has_text=stage.pupil.display_name).wait_for()
    see_panel(stage, "panel-while-viewed")
    stage.keep_picture()
    stage.hands.keys("Escape")
    page.locator("form[action$='/close'] button").click()
    page.wait_for_url("**/lab")


def attention_confirmed(stage: Stage) -> None:
    """*Eyes to the front*: every screen is covered, the page says who confirmed, and the work comes back."""
    page = _open_lab(stage)
    stage.hands.move(410, 300)
    page.locator("[data-do=attention]").click()
    page.locator("#attention-words").fill(_said(stage, "Look at the board with me.", "Tahtaya bakalım."))
    page.locator("#do-attention .btn.main").click()
    pressed = time.monotonic()
    order = page.locator("[data-kind=attention]", has=page.locator(".state.ok"))
    order.wait_for()
    stage.note(f"confirmed on the page {time.monotonic() - pressed:.2f} s after the press")
    stage.hands.settle(stage.more / "attention-cover.png")
    stage.keep_picture()
    page.screenshot(path=str(stage.more / "attention-confirmed.png"), full_page=True)
    number = order.first.get_attribute("data-order")
    told = stage.school.rows("SELECT outcome FROM order_outcomes WHERE order_id = ?", number)
    require([each["outcome"] for each in told] == ["done"], f"the laptop itself says so: {told}")
    covered = stage.folder / "covered.png"
    stage.hands.display.screenshot(covered)
    before = covered.read_bytes()
    page.locator("[data-kind=attention] form[action$='/end'] button").first.click()

    def is_back() -> bool:
        stage.hands.display.screenshot(covered)
        return covered.read_bytes() != before

    processes.wait_for("the work is back", is_back, SEEN_SECONDS)


def pause_expires(stage: Stage) -> None:
    """The idle lock pauses for a minute: nothing locks meanwhile; then it does, by itself."""
    page = _open_lab(stage)
    locks = len(stage.school.records("screen-locked"))
    page.locator("[data-do=pause]").click()
    page.locator("#pause-device").select_option(_device(stage))
    page.locator("#pause-minutes").fill("1")
    stage.hands.move(420, 300)
    page.locator("#do-pause .btn.main").click()
    paused = processes.wait_for("it pauses", lambda: stage.school.records("lock-paused"), SEEN_SECONDS)[-1]
    begun = time.monotonic()
    page.screenshot(path=str(stage.more / "pause.png"), full_page=True)
    processes.wait_for(
        "the pause is over by itself", lambda: stage.school.records("lock-pause-ended"), 90, every=0.5
    )
    held = time.monotonic() - begun
    require(held > IDLE_AFTER_SECONDS, f"longer than the idle time: {held:.0f} s")
    require(len(stage.school.records("screen-locked")) == locks, "nothing locked while it held")
    ended = stage.school.records("lock-pause-ended")[-1]
    require((ended["order"], ended["reason"]) == (paused["order"], "expired"), f"by itself: {ended}")
    processes.wait_for(
        "then the idle lock works again",
        lambda: len(stage.school.records("screen-locked")) > locks,
        IDLE_AFTER_SECONDS + 30,
    )
    _unlock(stage)


def class_accepts(stage: Stage) -> None:
    """The youngest accept together; who was absent is asked later."""
    if "early" not in {each.tier for each in stage.school.policy().agreements}:
        stage.note("this school asks no children of the early tier")
        page = _at(stage, "teacher", f"{_lab(stage)}/class")
        require(page.locator("[data-begin]").count() == 0, "and offers no class to ask together")
        return
    listed = stage.folder / "children.csv"
    _write_children(stage, listed)
    stage.school.ask("people", "import", str(listed), "--part", "--yes")
    page = _at(stage, "teacher", f"{_lab(stage)}/class")
    box = page.locator("#classes > li", has_text="Acorns")
    box.locator("[data-begin]").click()
    page.locator("a.btn.main[href*='step=here'], a.btn.main[href*='/here']").first.click()
    for _, person in CHILDREN[:3]:
        page.locator(f"input[name=child][value='{person}']").check(force=True)
    page.screenshot(path=str(stage.more / "class-who-is-here.png"), full_page=True)
    page.locator("[data-here]").click()
    page.locator("[data-hand=other]").click()
    link = page.locator("#link").inner_text()
    tablet = stage.browser().new_context(ignore_https_errors=True, viewport={"width": 820, "height": 1100})
    try:
        hand = tablet.new_page()
        hand.goto(link)
        for name, _ in CHILDREN[:3]:
            hand.locator("#pictures a", has_text=name.split()[0]).click()
            hand.screenshot(path=str(stage.more / f"class-{name.split()[0].lower()}.png"))
            hand.locator("#answer-yes").click()
            hand.locator("#pictures").wait_for()
        hand.screenshot(path=str(stage.more / "class-tablet.png"))
        hand.locator("#all-done").click()
    finally:
        tablet.close()
    if page.locator("[data-back]").count():
        page.locator("[data-back]").click()
    page.locator("#saw").check(force=True)
    page.locator("#witness").click()
    page.locator("#sitting[data-step=over]").wait_for()
    query = "SELECT person FROM answers WHERE device = 'class' AND answer = 'accepted' ORDER BY person"
    accepted = [row["person"] for row in stage.school.rows(query)]
    require(
        accepted == [person for _, person in CHILDREN[:3]], f"three accepted, one is asked later: {accepted}"
    )


def club_closes(stage: Stage) -> None:
    """A club is open only under a supervisor: the adult leaves, pupils are warned, the screen locks."""
    lapses = len(stage.school.records("supervision-lapsed"))
    page = _at(stage, "teacher", f"{_lab(stage)}/supervision")
    page.locator("form[action$='/supervision/in'] .btn").first.click()
    page.locator("[data-supervision=mine]").wait_for()
    _settings(stage, 'hours.session="club"', "hours.lapse_warn_seconds=8", 'hours.lapse_then="lock"')
    stage.hands.move(430, 300)
    time.sleep(2)  # long enough for a lapse to be noticed, if there were one
    require(len(stage.school.records("supervision-lapsed")) == lapses, "supervised, the club goes on")
    page.goto(f"{_lab(stage)}/supervision")
    page.locator("details.handing summary").click()
    page.locator("form[action$='/supervision/leave'] button").click()
    processes.wait_for("pupils are warned", lambda: _lapse(stage, "warned", lapses), SEEN_SECONDS)
    processes.wait_for("they can read it", stage.our_window, SEEN_SECONDS)
    stage.hands.settle(stage.more / "club-warned.png", seconds=1.5)
    processes.wait_for("the screen locks", lambda: _lapse(stage, "locked", lapses), 40)
    stage.hands.wait_drawn("the lock screen")
    stage.hands.settle(stage.more / "club-locked.png")
    stage.keep_picture()
    page.goto(f"{_lab(stage)}/supervision")
    page.locator("form[action$='/supervision/in'] .btn").first.click()
    page.locator("[data-supervision=mine]").wait_for()
    processes.wait_for("the screen opens by itself", lambda: not _lockers(stage), SEEN_SECONDS)
    said = processes.wait_for("it says that an adult is here again", stage.our_window, SEEN_SECONDS)
    stage.hands.settle(stage.more / "club-goes-on.png")
    # It came beneath the locker, and so without the keyboard.
    stage.hands.click(said.x + said.width // 2, said.y + 20)
    stage.hands.keys("Escape")
    processes.wait_for("that goes", lambda: stage.our_window() is None, SEEN_SECONDS)
    _settings(stage, 'hours.session="lesson"')


def ask_first(stage: Stage) -> None:
    """An app on the list waits: the pupil asks, the teacher says yes, and it comes back."""
    own = msgspec.to_builtins(stage.school.policy().settings.apps.rules)
    _settings(stage, f"apps.rules={json.dumps([*own, {'app': APP, 'lesson': 'ask'}])}")
    page = _open_lab(stage)
    assert stage.login is not None
    stage.login.start_app(APP)  # put aside at once: nobody need have seen it
    window = processes.wait_for("it is put aside and says why", stage.our_window, SEEN_SECONDS)
    stage.hands.settle(stage.more / "app-asks-first.png")
    window = processes.wait_for("that window in its own height", stage.our_window, SEEN_SECONDS)
    twin = stage.twin(_app_page(stage), (window.x, window.y, window.width, window.height))
    twin.click("[data-choice=ask]")
    twin.close()
    ask = page.locator("[data-ask][data-state=waiting]")
    ask.wait_for()
    page.screenshot(path=str(stage.more / "app-asked.png"), full_page=True)
    ask.locator("form", has=page.locator("input[name=allowed][value=yes]")).locator("button").click()
    page.locator("[data-ask][data-state=confirmed]").wait_for()
    stage.hands.wait_for_class(APP_CLASS)
    said = [each["what"] for each in stage.school.records("app-handled")]
    require(said[0] == "put-away" and "allowed" in said, f"what followed is kept: {said}")
    stage.hands.settle(stage.more / "app-allowed.png")
    # As it was: without any rule the agreement has other words, and everybody is asked anew.
    _settings(stage, f"apps.rules={json.dumps(own)}")


def concern_raised(stage: Stage) -> None:
    """What worries a teacher goes to safeguarding, sealed; from then on it is not theirs to look into."""
    page = _at(stage, "teacher", f"{_lab(stage)}/seat/{_device(stage)}")
    if page.locator("#reason-form").count():
        page.locator("#reason-work, input[name=reason]").first.check(force=True)
        page.locator("#reason-form .btn.main").click()
        page.locator("#used").wait_for()
    page.screenshot(path=str(stage.more / "seat-detail.png"), full_page=True)
    page.locator("#raise-concern").click()
    page.locator("#words").wait_for()
    page.locator("#who-reads p").first.wait_for()
    page.locator("#set-harm input").first.check(force=True)
    page.locator("#words").fill("Something in this lesson worries me.")
    page.screenshot(path=str(stage.more / "concern.png"), full_page=True)
    cases = len(stage.school.rows("SELECT 1 FROM cases"))
    page.locator("main form button.main, main button.sealed, main button.btn.main").last.click()
    processes.wait_for(
        "safeguarding has it", lambda: len(stage.school.rows("SELECT 1 FROM cases")) > cases, SEEN_SECONDS
    )
    page.goto(f"{_lab(stage)}/seat/{_device(stage)}")
    require(page.locator("#used").count() == 0, "the teacher no longer sees what was used")
    require(page.locator("#reason-form").count() == 0, "and is not asked for a reason either: it is gone")


# ---- hands ----


def _at(stage: Stage, role: str, address: str = "") -> Page:
    stage.looks_at_teacher = True
    adult: SignIn = stage.school.sign_in_of(role)
    page = stage.teacher.sign_in(adult.username, adult.password)
    if address:
        page.goto(address)
    return page


def _lab(stage: Stage) -> str:
    return f"{stage.school.address}/lab/{quote(stage.pupil.room)}"


def _open_lab(stage: Stage) -> Page:
    page = _at(stage, "teacher", _lab(stage))
    page.wait_for_selector(f"[data-tile='{_device(stage)}'] a")
    return page


def _device(stage: Stage) -> str:
    query = "SELECT id FROM devices WHERE state = 'active' ORDER BY enrolled_at LIMIT 1"
    return str(stage.school.rows(query)[0]["id"])


def _said(stage: Stage, english: str, turkish: str) -> str:
    return turkish if stage.language == "tr" else english


def _settings(stage: Stage, *pairs: str) -> None:
    """Change the school's settings; returns once the laptop obeys them."""
    stage.school.change_policy(*pairs, reason="The tour shows a lesson")
    query = "SELECT a.number, d.applied_number FROM assignments a JOIN devices d ON d.id = a.device"
    device = _device(stage)

    def obeys() -> bool:
        row = stage.school.rows(f"{query} WHERE d.id = ?", device)[0]
        return bool(row["number"] == row["applied_number"])

    processes.wait_for("the laptop obeys", obeys, SEEN_SECONDS)


def _lapse(stage: Stage, what: str, after: int) -> list[dict[str, Any]]:
    return [each for each in stage.school.records("supervision-lapsed")[after:] if each["what"] == what]


def _unlock(stage: Stage) -> None:
    """Type the password at the lock screen, as the pupil does."""
    processes.wait_for("the locker runs", lambda: _lockers(stage), SEEN_SECONDS)
    stage.hands.wait_drawn("the lock screen")
    stage.hands.keys("Shift_L")
    stage.hands.type(stage.accounts[stage.pupil.os_user].password)
    stage.hands.keys("Return")
    processes.wait_for("the locker ends", lambda: not _lockers(stage), SEEN_SECONDS)


def _lockers(stage: Stage) -> list[int]:
    return [pid for name in LOCKERS for pid in stage.pids(name)]


def _app_page(stage: Stage) -> pages.AppPage:
    body, pupil = stage.school.policy(), stage.pupil
    return pages.AppPage(
        school=body.school.name,
        language=stage.language,
        tier=pupil.tier,
        app=re.sub(r"^m", "M", APP),
        program=APP,
        state="ask",
        reports=body.settings.report.enabled,
    )


def _write_children(stage: Stage, path: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("os_user", "person", "display_name", "tier", "language", "room", "year"))
        for name, person in CHILDREN:
            account = f"demo-{name.split()[0].lower()}"
            table.writerow((account, person, name, "early", stage.language, stage.pupil.room, "Acorns"))


STEPS = (
    Step("pupil-told-when-watched", told_when_watched),
    Step("attention-confirmed", attention_confirmed),
    Step("presenting-pause-expires", pause_expires),
    Step("class-accepts-with-teacher", class_accepts),
    Step("club-closes-without-supervisor", club_closes),
    Step("ask-first-app", ask_first),
    Step("concern-raised-and-gone", concern_raised),
)
