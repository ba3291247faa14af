"""The Python environment (made once per list of packages) and this clone's runtime inside it."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from installer import places
from installer.errors import InstallerError
from installer.speech import Stopwatch, say

PIP_SECONDS = 1500
MARKER = ".complete"
"""Written last: an environment without it was interrupted and is made again."""


def decide_key(constraints: bytes, python_version: str) -> str:
    """Return the name of the environment these packages and this Python make."""
    return hashlib.sha256(constraints + b"\0" + python_version.encode()).hexdigest()[:16]


@contextlib.contextmanager
def only_one(name: str, *, refuse: str = "") -> Iterator[None]:
    """Let one installer at a time do this; others wait, or are refused with this sentence."""
    lock = places.open_folder(places.base_dir()) / f"{name}.lock"
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if refuse:
                raise InstallerError(refuse) from None
            say("Another installer is at work; waiting for it.")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def ensure_environment() -> Path:
    """Return the environment's python, made first if this list of packages has none yet."""
    constraints = places.CLONE / "constraints.txt"
    version = subprocess.run(
        [str(places.PYTHON), "-Ic", "import sys; print(sys.version)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    folder = places.base_dir() / f"venv-{decide_key(constraints.read_bytes(), version)}"
    python = folder / "bin" / "python"
    if (folder / MARKER).exists():
        _remove_foreign_tests(folder)
        return python
    with only_one("venv"):
        if (folder / MARKER).exists():
            return python
        watch = Stopwatch()
        say("Making the Python environment (once; a minute or two).")
        shutil.rmtree(folder, ignore_errors=True)
        # Made in place, for an environment cannot be moved; the marker says when it is whole.
        _run([str(places.PYTHON), "-m", "venv", "--system-site-packages", str(folder)])
        _run(
            [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
             "--require-hashes", "-r", str(constraints)]
        )  # fmt: skip
        _remove_foreign_tests(folder)
        _run([str(python), "-m", "compileall", "-q", str(folder / "lib")], may_fail=True)
        (folder / MARKER).touch()
        say(f"Environment ready after {watch}.")
    return python


def _remove_foreign_tests(folder: Path) -> None:
    """Remove the package `tests` that Canaille (the provider in our tests) brings along: it hides ours."""
    for foreign in folder.glob("lib/python*/site-packages/tests"):
        shutil.rmtree(foreign)


def ensure_runtime(python: Path) -> Path:
    """
    Copy this clone's packages to where every account can read them; return the runtime's python.

    The clone may lie in somebody's private folder, which a pupil's account cannot enter. The runtime
    is a small environment of its own on top of the shared one, so that `python -I -m agent` works.
    """
    runtime = places.open_folder(places.runtime_dir())
    with only_one(f"runtime-{places.clone_key()}"):
        code = places.open_folder(runtime / "code")
        for package in places.PACKAGES:
            mirror(places.CLONE / package, code / package)
        runtime_python = runtime / "venv" / "bin" / "python"
        site = runtime / "venv" / "lib" / _lib_name(python) / "site-packages"
        paths = f"{code}\n{python.parent.parent / 'lib' / _lib_name(python) / 'site-packages'}\n"
        pth = site / "gatepost.pth"
        if not pth.exists() or pth.read_text() != paths:
            shutil.rmtree(runtime / "venv", ignore_errors=True)
            _run(
                [str(places.PYTHON), "-m", "venv", "--system-site-packages", "--without-pip",
                 str(runtime / "venv")]
            )  # fmt: skip
            pth.write_text(paths)
        _run([str(runtime_python), "-m", "compileall", "-q", str(code)], may_fail=True)
    return runtime_python


def _lib_name(python: Path) -> str:
    return next(
        path.name for path in (python.parent.parent / "lib").iterdir() if path.name.startswith("python3")
    )


def mirror(source: Path, target: Path) -> None:
    """Make `target` equal to `source`: new and changed files copied, others removed, all readable."""
    wanted: set[Path] = set()
    for path in sorted(source.rglob("*")):
        if "__pycache__" in path.parts:
            continue
        copy = target / path.relative_to(source)
        wanted.add(copy)
        if path.is_dir():
            places.open_folder(copy)
        elif not _same(path, copy):
            places.open_folder(copy.parent)
            shutil.copyfile(path, copy)
            os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
            copy.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    for path in sorted(target.rglob("*"), reverse=True):
        if "__pycache__" not in path.parts and path not in wanted:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _same(path: Path, copy: Path) -> bool:
    try:
        old = copy.stat()
    except FileNotFoundError:
        return False
    new = path.stat()
    return (old.st_size, old.st_mtime_ns) == (new.st_size, new.st_mtime_ns)


def _run(command: list[str], *, may_fail: bool = False) -> None:
    old = os.umask(0o022)
    try:
        done = subprocess.run(
            command, check=False, timeout=PIP_SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise InstallerError(f"{command[0]} {command[1]} did not end within {PIP_SECONDS} s.") from problem
    finally:
        os.umask(old)
    if done.returncode and not may_fail:
        sys.stderr.write("\n".join(done.stdout.splitlines()[-25:]) + "\n")
        raise InstallerError(
            "Could not make the Python environment. Is the package index reachable? Then start again."
        )
