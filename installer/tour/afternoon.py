"""Afternoon: the server goes and comes back, the adults look, the pupil sees who did, another declines."""

import contextlib
import os
from collections import Counter

from agent.link import pages
from agent.words import say_in
from installer import processes
from installer.demo_login import Login
from installer.errors import InstallerError
from installer.tour.hands import Window
from installer.tour.midday import use_apps
from installer.tour.morning import GATE_SECONDS, read_and_accept
from installer.tour.stage import Stage
from installer.tour.steps import Step, StepFailed, require

SYNC_SECONDS = 90.0
LAST_WORD_SECONDS = 40
LAST_APP = "xterm"
"""What is in front when the teacher looks."""


def server_down(stage: Stage) -> None:
    """The server is gone; the pupil works on, and the records wait in the laptop's journal."""
    stage.kept_before = len(stage.school.records())
    stage.school.stop()
    require(not stage.school.answers(), "the server is down")
    use_apps(stage)
    waiting = processes.wait_for(
        "records wait in the journal", lambda: max(0, stage.laptop.waiting_records()), 40
    )
    stage.note(f"{waiting} records waited on the laptop")
    require(len(stage.school.records()) == stage.kept_before, "nothing new is at the server")


def server_back(stage: Stage) -> None:
    """The server returns; everything arrives once, in order, without a hole."""
    stage.school.start()

    def all_sent() -> bool:
        return stage.laptop.is_online() and stage.laptop.waiting_records() == 0

    processes.wait_for("the journal is empty", all_sent, SYNC_SECONDS, every=0.5)
    require(len(stage.school.records()) > stage.kept_before, "more is at the server than before")
    rows = stage.school.rows("SELECT device, stream, seq FROM records ORDER BY device, stream, seq")
    twice = [key for key, count in Counter(tuple(row.values()) for row in rows).items() if count > 1]
    require(not twice, f"each record is there once: {twice}")
    for stream in {row["stream"] for row in rows}:
        numbers = [row["seq"] for row in rows if row["stream"] == stream]
        require(numbers == list(range(1, len(numbers) + 1)), f"no hole in {stream}: {numbers}")
    require(not stage.school.rows("SELECT * FROM quarantine"), "nothing was unreadable")


def register_shows(stage: Stage) -> None:
    """The teacher's register names who accepted which version when."""
    stage.looks_at_teacher = True
    teacher = stage.school.sign_in_of("teacher")
    page = stage.teacher.sign_in(teacher.username, teacher.password)
    page.goto(f"{stage.school.address}/agreements")
    text = page.inner_text("main")
    require(stage.pupil.display_name in text, f"the register names {stage.pupil.display_name}: {text[:300]}")


def lab_shows(stage: Stage) -> None:
    """The teacher opens the lab; the laptop is there, live, and the pupil can know that it is viewed."""
    stage.looks_at_teacher = True
    stage.hands.move(500, 400)
    page = stage.teacher.open()
    page.goto(f"{stage.school.address}/lab")
    room = page.get_by_role("link", name=stage.pupil.room)
    if "/lab/" not in page.url and room.count():
        room.first.click()
    page.wait_for_selector("#seats")
    for wanted in (stage.pupil.display_name, LAST_APP):
        page.wait_for_function(
            "word => document.querySelector('#seats').innerText.toLowerCase().includes(word.toLowerCase())",
            arg=wanted,
        )
    text = page.inner_text("#seats")
    require(
        os.uname().nodename in text or stage.pupil.display_name in text,
        f"the lab shows the laptop: {text[:300]}",
    )


def pupil_sees(stage: Stage) -> None:
    """One click on the tray icon, then the pupil's own record: today's entries, and who looked."""
    hands, window = stage.hands, see_panel(stage, "panel")
    twin = stage.twin(_panel(stage), (window.x, window.y, window.width, window.height))
    twin.click("[data-choice=record]")
    twin.close()
    processes.wait_for("the record", lambda: stage.our_window(wider_than=window.width), GATE_SECONDS)
    hands.settle(stage.more / "record.png")
    stage.keep_picture()
    hands.keys("Escape")


