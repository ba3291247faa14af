"""One step of the day and its account: did it hold, how long did it take, what did it look like."""

import json
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from installer.speech import say

if TYPE_CHECKING:
    from installer.tour.stage import Stage


class Step(NamedTuple):
    """A named part of the day. `play` raises if anything is not as it must be."""

    name: str
    play: "Callable[[Stage], None]"


class StepFailed(Exception):
    """Something was not as the day demands; the message says what was expected and what was there."""


def require(fact: object, expected: str) -> None:
    """Raise StepFailed with this sentence unless the fact holds."""
    if not fact:
        raise StepFailed(expected)


class Account:
    """Writes tour.json after every step, so that a killed tour has told what it saw."""

    def __init__(self, folder: Path, names: Sequence[str], about: dict[str, Any]) -> None:
        self.folder = folder
        self._about = about
        self._names = list(names)
        self._steps: list[dict[str, Any]] = []
        self._write()

    def play(self, step: Step, stage: "Stage") -> bool:
        """Play one step, take its picture, note how it went."""
        begun = time.monotonic()
        problem = ""
        stage.begin()
        try:
            step.play(stage)
        except Exception as found:
            problem = f"{type(found).__name__}: {found}"
            (self.folder / f"{step.name}.txt").write_text(traceback.format_exc())
        seconds = round(time.monotonic() - begun, 2)
        self._steps.append({"name": step.name, "ok": not problem, "seconds": seconds})
        if problem:
            self._steps[-1]["problem"] = problem[:600]
        self._steps[-1]["screenshot"] = self._picture(step, stage)
        if stage.notes:
            self._steps[-1]["notes"] = stage.take_notes()
        self._write()
        mark = "FAILED" if problem else "ok    "
        say(f"{mark} {step.name:<28} {seconds:6.1f} s  {problem[:200]}".rstrip())
        return not problem

    def _picture(self, step: Step, stage: "Stage") -> str:
        path = self.folder / f"{len(self._steps):02d}-{step.name}.png"
        try:
            stage.picture(path)
        except Exception as problem:
            return f"none: {problem}"[:200]
        return path.name

    @property
    def ok(self) -> bool:
        """Say whether every step of the day was played and held."""
        return [each["name"] for each in self._steps if each["ok"]] == self._names

    def _write(self) -> None:
        reached = {each["name"] for each in self._steps}
        missing = [
            {"name": name, "ok": False, "seconds": 0.0, "problem": "not reached"} for name in self._names
        ]
        told = {
            **self._about,
            "steps": self._steps + [each for each in missing if each["name"] not in reached],
            "ok": self.ok,
        }
        (self.folder / "tour.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
