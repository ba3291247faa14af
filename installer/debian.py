"""Debian packages: find what is missing and install it by name."""

import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping

from installer.errors import InstallerError, NeedsRoot
from installer.speech import say

APT_SECONDS = 1500


def decide_missing(wanted: Iterable[str], status_lines: str) -> list[str]:
    """Return the wanted names that dpkg-query's `name status` lines do not show as installed."""
    installed = {line.split()[0] for line in status_lines.splitlines() if line.split()[1:] == ["installed"]}
    return [name for name in wanted if name not in installed]


def missing_packages(needs: Mapping[str, str]) -> list[str]:
    """Ask dpkg which of these are not installed."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *needs]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=False)
    except FileNotFoundError as problem:
        raise InstallerError("This is not a Debian machine (no dpkg-query). Use Debian 12.") from problem
    return decide_missing(needs, answer.stdout)


def ensure_packages(needs: Mapping[str, str]) -> None:
    """
    Install what is missing; touch nothing, not even the lists, if nothing is.

    Raises NeedsRoot if something is missing and we may not install it.
    """
    missing = missing_packages(needs)
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise NeedsRoot(
            "Some Debian packages are missing. Run this once, then try again:\n\n"
            f"  sudo apt-get update && sudo {shlex.join(install)}\n"
        )
    say(f"Installing {len(missing)} Debian packages: {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        try:
            done = subprocess.run(
                command,
                env=environment,
                check=False,
                timeout=APT_SECONDS,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as problem:
            raise InstallerError(
                f"`{shlex.join(command)}` did not end. Run it yourself and see."
            ) from problem
        if done.returncode != 0:
            tail = "\n".join(done.stdout.splitlines()[-15:])
            raise InstallerError(f"`{shlex.join(command)}` failed:\n{tail}")
    still = missing_packages(needs)
    if still:
        raise InstallerError(f"Installed, but dpkg still does not know: {' '.join(still)}")
