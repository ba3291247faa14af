"""Serving the application over TLS until told to stop; plain HTTP gets no answer."""

import fcntl
import gc
import logging
import resource
import ssl
from collections.abc import Callable
from pathlib import Path
from socket import socket
from types import TracebackType

import uvicorn

from server.app import make_app
from server.errors import Invalid
from server.state import ServerState

GRACE_SECONDS = 1
"""For answers under way. Idle TLS connections never close by themselves, so every stop takes this long."""


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Cancel 0 running task")


class Server(uvicorn.Server):
    """Uvicorn that lets held requests answer when it stops, and says when it is ready."""

    def __init__(self, here: ServerState, bind: str, port: int, ready: Callable[[str], None]) -> None:
        config = uvicorn.Config(
            make_app(here, lambda: config.ssl),
            host=bind,
            port=port,
            ssl_certfile=here.certificate.chain,
            ssl_keyfile=here.certificate.key,
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").addFilter(_is_worth_telling)
        self._here = here
        self._ready = ready
        self.address = ""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen and say where."""
        assert self.config.ssl is not None
        self.config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        await super().startup(sockets)
        if self.servers and self.servers[0].sockets:
            port = self.servers[0].sockets[0].getsockname()[1]
            hosts = self._here.config.hosts
            self.address = f"https://{hosts[0] if hosts else 'localhost'}:{port}"
            self._ready(self.address)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let held requests answer, then end."""
        self._here.stop()
        await super().shutdown(sockets)


class OnlyOne:
    """Held while a server runs on a data folder; a second one is refused."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "running.lock"

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Invalid(f"a server already runs on {self._path.parent}: stop that one first") from None

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def serve(
    here: ServerState, ready: Callable[[str], None], bind: str | None = None, port: int | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. Raises Invalid if another server runs here or the port is taken."""
    chosen = here.config.port if port is None else port
    _allow_many_connections()
    collect_seldom()
    with OnlyOne(here.folder.path):
        server = Server(here, bind or here.config.bind, chosen, ready)
        try:
            server.run()
        except SystemExit as problem:
            if not server.started and problem.code:
                raise Invalid(f"cannot listen on port {chosen}: is it taken? choose another --port") from None
            raise


def _allow_many_connections() -> None:
    """Every laptop holds a connection, and systemd's usual limit is 1,024: take what may be taken."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def collect_seldom() -> None:
    """
    Look for unreachable cycles a hundred times more seldom than Python does by itself.

    A page about ten thousand laptops makes hundreds of thousands of small values, none of them in a cycle;
    the collector, run every few hundred, took half of its time. What is there at the start stays for ever.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
