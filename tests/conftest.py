"""What several parts' tests need: a real display, a real account. Each is made only if a test asks for it."""

import os
import secrets
from collections.abc import Iterator

import pytest

from installer import accounts
from installer.accounts import DemoAccount
from installer.displays import Display


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
