"""A webhook of the demo school: it keeps what the server tells officers, for the tour to read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_BYTES = 64 * 1024


@contextmanager
def listening(heard: list[str]) -> Iterator[str]:
    """Give the address to tell, as Apprise writes it; every body is added to `heard`."""

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep one body."""
            length = min(int(self.headers.get("content-length", "0")), MOST_BYTES)
            heard.append(self.rfile.read(length).decode(errors="replace"))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
