"""Tests that need Wine. Where something is missing, the skip says which command brings it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from installer import debian, needs, wine_rig
from installer.displays import Display
from installer.errors import InstallerError
from installer.wine_rig import Rig
from tests.wine.laptop import WindowsLaptop, windows_laptop
from tests.wine.school import School
from tests.wine.windows import Windows

HERE = Path(__file__).parent
TEST_SECONDS = 600
EVERY_CHANGE = frozenset(
    {"test_inside.py", "test_service_manager.py", "test_session_comes_back.py", "test_windows_day.py"}
)
"""What every change's check runs: some minutes. The others are thorough and belong to the whole run."""
HINT = "sudo python3 installer test --with-wine -- tests/wine"
PUPIL_OS_USER = "çağrı işık İnce"
"""The account of Çağrı Işık İnce, as Windows' own folding writes it."""
SCREEN = (1024, 768)
"""What Wine believes a screen to be that it did not see when its Windows was made."""
collect_ignore = ["inside", "onscreen"]  # run inside Windows Python, brought there by a test here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Wine, and time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wine)
            if item.path.name not in EVERY_CHANGE:
                item.add_marker(pytest.mark.thorough)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TEST_SECONDS))
            item.add_marker(pytest.mark.xdist_group("wine"))


@pytest.fixture(scope="session")
def rig() -> Rig:
    """Windows Python with the agent's packages; made on first use."""
    missing = debian.missing_packages(needs.WINE)
    if missing:
        pytest.skip(f"missing here: {', '.join(missing)}. This makes it run: {HINT}")
    try:
        return wine_rig.ensure()
    except InstallerError as problem:
        if os.geteuid() == 0:
            raise
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def windows(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    """A Windows that the tests of this run share: leave its registry and C: as you found them."""
    yield from lend(rig, tmp_path_factory.mktemp("windows") / "prefix")


@pytest.fixture
def own_windows(rig: Rig, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Windows]:
    """
    A Windows for one test alone: for installing, services, killing.

    Where the test has a display, its desktop begins there: one that began without shows no window later.
    """
    screen = screen_of(request.getfixturevalue("display")) if "display" in request.fixturenames else None
    yield from lend(rig, tmp_path / "prefix", screen)


def lend(rig: Rig, prefix: Path, screen: dict[str, str] | None = None) -> Iterator[Windows]:
    """Make a Windows, and end all of it afterwards; `screen` names the display its desktop begins on."""
    lent = Windows(rig, prefix, screen)
    try:
        yield lent
    finally:
        lent.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[School]:
    """The real server's school, with one pupil of a Windows laptop."""
    made = School(tmp_path / "server", PUPIL_OS_USER)
    yield made
    made.close()


@pytest.fixture
def laptop(rig: Rig, tmp_path: Path) -> Iterator[WindowsLaptop]:
    """A laptop with Windows and a screen, nobody logged in, not enrolled yet."""
    with (
        Display(tmp_path / "display", size=SCREEN) as display,
        contextmanager(lend)(rig, tmp_path / "prefix", screen_of(display)) as lent,
        windows_laptop(lent, display, tmp_path) as made,
    ):
        yield made


def screen_of(display: Display) -> dict[str, str]:
    """Return what a Windows program needs to reach this display."""
    return {"DISPLAY": display.name, "XAUTHORITY": str(display.authority)}
