"""
The real server in a process of its own, as at a school.

A process that was both ends of a TLS handshake, laptop and server in two threads, crashed once in OpenSSL.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.state import ServerState

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from server.serving import serve
from server.settings import Folder
from server.state import open_state
here = open_state(Folder(Path(sys.argv[2])))
serve(here, lambda address: print(address, flush=True), sys.argv[4], int(sys.argv[3]))
"""
STOP_SECONDS = 60


def serving_command(folder: Path, port: int = 0, bind: str = "127.0.0.1") -> list[str]:
    """Return the command that serves this folder and prints its address once it does."""
    return [sys.executable, "-c", SERVE, str(ROOT), str(folder), str(port), bind]


@contextmanager
def served_apart(house: ServerState, port: int = 0) -> Iterator[str]:
    """Serve this state's folder until the end of the block; gives its address. Port 0 is any free one."""
    with subprocess.Popen(
        serving_command(house.folder.path, port), stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            address = running.stdout.readline().strip()
            assert address.startswith("https://"), "the server did not start"
            yield f"https://127.0.0.1:{address.rsplit(':', 1)[1]}"
        finally:
            running.terminate()
            running.wait(STOP_SECONDS)
