"""`installer test`: every check there is, each timed, one clear summary, pytest's own words last."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from installer import own, places
from installer.speech import Stopwatch, say

EVERY_CORE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0"]
"""
A crashed worker ends the run at once: pytest-xdist would wait for its files for ever. tests/conftest.py says
what comes first.
"""
VM_HINT = "Not run: the tests in a virtual laptop, and the thorough ones in Wine. All: python3 installer test"
CORE_HINT = "Not run: the thorough tests in a virtual laptop and in Wine. All of them: python3 installer test"
FOR_WINDOWS = ("--platform", "win32", "--no-warn-unreachable", "-p", "agent", "-p", "policies")
"""What runs on Windows. After an early `return` of one system, the rest is no mistake there."""
WINE_RUN = "pytest, Windows in Wine"
VM_RUN = "pytest, virtual laptop"


class Outcome(NamedTuple):
    """How one check went."""

    name: str
    ok: bool
    seconds: float


def run(pytest_arguments: list[str], *, with_vm: bool = False, core: bool = False) -> int:
    """
    Run all checks, also after a failed one; return 0 only if all passed.

    `core`: in virtual laptops only what every change must pass, without what is marked `thorough`; in Wine
    that is so too, and without virtual laptops.
    """
    python = sys.executable
    runs = {"pytest": pytest_arguments}
    if not pytest_arguments:
        runs = {
            "pytest": [*EVERY_CORE, "-m", "not vm and not wine"],
            # One after another: each start takes a second, and windows want the processor.
            WINE_RUN: ["-n", "0", "-m", "wine" if with_vm and not core else "wine and not thorough"],
        }
        if with_vm:
            # Afterwards: two virtual laptops take both processors, and other tests have times to keep.
            runs[VM_RUN] = [*EVERY_CORE, "-m", "vm"]
            if core:
                runs[VM_RUN] = [*EVERY_CORE, "--dist", "loadgroup", "-m", "vm and not thorough"]
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
    for name, arguments in runs.items():
        if name == VM_RUN and image is not None:
            image.wait()
        outcome, closing = _pytest(name, [python, "-m", "pytest"], arguments)
        outcomes.append(outcome)
        closings.append(closing)
    say()
    for name, ok, seconds in outcomes:
        say(f"{'passed' if ok else 'FAILED'}  {name:<22} {seconds:6.1f} s")
    good = all(outcome.ok for outcome in outcomes)
    if not with_vm:
        say(VM_HINT)
    elif core:
        say(CORE_HINT)
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


def _pytest(name: str, command: list[str], arguments: list[str]) -> tuple[Outcome, str]:
    """Run pytest with its output passed through; return also its closing line."""
    watch = Stopwatch()
    say(f"-- {name}")
    wanted = arguments or EVERY_CORE
    closing = ""
    environment = {**os.environ, "PYTHONPATH": str(places.CLONE)}
    with subprocess.Popen(
        [*command, "-q", "-p", "no:cacheprovider", *wanted], cwd=places.CLONE, text=True, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        for line in running.stdout:
            say(line.rstrip("\n"))
            closing = line.strip() or closing
    return Outcome(name, running.returncode == 0, watch.seconds()), closing
