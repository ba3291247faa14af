"""Afternoon: the server goes and comes back, the adults look, the pupil sees who did, another declines."""

import os
from collections import Counter

from installer import processes
from installer.tour.midday import use_apps
from installer.tour.morning import GATE_SECONDS, read_and_accept
from installer.tour.stage import Stage
from installer.tour.steps import Step, StepFailed, require

SYNC_SECONDS = 90.0
RECORD_IS_ENTRY = 4
"""In the panel, by keyboard: help, lock, rules, record."""


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
    page.wait_for_function(
        "name => document.querySelector('#seats').innerText.includes(name)", arg=stage.pupil.display_name
    )
    text = page.inner_text("#seats")
    require(
        os.uname().nodename in text or stage.pupil.display_name in text,
        f"the lab shows the laptop: {text[:300]}",
    )


def pupil_sees(stage: Stage) -> None:
    """One click on the tray icon, then the pupil's own record: today's entries, and who looked."""
    hands = stage.hands
    icon = processes.wait_for("the tray icon", stage.tray_icon, 15)
    hands.click(icon.x + icon.width // 2, icon.y + icon.height // 2)
    window = processes.wait_for("the panel", lambda: stage.window_like(300, 720), GATE_SECONDS)
    hands.settle(stage.pictures / "panel.png")
    hands.keys(*["Tab"] * RECORD_IS_ENTRY, "Return")
    processes.wait_for("the record", lambda: _another(stage, window.id), GATE_SECONDS)
    hands.settle(stage.pictures / "record.png")
    stage.keep_picture()
    hands.keys("Escape")


def _another(stage: Stage, old: str) -> bool:
    found = stage.window_like(300, 1300)
    return found is not None and found.id != old


def not_asked_again(stage: Stage) -> None:
    """The same pupil logs in again: this version is accepted, so the desktop opens at once."""
    before = len(stage.school.records("agreement-answered"))
    stage.log_in(stage.pupil.os_user)
    processes.wait_for("the desktop opens without asking", lambda: stage.pids("openbox"), 40)
    processes.wait_for("the panel of the desktop", lambda: stage.pids("tint2"), 15)
    require(len(stage.school.records("agreement-answered")) == before, "nobody was asked")
    stage.hands.settle(stage.pictures / "second-login.png")


def stranger(stage: Stage) -> None:
    """An account that nobody listed: what follows is the school's choice."""
    choice = stage.school.policy().settings.login.unknown_login
    found = stage.log_in(stage.stranger)
    if choice == "visitor":
        stage.note("this school lets an unlisted account in as a visitor, with the visitor's agreement")
        processes.wait_for("the visitor's gate", stage.gate_window, GATE_SECONDS)
        stage.hands.settle(stage.pictures / "visitor.png")
        stage.keep_picture()
        least = stage.school.policy().settings.agreement.read_at_least_seconds
        read_and_accept(stage.hands, stage.gate_twin(None), stage.folder, least_seconds=least)
        processes.wait_for("the desktop opens", lambda: stage.pids("openbox", name=stage.stranger), 30)
    else:
        stage.note("this school refuses an unlisted account: help and sign-out only")
        processes.wait_for("a window that says so", stage.gate_window, GATE_SECONDS)
        stage.hands.settle(stage.pictures / "refused.png")
        stage.keep_picture()
        if found.wait(45) is None:
            raise StepFailed("the login of an unlisted account ends")
        require(not stage.pids("openbox", name=stage.stranger), "no desktop opened")
        _require_ended(stage, stage.stranger, "not-listed")


def declined(stage: Stage) -> None:
    """Another pupil does not accept: the login ends, the register says so, nobody is punished."""
    found = stage.log_in(stage.other.os_user, stage.other.language)
    processes.wait_for("the gate", stage.gate_window, GATE_SECONDS)
    stage.hands.settle(stage.pictures / "other-gate.png")
    stage.keep_picture()
    twin = stage.gate_twin(stage.other)
    twin.click("[data-answer=declined]")
    twin.close()
    if found.wait(45) is None:
        raise StepFailed("the login ends after Sign out")
    require(not stage.pids("openbox", name=stage.other.os_user), "no desktop opened")
    answers = processes.wait_for(
        "the refusal is at the server",
        lambda: [each for each in stage.school.records("agreement-answered") if each["answer"] == "declined"],
        30,
    )
    require(answers[-1]["person"] == stage.other.person, "it names who declined")
    _require_ended(stage, stage.other.os_user, "declined")


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