def see_panel(stage: Stage, picture: str) -> Window:
    """Click the tray icon; return the panel's window once it stands in its own height."""
    icon = processes.wait_for("the tray icon", stage.tray_icon, 15)
    stage.hands.click(icon.x + icon.width // 2, icon.y + icon.height // 2)
    processes.wait_for("the panel", stage.our_window, GATE_SECONDS)
    stage.hands.settle(stage.more / f"{picture}.png")
    return processes.wait_for("the panel in its own height", stage.our_window, GATE_SECONDS)


def _panel(stage: Stage) -> pages.PanelPage:
    """Return the panel as it must stand now: connected, and a teacher is viewing the lab."""
    body, pupil = stage.school.policy(), stage.pupil
    say = say_in(stage.language, pupil.tier)
    teacher = stage.school.sign_in_of("teacher").name
    return pages.PanelPage(
        school=body.school.name,
        language=stage.language,
        tier=pupil.tier,
        person=pupil.display_name,
        viewing=say("{name} is viewing this lab now.", name=teacher),
        online=True,
        contacts=body.school.contacts,
        reports=body.settings.report.enabled,
        shortcut=body.settings.report.shortcut if body.settings.report.enabled else "",
    )


def not_asked_again(stage: Stage) -> None:
    """The same pupil logs in again: this version is accepted, so the desktop opens at once."""
    before = len(stage.school.records("agreement-answered"))
    stage.log_in(stage.pupil.os_user)
    processes.wait_for("the desktop opens without asking", lambda: stage.pids("openbox"), 40)
    processes.wait_for("the tray icon", stage.tray_icon, 30)
    require(len(stage.school.records("agreement-answered")) == before, "nobody was asked")
    stage.hands.settle(stage.more / "second-login.png")


def stranger(stage: Stage) -> None:
    """An account that nobody listed: what follows is the school's choice."""
    choice = stage.school.policy().settings.login.unknown_login
    found = stage.log_in(stage.stranger)
    if choice == "visitor":
        stage.note("this school lets an unlisted account in as a visitor, with the visitor's agreement")
        processes.wait_for("the visitor's gate", stage.gate_window, GATE_SECONDS)
        stage.hands.wait_drawn("the window")
        stage.hands.settle(stage.more / "visitor.png")
        stage.keep_picture()
        least = stage.school.policy().settings.agreement.read_at_least_seconds
        read_and_accept(stage.hands, stage.gate_twin(None), stage.folder, least_seconds=least)
        processes.wait_for("the desktop opens", lambda: stage.pids("openbox", name=stage.stranger), 30)
    else:
        stage.note("this school refuses an unlisted account: help and sign-out only")
        processes.wait_for("a window that says so", stage.gate_window, GATE_SECONDS)
        stage.hands.wait_drawn("the window")
        stage.hands.settle(stage.more / "refused.png")
        stage.keep_picture()
        _end_by_closing(stage, found, "the login of an unlisted account ends")
        require(not stage.pids("openbox", name=stage.stranger), "no desktop opened")
        _require_ended(stage, stage.stranger, "not-listed")


def declined(stage: Stage) -> None:
    """Another pupil does not accept: the login ends, the register says so, nobody is punished."""
    found = stage.log_in(stage.other.os_user, stage.other.language)
    processes.wait_for("the gate", stage.gate_window, GATE_SECONDS)
    stage.hands.wait_drawn("the window")
    stage.hands.settle(stage.more / "other-gate.png")
    twin = stage.gate_twin(stage.other)
    twin.click("[data-answer=declined]")
    twin.close()
    processes.wait_for("a last word, with the way to help", stage.gate_window, GATE_SECONDS)
    stage.hands.wait_drawn("the window")
    stage.hands.settle(stage.more / "farewell.png")
    stage.keep_picture()
    _end_by_closing(stage, found, "the login ends after Sign out")
    require(not stage.pids("openbox", name=stage.other.os_user), "no desktop opened")
    answers = processes.wait_for(
        "the refusal is at the server",
        lambda: [each for each in stage.school.records("agreement-answered") if each["answer"] == "declined"],
        30,
    )
    require(answers[-1]["person"] == stage.other.person, "it names who declined")
    _require_ended(stage, stage.other.os_user, "declined")


def _end_by_closing(stage: Stage, login: Login, expected: str) -> None:
    """Close the last notice, as a pupil who has read it does; the login must end."""
    for _ in range(LAST_WORD_SECONDS):
        if login.wait(1.0) is not None:
            return
        with contextlib.suppress(InstallerError):  # the display may go at this moment
            stage.hands.keys("Escape")
    raise StepFailed(expected)


def _require_ended(stage: Stage, name: str, reason: str) -> None:
    ended = processes.wait_for(
        "the end is at the server",
        lambda: [each for each in stage.school.records("login-ended") if each["os_user"] == name],
        30,
    )
    require(ended[-1]["reason"] == reason, f"ended as {reason}, not {ended[-1]['reason']}")


STEPS = (
    Step("server-down-records-wait", server_down),
    Step("server-back-nothing-lost", server_back),
    Step("register-shows-acceptance", register_shows),
    Step("lab-shows-device", lab_shows),
    Step("pupil-sees-own-record", pupil_sees),
    Step("not-asked-again", not_asked_again),
    Step("unlisted-account", stranger),
    Step("declined-signed-out", declined),
)
