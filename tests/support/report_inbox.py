"""How long an officer waits for 500 cases: a real Chromium, a real server, words of 4 to 16 KiB."""

import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from installer.tour.teacher import CHROMIUM, QUIET
from server.state import ServerState
from tests.support import real_records
from tests.support.apart import served_apart
from tests.support.browsing import sign_in
from tests.support.case_school import CaseSchool, make_case_school

CASES = 500
REACH_MS = 2000.0
WORDS = "Somebody keeps writing to me and I want it to stop, says a pupil of the yard by the river. "
WAIT_MS = 60_000
SEARCHABLE = """([passphrase, needle]) => new Promise((done) => {
  const box = document.getElementById('passphrase');
  box.value = passphrase;
  const begun = performance.now();
  const watch = new MutationObserver(() => {
    const search = document.getElementById('q');
    if (document.getElementById('passphrase') || !search) return;
    watch.disconnect();
    const opened = performance.now() - begun;
    search.value = needle;
    search.dispatchEvent(new Event('input', { bubbles: true }));
    const rows = document.querySelectorAll('#cases tbody tr, #cases article').length;
    done([opened, performance.now() - begun, rows]);
  });
  watch.observe(document.getElementById('view'), { childList: true, subtree: true });
  box.form.requestSubmit();
})"""


class Waits(NamedTuple):
    """Milliseconds, one of each per run."""

    listed: list[float]
    """From asking for the page to the list without words."""
    opened: list[float]
    """From the passphrase to every case opened."""
    searchable: list[float]
    """From the passphrase to the result of the first search in their words."""


def inbox_waits(runs: int, progress: Callable[[str], None]) -> Waits:
    """Seed a school with 500 cases once, and open them in a fresh browser tab `runs` times."""
    with tempfile.TemporaryDirectory() as folder:
        school = _school(Path(folder))
        progress(f"{CASES} cases are sealed and sent")
        waits = Waits([], [], [])
        with served_apart(school.house) as address, sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
            page = started.new_context(ignore_https_errors=True).new_page()
            sign_in(page, address, "r.carver")
            for run in range(runs):
                _once(page, address, waits)
                progress(f"run {run + 1}: searchable after {waits.searchable[-1]:.0f} ms")
            started.close()
        return waits


def _once(page: Page, address: str, waits: Waits) -> None:
    page.goto(f"{address}/reports")
    page.wait_for_selector("#passphrase", timeout=WAIT_MS)
    waits.listed.append(page.evaluate("performance.now()"))
    opened, searchable, rows = page.evaluate(SEARCHABLE, [real_records.PASSPHRASE, "needle"])
    if rows != 1:
        raise RuntimeError(f"the search found {rows} cases in place of 1")
    waits.opened.append(opened)
    waits.searchable.append(searchable)


def _school(folder: Path) -> CaseSchool:
    school = make_case_school(folder / "data")
    real_records.give_records(school)
    pick = random.Random(500)
    now = datetime.now(UTC)
    for number in range(CASES):
        letters = pick.choice((400, 1200, 2500, 3900))
        words = (WORDS * 50)[:letters] + (" needle" if number == 0 else "")
        addresses = ("https://example.invalid/" + "a" * 400,) * pick.choice((0, 2, 10))
        school.send(words, addresses=addresses, at=now - timedelta(minutes=12 * (CASES - number)))
    house: ServerState = school.house
    house.close()
    return school
