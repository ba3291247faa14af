"""A mail server and a webhook that only listen on loopback and remember what they were sent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def mail_sink() -> Iterator[tuple[int, list[str]]]:
    """Give the port of a mail server and the list its letters gather in."""
    letters: list[str] = []

    class Talk(socketserver.StreamRequestHandler):
        timeout = 60

        def handle(self) -> None:
            self.wfile.write(b"220 sink ESMTP\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"EHLO":
                    self.wfile.write(b"250-sink\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8\r\n")
                elif word == b"AUTH":
                    self.wfile.write(b"235 ok\r\n")
                elif word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    body = b""
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        body += line
                    letters.append(body.decode())
                    self.wfile.write(b"250 taken\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], letters
        finally:
            server.shutdown()
            thread.join(60)


@contextmanager
def hook_sink(*answers: int) -> Iterator[tuple[int, list[str]]]:
    """Give the port of a webhook and the list of bodies; it answers these codes in turn, then 200."""
    bodies: list[str] = []
    left = list(answers)

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(left.pop(0) if left else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], bodies
        finally:
            server.shutdown()
            thread.join(60)
