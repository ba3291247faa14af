"""One lock, one holder, free again however the holder ends."""

import subprocess
import sys

import pytest

from agent.backends import only_one
from agent.backends.only_one import HeldByAnother

HOLD = "from pathlib import Path; from agent.backends import only_one; import sys\n" + (
    "held = only_one.hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def test_a_lock_is_held_once(tmp_path):
    held = only_one.hold(tmp_path / "lock")

    with pytest.raises(HeldByAnother):
        only_one.hold(tmp_path / "lock")
    held.close()
    held.close()
    only_one.hold(tmp_path / "lock").close()


def test_a_holder_that_is_killed_holds_nothing(tmp_path):
    lock = tmp_path / "Gençlik Okulu" / "lock"
    lock.parent.mkdir()
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert b"held" == other.stdout.readline().strip()
        with pytest.raises(HeldByAnother):
            only_one.hold(lock)
        other.kill()
        other.wait(20)
    only_one.hold(lock).close()


def test_a_lock_that_cannot_be_made_is_not_held_by_another(tmp_path):
    with pytest.raises(OSError, match="No such") as raised:
        only_one.hold(tmp_path / "none" / "lock")
    assert not isinstance(raised.value, HeldByAnother)
