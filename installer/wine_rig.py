"""
The Wine rig: a Windows CPython, the packages of the Windows agent, and a booted Wine to run them in.

Made once per list of inputs (packages, Wine, Python, how the interpreter is made), as the Python
environment is. What runs in it is real Windows Python on Wine's Windows: docs/windows.md says what that
proves and what not.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from installer import environment, places, wine_python
from installer.errors import InstallerError
from installer.speech import Stopwatch, say
from installer.wine_python import run

WINE = Path("/usr/lib/wine/wine64")
SERVER = Path("/usr/lib/wine/wineserver64")
PACKAGES = places.CLONE / "installer" / "windows" / "constraints.txt"
BOOT_SECONDS = 180
LINGER_SECONDS = 60
"""How long Wine's server waits for the next program of a prefix before it ends."""
PROGRAMS = (".dll", ".exe", ".drv", ".sys", ".acm", ".ocx", ".cpl", ".tlb", ".nls", ".ttf")


class Rig(NamedTuple):
    """A finished rig."""

    folder: Path

    @property
    def python(self) -> Path:
        """The Windows interpreter; `winpy` beside it runs it for people."""
        return self.folder / "py311" / "python.exe"

    def environment(self, prefix: Path | None = None) -> dict[str, str]:
        """
        Return the environment for a program in Wine: this one's, made honest.

        `prefix`: which Windows; the rig's own if not given. Standard output and errors must be pipes: Wine
        cannot inherit a file that is open for writing only.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WINE"))}
        return {
            **kept,
            "WINEPREFIX": str(prefix or self.folder / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
            "WINEDLLOVERRIDES": "mscoree,mshtml=",  # no offers to fetch Mono or Gecko
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # what is imported is the clone, which may be somebody else's
        }

    def command(self, *words: str) -> list[str]:
        """Return the command that runs Windows Python with these words."""
        return [str(WINE), str(self.python), *words]

    def new_prefix(self, target: Path, screen: Mapping[str, str] | None = None) -> Path:
        """Make a Windows of one's own: nothing in it is shared with other tests. Remember `end_prefix`."""
        shutil.copytree(self.folder / "template", target, symlinks=True, copy_function=_copy_or_link)
        warm_up(self, target, screen)
        return target


def _copy_or_link(source: str, target: str) -> None:
    """Share Windows' own programs, which nobody changes: 600 MB. Everything else is copied."""
    if Path(source).suffix in PROGRAMS and "/drive_c/windows/" in source:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)


def warm_up(rig: Rig, prefix: Path, screen: Mapping[str, str] | None = None) -> None:
    """
    Start the prefix's server, services and desktop beforehand, with nothing inherited.

    The first program would start them otherwise and lend them its pipes: who reads those would wait for the
    server's end, not the program's. `screen`: the X display in the environment's words; a desktop that began
    without one shows the windows that come after it to nobody.
    """
    environ = {**rig.environment(prefix), **(screen or {})}
    _quietly([str(SERVER), f"-p{LINGER_SECONDS}"], environ)
    _quietly([str(WINE), "cmd", "/c", "rem"], environ)


def end_prefix(rig: Rig, prefix: Path) -> None:
    """End every program of this prefix, and wait until its server is gone."""
    for option in ("-k", "-w"):
        _quietly([str(SERVER), option], rig.environment(prefix))


def decide_key(*inputs: bytes) -> str:
    """Return the name of the rig that these inputs make."""
    return hashlib.sha256(b"\0".join(hashlib.sha256(each).digest() for each in inputs)).hexdigest()[:16]


def folder() -> Path:
    """Return where the rig for the present inputs is, or will be."""
    wine = run([str(WINE), "--version"]).encode()
    recipe = (Path(__file__).parent / "wine_python.py").read_bytes()
    python = run([str(places.PYTHON), "-Ic", "import sys; print(sys.version)"]).encode()
    return places.base_dir() / "wine" / decide_key(PACKAGES.read_bytes(), wine, python, recipe)


def ensure() -> Rig:
    """Return the rig, made first if there is none for these inputs; InstallerError says what is missing."""
    if not WINE.exists():
        raise InstallerError("Wine is missing. This brings it: sudo python3 installer test --with-wine")
    target = folder()
    if not (target / environment.MARKER).exists():
        with environment.only_one("wine"):
            if not (target / environment.MARKER).exists():
                _make(target)
    return Rig(target)


