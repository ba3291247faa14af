"""The real media worker, for tests that have loop devices and no sticks. Never in the package.

`python -I tests/support/loop_worker.py`: the one rule that is loosened is which disks are a stick's.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agent.backends import media_worker

COMMAND = (sys.executable, "-I", __file__)


def is_loop(node):
    return node.startswith("/dev/loop")


if __name__ == "__main__":
    media_worker.is_plugged_in = is_loop
    sys.exit(media_worker.main([]))
