"""Reports, from the key that hides the screen to the officer's browser that has opened five hundred.

Sealing is measured alone, as the service does it in its taking thread: while it takes, every other login of
the laptop waits.
"""

import argparse
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.link import messages as m
from agent.service.report_sealing import Teller, seal_report, words_of
from installer import places
from policies import reports, sealing
from policies.reports import ReportDraft
from tests.support import report_inbox, report_windows
from tests.support.measuring import end_tidily, figure, progress, report
from tests.support.officers import Office, holder
from tests.support.report_laptop import ReportLaptop

REACH_SEAL_MS = 2.0
OFFICERS = 5
WARM_UP = 20
SENTENCE = "Birisi bana her gün kötü mesajlar yazıyor ve kimseye söylememi istemiyor. "
TELLER = Teller("hb-4107", "May Okafor", "may.okafor", "teen", "9")


def main(arguments: list[str]) -> int:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(prog="bench_report")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--window-runs", type=int, default=11)
    parser.add_argument("--inbox-runs", type=int, default=5)
    asked = parser.parse_args(arguments)
    end_tidily()
    usual = seal_times(asked.runs, words=SENTENCE * 5, addresses=2)
    progress(f"a usual report sealed to {OFFICERS} in {statistics.median(usual):.2f} ms")
    largest = seal_times(asked.runs, words=("ğ😀" * 2000)[:4000], addresses=10)
    progress(f"the largest in {statistics.median(largest):.2f} ms")
    safe = safe_times(min(asked.runs, 40))
    progress(f"safe on disk after {statistics.median(safe):.1f} ms")
    hides = report_windows.hide_times(asked.window_runs)
    progress(f"key to covered {statistics.median(hides):.3f} s")
    opens, work = report_windows.open_times(asked.window_runs)
    progress(f"report opened in {statistics.median(opens):.2f} s")
    early, _early_work = report_windows.open_times(asked.window_runs, "early")
    progress(f"with pictures in {statistics.median(early):.2f} s")
    waits = report_inbox.inbox_waits(asked.inbox_runs, progress)
    progress(f"{report_inbox.CASES} cases searchable in {statistics.median(waits.searchable):.0f} ms")
    figures = {
        "key_to_covered_seconds": figure(hides),
        "open_to_first_screen_seconds": figure(opens),
        "open_to_first_screen_with_pictures_seconds": figure(early),
        "open_cpu_seconds": figure(work),
        f"seal_to_{OFFICERS}_officers_ms": figure(usual),
        f"seal_largest_to_{OFFICERS}_officers_ms": figure(largest),
        "written_to_safe_on_disk_ms": figure(safe),
        f"cases_{report_inbox.CASES}_listed_ms": figure(waits.listed, 0),
        f"cases_{report_inbox.CASES}_opened_ms": figure(waits.opened, 0),
        f"cases_{report_inbox.CASES}_searchable_ms": figure(waits.searchable, 0),
    }
    reach = {
        "seal_to_5_officers_ms_median": REACH_SEAL_MS,
        "key_to_covered_seconds_median": report_windows.REACH_HIDE_SECONDS,
        "open_to_first_screen_seconds_median": report_windows.REACH_OPEN_SECONDS,
        f"cases_{report_inbox.CASES}_searchable_ms_median": report_inbox.REACH_MS,
    }
    ok = (
        statistics.median(usual) <= REACH_SEAL_MS
        and statistics.median(hides) <= report_windows.REACH_HIDE_SECONDS
        and statistics.median(opens) <= report_windows.REACH_OPEN_SECONDS
        and statistics.median(early) <= report_windows.REACH_OPEN_SECONDS
        and statistics.median(waits.searchable) <= report_inbox.REACH_MS
    )
    return report("report", figures, reach, ok=ok)


def seal_times(runs: int, *, words: str, addresses: int) -> list[float]:
    """Return the milliseconds from a draft to the finished record, to five readers."""
    office = Office()
    more = tuple(holder(f"Deputy {number}", "deputy") for number in range(OFFICERS - 3))
    listed = office.listed(1, (office.lead, office.deputy, *more, office.head, office.sheet))
    device_private = sealing.new_signing_key()
    draft = ReportDraft(
        harms=("bullying",), words=words, addresses=("https://chat.example/room/1234567890",) * addresses
    )
    times = []
    for run in range(runs + WARM_UP):
        begun = time.perf_counter()
        readers = reports.route(listed, harms=draft.harms, subject=draft.subject)
        sealed = words_of(
            draft,
            TELLER,
            report=secrets.token_hex(16),
            device="0123456789abcdef",
            at=datetime.now(UTC),
            reply_key=sealing.opening_public_key(sealing.new_opening_key()),
        )
        seal_report(sealed, readers, device_private=device_private, list_seq=1)
        taken = (time.perf_counter() - begun) * 1000
        if len(readers) != OFFICERS:
            raise RuntimeError(f"sealed to {len(readers)} instead of {OFFICERS}")
        if run >= WARM_UP:
            times.append(taken)
    return times


def safe_times(runs: int) -> list[float]:
    """Return the milliseconds from the window's word to a report that no power cut takes back."""
    times = []
    folder = Path(tempfile.mkdtemp(prefix="report-", dir=places.base_dir()))
    laptop = ReportLaptop(folder)
    try:
        _shell, session = laptop.log_in()
        laptop.server.online = False
        (login,) = laptop.service.ground.logins.values()
        draft = ReportDraft(harms=("bullying",), words=SENTENCE * 5)
        for run in range(runs + 3):
            laptop.service.reports.store.all.clear()  # the limit of an account is not what is measured
            word = m.ReportWritten(draft=msgspec.structs.replace(draft, words=f"{run} {draft.words}"))
            before = laptop.service.ground.server.journal.waiting().records
            begun = time.perf_counter()
            laptop.service.reports.written(login, word)
            taken = (time.perf_counter() - begun) * 1000
            if laptop.service.ground.server.journal.waiting().records != before + 1:
                raise RuntimeError("the report was not taken")
            session.listen()
            if run >= 3:
                times.append(taken)
    finally:
        laptop.close()
        shutil.rmtree(folder, ignore_errors=True)
    return times


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
