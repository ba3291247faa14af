"""The package's own description: what it needs, what it carries, what it says of itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer import deb, needs

DEMO_ONLY = {"dbus-x11", "i3lock"}
"""A bus for a login without logind, and the other locker: on a laptop each is one of two choices."""

ESSENTIAL = {"util-linux"}
"""On every Debian system; lintian calls it an error to name it."""


def wanted() -> set[str]:
    """Every package that ours depends on or recommends, first choices and others."""
    control = (deb.DEB / "debian" / "control").read_text()
    fields = re.findall(r"(?ms)^(?:Depends|Recommends):(.*?)(?=^\S)", control)
    return {name for field in fields for name in re.findall(r"[a-z0-9][a-z0-9.+-]+", field)}


def test_what_the_agent_needs_in_the_demo_the_package_brings_to_a_laptop() -> None:
    assert set() == set(needs.AGENT) - wanted() - DEMO_ONLY - ESSENTIAL


def test_every_file_of_the_plan_is_there() -> None:
    assert [] == [str(source) for source, _mode in deb.plan().values() if not source.is_file()]


def test_the_hook_of_a_removed_package_opens_the_desktop() -> None:
    _source, _mode = deb.plan()["etc/X11/Xsession.d/15gatepost"]
    hook = _source.read_text()

    assert "/" + str(deb.HOME / "xsession") in hook
    assert "exit" not in re.sub(r"(?m)^#.*$", "", hook)


def test_the_wheels_are_a_closed_set() -> None:
    found = deb.decide_wheels(["requests>=2", "pynput>=1"])

    assert {"requests", "urllib3", "certifi", "idna", "pynput", "evdev", "python-xlib", "six"} <= set(found)


def test_the_changelog_names_the_version() -> None:
    assert deb.decide_changelog("1.2.3").startswith("gatepost-agent (1.2.3) ")


MOST_EXPOSURE = 3.5
"""By `systemd-analyze security`; every point that is left stands in docs/decisions 0049 and 0060."""
UNITS = {
    "gatepost-agent.service": deb.DEB / "debian" / "gatepost-agent.gatepost-agent.service",
    "gatepost-enrol.service": deb.DEB / "debian" / "gatepost-agent.gatepost-enrol.service",
    "gatepost-media@.service": deb.DEB / "gatepost-media@.service",
}
ONLY_FOR_STICKS = {"CAP_SYS_ADMIN", "CAP_SYS_CHROOT"}


def exposure(name: str, folder: Path) -> float:
    """Return what systemd says of a unit; its programs need not be there."""
    text = UNITS[name].read_text()
    (folder / name).write_text(re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/usr/bin/true", text))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", folder / name],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None
    return float(found.group(1))


@pytest.mark.parametrize("name", sorted(UNITS))
def test_no_unit_is_exposed_more_than_we_explain(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here; run: apt install systemd")

    assert MOST_EXPOSURE >= exposure(name, tmp_path)


def test_only_the_media_worker_may_mount_and_it_reaches_no_network() -> None:
    agent, media = (UNITS[name].read_text() for name in ("gatepost-agent.service", "gatepost-media@.service"))

    assert set() == ONLY_FOR_STICKS & set(re.findall(r"CAP_\w+", agent))
    assert "@mount" not in agent
    assert "PrivateNetwork=yes" in media
    assert ONLY_FOR_STICKS < set(re.findall(r"CAP_\w+", media))


def test_no_stick_takes_all_the_memory_of_a_laptop_and_none_is_written_to_its_disk() -> None:
    bounds = re.findall(r"(?m)^Memory(?!Deny)\w+=.*$", UNITS["gatepost-media@.service"].read_text())

    assert ["MemoryMax=2G", "MemorySwapMax=0"] == bounds


@pytest.mark.parametrize("name", sorted(UNITS))
def test_systemd_understands_every_line_of_our_units(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here; run: apt install systemd")
    text = UNITS[name].read_text()
    (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/usr/bin/true", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert [] == [line for line in done.stderr.splitlines() if name in line]
