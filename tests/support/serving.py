"""The real server over TLS on a free port, in a thread of the test's own process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from server.serving import Server
from server.state import ServerState

START_SECONDS = 60
STOP_SECONDS = 60


@contextmanager
def served(house: ServerState, port: int = 0) -> Iterator[str]:
    """Serve this state until the end of the block; gives its address. A port of 0 is any free one."""
    is_ready = threading.Event()
    server = Server(house, "127.0.0.1", port, lambda _: is_ready.set())
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="served", daemon=True)
    thread.start()
    if not is_ready.wait(START_SECONDS):
        raise TimeoutError("the server did not start")
    try:
        yield f"https://127.0.0.1:{server.address.rsplit(':', 1)[1]}"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        if thread.is_alive():
            raise TimeoutError("the server did not stop")
