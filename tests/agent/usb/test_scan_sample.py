"""R83, R25: the real scanner has to find the test virus, and nothing in a harmless file."""

from datetime import UTC, datetime

import pytest

from agent.backends import clamd as clamd_door
from agent.backends.clam_checker import ClamChecker
from agent.backends.scan_sample import try_sample
from agent.backends.virus_sample import Answer, decide_problem
from agent.errors import DeviceFailed
from agent.service.scanner import Scanner


def test_r83_the_real_clamd_finds_the_test_virus(clamd, limits, tmp_path):
    scanner = Scanner(ClamChecker(clamd), lambda: datetime.now(UTC))
    health = scanner.try_sample(limits, tmp_path / "trials")

    assert "ready" == health.state
    assert [] == list((tmp_path / "trials").iterdir())


def test_r83_the_real_clamscan_finds_the_test_virus(signatures, tmp_path):
    program = clamd_door.program("clamscan")
    if program is None:
        pytest.skip("no clamscan here; run: apt install clamav")
    try_sample(tmp_path / "trials", socket="", program=program, signatures=str(signatures))


def test_r83_a_scanner_that_finds_nothing_is_told(tmp_path):
    with pytest.raises(DeviceFailed, match="did not find the test virus"):
        try_sample(tmp_path / "t", socket="", program="/bin/true", signatures="/x")


def test_a_scanner_that_cries_wolf_or_does_not_answer_is_told(tmp_path):
    with pytest.raises(DeviceFailed, match="calls a harmless file harmful"):
        try_sample(tmp_path / "t", socket="", program="/bin/false", signatures="/x")
    with pytest.raises(DeviceFailed, match="did not check the test virus"):
        try_sample(tmp_path / "t", socket=str(tmp_path / "nobody.sock"), program="", signatures="/x")


def test_stale_signatures_are_not_even_tried(clamd, limits, tmp_path):
    far = datetime(2040, 1, 1, tzinfo=UTC)

    assert "stale" == Scanner(ClamChecker(clamd), lambda: far).try_sample(limits, tmp_path / "t").state


def test_only_found_and_clean_together_are_right():
    assert "" == decide_problem(Answer("harmful"), Answer("clean"))
    assert decide_problem(Answer("harmful"), Answer("not-scanned"))
