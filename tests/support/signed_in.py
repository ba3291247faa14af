"""Several adults at one running application: each request carries its own person's session and token.

One application for all: a second one on the same state would open and close its database under the first.
"""

from datetime import UTC, datetime
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import select

from server import access, accounts
from server.sessions import find_session, open_session
from server.state import ServerState
from server.tables import sessions
from tests.support import school as pages

Answer = Any
"""httpx's response."""


class Person:
    """Somebody who is signed in. `headers` go with every request; take one out to see what is then said."""

    def __init__(self, client: TestClient[Any], house: ServerState, name: str) -> None:
        self._client = client
        client.cookies.clear()
        pages.signed_in(client, name)
        cookies = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        client.cookies.clear()
        with house.db.read() as connection:
            query = select(sessions.c.csrf).order_by(sessions.c.created_at.desc()).limit(1)
            token = connection.execute(query).scalar_one()
        self.headers: dict[str, str] = {**pages.BROWSER, "Cookie": cookies, "X-CSRF-Token": token}

    def request(self, method: str, path: str, **more: Any) -> Answer:
        """Ask as this person."""
        self._client.cookies.clear()
        headers = {**self.headers, **more.pop("headers", {})}
        return self._client.request(method, path, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Answer:
        """Ask for a page."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> Answer:
        """Send something."""
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> Answer:
        """Put something in its place."""
        return self.request("PUT", path, **more)


def let_in(client: TestClient[Any], house: ServerState, name: str, lang: str = "en") -> TestClient[Any]:
    """Sign somebody in without the sign-in page and its slow password, for tests of other pages."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        token = open_session(connection, accounts.find_staff(connection, name).id, now)
        found = find_session(connection, token, now)
    assert found is not None
    client.cookies.clear()
    client.cookies.set(access.COOKIE, token)
    client.cookies.set("gatepost_language", lang)
    client.headers.update({**pages.BROWSER, "X-CSRF-Token": found.csrf})
    return client
