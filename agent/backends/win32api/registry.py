"""HKEY_LOCAL_MACHINE in its 64-bit view, whatever the bits of this Python."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

assert sys.platform == "win32"

import winreg

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.windows_slices import RegistryValue

_READ = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
_WRITE = winreg.KEY_READ | winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY
_MOST = 10_000
"""Values or keys below one key; more are no policy."""


@contextmanager
def _told(function: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise WinProblem(function, problem.winerror or problem.errno or 0) from problem


def read(key: str, name: str) -> RegistryValue | None:
    """Return a value, or None where the key or the value is not there."""
    try:
        with _told("RegQueryValueEx"), winreg.OpenKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, _READ) as opened:
            return _known(winreg.QueryValueEx(opened, name)[0])
    except WinProblem as problem:
        if problem.code == FILE_NOT_FOUND:
            return None
        raise


def _known(value: object) -> RegistryValue:
    if isinstance(value, str | int | bytes):
        return value
    return [str(each) for each in value] if isinstance(value, list) else b""


def _write(key: str, name: str, kind: int, value: Any) -> None:
    with (
        _told("RegSetValueEx"),
        winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, _WRITE) as opened,
    ):
        winreg.SetValueEx(opened, name, 0, kind, value)


def write_text(key: str, name: str, text: str) -> None:
    """Write a text (REG_SZ), making the key."""
    _write(key, name, winreg.REG_SZ, text)


def write_number(key: str, name: str, number: int) -> None:
    """Write a number (REG_DWORD), making the key."""
    _write(key, name, winreg.REG_DWORD, number)


def write_texts(key: str, name: str, texts: Sequence[str]) -> None:
    """Write a list of texts (REG_MULTI_SZ), making the key."""
    _write(key, name, winreg.REG_MULTI_SZ, list(texts))


def delete_value(key: str, name: str) -> None:
    """Delete a value; one that is not there is no problem."""
    try:
        with _told("RegDeleteValue"), winreg.OpenKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, _WRITE) as opened:
            winreg.DeleteValue(opened, name)
    except WinProblem as problem:
        if problem.code != FILE_NOT_FOUND:
            raise


def delete_key(key: str) -> None:
    """Delete a key with all below it; one that is not there is no problem."""
    for name in subkeys(key):
        delete_key(f"{key}\\{name}")
    try:
        with _told("RegDeleteKeyEx"):
            winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, key, winreg.KEY_WOW64_64KEY, 0)
    except WinProblem as problem:
        if problem.code != FILE_NOT_FOUND:
            raise


def subkeys(key: str) -> list[str]:
    """Return the names of the keys below; none where the key is not there."""
    try:
        with _told("RegEnumKeyEx"), winreg.OpenKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, _READ) as opened:
            count = min(winreg.QueryInfoKey(opened)[0], _MOST)
            return [winreg.EnumKey(opened, index) for index in range(count)]
    except WinProblem as problem:
        if problem.code == FILE_NOT_FOUND:
            return []
        raise


def values(key: str) -> dict[str, RegistryValue]:
    """Return every value of a key; none where the key is not there."""
    try:
        with _told("RegEnumValue"), winreg.OpenKeyEx(winreg.HKEY_LOCAL_MACHINE, key, 0, _READ) as opened:
            count = min(winreg.QueryInfoKey(opened)[1], _MOST)
            found = (winreg.EnumValue(opened, index) for index in range(count))
            return {name: _known(value) for name, value, _kind in found}
    except WinProblem as problem:
        if problem.code == FILE_NOT_FOUND:
            return {}
        raise
