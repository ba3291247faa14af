"""Morning: the server comes up, the laptop is enrolled, the pupil logs in and meets the gate."""

import contextlib
import functools
import os
import signal
from pathlib import Path

from installer import processes
from installer.tour.hands import Hands
from installer.tour.stage import Stage
from installer.tour.steps import Step, require
from installer.tour.twin import Twin

IDLE_AFTER_SECONDS = 40
COUNTDOWN_SECONDS = 12
GATE_SECONDS = 25.0
MOST_SCREENS = 12
NEXT_PAGE = ".answers .pages [data-to-screen]:last-child"
GLANCE_MS = 1500
"""A page counts as seen only after a moment on the screen (agent/pages/window.js)."""
NEXT_PICTURES = ".answers .three [data-to-screen]"
ESCAPES = (
    "alt+Tab",
    "super+d",
    "ctrl+alt+Right",
    "alt+F4",
    "ctrl+alt+t",
    "alt+space",
    "Escape",
    "F11",
    "ctrl+w",
    "ctrl+q",
)


def server_up(stage: Stage) -> None:
    """A school is made from the profile, and a technician shortens the lock for the tour."""
    stage.make_accounts()
    stage.start_school()
    stage.school.set_policy(
        "The tour cannot wait five minutes",
        lock__idle_after_seconds=IDLE_AFTER_SECONDS,
        lock__countdown_seconds=COUNTDOWN_SECONDS,
        usage__send_after_seconds=5,
    )
    stage.note(f"profile {stage.school.profile.name}: {stage.school.profile.school.name}")
    stage.looks_at_teacher = True
    stage.teacher.open().goto(f"{stage.school.address}/sign-in")


def enrolled(stage: Stage) -> None:
    """One code, one command, and the laptop obeys this school."""
    stage.laptop.enrol(stage.school.address, stage.school.new_code(stage.pupil.room))
    stage.start_laptop()
    processes.wait_for("the laptop's policy arrives", lambda: stage.school.records("policy-applied"), 30)
    technician = stage.school.sign_in_of("technician")
    stage.looks_at_teacher = True
    page = stage.teacher.sign_in(technician.username, technician.password)
    page.goto(f"{stage.school.address}/devices")
    require(os.uname().nodename in page.inner_text("main"), "the devices page names this laptop")


def login(stage: Stage) -> None:
    """The pupil logs in; a file of the pupil's own waits for its chance to run."""
    account = stage.accounts[stage.pupil.os_user]
    own_file = account.home / ".xsessionrc"
    own_file.write_text("touch $HOME/ran-before-the-gate\n")
    os.chown(own_file, account.uid, account.gid)
    found = stage.log_in(stage.pupil.os_user)
    require(found.is_open(), "the login stands")
    processes.wait_for("the login is known at the server", lambda: stage.school.records("login-started"), 20)


def gate_shown(stage: Stage) -> None:
    """The agreement covers the whole screen, and nothing else is there."""
    processes.wait_for("the gate covers the screen", stage.gate_window, GATE_SECONDS)
    stage.hands.wait_drawn("the gate")
    stage.hands.settle(stage.more / "gate.png")
    require(stage.login is not None and stage.login.is_open(), "the login still stands")


def gate_cannot_be_skipped(stage: Stage) -> None:
    """Keys, killed windows, killed sessions and own files: the gate stands through all of them."""
    hands = stage.hands
    for key in ESCAPES:
        hands.keys(key)
    _require_gate(stage, "after the keys that leave a window")
    if not _first_answer_is_next(stage):
        _press_accept_unread(stage)
        _require_gate(stage, "after Accept was pressed with pages unread")
    for word in ("window", "session"):
        look = functools.partial(stage.pids, "-I", word)
        for pid in processes.wait_for(f"the {word} process", look, 15):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _require_gate(stage, f"after the {word} process was killed")
    require(not stage.pids("openbox") and not stage.pids("tint2"), "no desktop runs behind the gate")
    home = stage.accounts[stage.pupil.os_user].home
    require(not (home / "ran-before-the-gate").exists(), "the account's own .xsessionrc has not run")
    answers = stage.school.records("agreement-answered")
    require(not answers, f"nothing was recorded as accepted: {answers}")
    hands.wait_drawn("the gate")
    hands.settle(stage.more / "gate-again.png")


def _require_gate(stage: Stage, when: str) -> None:
    processes.wait_for(f"the gate covers the screen {when}", stage.gate_window, GATE_SECONDS)
    require(stage.login is not None and stage.login.is_open(), f"the login stands {when}")


def _first_answer_is_next(stage: Stage) -> bool:
    twin = stage.gate_twin(stage.pupil)
    try:
        return not twin.has("[data-answer=accepted]")
    finally:
        twin.close()


def _press_accept_unread(stage: Stage) -> None:
    twin = stage.gate_twin(stage.pupil)
    twin.click("[data-answer=accepted]")
    twin.close()


def accepted(stage: Stage) -> None:
    """Every page is read, Accept is pressed, and the desktop opens."""
    least = stage.school.policy().settings.agreement.read_at_least_seconds
    read_and_accept(stage.hands, stage.gate_twin(stage.pupil), stage.more, least_seconds=least)
    processes.wait_for("the desktop opens", lambda: stage.pids("openbox"), 20)
    answer = processes.wait_for(
        "the acceptance is at the server", lambda: stage.school.records("agreement-answered"), 20
    )[-1]
    expected = ("accepted", stage.pupil.person, stage.pupil.tier, stage.language)
    found = (answer["answer"], answer["person"], answer["tier"], answer["language"])
    require(expected == found, f"the record says {expected}, not {found}")
    processes.wait_for("the tray icon", stage.tray_icon, 30)
    stage.hands.settle(stage.more / "desktop.png")


def read_and_accept(hands: Hands, twin: Twin, pictures: Path, *, least_seconds: float) -> None:
    """Look at every page to its end, as a reader would, and accept."""
    twin.wait(round(least_seconds * 1000))
    for number in range(MOST_SCREENS):
        twin.to_end()
        twin.wait(GLANCE_MS)
        hands.settle(pictures / f"page-{number + 1}.png", seconds=15.0)
        if twin.at_last_screen():
            break
        ahead = next(each for each in (NEXT_PAGE, NEXT_PICTURES) if twin.has(each))
        twin.click(ahead)
    twin.click("[data-answer=accepted]")
    twin.close()


STEPS = (
    Step("server-up", server_up),
    Step("enrolled", enrolled),
    Step("login", login),
    Step("gate-shown", gate_shown),
    Step("gate-cannot-be-skipped", gate_cannot_be_skipped),
    Step("accepted", accepted),
)
