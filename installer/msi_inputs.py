"""What `installer msi` was given, looked at before anything is made: folder, address, certificate.

Paths are taken from where the person stands, and named in every refusal as the person typed them.
"""

import argparse
import ipaddress
import os
import pwd
import re
import urllib.parse
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import pkcs12

from agent.errors import ConfigProblem
from agent.service.enrol import server_address
from installer import frozen
from installer.errors import InstallerError
from installer.msi_signing import Signing

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)


class Inputs(NamedTuple):
    """What is packed, with absolute paths."""

    tree: Path | None
    """Frozen on Windows; None: freeze it here."""
    server: str
    signing: Signing | None


def check(asked: argparse.Namespace, here: Path) -> Inputs:
    """Return what was asked for, all of it usable; raises InstallerError with the first thing that is not."""
    return Inputs(
        check_tree(asked.tree, here) if asked.tree is not None else None,
        check_server(asked.server) if asked.server is not None else "",
        _check_signing(asked, here),
    )


def check_tree(typed: Path, here: Path) -> Path:
    """Return the folder, which holds the programs that PyInstaller makes."""
    tree = here / typed
    if not tree.is_dir():
        raise InstallerError(f"--tree: {typed} is no folder; looked for it in {here}")
    missing = [name for name in frozen.PROGRAMS if not (tree / name).is_file()]
    if missing:
        inner = [each for each in tree.iterdir() if (each / frozen.PROGRAMS[0]).is_file()]
        hint = f"; did you mean {typed / inner[0].name}?" if inner else ""
        raise InstallerError(f"--tree: {typed} lacks {', '.join(missing)}{hint}")
    return tree.resolve()


def check_server(typed: str) -> str:
    """Return the address as enrolment takes it, and as Windows Installer can carry it."""
    wanted = f"--server: {typed!r} is not an address like https://gatepost.school.example:8443"
    try:
        address = server_address(typed)
    except (ConfigProblem, ValueError) as problem:
        raise InstallerError(wanted) from problem
    parts = urllib.parse.urlsplit(address)
    host = parts.hostname or ""
    if not (_is_ip(host) or _HOST.fullmatch(host)) or set(typed) & set("?#"):
        raise InstallerError(wanted)
    return address


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check_signing(asked: argparse.Namespace, here: Path) -> Signing | None:
    if asked.sign_with is None:
        return None
    password = asked.sign_password_file
    check_certificate(asked.sign_with, password, here)
    return Signing(
        (here / asked.sign_with).resolve(),
        (here / password).resolve() if password is not None else None,
        check_timestamp(asked.timestamp) if asked.timestamp is not None else "",
    )


def check_timestamp(typed: str) -> str:
    """Return the address of a time stamp service, by HTTP as most are, or HTTPS."""
    try:
        parts = urllib.parse.urlsplit(typed)
        usable = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.hostname or ""))
        usable = usable and (parts.port is None or parts.port > 0) and not re.search(r"\s", typed)
    except ValueError:
        usable = False
    if not usable:
        raise InstallerError(f"--timestamp: {typed!r} is not an address like http://timestamp.issuer.example")
    return typed


def _read(option: str, typed: Path, here: Path) -> bytes:
    try:
        return (here / typed).read_bytes()
    except OSError as problem:
        raise InstallerError(f"{option}: {typed}: {problem.strerror}; looked for it in {here}") from problem


def check_certificate(typed: Path, password_file: Path | None, here: Path) -> None:
    """Open the certificate with its password; the password is read as osslsigncode reads it."""
    content = _read("--sign-with", typed, here)
    password = None
    if password_file is not None:
        password = _read("--sign-password-file", password_file, here)
        password = password.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n")
    try:
        key, certificate, _chain = pkcs12.load_key_and_certificates(content, password)
    except ValueError as problem:
        if "password" not in str(problem):
            raise InstallerError(f"--sign-with: {typed} is no PKCS#12 file (.p12, .pfx)") from problem
        if password_file is None:
            raise InstallerError(
                f"--sign-with: {typed} asks for a password; --sign-password-file FILE names the file it is in"
            ) from problem
        raise InstallerError(
            f"--sign-password-file: the password in {password_file} does not open {typed}"
        ) from problem
    if key is None or certificate is None:
        raise InstallerError(
            f"--sign-with: {typed} lacks the {'key' if key is None else 'certificate'}; export both together"
        )


def check_room(build: Path, *folders: str) -> None:
    """Make sure that we may write into the clone's folder for results, and into these folders of it."""
    for folder in (build if build.exists() else build.parent, *(build / name for name in folders)):
        if not folder.exists():
            continue
        if not folder.is_dir():
            raise InstallerError(f"{folder} is in the way: no folder. Remove it, then start again.")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InstallerError(
                f"{folder} belongs to {_owner(folder)}, and you may not write into it. Make it yours, then "
                f"start again:\n\n  sudo chown -R {_name(os.geteuid())} {folder}\n"
            )


def _owner(folder: Path) -> str:
    return _name(folder.stat().st_uid)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