def _make(target: Path) -> None:
    watch = Stopwatch()
    say("Making the Wine rig (once; about a minute).")
    shutil.rmtree(target, ignore_errors=True)
    places.open_folder(target.parent)
    work = places.open_folder(target) / "work"
    work.mkdir()
    rig = Rig(target)
    wine_python.make(rig.python.parent, work)
    site = rig.python.parent / "Lib" / "site-packages"
    # Every package is in the list with its hash, so nothing is resolved, and no marker is read as Linux's.
    run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps",
         "--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp", "--no-compile",
         "--require-hashes", "--target", str(site), "-r", str(PACKAGES)]
    )  # fmt: skip
    subprocess.run(  # some packages carry files for other Pythons, which do not compile
        [str(places.PYTHON), "-m", "compileall", "-q", "-j", "2", str(rig.python.parent / "Lib")],
        check=False, capture_output=True, timeout=wine_python.SECONDS,
    )  # fmt: skip
    _boot(rig, target / "template")
    shutil.copytree(target / "template", target / "prefix", symlinks=True, copy_function=_copy_or_link)
    _write_winpy(rig)
    _try(rig)
    shutil.rmtree(work)
    (target / environment.MARKER).touch()
    say(f"Wine rig ready after {watch}.")


def _boot(rig: Rig, prefix: Path) -> None:
    """Make the Windows, say it is Windows 10, and cut the ties to this account's own folders."""
    prefix.mkdir()
    for words in ([str(WINE), "wineboot", "-i"], [str(WINE), "winecfg", "-v", "win10"]):
        _quietly(words, rig.environment(prefix))
    end_prefix(rig, prefix)
    if not (prefix / "system.reg").exists():
        raise InstallerError("Wine did not start. `wineboot -i` says why.")
    for link in (prefix / "drive_c" / "users").rglob("*"):
        if link.is_symlink():
            link.unlink()
            link.mkdir()


def _quietly(command: list[str], environ: dict[str, str]) -> None:
    """Run something of Wine's with no pipe that its services could keep open."""
    with Path(os.devnull).open("r+b") as nothing:
        subprocess.run(
            command,
            env=environ,
            check=False,
            timeout=BOOT_SECONDS,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
        )


def _write_winpy(rig: Rig) -> None:
    """Write the command for people: output through pipes, whatever it is called with."""
    fixed = rig.environment()
    names = ("WINEARCH", "WINEDLLOVERRIDES", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE")
    script = rig.folder / "winpy"
    script.write_text(
        "#!/bin/bash\n"
        "# Windows Python under Wine. WINEPREFIX=FOLDER: another Windows than the rig's own.\n"
        "unset PYTHONUNBUFFERED PYTHONHOME  # as in the tests\n"
        f"export {' '.join(f'{name}={fixed[name]}' for name in names)}\n"
        f"export WINEPREFIX=${{WINEPREFIX:-{rig.folder}/prefix}} WINEDEBUG=${{WINEDEBUG:--all}}\n"
        f"{SERVER} -p{LINGER_SECONDS} </dev/null >/dev/null 2>&1 &&\n"
        f"  {WINE} cmd /c rem </dev/null >/dev/null 2>&1\n"
        "[ -p /dev/stdin ] || exec </dev/null\n"
        f'{{ {WINE} {rig.python} "$@" 2>&1 1>&3 3>&- | cat >&2; exit ${{PIPESTATUS[0]}}; }} 3> >(cat)\n'
    )
    script.chmod(0o755)


def _try(rig: Rig) -> None:
    """Let the new interpreter import what the agent stands on."""
    warm_up(rig, rig.folder / "prefix")
    done = subprocess.run(
        rig.command("-c", "import ssl, sqlite3, tkinter, asyncio, win32api, psutil, msgspec, cryptography"),
        env=rig.environment(), check=False, capture_output=True, text=True, timeout=BOOT_SECONDS,
        stdin=subprocess.DEVNULL, cwd=rig.folder,
    )  # fmt: skip
    if done.returncode:
        raise InstallerError(f"The Wine rig does not work:\n{done.stderr[-1500:]}")


if __name__ == "__main__":
    say(str(ensure().folder))
