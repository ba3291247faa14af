"""The Debian package on a real system: installed, running, closed in, upgraded, removed, purged."""

import json
import re
import subprocess
from pathlib import Path

from installer import deb
from tests.vm.machine import Machine

MOST_EXPOSURE = 3.5


def test_lintian_finds_no_errors(package: Path) -> None:
    assert [] == deb.check(package)


def test_the_installed_service_runs_and_answers(laptop: Machine) -> None:
    said = json.loads(laptop.run("gatepost-agent status --json").out)

    assert "active" == laptop.sh("systemctl is-active gatepost-agent")
    assert "enabled" == laptop.sh("systemctl is-enabled gatepost-agent")
    assert "not-enrolled" == said["connection"]


def test_the_service_is_exposed_no_more_than_we_explain(laptop: Machine) -> None:
    report = laptop.sh("systemd-analyze security --no-pager gatepost-agent.service")
    found = re.search(r"Overall exposure level for gatepost-agent.service: ([0-9.]+)", report)
    assert found is not None
    folder = Path(deb.places.build_dir()) / "vm"
    folder.mkdir(exist_ok=True)
    (folder / "systemd-security.txt").write_text(report + "\n")

    assert MOST_EXPOSURE >= float(found.group(1))
