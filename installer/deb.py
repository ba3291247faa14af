"""`installer deb`: the laptop's Debian package, built by debhelper from one staged tree.

The packages of `constraints.txt` that the agent needs are taken from the environment pip made of it (with
every hash checked), so that what is shipped is what was tested.
"""

import datetime
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agent import VERSION
from installer import places
from installer.environment import mirror, only_one
from installer.errors import InstallerError
from installer.speech import Stopwatch, say

PACKAGE = "gatepost-agent"
LINUX = places.CLONE / "installer" / "linux"
DEB = LINUX / "deb"
HOME = Path("usr/lib/gatepost-agent")
BUILD_SECONDS = 600
FIRST_DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
PYVENV = "home = /usr/bin\ninclude-system-site-packages = true\n"


def plan() -> dict[str, tuple[Path, int]]:
    """Return which of our own files goes where in the package, with its mode."""
    return {
        "etc/X11/Xsession.d/15gatepost": (DEB / "15gatepost", 0o644),
        "etc/profile.d/00-gatepost.sh": (LINUX / "00-gatepost.sh", 0o644),
        "etc/gatepost/agent.toml": (DEB / "agent.toml", 0o644),
        "etc/gatepost/without_service": (DEB / "without_service", 0o644),
        "etc/pam.d/gatepost-lock": (LINUX / "gatepost-lock.pam", 0o644),
        "usr/bin/gatepost-agent": (DEB / "gatepost-agent", 0o755),
        str(HOME / "xsession"): (LINUX / "15gatepost", 0o644),
        str(HOME / "enrol-from-file"): (DEB / "enrol-from-file", 0o755),
        str(HOME / "scanner" / "clamd"): (DEB / "clamd", 0o644),
        str(HOME / "give-back"): (LINUX / "usb/give-back", 0o755),
        "lib/systemd/system/gatepost-media@.service": (DEB / "gatepost-media@.service", 0o644),
        "usr/lib/udev/rules.d/74-gatepost-usb.rules": (LINUX / "usb/74-gatepost-usb.rules", 0o644),
        "usr/lib/modprobe.d/gatepost-usb.conf": (LINUX / "usb/gatepost-usb.conf", 0o644),
        "usr/share/initramfs-tools/hooks/gatepost": (LINUX / "usb/initramfs-gatepost", 0o755),
        "usr/lib/sysctl.d/60-gatepost.conf": (DEB / "sysctl.conf", 0o644),
        "usr/share/applications/gatepost.desktop": (LINUX / "gatepost.desktop", 0o644),
        "usr/share/icons/hicolor/scalable/apps/gatepost.svg": (LINUX / "gatepost.svg", 0o644),
    }


def decide_wheels(wanted: list[str]) -> list[str]:
    """Return these requirements' distributions and all they need; InstallerError if one is not installed."""
    found: dict[str, None] = {}
    waiting = [Requirement(each) for each in wanted]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name in found or name == "pygobject":  # Debian's own, with its GTK
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError as problem:
            raise InstallerError(f"{name} is not in the environment: python3 installer lock") from problem
        found[name] = None
        waiting += [Requirement(each) for each in distribution.requires or ()]
    return sorted(found)


def _copy_wheels(site: Path) -> None:
    project = tomllib.loads((places.CLONE / "pyproject.toml").read_text())["project"]
    for name in decide_wheels([*project["dependencies"], *project["optional-dependencies"]["agent"]]):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
                continue  # command-line programs, and what is compiled anew where it is installed
            if source.is_relative_to("/usr"):
                raise InstallerError(f"{name} is Debian's own here, not the tested one")
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _stage(tree: Path) -> None:
    """Lay out the whole package under `tree`."""
    for name, (source, mode) in plan().items():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(mode)
    venv = tree / HOME / "venv"
    site = venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to("/usr/bin/python3")
    (venv / "pyvenv.cfg").write_text(PYVENV)
    _copy_wheels(site)
    for package in ("agent", "policies"):
        mirror(places.CLONE / package, site / package)
    for path in tree.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def inputs_key() -> str:
    """Return a hash of everything the package is made of."""
    digest = hashlib.sha256(sys.version.encode())
    folders = [LINUX, places.CLONE / "agent", places.CLONE / "policies"]
    single = [places.CLONE / "constraints.txt", places.CLONE / "pyproject.toml", Path(__file__)]
    for path in [*single, *(path for folder in folders for path in _files(folder))]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(places.CLONE)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def build() -> Path:
    """Return the built package, built only if anything changed since the last time."""
    with only_one(f"deb-{places.clone_key()}"):
        return _build()


def _build() -> Path:
    folder = places.build_dir() / "deb"
    key_file = folder / "inputs"
    key = inputs_key()
    built = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if built and key_file.exists() and key_file.read_text() == key:
        return built[0]
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / f"{PACKAGE}-{VERSION}"
    shutil.copytree(DEB / "debian", source / "debian")
    (source / "debian" / "changelog").write_text(decide_changelog(VERSION))
    _stage(source / "staged")
    command = ["dpkg-buildpackage", "--build=binary", "--no-sign", "--no-check-builddeps"]
    _run(command, source, folder / "build.log")
    built = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if not built:
        raise InstallerError(f"No package came out; see {folder / 'build.log'}")
    shutil.rmtree(source)
    key_file.write_text(key)
    return built[0]


def decide_changelog(version: str) -> str:
    """Return Debian's changelog, which names the version; what changed is in CHANGELOG.md."""
    day = FIRST_DAY.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"{PACKAGE} ({version}) stable; urgency=medium\n\n"
        "  * What changed: see the project's CHANGELOG.md.\n\n"
        f" -- Gatepost Project <gatepost@schools.invalid>  {day}\n"
    )


def check(package: Path) -> list[str]:
    """Return what lintian calls errors; warnings are its taste and stand in the log."""
    done = subprocess.run(
        ["lintian", "--allow-root", "--tag-display-limit", "0", str(package)], capture_output=True, text=True,
        check=False, timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode not in (0, 2):
        raise InstallerError(f"lintian did not run:\n{done.stderr}")
    (package.parent / "lintian.log").write_text(done.stdout)
    return [line for line in done.stdout.splitlines() if line.startswith("E:")]


def _run(command: list[str], folder: Path, log: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": places.SYSTEM_PATH, "PYTHONPATH": ""}
    old = os.umask(0o022)
    try:
        with log.open("wb") as out:
            done = subprocess.run(
                command, cwd=folder, check=False, timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, env=environment,
            )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise InstallerError(f"{command[0]} did not end within {BUILD_SECONDS} s") from problem
    finally:
        os.umask(old)
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise InstallerError(f"{command[0]} failed:\n{tail}")


def run() -> int:
    """Build, check, say where it is."""
    watch = Stopwatch()
    package = build()
    errors = check(package)
    for line in errors:
        say(line)
    say(f"{package.relative_to(places.CLONE)}  {package.stat().st_size / 1e6:.1f} MB  {watch}")
    say("lintian: no errors" if not errors else f"lintian: {len(errors)} errors")
    return 1 if errors else 0
