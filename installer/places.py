"""Where the installer puts things: nothing in the clone but `build/`, all else in one folder."""

import hashlib
import os
import pwd
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
PACKAGES = ("agent", "server", "policies", "installer", "tests")
PYTHON = Path("/usr/bin/python3")
"""Debian's own, whatever `python3` is on this machine: only it finds Debian's GTK."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def base_dir() -> Path:
    """Return the folder for everything that is made once: readable by every account if root makes it."""
    if os.geteuid() == 0:
        return Path("/var/lib/gatepost-dev")
    home = os.environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir
    return Path(os.environ.get("XDG_CACHE_HOME") or Path(home) / ".cache") / "gatepost-dev"


def clone_key(clone: Path = CLONE) -> str:
    """Return a short name for this clone, so that two clones do not share a runtime."""
    return hashlib.sha256(str(clone).encode()).hexdigest()[:12]


def runtime_dir() -> Path:
    """Return this clone's runtime: the copied code and everything a demo keeps."""
    return base_dir() / f"runtime-{clone_key()}"


def build_dir() -> Path:
    """Return the clone's folder for results, made if missing."""
    path = CLONE / "build"
    path.mkdir(exist_ok=True)
    return path


def open_folder(path: Path) -> Path:
    """Make a folder that every account may read, whatever the umask says."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    return path
