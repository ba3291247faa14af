"""GDM's Xsession reads /etc/profile, then the account's ~/.profile, then Xsession.d: the gate comes first."""

import subprocess
from pathlib import Path

import pytest

PROFILE = Path(__file__).parents[2] / "installer/linux/00-gatepost.sh"
GDM = """#!/bin/sh
. "{folder}/00-gatepost.sh"
. "{folder}/dot.profile"
. "{folder}/15gatepost"
echo "desktop open"
"""


def log_in(folder: Path, hook: str, name: str) -> str:
    (folder / "15gatepost").write_text(hook)
    text = PROFILE.read_text().replace("/etc/X11/Xsession.d", str(folder))
    (folder / "00-gatepost.sh").write_text(text)
    (folder / "dot.profile").write_text("echo own file")
    (folder / name).write_text(GDM.format(folder=folder))
    return subprocess.run(
        ["/bin/sh", str(folder / name)], capture_output=True, text=True, check=False, timeout=60
    ).stdout


def test_nothing_of_the_accounts_own_runs_before_a_gate_that_stays_shut(tmp_path):
    assert "" == log_in(tmp_path, "exit 1", "Xsession")


@pytest.mark.parametrize(("name", "asked"), [("Xsession", 2), ("terminal", 1)])
def test_a_terminals_profile_asks_nobody(tmp_path, name, asked):
    out = log_in(tmp_path, "echo asked", name)

    assert asked == out.count("asked")
    assert "desktop open" in out
