"""Windows Installer as Wine plays it: silent installation, rollback, upgrade, removal, and what stays behind.

Wine's Windows Installer keeps no rights of folders and keys, hides no property from its log, rolls nothing
back, and does not tell the old package that a new one follows: nothing is asserted of these here.
"""

from pathlib import Path

import pytest

from tests.wine import package as packages
from tests.wine.package import BROKEN_OFF, CODE, GIVEN, REFUSED, SERVER
from tests.wine.windows import Windows

OFFER = r"HKLM\SOFTWARE\Gatepost\Enrol"


@pytest.fixture(scope="session")
def first(rig: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.build_small(tmp_path_factory.mktemp("first"), "0.1.0", **{"old.txt": "old"})


@pytest.fixture(scope="session")
def second(rig: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.build_small(tmp_path_factory.mktemp("second"), "0.2.0", **{"new.txt": "new"})


def test_nothing_is_installed_without_server_and_code(own_windows: Windows, first: Path) -> None:
    done = packages.msiexec(own_windows, "/i", first, check=False)

    assert REFUSED == done.returncode
    assert set() == packages.program_files(own_windows)
    assert "" == packages.service_state(own_windows)


def test_a_silent_installation_sets_up_before_the_service_starts(own_windows: Windows, first: Path) -> None:
    packages.msiexec(own_windows, "/i", first, *GIVEN)

    assert packages.small_files("old.txt") == packages.program_files(own_windows)
    assert ["windows-setup put", "service", "service runs"] == packages.calls(own_windows)
    assert "RUNNING" == packages.service_state(own_windows)
    assert {"Server": SERVER, "Code": CODE} == packages.registry(own_windows, OFFER)
    assert not state_of(own_windows).exists(), "that is `windows-setup put`'s to make"
    assert ["0.1.0"] == packages.products(own_windows)


def test_the_log_holds_the_code_in_no_action_s_line(own_windows: Windows, first: Path) -> None:
    """Its list of properties does, in Wine: it knows no MsiHiddenProperties (asserted in the tables)."""
    packages.msiexec(own_windows, "/i", first, *GIVEN)
    log = packages.log_of(own_windows)

    assert "WriteRegistryValues" in log
    assert [] == [line for line in log.splitlines() if CODE in line and not line.startswith("Property(")]


def test_what_a_group_policy_wrote_is_enough(own_windows: Windows, first: Path) -> None:
    for name, value in (("Server", SERVER), ("Code", CODE)):
        own_windows.run_program("reg", "add", OFFER, "/v", name, "/d", value)
    packages.msiexec(own_windows, "/i", first)

    assert "RUNNING" == packages.service_state(own_windows)
    assert {"Server": SERVER, "Code": CODE} == packages.registry(own_windows, OFFER)


def test_a_setup_that_fails_ends_the_installation(own_windows: Windows, first: Path) -> None:
    """What Windows then rolls back Wine leaves there; the rollback's own steps are asserted in the tables."""
    own_windows.path(r"C:\gatepost-answer-windows-setup.txt").write_text("1")
    done = packages.msiexec(own_windows, "/i", first, *GIVEN, check=False)

    assert BROKEN_OFF == done.returncode
    assert ["windows-setup put"] == packages.calls(own_windows)
    assert "RUNNING" != packages.service_state(own_windows)


def test_an_upgrade_leaves_one_product_and_its_files(own_windows: Windows, first: Path, second: Path) -> None:
    packages.msiexec(own_windows, "/i", first, *GIVEN)
    kept = state_of(own_windows) / "journal.sqlite"
    kept.parent.mkdir()
    kept.write_text("records that were not sent yet")
    packages.msiexec(own_windows, "/i", second)

    assert packages.small_files("new.txt") == packages.program_files(own_windows)
    assert "0.2.0" == own_windows.path(r"C:\Program Files\Gatepost\_internal\library.dll").read_text()
    assert "RUNNING" == packages.service_state(own_windows)
    assert "service stops" in packages.calls(own_windows)
    assert "windows-setup put" == packages.calls(own_windows)[-3]
    assert kept.exists()
    assert ["0.2.0"] == packages.products(own_windows)


def test_an_older_version_does_not_replace_a_newer_one(
    own_windows: Windows, first: Path, second: Path
) -> None:
    packages.msiexec(own_windows, "/i", second, *GIVEN)
    done = packages.msiexec(own_windows, "/i", first, *GIVEN, check=False)

    assert REFUSED == done.returncode
    assert ["0.2.0"] == packages.products(own_windows)
    assert "RUNNING" == packages.service_state(own_windows)


def test_a_removal_leaves_keys_and_records_alone_and_nothing_else(own_windows: Windows, first: Path) -> None:
    before = everything(own_windows)
    packages.msiexec(own_windows, "/i", first, *GIVEN)
    state_of(own_windows).mkdir()
    (state_of(own_windows) / "journal.sqlite").write_text("records")
    packages.msiexec(own_windows, "/x", first)
    left = everything(own_windows) - before

    assert ["service stops", "windows-setup give-back"] == packages.calls(own_windows)[-2:]
    assert {"ProgramData/Gatepost", "ProgramData/Gatepost/journal.sqlite"} == {
        each for each in left if not each.startswith(("gatepost-calls", "install.log", "windows/"))
    }
    assert "" == packages.service_state(own_windows)
    assert [] == packages.products(own_windows)


def test_a_purge_is_passed_on(own_windows: Windows, first: Path) -> None:
    packages.msiexec(own_windows, "/i", first, *GIVEN)
    packages.msiexec(own_windows, "/x", first, "PURGE=1")

    assert "windows-setup give-back --forget" == packages.calls(own_windows)[-1]
    assert set() == packages.program_files(own_windows)


def test_a_removal_that_cannot_give_winlogon_back_does_not_happen(own_windows: Windows, first: Path) -> None:
    packages.msiexec(own_windows, "/i", first, *GIVEN)
    own_windows.path(r"C:\gatepost-answer-windows-setup.txt").write_text("1")
    done = packages.msiexec(own_windows, "/x", first, check=False)

    assert BROKEN_OFF == done.returncode
    assert packages.small_files("old.txt") == packages.program_files(own_windows)


def state_of(windows: Windows) -> Path:
    """Where the real program keeps keys and records."""
    return windows.path(r"C:\ProgramData\Gatepost")


def everything(windows: Windows) -> set[str]:
    """Every file and folder on C:."""
    return {str(path.relative_to(windows.c)) for path in windows.c.rglob("*")}
