"""`installer lock`: renew constraints.txt from pyproject.toml, with hashes and without any index address."""

import subprocess
import sys
import tempfile
from pathlib import Path

from installer import places
from installer.errors import InstallerError
from installer.speech import say

INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "-i ", "-f ")


def decide_lines(compiled: str) -> str:
    """Return the compiled list without options or comments that name an index or this machine."""
    kept = [
        line
        for line in compiled.splitlines()
        if not line.lstrip().startswith(INDEX_OPTIONS) and "://" not in line and "uv pip compile" not in line
    ]
    return "\n".join(kept).strip() + "\n"


def run() -> int:
    """Resolve anew (needs the package index) and write the list."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "constraints.txt"
        tool = Path(folder) / "tool"
        steps = (
            [sys.executable, "-m", "venv", str(tool)],
            [str(tool / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"],
            [str(tool / "bin" / "uv"), "pip", "compile", "pyproject.toml", "--all-extras", "--no-header",
             "--generate-hashes", "--no-emit-index-url", "--python", str(places.PYTHON), "-o", str(out)],
        )  # fmt: skip
        for step in steps:
            done = subprocess.run(step, cwd=places.CLONE, check=False, capture_output=True, text=True)
            if done.returncode:
                raise InstallerError(f"{' '.join(step[:3])} failed:\n{done.stderr[-2000:]}")
        (places.CLONE / "constraints.txt").write_text(decide_lines(out.read_text()))
    say("constraints.txt renewed.")
    return 0
