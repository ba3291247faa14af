"""`installer msi`: the laptop's Windows package, from the frozen programs to a silent installer.

Built by wixl on Linux; what wixl cannot say is added afterwards (msi_repair). It is signed with a certificate
of yours, if you name one: ours to test with is nobody's.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from agent import VERSION
from installer import frozen, msi_files, msi_repair, places, wine_python
from installer.errors import InstallerError
from installer.speech import Stopwatch, say

SOURCE = frozen.WINDOWS / "agent.wxs"


class Signing(NamedTuple):
    """What osslsigncode signs with."""

    certificate: Path
    """PKCS#12: certificate, chain and key in one file."""
    password_file: Path | None = None
    timestamp_url: str = ""
    """The time stamp service of the one who issued the certificate; without it the signature ends with it."""


def decide_signing(signing: Signing, source: Path, target: Path, name: str) -> list[str]:
    """Return the command that signs one file into another. Pure."""
    command = ["osslsigncode", "sign", "-pkcs12", str(signing.certificate)]
    if signing.password_file:
        command += ["-readpass", str(signing.password_file)]
    command += ["-h", "sha256", "-n", name]
    if signing.timestamp_url:
        command += ["-ts", signing.timestamp_url]
    return [*command, "-in", str(source), "-out", str(target)]


def sign(signing: Signing, file: Path, name: str) -> None:
    """Sign a program or a package in its place."""
    signed = file.with_name(file.name + ".signed")
    wine_python.run(decide_signing(signing, file, signed, name), cwd=file.parent)
    signed.replace(file)


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
            sign(signing, tree / name, "Gatepost")
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = target.parent / "frozen.wxs"
    rows.write_text(msi_files.decide_source(msi_files.list_places(tree)))
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


def run(tree: Path | None, server: str, signing: Signing | None) -> int:
    """Freeze what is not given, pack it, say where it is."""
    watch = Stopwatch()
    target = places.build_dir() / "msi" / package_name(VERSION)
    shutil.rmtree(target.parent, ignore_errors=True)
    programs = complete(tree, target.parent / "tree") if tree else frozen.build()
    build(programs.resolve(), target, server=server, signing=signing)
    shutil.rmtree(target.parent / "tree", ignore_errors=True)
    say(f"{target.relative_to(places.CLONE)}  {target.stat().st_size / 1e6:.1f} MB  {watch}")
    if not signing:
        say("Not signed: Windows names no maker when it is installed. --sign-with CERTIFICATE.p12 signs it.")
    if tree is None:
        say("Frozen under Wine, for trying: docs/windows.md says how a release is frozen on Windows.")
    return 0
