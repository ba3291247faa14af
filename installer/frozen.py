"""The laptop's Windows programs: PyInstaller's folder, made under Wine, and the one before the desktop.

Good for tests and for trying. A release is frozen on Windows, with the Python of python.org, from the same
`windows/gatepost.spec`; `python3 installer msi --tree FOLDER` packs that folder.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from installer import places, wine_python, wine_rig
from installer.environment import only_one
from installer.errors import InstallerError
from installer.speech import tell

WINDOWS = places.CLONE / "installer" / "windows"
USERINIT = WINDOWS / "userinit.c"
OFFER = WINDOWS / "offer.c"
PROGRAMS = ("gatepost-agent.exe", "gatepost-session.exe")
FREEZE_SECONDS = 1200


def _sources() -> Iterator[Path]:
    yield from (Path(__file__), places.CLONE / "pyproject.toml")
    for folder in (WINDOWS, places.CLONE / "agent", places.CLONE / "policies"):
        yield from (
            path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
        )


def inputs_key() -> str:
    """Return a hash of everything the program is made of."""
    digest = hashlib.sha256(str(wine_rig.folder()).encode())
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(places.CLONE)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def build() -> Path:
    """Return the folder with the programs, frozen only if anything changed since the last time."""
    with only_one(f"frozen-{places.clone_key()}"):
        folder = places.build_dir() / "windows"
        tree, key_file, key = folder / "gatepost", folder / "inputs", inputs_key()
        if key_file.exists() and key_file.read_text() == key:
            return tree
        with tempfile.TemporaryDirectory(
            prefix=".windows-", dir=folder.parent, ignore_cleanup_errors=True
        ) as work:
            new = Path(work) / "new"
            new.mkdir()
            rig = wine_rig.ensure()
            tell("Freezing the programs under Wine (a minute or two).")
            _freeze(rig, new)
            compile_userinit(new / "gatepost" / "gatepost-userinit.exe")
            (new / "inputs").write_text(key)
            if folder.exists():
                folder.rename(Path(work) / "old")
            new.rename(folder)
        return tree


def _freeze(rig: wine_rig.Rig, folder: Path) -> None:
    """Run PyInstaller under Wine, in a Windows of its own that is thrown away."""
    prefix = rig.new_prefix(folder / "prefix")
    command = rig.command(
        "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--distpath", str(folder), "--workpath",
        str(folder / "work"), str(WINDOWS / "gatepost.spec"),
    )  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=folder, env=rig.environment(prefix), check=False, timeout=FREEZE_SECONDS, text=True,
            errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise InstallerError(f"PyInstaller did not end within {FREEZE_SECONDS} s") from problem
    finally:
        wine_rig.end_prefix(rig, prefix)
        shutil.rmtree(prefix, ignore_errors=True)
    missing = [name for name in PROGRAMS if not (folder / "gatepost" / name).is_file()]
    if done.returncode or missing:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise InstallerError(f"PyInstaller failed ({', '.join(missing) or done.returncode}):\n{tail}")
    (folder / "freeze.log").write_text(done.stdout)
    shutil.rmtree(folder / "work", ignore_errors=True)


def compile_offer(target: Path) -> None:
    """Compile the library of the package itself that keeps the enrolment code, out of every log."""
    wine_python.run(
        [wine_python.GCC, "-shared", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-static-libgcc", "-o",
         str(target), str(OFFER), "-lmsi", "-ladvapi32"]
    )  # fmt: skip


def compile_userinit(target: Path) -> None:
    """Compile what Windows starts before the desktop: small, without Python, so that it always starts."""
    wine_python.run(
        [wine_python.GCC, "-municode", "-mwindows", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-o",
         str(target), str(USERINIT), "-ladvapi32"]
    )  # fmt: skip
