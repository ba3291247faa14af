"""How many bytes go over the wire for one held request in which nothing happens, TLS included."""

import secrets
import socket
import ssl
import time
from threading import Thread

import msgspec

from policies import sealing, wire

HOLDS = 6


class _Counting:
    """Passes everything on between a laptop and its server, and counts it."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.count = 0
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        laptop, _ = self._listener.accept()
        server = socket.create_connection(self._server, timeout=60)
        for source, target in ((laptop, server), (server, laptop)):
            Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.count += len(data)
                target.sendall(data)
        except OSError:
            return

    def close(self) -> None:
        self._listener.close()


def bytes_of_holds(host: str, port: int, device: str, private_hex: str) -> list[int]:
    """Return the bytes of several held requests without news, each on the same open connection."""
    counting = _Counting(host, port)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what is measured is the server, not this client's care
    plain = socket.create_connection(("127.0.0.1", counting.port), timeout=60)
    with context.wrap_socket(plain) as tls:
        number = cursor = 0
        found = []
        for each in range(HOLDS + 2):
            before = counting.count
            target = f"/device/v1/orders?number={number}&cursor={cursor}&wait={0 if each < 2 else 0.2}"
            tls.sendall(_request(target, device, bytes.fromhex(private_hex), f"{host}:{port}"))
            answer = msgspec.msgpack.decode(_answer(tls), type=wire.HoldAnswer)
            cursor = answer.cursor
            if answer.assignment is not None:
                number = msgspec.json.decode(answer.assignment.body)["number"]
            found.append(counting.count - before)
    counting.close()
    return found[2:]


def _request(target: str, device: str, private: bytes, host: str) -> bytes:
    time_ms, nonce = time.time_ns() // 1_000_000, secrets.token_bytes(16)
    bound = wire.request_bound("GET", target, b"", device, time_ms, nonce)
    return (
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: python-requests/2.32.3\r\n"
        "Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"
        f"{wire.DEVICE_HEADER}: {device}\r\n{wire.TIME_HEADER}: {time_ms}\r\n"
        f"{wire.NONCE_HEADER}: {nonce.hex()}\r\n"
        f"{wire.SIGNATURE_HEADER}: {sealing.sign(private, bound).hex()}\r\n\r\n"
    ).encode()


def _answer(tls: ssl.SSLSocket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += tls.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += tls.recv(65536)
    return body
