"""An encrypted stick in the hands of the package's own unit: unlocked, checked, opened, written, closed."""

import json
import time
from pathlib import Path

import pytest

from tests.support.virus_signatures import write_signatures
from tests.vm.machine import Machine
from tests.vm.usb import sticks
from tests.vm.usb.sticks import SECRET

pytestmark = pytest.mark.thorough

PASSPHRASE = "tulips in March"
PYTHON = "/usr/lib/gatepost-agent/venv/bin/python"
WAY = """
import json, os, pathlib, subprocess, sys
from pathlib import Path
from agent.backends import linux_locks
from agent.backends.media_helper import MediaHelper
from agent.backends.media_job import Lock, Look, Mount, TakeBack, Unlock
from agent.backends.scan_job import Mounted, Report, ScanJob, read_said
from policies.settings import ScanSettings
helper = MediaHelper(Path("/run/gatepost/media.sock"))
serials = Path("/sys/bus/usb/devices").glob("*/serial")
device = next(path.parent.name for path in serials if path.read_text().strip() == "LUKS")
told = {}
looked = helper.ask(Look(device=device, within_seconds=30), 200)
told["encryption"] = [volume.encryption for volume in looked.volumes]
told["wrong"] = helper.ask(Unlock(volumes=looked.volumes, passphrase="roses"), 300).volumes
told["left"] = linux_locks.ours()
(inner,) = helper.ask(Unlock(volumes=looked.volumes, passphrase=sys.argv[1]), 300).volumes
told["inner"] = inner._asdict()
told["mode"] = oct(os.stat(inner.node).st_mode & 0o777)
mounted = (Mounted(node=inner.node, sequence=inner.sequence, filesystem=inner.filesystem),)
where = {"folder": "/run/gatepost/scan", "signatures": "/var/lib/clamav"}
scan = ScanJob(volumes=mounted, limits=ScanSettings(), **where)
end = [read_said(line) for line in helper.start(scan).lines()][-1]
told["scan"] = [end.files, end.scanned, end.why] if isinstance(end, Report) else str(end)
as_may = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
for writable in (False, True):
    (folder,) = helper.ask(Mount(volumes=mounted, uid=1000, gid=1000, writable=writable), 200).folders
    told[f"options {writable}"] = next(line for line in open("/proc/mounts") if folder in line).split()[3]
    read = subprocess.run([*as_may, "cat", folder + "/essay.txt"], capture_output=True, text=True)
    written = subprocess.run([*as_may, "touch", folder + "/new"], capture_output=True)
    told[f"read {writable}"], told[f"written {writable}"] = read.stdout, written.returncode
    helper.ask(TakeBack(folders=(folder,)), 200)
helper.ask(Lock(nodes=(inner.node,)), 200)
told["left at last"] = linux_locks.ours()
print(json.dumps(told))
"""


def test_an_encrypted_stick_is_unlocked_checked_opened_written_and_closed_by_the_unit(
    laptop: Machine, share: Path, tmp_path: Path
) -> None:
    write_signatures(share / "signatures", time.time() - 3600)
    laptop.sh(f"cp {laptop.mount_share()}/signatures/* /var/lib/clamav/; chmod a+r /var/lib/clamav/*")
    laptop.plug_stick("luks", sticks.luks(tmp_path / "stick", PASSPHRASE), serial="LUKS")
    laptop.wait_until("test -b /dev/sda")
    # This laptop belongs to no school yet, so its service leaves USB to the system, and the rule does too. A
    # service that starts slowly would say so again.
    laptop.sh("systemctl stop gatepost-agent; rm -f /run/gatepost/usb-open")
    told = json.loads(laptop.sh([PYTHON, "-I", "-c", WAY, PASSPHRASE], seconds=400).splitlines()[-1])

    assert (["luks"], None, {}) == (told["encryption"], told["wrong"], told["left"])
    assert ("vfat", "luks") == (told["inner"]["filesystem"], told["inner"]["encryption"])
    assert "0o600" == told["mode"]
    assert [1, 1, ""] == told["scan"]
    assert (SECRET.decode(), SECRET.decode()) == (told["read False"], told["read True"])
    assert all(word in told["options False"].split(",") for word in ("ro", "nosuid", "nodev", "noexec"))
    assert all(word in told["options True"].split(",") for word in ("rw", "nosuid", "nodev", "noexec"))
    assert told["written False"]
    assert 0 == told["written True"]
    assert {} == told["left at last"]
    assert PASSPHRASE not in laptop.sh("journalctl --no-pager")
