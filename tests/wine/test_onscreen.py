"""Run each file of tests/wine/onscreen in Windows Python on a display: windows that are really there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.displays import Display
from tests.wine.conftest import screen_of
from tests.wine.windows import Windows

ONSCREEN = Path(__file__).parent / "onscreen"
SECONDS = 300


@pytest.fixture
def display(tmp_path: Path) -> Iterator[Display]:
    opened = Display(tmp_path / "display")
    yield opened
    opened.close()


@pytest.mark.parametrize("name", sorted(path.name for path in ONSCREEN.glob("test_*.py")))
def test_holds_on_a_windows_screen(own_windows: Windows, display: Display, name: str) -> None:
    done = own_windows.run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--confcutdir=tests/wine/onscreen"),
        f"tests/wine/onscreen/{name}",
        seconds=SECONDS,
        check=False,
        environ=screen_of(display),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " skipped" not in done.stdout, f"what cannot run here must not claim to:\n{done.stdout}"
