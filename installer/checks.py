"""`installer test`: every check there is, each timed, one clear summary, pytest's own words last."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from installer import own, places
from installer.speech import Stopwatch, say

EVERY_CORE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0"]
"""
A crashed worker ends the run at once: pytest-xdist would wait for its files for ever. tests/conftest.py says
what comes first.
"""
ONE_CORE = ["-n", "0"]
"""One after another: windows want the processor, and a laptop or another Windows has the other one."""
VM_HINT = "Not run: the tests in a virtual laptop, and the thorough ones in Wine. All: python3 installer test"
SHORT_HINT = (
    "Not run: the thorough tests in a virtual laptop and in Wine. All of them: python3 installer test"
)
FOR_WINDOWS = ("--platform", "win32", "--no-warn-unreachable", "-p", "agent", "-p", "policies")
"""What runs on Windows. After an early `return` of one system, the rest is no mistake there."""
WINE_RUN = "pytest, Windows in Wine"
VM_RUN = "pytest, virtual laptop"


class Outcome(NamedTuple):
    """How one check went."""

    name: str
    ok: bool
    seconds: float


Runs = list[dict[str, list[str]]]
"""Runs of pytest by name, each with its arguments; those of one group at once, one group after another."""


def decide_runs(pytest_arguments: list[str], *, with_vm: bool, short: bool) -> Runs:
    """Return which runs of pytest there are."""
    if pytest_arguments:
        return [{"pytest": pytest_arguments}]
    first = {"pytest": [*EVERY_CORE, "-m", "not vm and not wine"]}
    if with_vm and not short:
        # Alone: two virtual laptops take both processors, and other tests have times to keep.
        return [first, {WINE_RUN: [*ONE_CORE, "-m", "wine"]}, {VM_RUN: [*EVERY_CORE, "-m", "vm"]}]
    aside = {VM_RUN: [*ONE_CORE, "-m", "vm and not thorough"]} if with_vm else {}
    return [first, aside | {WINE_RUN: [*ONE_CORE, "-m", "wine and not thorough"]}]


def run(pytest_arguments: list[str], *, with_vm: bool = False, short: bool = False) -> int:
    """
    Run all checks, also after a failed one; return 0 only if all passed.

    `short`: in a virtual laptop and in Wine only what every change must pass, nothing marked `thorough`;
    without virtual laptops that is so in Wine too.
    """
    python = sys.executable
    runs = decide_runs(pytest_arguments, with_vm=with_vm, short=short)
    image = _begin_image(python) if with_vm else None
    tools = _tools_dir()
    cache = str(places.runtime_dir() / "mypy")  # not in the clone, which may be somebody else's
    mypy = [str(tools / "python"), "-m", "mypy", "--cache-dir", cache]
    outcomes = [
        _check("ruff check", [str(tools / "ruff"), "check", "--no-cache", *places.PACKAGES]),
        _check("ruff format", [str(tools / "ruff"), "format", "--no-cache", "--check", *places.PACKAGES]),
        _check("mypy", mypy),
        _check("mypy for Windows", [*mypy, *FOR_WINDOWS]),
        _check("import contracts", [str(tools / "lint-imports"), "--no-cache"]),
    ]
    closings = []
    for group in runs:
        if VM_RUN in group and image is not None:
            image.wait()
        for outcome, closing in at_once([python, "-m", "pytest"], group):
            outcomes.append(outcome)
            closings.append(closing)
    say()
    for name, ok, seconds in outcomes:
        say(f"{'passed' if ok else 'FAILED'}  {name:<22} {seconds:6.1f} s")
    good = all(outcome.ok for outcome in outcomes)
    if not with_vm:
        say(VM_HINT)
    elif short:
        say(SHORT_HINT)
    say("\nEverything passed." if good else "\nNot everything passed: see above.")
    for closing in closings:
        say(closing)
    return 0 if good else 1


def _tools_dir() -> Path:
    """Return where ruff and lint-imports are: the environment under the runtime."""
    found = importlib.util.find_spec("ruff")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[4] / "bin"


def _check(name: str, command: list[str]) -> Outcome:
    watch = Stopwatch()
    say(f"-- {name}")
    done = subprocess.run(
        command, cwd=places.CLONE, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, timeout=600,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    for line in lines[-1:] if done.returncode == 0 else lines[-60:]:
        say(f"   {line}")
    return Outcome(name, done.returncode == 0, watch.seconds())


def _begin_image(python: str) -> subprocess.Popen[bytes]:
    """Begin to make the virtual laptop's disk beside the first checks, which use one processor only."""
    command = own.bound("nice", "-n", "19", python, "-m", "tests.vm.image")
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "PYTHONPATH": str(places.CLONE)}
    return subprocess.Popen(
        command, cwd=places.CLONE, stdin=quiet, stdout=quiet, stderr=quiet, env=environment
    )


def at_once(
    command: list[str], group: dict[str, list[str]], options: Sequence[str] = ("-q", "-p", "no:cacheprovider")
) -> list[tuple[Outcome, str]]:
    """
    Run these beside each other; return how each went and its closing line.

    Only the last one's output is passed through as it comes, the others' when they have ended.
    """
    command = [*command, *options]
    *aside, last = group.items()
    with ThreadPoolExecutor(len(group)) as threads:
        others = [threads.submit(_pytest_aside, name, command, arguments) for name, arguments in aside]
        done = _pytest(last[0], command, last[1])
        return [*(each.result() for each in others), done]


def _pytest_aside(name: str, command: list[str], arguments: list[str]) -> tuple[Outcome, str]:
    """Run pytest beside another run: what it prints is kept together and passed on when it has ended."""
    lines: list[str] = []
    done = _pytest(name, command, arguments, lines.append)
    say("\n".join(lines))
    return done


def _pytest(
    name: str, command: list[str], arguments: list[str], tell: Callable[[str], None] = say
) -> tuple[Outcome, str]:
    """Run pytest with its output passed through; return also its closing line."""
    watch = Stopwatch()
    tell(f"-- {name}")
    wanted = arguments or EVERY_CORE
    closing = ""
    environment = {**os.environ, "PYTHONPATH": str(places.CLONE)}
    with subprocess.Popen(
        [*command, *wanted], cwd=places.CLONE, text=True, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        for line in running.stdout:
            tell(line.rstrip("\n"))
            closing = line.strip() or closing
    return Outcome(name, running.returncode == 0, watch.seconds()), closing
