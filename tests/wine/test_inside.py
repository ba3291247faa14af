"""Run each file of tests/wine/inside in Windows Python: the backends against the real system calls."""

from pathlib import Path

import pytest

from tests.wine.windows import Windows

INSIDE = Path(__file__).parent / "inside"
SECONDS = 300
NOTHING_COLLECTED = 5


@pytest.mark.parametrize("name", sorted(path.name for path in INSIDE.glob("test_*.py")))
def test_holds_inside_windows(windows: Windows, name: str, tmp_path: Path) -> None:
    done = windows.run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--confcutdir=tests/wine/inside"),
        f"tests/wine/inside/{name}",
        seconds=SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " skipped" not in done.stdout, f"what cannot run here must not claim to:\n{done.stdout}"
