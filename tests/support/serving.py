"""The real server over TLS on a free port, in a thread of the test's own process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from server.app import make_app
from server.state import ServerState


@contextmanager
def served(house: ServerState) -> Iterator[str]:
    """Serve this state until the end of the block; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        make_app(house),
        ssl_certfile=str(house.certificate.chain),
        ssl_keyfile=str(house.certificate.key),
        log_level="warning",
        timeout_graceful_shutdown=2,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), name="served", daemon=True
    )
    thread.start()
    port = listening.getsockname()[1]
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        house.stop()
        server.should_exit = True
        thread.join(15)
        listening.close()
