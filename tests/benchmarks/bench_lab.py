"""The teacher's lab: orders to a thousand laptops, the page in a real browser, real agents, and Veyon beside.

Four parts: `lab_orders` (a thousand laptops that only exist as keys), `lab_page` (sixty seats in Chromium),
`lab_real` (real agents with displays and logins), and the same idle desktop watched by Veyon's master.
`--parts orders page` measures only these.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import lab_orders, lab_page, lab_real
from tests.support.measuring import end_tidily, progress, report

PARTS = ("orders", "page", "real", "veyon")
REACH = {
    "orders.attention_confirmed_seconds": 2.0,
    "page.tile_changed_seconds": 1.0,
    "page.page_busy_percent": 20.0,
    "real.focus_to_tile_s": 1.0,
    "real.attention_to_last_s": 2.0,
    "real.unwatched_bytes_per_minute": 2048.0,
    "watching_adds_bytes_per_minute": 2048.0,
}
"""Medians, at most."""


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_lab")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--laptops", type=int, default=1000, help="that only exist as keys")
    parser.add_argument("--agents", type=int, default=30, help="real ones")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=3.0, help="of each count of bytes")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the room with real agents")
    asked = parser.parse_args(arguments)
    end_tidily()
    problems: list[str] = []

    def orders() -> dict[str, Any]:
        found, said = lab_orders.measure(asked.laptops, asked.runs)
        problems.extend(said)
        return found

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "orders": orders,
        "page": lambda: lab_page.measure(asked.runs),
        "real": lambda: lab_real.measure(asked.agents, asked.runs, asked.minutes, asked.pictures),
        "veyon": lambda: lab_real.traffic_of_veyon(asked.minutes),
    }
    figures: dict[str, Any] = {}
    for part in asked.parts:
        progress(f"-- {part}")
        figures |= {f"{part}.{name}": value for name, value in parts[part]().items()}
    figures |= decide_ratios(figures)
    missed = decide_missed(figures)
    conditions = {"laptops": asked.laptops, "agents": asked.agents, "minutes": asked.minutes}
    return report(
        "lab", figures, REACH, ok=not missed and not problems, missed=missed, parts=asked.parts,
        conditions=conditions, problems=problems[:5],
    )  # fmt: skip


def decide_ratios(figures: dict[str, Any]) -> dict[str, Any]:
    """Return what watching adds, and how many times as much Veyon takes for the same desktop. Pure."""
    found: dict[str, Any] = {}
    for how in ("idle", "used"):
        watched = figures.get(f"real.watched_{how}_bytes_per_minute")
        unwatched = figures.get("real.unwatched_bytes_per_minute")
        theirs = figures.get(f"veyon.{how}")
        if watched and unwatched and how == "idle":
            adds = max(0.0, watched["median"] - unwatched["median"])
            found["watching_adds_bytes_per_minute"] = {"median": adds, "n": 1}
        if watched and theirs:
            times = theirs["median"] / max(1.0, watched["median"])
            found[f"veyon_takes_times_as_much_{how}"] = {"median": round(times, 1), "n": 1}
    return found


def decide_missed(figures: dict[str, Any]) -> list[str]:
    """Return what was measured and not reached. Pure."""
    return [name for name, most in REACH.items() if name in figures and not figures[name]["median"] <= most]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
