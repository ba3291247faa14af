"""Midday: apps are used, the screen is left, it locks, and only the password opens it."""

import time

from installer import processes
from installer.tour.morning import COUNTDOWN_SECONDS, IDLE_AFTER_SECONDS
from installer.tour.stage import Stage
from installer.tour.steps import Step, require

APPS = (("xterm", "xterm"), ("mousepad", "mousepad"))
"""Program and the window class it shows."""
IN_FRONT_SECONDS = 4.0
REFUSAL_SECONDS = 6.0
LOCKERS = ("xsecurelock", "i3lock")


def apps_used(stage: Stage) -> None:
    """Two real apps are used; their names and times arrive, a title never."""
    use_apps(stage)
    if not stage.school.policy().settings.usage.record_apps:
        require(not stage.school.records("app-used"), "this school records no apps, and none is recorded")
        stage.note("this school does not record apps")
        return
    wanted = {app for app, _ in APPS}
    used = processes.wait_for("both apps are at the server", lambda: _if_all(stage, wanted), 40)
    text = str(used)
    require("secret diary" not in text, "what was typed is not in any record")
    require(all({"app", "program", "focused_seconds"} <= set(each) for each in used), "names and times")
    require(not any("title" in each for each in used), "no title")


def use_apps(stage: Stage) -> None:
    """Bring each app to the front and type into it for a few seconds."""
    hands = stage.hands
    for program, window_class in APPS:
        if not _window_of(stage, window_class):
            assert stage.login is not None
            stage.login.start_app(program)
        window = hands.wait_for_class(window_class)
        hands.display.run("xdotool", "windowactivate", window)
        until = time.monotonic() + IN_FRONT_SECONDS
        while time.monotonic() < until:
            hands.type("secret diary ")
    hands.display.run("xdotool", "windowactivate", hands.wait_for_class(APPS[0][1]))
    hands.type("x")


def _window_of(stage: Stage, window_class: str) -> bool:
    try:
        return bool(stage.hands.wait_for_class(window_class, seconds=0.5))
    except processes.NotInTime:
        return False


def _if_all(stage: Stage, wanted: set[str]) -> list[dict[str, object]]:
    used = stage.school.records("app-used")
    seen = {str(each["app"]).lower() for each in used} | {str(each["program"]).lower() for each in used}
    return used if wanted <= seen else []


def idle_warned(stage: Stage) -> None:
    """Left alone, the laptop asks first; a touch of the mouse is answer enough."""
    stage.hands.move(300, 300)
    window = processes.wait_for("a countdown", stage.our_window, IDLE_AFTER_SECONDS + 15, every=0.3)
    stage.hands.settle(stage.more / "countdown.png", seconds=1.2)
    stage.keep_picture()
    stage.hands.move(window.x + 40, window.y + 40)
    stage.hands.move(420, 330)
    processes.wait_for("the countdown goes", lambda: stage.our_window() is None, 10)
    require(not stage.school.records("screen-locked"), "nothing has locked")


def locked(stage: Stage) -> None:
    """Nobody comes back: the screen is covered by a real locker, and only then called locked."""
    stage.hands.move(310, 310)
    processes.wait_for("the locker runs", lambda: _locker(stage), IDLE_AFTER_SECONDS + 20, every=0.3)
    record = processes.wait_for(
        "the lock is at the server", lambda: stage.school.records("screen-locked"), 20
    )[-1]
    require(record["reason"] == "idle", f"locked for being idle, not {record['reason']}")
    require(record["idle_seconds"] >= IDLE_AFTER_SECONDS - COUNTDOWN_SECONDS, "after the policy's time")
    stage.hands.wait_drawn("the lock screen")
    stage.hands.settle(stage.more / "locked.png")


def _locker(stage: Stage) -> list[int]:
    return [pid for name in LOCKERS for pid in stage.pids(name)]


def wrong_password_refused(stage: Stage) -> None:
    """A wrong password opens nothing."""
    stage.hands.keys("Shift_L")
    stage.hands.type("not-the-password")
    stage.hands.settle(stage.more / "password.png", seconds=1)
    stage.keep_picture()
    stage.hands.keys("Return")
    until = time.monotonic() + REFUSAL_SECONDS
    while time.monotonic() < until:
        require(_locker(stage), "the locker lives on after a wrong password")
        time.sleep(0.2)
    require(not stage.school.records("screen-unlocked"), "nothing says unlocked")


def unlocked(stage: Stage) -> None:
    """The right one does, and the work is still there."""
    account = stage.accounts[stage.pupil.os_user]
    hands = stage.hands
    hands.keys("Shift_L")
    hands.type(account.password)
    hands.keys("Return")
    processes.wait_for("the locker ends", lambda: not _locker(stage), 20)
    processes.wait_for("the unlock is at the server", lambda: stage.school.records("screen-unlocked"), 20)
    require(hands.wait_for_class(APPS[1][1]), "the open work is still there")
    hands.settle(stage.more / "unlocked.png")


STEPS = (
    Step("apps-used", apps_used),
    Step("idle-warned", idle_warned),
    Step("locked", locked),
    Step("wrong-password-refused", wrong_password_refused),
    Step("unlocked", unlocked),
)
