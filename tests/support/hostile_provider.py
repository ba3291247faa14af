"""An OpenID provider that answers whatever a test wants: forged, replayed, for others, too long."""

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "gatepost-at-hazel-bank", "a secret between two servers"
SUBJECT, EMAIL = "person-7", "t.ashby@hazelbank.example"


class Provider:
    """What it will say. `claims` and `header` change the ID token; `sign` makes it whole."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "mine"})
        self.port = 0
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.sign = self.sign_well
        self.token: dict[str, Any] | bytes | None = None
        self.token_status = 200
        self.metadata: dict[str, Any] | bytes = {}
        self.userinfo: dict[str, Any] = {}
        self.asked: list[str] = []

    @property
    def issuer(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def id_token(self) -> str:
        """Return the ID token it gives."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": SUBJECT, "aud": CLIENT_ID, "nonce": self.nonce,
            "iat": now, "exp": now + 300, "email": EMAIL, "email_verified": True,
        }  # fmt: skip
        claims |= self.claims
        return self.sign({"alg": "RS256", "kid": "mine"} | self.header, {
            name: value for name, value in claims.items() if value is not None
        })  # fmt: skip

    def sign_well(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign as a provider does."""
        return jwt.encode(header, claims, self.key, algorithms=["RS256"])

    def sign_with_another_key(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign with a key that the provider never published, under the name of the one it did."""
        return jwt.encode(header, claims, RSAKey.generate_key(2048), algorithms=["RS256"])

    def sign_with_the_secret(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign with what the two servers share."""
        key = OctKey.import_key(CLIENT_SECRET)
        return jwt.encode(header | {"alg": "HS256"}, claims, key, algorithms=["HS256"])

    def sign_with_the_public_key(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign with the public key's bytes as if they were a shared secret."""
        parts = (json.dumps(part).encode() for part in (header | {"alg": "HS256"}, claims))
        signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        mac = hmac.digest(self.key.as_pem(private=False), signed, "sha256")
        return (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()

    def sign_not_at_all(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Say that no signature is needed."""
        return jwt.encode(header | {"alg": "none"}, claims, OctKey.import_key("x" * 16), algorithms=["none"])

    def change_after_signing(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign for one person and put another one's words before the signature."""
        head, _, signature = self.sign_well(header, {**claims, "sub": "somebody"}).split(".")
        body = self.sign_well(header, claims).split(".")[1]
        return f"{head}.{body}.{signature}"


@contextmanager
def serving() -> Iterator[Provider]:
    """Answer until the end of the block."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path.startswith("/.well-known/"):
                usual = {
                    "issuer": provider.issuer,
                    "authorization_endpoint": f"{provider.issuer}/authorize",
                    "token_endpoint": f"{provider.issuer}/token",
                    "jwks_uri": f"{provider.issuer}/keys",
                    "userinfo_endpoint": f"{provider.issuer}/userinfo",
                }
                self.say(
                    provider.metadata if isinstance(provider.metadata, bytes) else usual | provider.metadata
                )
            elif self.path == "/keys":
                self.say({"keys": [provider.key.as_dict(private=False)]})
            elif self.path == "/userinfo":
                self.say(provider.userinfo)
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            provider.asked.append(self.path)
            given = {"access_token": "opens-nothing", "token_type": "Bearer", "id_token": provider.id_token()}
            self.say(given if provider.token is None else provider.token, provider.token_status)

        def say(self, what: dict[str, Any] | bytes, status: int = 200) -> None:
            body = what if isinstance(what, bytes) else json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", f"{provider.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
