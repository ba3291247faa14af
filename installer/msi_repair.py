"""What wixl drops in silence or gets wrong, set right in the finished package by SQL, and read back.

Seen with wixl 0.101: `Property/@Secure` and `@Hidden`, the bits of a rollback and of a hidden action, the
place of `RemoveExistingProducts`, and of an action after `DeleteServices`.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from installer.errors import InstallerError
from installer.msi_files import UPGRADE_CODE

SECONDS = 300
SECURE = ("WIX_DOWNGRADE_DETECTED", "WIX_UPGRADE_DETECTED", "SERVERURL", "ENROLLCODE", "ENROLLATER", "PURGE")
"""Taken over from the one who asks to the installing service; every other property is lost on the way."""
HIDDEN = ("ENROLLCODE", "KeepOffer")
"""Not written into Windows Installer's log. The second carries the first to the step that keeps it."""
UP_TO_AND_SAME = 1 + 512
IN_64_BIT = 256
DEFERRED_SYSTEM_PROGRAM = 18 + 1024 + 2048
DEFERRED_SYSTEM_LIBRARY = 1 + 1024 + 2048
ROLLBACK = 256 + 64  # what it answers changes nothing any more
HIDDEN_TARGET = 8192
TYPES: Mapping[str, int] = {
    "SetOffer": 51,  # sets a property; wixl adds a bit that only programs have
    "UndoPut": DEFERRED_SYSTEM_PROGRAM + ROLLBACK,
    "PutAgain": DEFERRED_SYSTEM_PROGRAM + ROLLBACK,
    "DropOffer": DEFERRED_SYSTEM_LIBRARY + ROLLBACK,
    "KeepOffer": DEFERRED_SYSTEM_LIBRARY + HIDDEN_TARGET,
}
SEQUENCE: Mapping[str, int] = {
    "RemoveExistingProducts": 1501,  # within the transaction: if the new one fails, the old one is back
    "PutAgain": 2009,  # a rollback goes backwards: after the files are there again
    "GiveBack": 2010,  # after the service is gone, before its program is
    "GiveBackForget": 2011,
    "GiveBackUpgrading": 2012,
    "SetOffer": 5801,
    "DropOffer": 5802,
    "KeepOffer": 5803,
    "UndoPut": 5810,
    "Put": 5811,  # before StartServices (5900)
}


def _text(value: str) -> str:
    if "'" in value:
        raise InstallerError(f"cannot be written into a package: {value}")
    return f"'{value}'"


def _set(table: str, column: str, value: str | int, key: str, name: str) -> str:
    """Return the change of one column of one row."""
    new = value if isinstance(value, int) else _text(value)
    return f"UPDATE `{table}` SET `{column}` = {new} WHERE `{key}` = {_text(name)}"  # noqa: S608 - our own words


def _add(table: str, **row: str | int) -> str:
    """Return the addition of one row."""
    columns = ", ".join(f"`{name}`" for name in row)
    values = ", ".join(str(each) if isinstance(each, int) else _text(each) for each in row.values())
    return f"INSERT INTO `{table}` ({columns}) VALUES ({values})"  # noqa: S608 - our own words


def decide_statements(version: str, server: str = "") -> list[str]:
    """
    Return the SQL in the order it is to run. Pure.

    `server`: an address the package brings itself, for Group Policy's software installation, which passes no
    properties.
    """
    statements = [
        _set("Property", "Value", ";".join(SECURE), "Property", "SecureCustomProperties"),
        _add("Property", Property="MsiHiddenProperties", Value=";".join(HIDDEN)),
        # The same version built anew replaces the one that is there, instead of standing beside it.
        "DELETE FROM `Upgrade` WHERE `ActionProperty` = 'WIX_UPGRADE_DETECTED'",
        _add(
            "Upgrade", UpgradeCode="{" + UPGRADE_CODE + "}", VersionMax=version, Attributes=UP_TO_AND_SAME,
            ActionProperty="WIX_UPGRADE_DETECTED",
        ),
    ]  # fmt: skip
    statements += [_set("CustomAction", "Type", number, "Action", action) for action, number in TYPES.items()]
    statements += [
        _set("InstallExecuteSequence", "Sequence", number, "Action", action)
        for action, number in SEQUENCE.items()
    ]
    if server:
        statements.append(_add("Property", Property="SERVERURL", Value=server))
    return statements


def read_table(package: Path, table: str) -> list[dict[str, str]]:
    """Return a table's rows by column, as msiinfo gives them; raises InstallerError if it is not there."""
    with tempfile.TemporaryDirectory() as scratch:  # msiinfo lays what a table holds in files where it stands
        done = subprocess.run(
            ["msiinfo", "export", str(package.resolve()), table], cwd=scratch, capture_output=True, text=True,
            check=False, timeout=SECONDS,
        )  # fmt: skip
    lines = done.stdout.replace("\r", "").split("\n")
    if done.returncode or len(lines) < 3:
        raise InstallerError(f"{package} has no table {table}: {done.stderr.strip()}")
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines[3:] if line]


def read_property(package: Path, name: str) -> str:
    """Return a property of a package; raises InstallerError if it has none of that name."""
    for row in read_table(package, "Property"):
        if row["Property"] == name:
            return row["Value"]
    raise InstallerError(f"{package} has no property {name}")


def repair(package: Path, version: str, server: str = "") -> None:
    """Run the statements on the package wixl has made; raises InstallerError at the first that is refused."""
    for statement in decide_statements(version, server):
        done = subprocess.run(
            ["msibuild", str(package), "-q", statement], capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
        if done.returncode or done.stderr.strip():
            raise InstallerError(f"the package was not repaired: {statement}\n{done.stderr}")
