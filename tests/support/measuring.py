"""What every benchmark needs: figures with their spread, memory and time of processes, one JSON line."""

import json
import os
import signal
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

_started = os.times().elapsed
_LOAD_BEFORE = round(os.getloadavg()[0], 1)


def figure(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median of these values with the least, the greatest and how many there were."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
        "n": len(values),
    }


def end_tidily() -> None:
    """Let being told to stop (SIGTERM) run every clean-up: accounts and displays must not stay behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def progress(line: str) -> None:
    """Tell the person who waits; stdout holds nothing but the result."""
    sys.stderr.write(f"  {os.times().elapsed - _started:6.1f} s  {line}\n")
    sys.stderr.flush()


def report(name: str, figures: dict[str, Any], reach: dict[str, float], *, ok: bool, **notes: Any) -> int:
    """
    Print the one JSON line of a benchmark and return its exit code: 0 if everything was reached.

    Says also how busy the machine was: on a busy one, times tell more about the others.
    """
    busy = {"cores": os.cpu_count(), "load_before": _LOAD_BEFORE, "load_after": round(os.getloadavg()[0], 1)}
    line = {"name": name, "figures": figures, "reach": reach, "ok": ok, **notes, "machine": busy}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return 0 if ok else 1


# ---- processes ----


def memory_mib(pid: int) -> dict[str, float]:
    """Return a process's PSS, USS and RSS in MiB (smaps_rollup); OSError if it is gone."""
    kib: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        kib[name] = int(value.split()[0])
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    return {"pss": kib["Pss"] / 1024, "uss": private / 1024, "rss": kib["Rss"] / 1024}


def alone_mib(pids: Iterable[int]) -> float:
    """
    Return what these processes would take if nothing else on the machine used the same files, in MiB.

    Every private page counts, and every page of a file once, however many of them map it: the upper bound
    of their PSS. Pages of one file are told apart by their mapping only, so this errs on the high side.
    """
    private = 0
    files: dict[str, int] = {}
    for pid in pids:
        own: dict[str, int] = {}
        name = ""
        for line in Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
            head, _, rest = line.partition(" ")
            if not head.endswith(":"):
                path = rest.split(None, 4)[4] if len(rest.split(None, 4)) > 4 else ""
                name = f"{path} {rest.split()[1]}" if path.startswith("/") else ""
            elif head == "Rss:":
                size = int(rest.split()[0])
                if name:
                    own[name] = own.get(name, 0) + size
                else:
                    private += size
        for each, size in own.items():
            files[each] = max(files.get(each, 0), size)
    return (private + sum(files.values())) / 1024


def precise_cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, summed over its living threads (schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def command_line(pid: int) -> list[str]:
    """Return a process's command; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def parent_of(pid: int) -> int:
    """Return the parent's pid; 0 if the process is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def descendants(root: int) -> list[int]:
    """Return every living process below this one, and itself first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children.setdefault(parent_of(int(entry.name)), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def sums(parts: Iterable[dict[str, float]]) -> dict[str, float]:
    """Add up equal names."""
    total: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0.0) + value
    return total
