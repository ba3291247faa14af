"""The core's own tests, run once more by Windows Python: journal, link, and whole days of the service.

What stands behind the doors there is the tests' fake laptop; everything above it, and the sockets, files and
SQLite beneath it, are Windows Python's. A test is left out only for what Windows has not: file modes.
"""

import pytest

from tests.wine.windows import Windows

SECONDS = 550
FILES = (
    "tests/agent/link/test_channel.py",
    "tests/agent/service/test_exchange.py",
    "tests/agent/service/test_gate_day.py",
    "tests/agent/service/test_journal.py",
    "tests/agent/service/test_loop.py",
    "tests/agent/service/test_policy_store.py",
    "tests/agent/service/test_report_restarts.py",
)


@pytest.mark.parametrize("name", FILES)
def test_the_core_holds_on_windows_too(windows: Windows, name: str) -> None:
    done = windows.run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--confcutdir=tests/agent", name),
        seconds=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " skipped" not in done.stdout, f"what cannot run here must not claim to:\n{done.stdout}"
