"""Old signatures, signatures of unknown age and no scanner check nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.backends.clam_checker import ClamChecker
from agent.backends.signatures import Signatures
from agent.service.scanner import Health, Scanner, decide_health
from policies.settings import ScanSettings

NOW = datetime(2026, 11, 25, 10, 42, tzinfo=UTC)
WEEK = ScanSettings(signatures_max_age_hours=168)


@pytest.mark.parametrize(
    ("scanner", "found", "state", "reason"),
    [
        ("", Signatures(1, NOW), "missing", "no-scanner"),
        ("clamd", None, "missing", "no-scanner"),
        ("clamd", Signatures(0, None), "unknown-age", "stale-signatures"),
        ("clamd", Signatures(1, NOW - timedelta(hours=168)), "ready", None),
        ("clamd", Signatures(1, NOW - timedelta(hours=169)), "stale", "stale-signatures"),
        ("clamd", Signatures(1, NOW + timedelta(hours=25)), "unknown-age", "stale-signatures"),
    ],
)
def test_only_fresh_signatures_of_a_known_age_check(scanner, found, state, reason):
    health = decide_health(scanner, found, WEEK, NOW)

    assert (state, reason) == (health.state, health.reason)


def test_the_real_scanner_starts_when_asked_and_gives_its_memory_back(clamd, limits):
    scanner = Scanner(ClamChecker(clamd), lambda: datetime.now(UTC))

    ready = scanner.make_ready(limits)

    assert ("ready", str(clamd.socket)) == (ready.health.state, ready.socket)
    assert clamd.is_up()

    scanner.stop()

    assert not clamd.is_up()


def test_stale_signatures_do_not_even_start_it(clamd, limits):
    ready = Scanner(ClamChecker(clamd), lambda: datetime.now(UTC) + timedelta(days=30)).make_ready(limits)

    assert Health("clamd", "stale", ready.health.signatures_at) == ready.health
    assert not clamd.is_up()
