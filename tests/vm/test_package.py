"""The Debian package on a real system: installed, running, closed in, upgraded, removed, purged."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from installer import deb
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import Seat

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


@pytest.mark.thorough
def test_an_upgrade_keeps_the_service_its_state_and_its_settings(
    laptop: Machine, package: Path, share: Path, tmp_path: Path
) -> None:
    newer = share / "newer.deb"
    tree = tmp_path / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 99.0", control.read_text()))
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", tree, newer], check=True)
    laptop.sh("echo '# ours' >> /etc/gatepost/agent.toml; echo kept > /var/lib/gatepost/mark")
    before = laptop.sh("systemctl show --property MainPID --value gatepost-agent")
    laptop.sh(f"dpkg --install {laptop.mount_share()}/newer.deb", seconds=400)
    laptop.wait_until("test $(gatepost-agent status --json | grep -c not-enrolled) = 1", seconds=120)

    assert before != laptop.sh("systemctl show --property MainPID --value gatepost-agent")
    assert "99.0" == laptop.sh("dpkg-query --show --showformat '${Version}' gatepost-agent")
    assert "kept" == laptop.sh("cat /var/lib/gatepost/mark")
    assert "# ours" == laptop.sh("tail -n 1 /etc/gatepost/agent.toml")


@pytest.mark.thorough
def test_after_removal_desktops_open_as_before_and_purging_leaves_nothing(laptop: Machine) -> None:
    laptop.sh("dpkg --remove gatepost-agent", seconds=120)
    seat = Seat(laptop, "may")
    seat.log_in()
    seat.wait_has("^(/usr/bin/)?openbox")
    asked = seat.has("gatepost|agent (session|window)")  # ssh-agent is none of ours
    laptop.sh("dpkg --purge gatepost-agent", seconds=120)
    left = laptop.sh("find / -xdev -iname '*gatepost*' -not -path '/root/*'")
    # systemd remembers the name of a unit that others are ordered by, as "not-found".
    units = laptop.run("systemctl list-units --all --plain --no-legend 'gatepost*' | grep -v not-found").out

    assert not asked
    assert "" == left + units


@pytest.mark.thorough
def test_a_file_with_a_code_enrols_a_laptop_that_nobody_sits_at(
    laptop: Machine, schoolyard: Schoolyard
) -> None:
    laptop.sh(f"echo '{schoolyard.laptop_address} {schoolyard.new_code()}' > /etc/gatepost/enrol")
    open_to_all = laptop.run("/usr/lib/gatepost-agent/enrol-from-file")
    laptop.sh("chmod 600 /etc/gatepost/enrol; systemctl start gatepost-enrol", seconds=120)
    laptop.wait_until("gatepost-agent status --json > /root/told", seconds=60)
    told = json.loads(laptop.sh("cat /root/told"))

    assert 1 == open_to_all.status
    assert told["device"]
    assert "no" == laptop.sh("test -e /etc/gatepost/enrol && echo yes || echo no")
