"""This machine: its name, its fingerprint, and making it speak."""

import sys

assert sys.platform == "linux"

import contextlib
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from agent.errors import DeviceFailed

_IDENTITIES = ("/etc/machine-id", "/sys/class/dmi/id/product_uuid", "/sys/class/dmi/id/board_serial")
_SPEECH_SECONDS = 30
_SPEECH_BYTES = 8 * 1024 * 1024
_SPEECH_CHARACTERS = 2000
_VOICES = {"en": "en-gb", "tr": "tr"}
_LIMITS = ("/usr/bin/prlimit", "--cpu=30", f"--as={512 * 1024 * 1024}", "--")
_SPEAK = ("-s", "140", "--stdin", "--stdout")
"""140 words a minute: slower than the program's own 175, for listeners of seven."""


def fingerprint(root: Path = Path("/")) -> str:
    """
    Return 64 hex digits from the machine's id and its hardware's.

    A cloned disk keeps the first and lacks the second. Where neither is readable the host name stands in.
    """
    digest = hashlib.sha256(b"gatepost machine\0")
    for name in _IDENTITIES:
        with contextlib.suppress(OSError):
            digest.update((root / name.lstrip("/")).read_bytes().strip() + b"\0")
    digest.update(hostname().encode())
    return digest.hexdigest()


def os_name(release: Path = Path("/etc/os-release")) -> str:
    """Return the system's name and version."""
    try:
        lines = release.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "Linux"
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("PRETTY_NAME", "Linux").strip('"')[:100]


def hostname() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def speech_program() -> str | None:
    """Return the program that speaks, or None."""
    return shutil.which("espeak-ng", path="/usr/local/bin:/usr/bin:/bin")


def render_speech(language: str, text: str, target: Path) -> None:
    """
    Write the text as a WAV file at `target`, whole or not at all; raises DeviceFailed.

    The program runs as nobody, with limits on time, memory and output, and reads the text from stdin: the
    words come from the server and are never part of a command line.
    """
    program = speech_program()
    if program is None:
        raise DeviceFailed("espeak-ng is not installed")
    user, group = _as_nobody()
    with tempfile.TemporaryFile() as sound:
        try:
            subprocess.run(
                [*_LIMITS, program, "-v", _VOICES.get(language, "en-gb"), *_SPEAK],
                input=text[:_SPEECH_CHARACTERS].encode(),
                stdout=sound,
                stderr=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"},
                cwd="/",
                timeout=_SPEECH_SECONDS,
                check=True,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
            )
        except (OSError, subprocess.SubprocessError) as problem:
            raise DeviceFailed("the text could not be spoken") from problem
        sound.seek(0)
        content = sound.read(_SPEECH_BYTES + 1)
    if not content.startswith(b"RIFF") or len(content) > _SPEECH_BYTES:
        raise DeviceFailed("the speech program wrote no sound")
    fresh = target.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(mend_wav(content))
    fresh.chmod(0o644)
    fresh.replace(target)


def mend_wav(content: bytes) -> bytes:
    """Return the sound with true lengths: written to a pipe, espeak-ng cannot go back and fill them in."""
    start = content.find(b"data", 12)
    if start < 0:
        return content
    size = len(content) - start - 8
    return (
        content[:4]
        + (len(content) - 8).to_bytes(4, "little")
        + content[8 : start + 4]
        + size.to_bytes(4, "little")
        + content[start + 8 :]
    )


def _as_nobody() -> tuple[int | None, int | None]:
    if os.geteuid() != 0:
        return None, None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
