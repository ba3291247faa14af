"""Signing the programs and the package with a certificate of yours, by osslsigncode."""

from pathlib import Path
from typing import NamedTuple

from installer import wine_python


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
