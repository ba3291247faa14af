"""This machine on Windows: its name, its fingerprint, its edition, and making it speak."""

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path

from agent.backends.smbios import Machine, read_machine
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_slices import FirmwareCalls, RegistryCalls, SpeechCalls
from agent.errors import DeviceFailed

VERSION_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
CRYPTOGRAPHY_KEY = r"SOFTWARE\Microsoft\Cryptography"
_FIRST_OF_11 = 22000
_HOME_EDITIONS = ("Core", "CoreN", "CoreSingleLanguage", "CoreCountrySpecific")
_LANGUAGES = {"en": 0x09, "tr": 0x1F}
_BRITISH = 0x0809
_PRIMARY = 0x3FF
_RATE = -1
"""A little slower than usual, for listeners of seven; SAPI counts from -10 to 10."""
_SPEECH_CHARACTERS = 2000
_SPEECH_BYTES = 16 * 1024 * 1024


def _text(registry: RegistryCalls, key: str, name: str) -> str:
    try:
        found = registry.read(key, name)
    except WinProblem:
        return ""
    return found if isinstance(found, str) else ""


def fingerprint(registry: RegistryCalls, firmware: FirmwareCalls) -> str:
    """
    Return 64 hex digits from Windows' own number and the hardware's.

    A cloned disk keeps the first and lacks the second. Where neither is readable the host name stands in.
    """
    try:
        machine = read_machine(firmware.smbios())
    except WinProblem:
        machine = Machine()
    digest = hashlib.sha256(b"gatepost machine\0")
    for part in (_text(registry, CRYPTOGRAPHY_KEY, "MachineGuid"), machine.uuid, machine.board_serial):
        digest.update(part.strip().encode("utf-8", "replace") + b"\0")
    digest.update(hostname().encode("utf-8", "replace"))
    return digest.hexdigest()


def hostname() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def os_name(registry: RegistryCalls) -> str:
    """Return the system's name and version, e.g. `Windows 11 Education 23H2 (22631.3007)`."""
    name = _text(registry, VERSION_KEY, "ProductName").removeprefix("Microsoft ") or "Windows"
    build = _text(registry, VERSION_KEY, "CurrentBuildNumber")
    if build.isascii() and build.isdigit() and int(build) >= _FIRST_OF_11:
        name = name.replace("Windows 10", "Windows 11")  # Windows 11 writes the old name there
    release = _text(registry, VERSION_KEY, "DisplayVersion")
    try:
        revision = registry.read(VERSION_KEY, "UBR")
    except WinProblem:
        revision = None
    exact = f"{build}.{revision}" if build and isinstance(revision, int) else build
    return " ".join(part for part in (name, release, f"({exact})" if exact else "") if part)[:100]


def is_home(registry: RegistryCalls) -> bool:
    """Say whether this is a Home edition, which keeps several of a school's policies out."""
    return _text(registry, VERSION_KEY, "EditionID") in _HOME_EDITIONS


# ---- speech ----


def decide_voice(voices: Iterable[tuple[str, str]], language: str) -> str | None:
    """Return the voice for this language, for English a British one first; None where there is none. Pure."""
    wanted = _LANGUAGES.get(language)
    best: str | None = None
    for voice, said in voices:
        codes = []
        for part in said.split(";"):
            with contextlib.suppress(ValueError):
                codes.append(int(part.strip(), 16))
        if _BRITISH in codes and language == "en":
            return voice
        if best is None and wanted in [code & _PRIMARY for code in codes]:
            best = voice
    return best


def lacking_voices(speech: SpeechCalls) -> list[str]:
    """Return the languages of ours that nothing here can speak; raises WinProblem."""
    voices = speech.voices()
    return [language for language in _LANGUAGES if decide_voice(voices, language) is None]


def render_speech(speech: SpeechCalls, language: str, text: str, target: Path) -> None:
    """
    Write the text as a WAV file at `target`, whole or not at all; raises DeviceFailed. *Slow.*

    The words come from the server: they are handed over as plain text, never as mark-up or a command.
    """
    voice = decide_voice(speech.voices(), language)
    if voice is None:
        raise DeviceFailed(f"Windows has no voice for this language: {language[:8]}")
    fresh = target.with_suffix(f".{os.getpid()}.new")
    try:
        speech.speak(voice, text[:_SPEECH_CHARACTERS], str(fresh), _RATE)
        with fresh.open("rb") as file:
            is_sound = file.read(4) == b"RIFF"
        if not is_sound or fresh.stat().st_size > _SPEECH_BYTES:
            raise DeviceFailed("the speech program wrote no sound")
        fresh.replace(target)
    except OSError as problem:
        raise DeviceFailed("the text could not be spoken") from problem
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
