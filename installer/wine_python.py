"""
A genuine Windows CPython for Wine, put together from PyPI and Debian only.

The wheel of `panda3d` carries, for its own application builder, CPython's Windows binaries as the Python
Software Foundation built and signed them: python311.dll, every .pyd of the standard library, OpenSSL, SQLite,
Tcl/Tk. What it lacks is supplied here: a launcher, the stable-ABI forwarder python3.dll, and the standard
library's Python files and Tcl/Tk's scripts, which are Debian's. So this is a rig for tests, not a base for a
release: the interpreter's core is genuine, the standard library's patch level is the host's.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from installer import places
from installer.errors import InstallerError

WHEEL = "panda3d==1.10.16 --hash=sha256:37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
HOME_FILES = ("python311.dll", "VCRUNTIME140.dll")
"""Beside python.exe; everything else goes into DLLs."""
DLLS = (
    "libcrypto-3.dll", "libffi-8.dll", "libssl-3.dll", "sqlite3.dll", "tcl86t.dll", "tk86t.dll",
)  # fmt: skip
SIGNERS = ("CN=Python Software Foundation", "CN=Microsoft Corporation")
STDLIB = Path("/usr/lib/python3.11")
NOT_FROM_DEBIAN = (
    "__pycache__", "test", "lib-dynload", "config-*", "_sysconfigdata*", "sitecustomize.py",
    "EXTERNALLY-MANAGED",
)  # fmt: skip
TCL = Path("/usr/share/tcltk")
TCL_VERSION = "8.6.12"
"""Of the wheel's tcl86t.dll. Debian's scripts are of 8.6.13 and ask for exactly that."""
GCC = "x86_64-w64-mingw32-gcc"
SECONDS = 600

LAUNCHER = """\
#include <windows.h>
int wmain(int count, wchar_t **words) {
    HMODULE python = LoadLibraryW(L"python311.dll");
    if (!python) return 99;
    return ((int (__cdecl *)(int, wchar_t **))(void *)GetProcAddress(python, "Py_Main"))(count, words);
}
"""
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">'
    '<compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1"><application>'
    '<supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/></application></compatibility></assembly>'
)
"""Says that the program knows Windows 10; without it Windows claims to be an older one."""
RANDOM = """\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE place, SIZE_T size) {
    return SystemFunction036(place, (ULONG)size);
}
"""
"""Wine 8 has no bcryptprimitives.dll, which Rust's standard library (in cryptography) calls for entropy."""


def make(home: Path, work: Path) -> None:
    """Make the interpreter in `home`, with scratch files in `work`; InstallerError says what is wrong."""
    (home / "DLLs").mkdir(parents=True)
    _binaries(home, work)
    shutil.copytree(STDLIB, home / "Lib", ignore=shutil.ignore_patterns(*NOT_FROM_DEBIAN), symlinks=False)
    (home / "Lib" / "site-packages").mkdir()
    _tcl_scripts(home / "tcl")
    _compiled(home, work)


def _binaries(home: Path, work: Path) -> None:
    """Fetch the wheel by its hash, and take from it what carries a signature that holds."""
    (work / "wheel.txt").write_text(WHEEL + "\n")
    run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--platform", "win_amd64",
         "--only-binary", ":all:", "--python-version", "3.11", "--require-hashes", "-d", str(work),
         "-r", str(work / "wheel.txt")]
    )  # fmt: skip
    with zipfile.ZipFile(next(work.glob("panda3d-*.whl"))) as wheel:
        for name in wheel.namelist():
            folder, _, file = name.rpartition("/")
            if folder != "deploy_libs" or not (file.endswith(".pyd") or file in HOME_FILES + DLLS):
                continue
            target = (home if file in HOME_FILES else home / "DLLs") / file
            target.write_bytes(wheel.read(name))
            if not decide_genuine(_signature(target)):
                raise InstallerError(f"{file}: not signed by its maker, or altered. The rig is not made.")


def _signature(file: Path) -> str:
    return subprocess.run(
        ["osslsigncode", "verify", "-in", str(file)], capture_output=True, text=True, check=False
    ).stdout


def decide_genuine(said: str) -> bool:
    """
    Read osslsigncode's words: signed by one of the makers, and the digest is that of the file.

    The chain up to a root is not judged: that needs roots and revocation lists from outside.
    """
    digests = [
        re.search(rf"^{which} message digest *: *([0-9A-F]+)", said, re.MULTILINE)
        for which in ("Current", "Calculated")
    ]
    if None in digests:
        return False
    signed, computed = (found.group(1) for found in digests if found)
    return signed == computed and any(signer in said for signer in SIGNERS)


def _tcl_scripts(target: Path) -> None:
    for name, file in (("tcl8.6", "init.tcl"), ("tk8.6", "tk.tcl")):
        shutil.copytree(TCL / name, target / name)
        script = target / name / file
        text, changed = re.subn(
            r"(package require -exact T\w+ +)8\.6\.\d+", rf"\g<1>{TCL_VERSION}", script.read_text()
        )
        if changed != 1:
            raise InstallerError(f"{script.name} of Debian's {name} does not ask for its version any more.")
        script.write_text(text)


def _compiled(home: Path, work: Path) -> None:
    """Build the launcher and the two small libraries."""
    (work / "launcher.c").write_text(LAUNCHER)
    (work / "manifest.xml").write_text(MANIFEST)
    (work / "manifest.rc").write_text('1 24 "manifest.xml"\n')
    (work / "random.c").write_text(RANDOM)
    (work / "python3.def").write_text(decide_forwarder(_exports(home / "python311.dll")))
    run(["x86_64-w64-mingw32-windres", "-O", "coff", "manifest.rc", "-o", "manifest.o"], cwd=work)
    run([GCC, "-municode", "-O2", "-s", "-o", str(home / "python.exe"), "launcher.c", "manifest.o"], cwd=work)
    run(
        [GCC, "-shared", "-nostdlib", "-Wl,--entry=0", "-o", str(home / "python3.dll"), "python3.def"],
        cwd=work,
    )
    run(
        [GCC, "-shared", "-O2", "-s", "-o", str(home / "bcryptprimitives.dll"), "random.c", "-ladvapi32"],
        cwd=work,
    )


def _exports(library: Path) -> str:
    return run(["x86_64-w64-mingw32-objdump", "-p", str(library)])


def decide_forwarder(exports: str) -> str:
    """Turn objdump's words about python311.dll into the definition of a python3.dll that leads there."""
    table = exports[exports.index("[Ordinal/Name Pointer] Table") :]
    row = r"^\s*\[\s*\d+\]\s+(?:\+base\[\s*\d+\]\s+[0-9a-f]+\s+)?(\S+)$"
    names = re.findall(row, table, re.MULTILINE)
    return "\n".join(
        ["LIBRARY python3.dll", "EXPORTS", *(f"  {name}=python311.{name}" for name in names), ""]
    )


def run(command: list[str], *, cwd: Path = places.CLONE, errors: bool = False) -> str:
    """
    Run one step and return what it said; InstallerError with its last lines if it failed.

    `errors`: with what it wrote to stderr, for programs that warn there and yet succeed.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, check=False, capture_output=True, text=True, timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
        raise InstallerError(f"{command[0]}: {problem}") from problem
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise InstallerError(f"{' '.join(command[:4])} failed:\n{said}")
    return done.stdout + (done.stderr if errors else "")
