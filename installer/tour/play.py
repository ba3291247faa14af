"""`installer run --tour`: play the day, tell how it went, leave nothing behind."""

import argparse
import shutil
from pathlib import Path

from installer import accounts, places
from installer.accounts import ONE_AT_A_TIME
from installer.environment import only_one
from installer.speech import Stopwatch, say
from installer.tour import afternoon, desk, evening, lesson, midday, morning, reports
from installer.tour.stage import Stage, Wishes
from installer.tour.steps import Account

STEPS = (
    *morning.STEPS[:1],
    *reports.FIRST,
    *morning.STEPS[1:],
    *midday.STEPS,
    *afternoon.STEPS[:1],
    *reports.OFFLINE,
    *afternoon.STEPS[1:2],
    *reports.OPENED,
    *afternoon.STEPS[2:6],
    *lesson.STEPS,
    *afternoon.STEPS[6:],
    *evening.STEPS,
    *desk.STEPS,
)
"""The server goes away after the first afternoon step and is back with the second. The lesson is played while
the pupil's second login stands."""
DEFAULT_PROFILE = "primary-england"


def run(asked: argparse.Namespace) -> int:
    """Play every step in order; stop at the first that fails, since each stands on the one before."""
    folder = places.build_dir() / "tour"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wishes = Wishes(asked.profile or DEFAULT_PROFILE, asked.language, asked.dark)
    names = [step.name for step in STEPS]
    watch = Stopwatch()
    with only_one("run", refuse=ONE_AT_A_TIME):
        accounts.remove_leftovers()
        account = Account(
            folder, names, {"profile": wishes.profile, "language": asked.language, "dark": asked.dark}
        )
        stage = Stage(wishes, folder)
        try:
            for step in STEPS:
                if not account.play(step, stage):
                    break
        finally:
            _keep_logs(stage, folder)
            stage.close()
    say(f"\n{'The whole day held' if account.ok else 'The day did not hold'}, in {watch}. See {folder}.")
    return 0 if account.ok else 1


def _keep_logs(stage: Stage, folder: Path) -> None:
    for log in (stage.school.log, stage.laptop.log, stage.folder / "login.log"):
        if log.exists():
            shutil.copyfile(log, folder / log.name)
