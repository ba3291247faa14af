"""What can be asked of the installer."""

import argparse
import os
from pathlib import Path

from installer import places

STANDS_IN = "GATEPOST_STANDS_IN"
"""Hands on the folder the person stands in: the commands themselves run in the clone."""


def folder_here() -> Path:
    """Return the folder in which the command is given; the clone, if that folder is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return places.CLONE


def stands_in() -> Path:
    """Return the folder that was handed on."""
    return Path(os.environ.get(STANDS_IN) or places.CLONE)


def profile_names() -> list[str]:
    """Return the example schools, by their files' names: nothing is installed yet that could read them."""
    return sorted(path.stem for path in (places.CLONE / "policies" / "profiles").glob("*.toml"))


def needs_vm(asked: argparse.Namespace) -> bool:
    """Say whether this needs a virtual laptop: all tests together, and the benchmark of memory sticks."""
    if asked.command == "bench":
        return not asked.list and (not asked.names or "usb" in asked.names)
    if asked.command == "test":
        return bool(asked.with_vm or not (asked.pytest or asked.without_vm))
    return False


def needs_wine(asked: argparse.Namespace) -> bool:
    """Say whether this needs Wine: all tests together, with or without virtual laptops."""
    return asked.command == "test" and bool(asked.with_wine or not asked.pytest)


def parse(words: list[str]) -> argparse.Namespace:
    """Return what the person asked for; argparse explains and leaves if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python3 installer", description="Set up what is missing, then do it."
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="run | test | bench | deb | msi | lock"
    )
    run = commands.add_parser("run", help="a demo school: server, laptop and gate on this machine")
    run.add_argument("--profile", choices=profile_names(), default=None, help="which example school")
    run.add_argument("--tour", action="store_true", help="play a school day without a person")
    run.add_argument(
        "--language",
        choices=("en", "tr"),
        default=None,
        help="the pupil's language; the school's own if not given",
    )
    run.add_argument("--dark", action="store_true", help="dark windows and pages in the tour")
    run.add_argument(
        "--fresh",
        action="store_true",
        help="first remove what earlier runs of this profile kept: school, policies, records, keys",
    )
    test = commands.add_parser("test", help="every check there is")
    test.add_argument("--without-vm", action="store_true", help="leave out those in a virtual laptop")
    test.add_argument(
        "--short",
        action="store_true",
        help="of those and of Windows' only what every change must pass; the others take half an hour",
    )
    test.add_argument(
        "--with-vm", action="store_true", help="bring what those need, also where pytest is told what to run"
    )
    test.add_argument(
        "--with-wine",
        action="store_true",
        help="bring what the tests for Windows need, also where pytest is told what to run",
    )
    test.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    bench = commands.add_parser("bench", help="the benchmarks, one JSON line each")
    bench.add_argument("names", nargs="*", help="all, if none is named; options for them after --")
    bench.add_argument("--list", action="store_true", help="only say which there are")
    bench.add_argument("--json", action="store_true", help="JSON lines, which is what is printed anyway")
    commands.add_parser("deb", help="build the laptop's Debian package into build/deb")
    msi = commands.add_parser("msi", help="build the laptop's Windows package into build/msi")
    msi.add_argument(
        "--tree", type=Path, help="a folder that PyInstaller made on Windows; else one from Wine"
    )
    msi.add_argument("--server", help="an address that the package brings itself (never a code)")
    msi.add_argument("--sign-with", type=Path, metavar="FILE.p12", help="certificate and key to sign with")
    msi.add_argument(
        "--sign-password-file", type=Path, help="the file that holds that certificate's password"
    )
    msi.add_argument("--timestamp", metavar="URL", help="your certificate issuer's time stamp service")
    commands.add_parser("lock", help="renew constraints.txt from pyproject.toml (developers)")
    asked = parser.parse_args(words)
    if asked.command == "msi" and asked.sign_with is None:
        for option, given in (
            ("--sign-password-file", asked.sign_password_file), ("--timestamp", asked.timestamp),
        ):  # fmt: skip
            if given is not None:
                msi.error(
                    f"{option} is of use only together with --sign-with FILE.p12: nothing would be signed"
                )
    return asked
