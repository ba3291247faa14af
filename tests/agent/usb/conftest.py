"""A real scanner with one invented signature, and laptops with sticks."""

import shutil
import tempfile
import time
from pathlib import Path

import pytest

from agent.backends.clamd import Clamd, program
from policies.settings import ScanSettings
from tests.support.stick_laptop import APPROVE, StickLaptop
from tests.support.virus_signatures import write_signatures


@pytest.fixture(scope="session")
def signatures():
    """A folder that the scanner's own account reaches: every start of pytest closes those above its own."""
    folder = Path(tempfile.mkdtemp(prefix="gp-signatures-"))
    folder.chmod(0o755)
    yield write_signatures(folder, time.time() - 3600)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clamd(signatures):
    """The real scanner with our one signature."""
    if program("clamd") is None:
        pytest.skip("no clamd here; run: apt install clamav-daemon")
    # Short, since the path of a Unix socket is at most 107 bytes long.
    folder = Path(tempfile.mkdtemp(prefix="gp-"))
    scanner = Clamd(folder / "s", signatures)
    folder.chmod(0o755)
    yield scanner
    scanner.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def limits():
    return ScanSettings(most_files=1000, most_bytes=50_000_000, most_file_bytes=20_000_000)


@pytest.fixture
def make_stick_laptop(tmp_path):
    made = []

    def make(settings=APPROVE, **more):
        made.append(StickLaptop(tmp_path, settings=settings, **more))
        return made[-1]

    yield make
    for each in made:
        for running in each.usb.running:
            running.end()
        each.close()


@pytest.fixture
def laptop(make_stick_laptop):
    return make_stick_laptop()
