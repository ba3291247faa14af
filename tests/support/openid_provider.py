"""
A real OpenID provider (Canaille) in a process of its own, with one person and one client.

Run as a program it serves until it is stopped; `started` is for tests. Plain HTTP, on this machine only.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests

CLIENT_ID, CLIENT_SECRET = "gatepost-at-hazel-bank", "a secret between two servers"
PERSON, PASSWORD, EMAIL = "t.ashby", "correct horse of the provider", "t.ashby@hazelbank.example"
STOP_SECONDS = 60


class Running(NamedTuple):
    """Where it answers."""

    issuer: str

    def log_in(self, address: str) -> str:
        """Do at the provider what a person's browser does, and return the address it sends them back to."""
        with requests.Session() as browser:
            page = browser.get(address, timeout=60)
            for name, value in (("login", PERSON), ("password", PASSWORD)):
                csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
                assert csrf is not None, page.text[:2000]
                data = {"csrf_token": csrf[1], name: value}
                page = browser.post(page.url, data=data, timeout=60, allow_redirects=False)
                while page.status_code in (302, 303):
                    target = page.headers["location"]
                    if not target.startswith((self.issuer, "/")):
                        return target
                    target = target if target.startswith("http") else self.issuer + target
                    page = browser.get(target, timeout=60, allow_redirects=False)
            raise AssertionError(f"still at {page.url}: {page.text[:2000]}")


@contextmanager
def started(back: str) -> Iterator[Running]:
    """Start the provider with a client that is sent back to `back`; it ends with the block."""
    command = [sys.executable, str(Path(__file__)), back]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as run:
        try:
            assert run.stdout is not None
            issuer = run.stdout.readline().strip()
            assert issuer.startswith("http://"), "the provider did not start"
            yield Running(issuer)
        finally:
            run.terminate()
            run.wait(STOP_SECONDS)


def serve(back: str) -> None:
    """Serve until stopped; print the issuer once it answers."""
    import datetime
    import socket

    from canaille import create_app
    from canaille.app import models
    from joserfc.jwk import RSAKey
    from werkzeug.serving import make_server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = f"127.0.0.1:{port}"
    app = create_app(
        {
            "SECRET_KEY": "only for this test",
            "SERVER_NAME": host,
            "PREFERRED_URL_SCHEME": "http",
            "TESTING": False,
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "HTMX": False},
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [RSAKey.generate_key(2048).as_dict(private=True)]},
        }
    )
    with app.app_context():
        from canaille.backends import Backend

        person = models.User(
            user_name=PERSON,
            password=PASSWORD,
            given_name="Tom",
            family_name="Ashby",
            formatted_name="Tom Ashby",
            emails=[EMAIL],
        )
        Backend.instance.save(person)
        client = models.Client(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            client_name="Gatepost",
            client_uri="http://127.0.0.1/",
            redirect_uris=[back],
            client_id_issued_at=datetime.datetime.now(datetime.UTC),
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "email"],
            token_endpoint_auth_method="client_secret_basic",
        )
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print(f"http://{host}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1])
