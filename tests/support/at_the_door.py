"""What a browser does at the sign-in page, for tests."""

from typing import Any

from litestar.testing import TestClient

from tests.support import school


def sign_in(client: TestClient[Any], name: str = "t.ashby", password: str = school.PASSWORD) -> Any:
    """Send the form, and follow nothing."""
    return client.post("/sign-in", data={"name": name, "password": password}, follow_redirects=False)


def is_in(client: TestClient[Any]) -> bool:
    """Say whether this browser is signed in."""
    return 200 == client.get("/account", follow_redirects=False).status_code
