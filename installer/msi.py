"""`installer msi`: the laptop's Windows package, from the frozen programs to a silent installer.

Built by wixl on Linux; what wixl cannot say is added afterwards (msi_repair). It is signed with a certificate
of yours, if you name one (msi_signing): ours to test with is nobody's. All that was given is looked at first
(msi_inputs), and the package of before stays until the new one is whole.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from agent import VERSION
from installer import frozen, msi_files, msi_inputs, msi_repair, places, wine_python
from installer.errors import InstallerError
from installer.msi_signing import Signing, sign
from installer.speech import Stopwatch, say, tell

SOURCE = frozen.WINDOWS / "agent.wxs"
ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def decide_content_key(tree: Path) -> str:
    """Return a hash of every file that goes into the package."""
    digest = hashlib.sha256(SOURCE.read_bytes())
    for place in msi_files.list_places(tree):
        digest.update(f"{place}\0".encode() + hashlib.sha256((tree / place).read_bytes()).digest())
    return digest.hexdigest()


def build(
    tree: Path, target: Path, *, version: str = VERSION, server: str = "", signing: Signing | None = None
) -> Path:
    """
    Pack this folder as `target`.

    Raises InstallerError if a program is missing, or if wixl or the repair fails.
    """
    missing = [name for name in msi_files.OWN_ROWS if not (tree / name).is_file()]
    if missing:
        raise InstallerError(f"{tree} lacks {', '.join(missing)}")
    if signing:
        # In a copy: what was built stays as it was, whoever signs next.
        shutil.copytree(tree, target.parent / "signed", dirs_exist_ok=True)
        tree = target.parent / "signed"
        for name in msi_files.OWN_ROWS:
            tell(f"Signing {name}.")
            sign(signing, tree / name, "Gatepost")
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = target.parent / "frozen.wxs"
    contents = msi_files.list_places(tree)
    tell(f"Packing {len(contents)} files.")
    rows.write_text(msi_files.decide_source(contents))
    library = target.parent / "offer.dll"
    frozen.compile_offer(library)
    defines = {
        "OfferLibrary": os.path.relpath(library, tree),
        "ProductCode": msi_files.decide_product_code(version, decide_content_key(tree) + server),
        "UpgradeCode": "{" + msi_files.UPGRADE_CODE + "}",
        "Version": version,
    }
    words = [word for name, value in defines.items() for word in ("-D", f"{name}={value}")]
    # Names of files are relative to where wixl is started; it does not take absolute ones.
    said = wine_python.run(
        ["wixl", "-a", "x64", *words, "-o", str(target), str(SOURCE), str(rows)], cwd=tree, errors=True
    )
    if "WARNING" in said or "CRITICAL" in said:
        raise InstallerError(f"wixl left something out:\n{said}")
    msi_repair.repair(target, version, server)
    rows.unlink()
    library.unlink()
    if signing:
        tell("Signing the package.")
        sign(signing, target, f"Gatepost {version}")
        shutil.rmtree(tree)
    return target


def package_name(version: str) -> str:
    """Return the file's name."""
    return f"gatepost-agent-{version}-x64.msi"


def complete(tree: Path, target: Path) -> Path:
    """Copy what was frozen on Windows, and add the program before the desktop, which is compiled here."""
    if not tree.is_dir():
        raise InstallerError(f"{tree} is no folder")
    shutil.copytree(tree, target)
    frozen.compile_userinit(target / "gatepost-userinit.exe")
    return target


@contextlib.contextmanager
def _folder_beside(build: Path) -> Iterator[Path]:
    """Lend a folder on the same disk as the results, gone afterwards, however it ends."""
    build.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".msi-", dir=build))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Stopped(KeyboardInterrupt):
    """Somebody asked to stop; what lay about is cleared away on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


@contextlib.contextmanager
def _stops_tidily() -> Iterator[None]:
    """Within, whoever asks to stop is heard as Ctrl-C is, and only once: nothing cuts the clearing short."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    before = {number: signal.getsignal(number) for number in ASKS_TO_STOP}
    heard = [number for number, how in before.items() if how != signal.SIG_IGN]  # nohup wants it so
    try:
        for number in heard:
            signal.signal(number, stop)
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _try_signing(signing: Signing, folder: Path) -> None:
    """Sign something small first: what osslsigncode or the time stamp service refuses is known at once."""
    tell("Trying the certificate.")
    trial = folder / "trial.exe"
    frozen.compile_userinit(trial)
    sign(signing, trial, "Gatepost")
    trial.unlink()


def _make(inputs: msi_inputs.Inputs, target: Path) -> str:
    """Make the package beside, move it into its place, and return its product code."""
    with _folder_beside(target.parent.parent) as work:
        if inputs.signing:
            _try_signing(inputs.signing, work)
        programs = complete(inputs.tree, work / "tree") if inputs.tree else frozen.build()
        made = build(programs.resolve(), work / target.name, server=inputs.server, signing=inputs.signing)
        code = msi_repair.read_property(made, "ProductCode")
        target.parent.mkdir(exist_ok=True)
        made.replace(target)
    return code


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what changes when another file stands there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def run(asked: argparse.Namespace, here: Path) -> int:
    """Look at what was given from `here`, freeze what was not given, pack it, say where it is."""
    watch = Stopwatch()
    target = places.CLONE / "build" / "msi" / package_name(VERSION)
    before = _identity(target)
    try:
        inputs = msi_inputs.check(asked, here)
        frozen_here = () if inputs.tree else ("windows", "windows/gatepost")
        msi_inputs.check_room(target.parent.parent, "msi", *frozen_here)
        with _stops_tidily():
            code = _make(inputs, target)
    except KeyboardInterrupt as stopped:
        changed = _identity(target) != before
        say(
            "Stopped. " + ("The new package was already in its place." if changed else "Nothing was changed.")
        )
        return stopped.exit_code if isinstance(stopped, Stopped) else 130
    except OSError as problem:
        raise InstallerError(f"The package was not built, and nothing was changed: {problem}") from problem
    shown = target.relative_to(here) if target.is_relative_to(here) else target
    say(f"{shown}  {target.stat().st_size / 1e6:.1f} MB  {watch}")
    say(f"ProductCode {code}")
    if not inputs.signing:
        say("Not signed: Windows names no maker when it is installed. --sign-with CERTIFICATE.p12 signs it.")
    if inputs.tree is None:
        say("Frozen under Wine, for trying: docs/windows.md says how a release is frozen on Windows.")
    return 0
