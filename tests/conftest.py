"""What several parts' tests need: a real display, a real account. Each is made only if a test asks for it."""

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, expect, sync_playwright

from installer import accounts
from installer.accounts import DemoAccount
from installer.displays import Display
from installer.tour.teacher import CHROMIUM, QUIET
from tests.support import cheap_passwords
from tests.support.browsing import WAIT_MS

# Machines are shared and noisy: how long an example takes, or its making, says nothing about it.
hypothesis_settings.register_profile("gatepost", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("gatepost")
expect.set_options(timeout=WAIT_MS)
cheap_passwords.use()


@pytest.fixture
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    """A fresh virtual display without a window manager."""
    with Display(tmp_path_factory.mktemp("display")) as started:
        yield started


@pytest.fixture
def demo_account() -> Iterator[DemoAccount]:
    """An account with a real password, removed afterwards; needs root."""
    if os.geteuid() != 0:
        pytest.skip("making an account needs root")
    account = accounts.make_account(f"gptest-{secrets.token_hex(3)}")
    try:
        yield account
    finally:
        accounts.remove_account(account.name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one real Chromium of a test process: Playwright runs only one at a time in it."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here; this installs it and runs all tests: python3 installer test")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield started
        started.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, whole days and real pages: nobody waits alone for them at the end."""
    first = ("tests/days/", "tests/browser/", "tests/agent/window/")
    items.sort(key=lambda item: next((n for n, each in enumerate(first) if item.nodeid.startswith(each)), 9))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Say how a worker process ended that was lost: by which signal, or with which code."""
    popen = getattr(getattr(node.gateway, "_io", None), "popen", None)
    if error and popen is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            sys.stderr.write(f"worker {node.gateway.id} ended with {popen.wait(10)}: {error}\n")
