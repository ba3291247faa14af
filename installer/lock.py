"""`installer lock`: renew both lists of packages from pyproject.toml: hashes, no index addresses."""

import subprocess
import sys
import tempfile
from pathlib import Path

from installer import places
from installer.errors import InstallerError
from installer.speech import say

INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "-i ", "-f ")
LISTS = {
    "constraints.txt": ["--all-extras", "--python", str(places.PYTHON)],
    "installer/windows/constraints.txt": [
        "--extra", "agent", "--extra", "wine",
        "--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11",
    ],
}  # fmt: skip
"""For this machine, and for the Windows agent and its rig: resolved as Windows would, by uv alone."""


def decide_lines(compiled: str) -> str:
    """Return the compiled list without options or comments that name an index or this machine."""
    kept = [
        line
        for line in compiled.splitlines()
        if not line.lstrip().startswith(INDEX_OPTIONS) and "://" not in line and "uv pip compile" not in line
    ]
    return "\n".join(kept).strip() + "\n"


def run() -> int:
    """Resolve anew (needs the package index) and write the lists."""
    with tempfile.TemporaryDirectory() as folder:
        tool = Path(folder) / "tool"
        _step([sys.executable, "-m", "venv", str(tool)])
        _step([str(tool / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"])
        for name, options in LISTS.items():
            out = Path(folder) / "list.txt"
            _step(
                [str(tool / "bin" / "uv"), "pip", "compile", "pyproject.toml", "--no-header",
                 "--generate-hashes", "--no-emit-index-url", *options, "-o", str(out)]
            )  # fmt: skip
            (places.CLONE / name).write_text(decide_lines(out.read_text()))
            out.unlink()
            say(f"{name} renewed.")
    return 0


def _step(command: list[str]) -> None:
    done = subprocess.run(command, cwd=places.CLONE, check=False, capture_output=True, text=True)
    if done.returncode:
        raise InstallerError(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
