"""The Windows package in a Windows of a test's own: built small, installed, looked at from outside."""

import re
import subprocess
from pathlib import Path

from installer import frozen, msi, msi_files, wine_python
from tests.wine.windows import Windows, seen_from_windows

STAND_IN = Path(__file__).parent / "programs" / "stand_in.c"
SERVER, CODE = "https://gatepost.school.example:8443", "GP-1234-SECRET"
GIVEN = (f"SERVERURL={SERVER}", f"ENROLLCODE={CODE}")
REFUSED = 1603 & 0xFF
"""ERROR_INSTALL_FAILURE, of which a Linux exit status shows the low byte."""
BROKEN_OFF = 1627 & 0xFF
"""ERROR_FUNCTION_FAILED: what Wine says where a step of ours failed; Windows says 1603 there."""
INSTALL_SECONDS = 300.0


def build_small(folder: Path, version: str, **more: str) -> Path:
    """A whole package around programs that only note how they were called; `more` are further files."""
    tree = folder / f"tree-{version}"
    (tree / "_internal").mkdir(parents=True)
    program = tree / "gatepost-agent.exe"
    wine_python.run(
        [wine_python.GCC, "-O2", "-s", "-o", str(program), str(STAND_IN), "-ladvapi32"],
    )
    (tree / "gatepost-session.exe").write_bytes(program.read_bytes())
    frozen.compile_userinit(tree / "gatepost-userinit.exe")
    for name, content in {"library.dll": version, **more}.items():
        (tree / "_internal" / name).write_text(content)
    return msi.build(tree, folder / f"out-{version}" / "gatepost.msi", version=version)


def msiexec(
    windows: Windows, what: str, package: Path, *properties: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run Windows Installer silently; its log is at C:\\install.log afterwards."""
    return windows.run_program(
        "msiexec", what, seen_from_windows(package), "/qn", "/l*v", r"C:\install.log", *properties,
        seconds=INSTALL_SECONDS, check=check,
    )  # fmt: skip


def log_of(windows: Windows) -> str:
    """Return the log of the last run."""
    raw = windows.path(r"C:\install.log").read_bytes()
    return raw.decode("utf-16" if raw[:2] == b"\xff\xfe" else "utf-8", errors="replace")


def registry(windows: Windows, key: str) -> dict[str, str]:
    """Return a key's values (and those below, as `SUB/NAME`); nothing if it is not there."""
    done = windows.run_program("reg", "query", key, "/s", check=False)
    found: dict[str, str] = {}
    below = ""
    for line in done.stdout.splitlines():
        if line.startswith("HKEY_"):
            below = line.rpartition(key.rpartition("\\")[2])[2].strip("\\")
        elif value := re.match(r"    (.*?)    REG_\w+    (.*)", line):
            found[f"{below}/{value[1]}" if below else value[1]] = value[2].strip()
    return found


def service_state(windows: Windows) -> str:
    """Return what `sc query` says: RUNNING, STOPPED, or nothing where there is no such service."""
    done = windows.run_program("sc", "query", "gatepost-agent", check=False)
    found = re.search(r"STATE\s*:\s*\d+\s+(\w+)", done.stdout)
    return found[1] if found else ""


def products(windows: Windows) -> list[str]:
    """Return the versions of Gatepost that Windows lists among its programs."""
    key = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
    values = registry(windows, key)
    ours = [
        name.rpartition("/")[0]
        for name, value in values.items()
        if name.endswith("/DisplayName") and value == "Gatepost"
    ]
    return [values[f"{each}/DisplayVersion"] for each in ours]


def program_files(windows: Windows) -> set[str]:
    """Return the files below the program's folder."""
    folder = windows.path(r"C:\Program Files\Gatepost")
    return (
        {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        if folder.exists()
        else set()
    )


def calls(windows: Windows) -> list[str]:
    """Return how the stand-in was called, in order."""
    file = windows.path(r"C:\gatepost-calls.txt")
    return file.read_text().splitlines() if file.exists() else []


def small_files(*more: str) -> set[str]:
    """Return which files a small package brings."""
    return {*msi_files.OWN_ROWS, "_internal/library.dll", *(f"_internal/{name}" for name in more)}
