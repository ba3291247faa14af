"""The package's own description: what it needs, what it carries, what it says of itself."""

import re

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
