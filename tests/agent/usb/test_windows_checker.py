"""Defender as the scanner of a laptop: what it says of itself, and that it finds the test virus (R83)."""

from datetime import UTC, datetime

import pytest

from agent.backends import windows_defender as defender
from agent.backends.device import Capability
from agent.backends.virus_sample import EICAR
from agent.backends.win32_problem import ACCESS_DENIED, FILE_NOT_FOUND, WinProblem
from agent.backends.windows_checker import DefenderChecker, RealDefender
from agent.backends.windows_defender import Ran
from agent.errors import DeviceFailed
from agent.service.scanner import Scanner
from agent.service.self_test_parts import Trial, try_stick
from policies.settings import ScanSettings
from tests.support.win32.fake_registry import FakeRegistry

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SAID = "Scan starting...\nScan finished.\n"
STATUS = {
    "AMServiceEnabled": True, "AntivirusEnabled": True, "RealTimeProtectionEnabled": True,
    "AMRunningMode": "Normal", "AntivirusSignatureLastUpdated": "20261126060000.000000+000",
}  # fmt: skip


class FakeWmi:
    """Answers about Defender and the other scanners."""

    def __init__(self):
        self.status = [STATUS]
        self.others = []

    def query(self, namespace, wql):
        found = self.status if namespace == defender.NAMESPACE else self.others
        if found is None:
            raise WinProblem("query", 0x8004100E)
        return found


class FakeProgram:
    """Looks for the test virus in the folder it is given."""

    def __init__(self):
        self.blind = False
        self.asleep = False

    def program(self):
        return "MpCmdRun.exe"

    def run(self, arguments, within_seconds):
        if self.asleep:
            return Ran(0, "")
        from pathlib import Path

        found = [p for p in Path(arguments[5]).iterdir() if EICAR in p.read_bytes()]
        if found and not self.blind:
            return Ran(2, SAID + f"Threat : Virus:DOS/EICAR_Test_File\n file : {found[0]}\n")
        return Ran(0, SAID)

    def log_since(self, begun):
        return []


class Rights:
    """Sets access lists nowhere."""

    def set_acl(self, path, sddl):
        self.set = (path, sddl)


@pytest.fixture
def wmi():
    return FakeWmi()


@pytest.fixture
def program():
    return FakeProgram()


@pytest.fixture
def scanner(wmi, program):
    return Scanner(DefenderChecker(wmi, program, Rights(), NOW.timestamp), lambda: NOW)


LIMITS = ScanSettings(signatures_max_age_hours=168)


def test_defender_in_charge_is_ready_with_its_age(scanner):
    health = scanner.health(LIMITS)

    assert ("defender", "ready", datetime(2026, 11, 26, 6, 0, tzinfo=UTC)) == health[:3]
    assert "ready" == scanner.make_ready(LIMITS).health.state


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({"AntivirusEnabled": False}, "missing", "no-scanner"),
        ({"AMRunningMode": "Passive Mode"}, "missing", "no-scanner"),
        ({"RealTimeProtectionEnabled": False}, "missing", "no-scanner"),
        ({"AntivirusSignatureLastUpdated": "20261101060000.000000+000"}, "stale", "stale-signatures"),
        ({"AntivirusSignatureLastUpdated": None}, "unknown-age", "stale-signatures"),
        ({"AntivirusSignatureLastUpdated": "20261201060000.000000+000"}, "unknown-age", "stale-signatures"),
    ],
)
def test_r31_defender_off_beside_another_or_old_checks_nothing(scanner, wmi, change, state, reason):
    wmi.status = [STATUS | change]
    health = scanner.health(LIMITS)

    assert (state, reason) == (health.state, health.reason)


def test_another_scanner_is_named_to_the_technician(scanner, wmi):
    wmi.status, wmi.others = None, [{"displayName": "Ostrich AntiVirus"}]
    health = scanner.health(LIMITS)

    assert "missing" == health.state
    assert "Ostrich AntiVirus" in health.why


def test_a_windows_without_either_word_has_no_scanner(scanner, wmi):
    wmi.status = wmi.others = None

    assert "no-scanner" == scanner.health(LIMITS).reason


class Machine:
    """A laptop whose USB is shut."""

    def usb(self):
        return self

    def capability(self):
        return Capability("works", "")

    def is_shut(self):
        return True


def trial(scanner, folder):
    blank = dict.fromkeys(Trial._fields)
    return Trial(**blank | {
        "device": Machine(), "scanner": scanner, "usb_mode": "approve_then_scan", "limits": LIMITS,
        "folder": folder,
    })  # fmt: skip


def test_r83_a_self_test_says_in_words_of_windows_what_is_wrong(scanner, wmi, tmp_path):
    assert "passed" == try_stick(trial(scanner, tmp_path)).result

    wmi.status = [STATUS | {"AntivirusSignatureLastUpdated": "20261101060000.000000+000"}]
    assert "Windows Update" in try_stick(trial(scanner, tmp_path)).problem
    wmi.status = [STATUS | {"AMRunningMode": "Passive Mode"}]
    wmi.others = [{"displayName": "Ostrich AntiVirus"}]
    assert "Ostrich AntiVirus" in try_stick(trial(scanner, tmp_path)).problem


def test_r83_the_test_virus_is_found_and_nothing_stays(scanner, tmp_path):
    health = scanner.try_sample(LIMITS, tmp_path)

    assert "ready" == health.state
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["blind", "asleep"])
def test_r83_a_defender_that_does_not_look_is_told(scanner, program, tmp_path, how):
    setattr(program, how, True)

    with pytest.raises(DeviceFailed):
        scanner.try_sample(LIMITS, tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_the_real_one_looks_where_windows_keeps_it(tmp_path):
    there = tmp_path / "Windows Defender"
    environment = {"ProgramData": str(tmp_path / "data"), "ProgramFiles": str(tmp_path)}
    real = RealDefender(FakeRegistry(), None, environment)

    with pytest.raises(DeviceFailed):
        real.program()
    there.mkdir()
    assert not (there / defender.PROGRAM).exists()


class Log:
    """Defender's log."""

    def __init__(self, problem=None):
        self.problem = problem
        self.asked = ()

    def entries(self, channel, since):
        self.asked = (channel, since)
        if self.problem:
            raise WinProblem("EvtQuery", self.problem)
        return ["<nonsense", "<Event/>"]


@pytest.mark.parametrize("problem", [None, ACCESS_DENIED, FILE_NOT_FOUND])
def test_a_log_that_says_nothing_proves_nothing_and_is_no_fault(problem):
    log = Log(problem)
    real = RealDefender(FakeRegistry(), log, {})

    assert [] == real.log_since(NOW.timestamp())
    assert (defender.LOG_CHANNEL, "2026-11-26T08:59:58.000Z") == log.asked


def test_a_program_that_does_not_end_is_ended():
    real = RealDefender(FakeRegistry(), Log(), {})

    assert Ran(None, "") == real.run(["/bin/sleep", "60"], 0.2)
    assert 0 == real.run(["/bin/echo", "x"], 10).code
    with pytest.raises(DeviceFailed):
        real.run(["/there/is/no/such/program"], 1)


def test_two_bytes_a_letter_are_read_too():
    real = RealDefender(FakeRegistry(), Log(), {})

    assert "Scan" == real.run(["/usr/bin/printf", r"S\0c\0a\0n\0"], 10).output
