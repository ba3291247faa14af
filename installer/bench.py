"""`installer bench`: run the benchmarks one after the other, one JSON line each.

Each is a program of its own in tests/benchmarks, run from the runtime that every account can read, in a
process of its own, so that none warms another's caches. What it says on the way goes to stderr; its result
is the last line of its output.
"""

import json
import subprocess
import sys
from typing import Any

from installer import own, places, processes
from installer.errors import InstallerError
from installer.speech import Stopwatch, say

FOLDER = places.CLONE / "tests" / "benchmarks"
SECONDS = {"footprint": 3600.0, "lab": 3600.0, "usb": 3600.0}
"""How long a benchmark may take at most, where it is not the usual."""
USUAL_SECONDS = 900.0


def names() -> list[str]:
    """Return the names of all benchmarks."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def run(words: list[str], *, only_list: bool = False) -> int:
    """Run the named benchmarks (all, if none is), handing options on; return 0 only if every one is ok."""
    asked, options = split(words)
    known = names()
    if only_list:
        for name in known:
            say(name)
        return 0
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise InstallerError(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}.")
    good = True
    for name in asked or known:
        result = measure(name, options)
        say(json.dumps(result, ensure_ascii=False))
        good = good and result["ok"]
    return 0 if good else 1


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the names, and the options that follow them."""
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:first], words[first:]


def measure(name: str, options: list[str]) -> dict[str, Any]:
    """Run one benchmark and return its result; one that broke is a result that is not ok and says why."""
    watch = Stopwatch()
    sys.stderr.write(f"-- {name}\n")
    process = subprocess.Popen(
        own.module(f"tests.benchmarks.bench_{name}", *options), cwd="/", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=SECONDS.get(name, USUAL_SECONDS))
    except subprocess.TimeoutExpired:
        return _broken(name, f"it did not end within {SECONDS.get(name, USUAL_SECONDS):g} s")
    finally:
        # Asked first: a benchmark takes its accounts and displays away when it is told to end.
        processes.stop(process, seconds=30)
    result = decide_result(name, said.decode(errors="replace"), process.returncode)
    return {**result, "seconds": round(watch.seconds(), 1)}


def decide_result(name: str, said: str, exit_code: int) -> dict[str, Any]:
    """Return the result in a benchmark's output, or say that there is none."""
    last = said.strip().rpartition("\n")[2]
    try:
        result = json.loads(last)
    except ValueError:
        return _broken(name, f"it ended with {exit_code} and no result")
    if not isinstance(result, dict) or not {"name", "figures", "reach", "ok"} <= set(result):
        return _broken(name, "its last line is not a result")
    if result["ok"] and exit_code:
        return {**result, "ok": False, "problem": f"it ended with {exit_code}"}
    return result


def _broken(name: str, problem: str) -> dict[str, Any]:
    return {"name": name, "figures": {}, "reach": {}, "ok": False, "problem": problem}
