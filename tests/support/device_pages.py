"""What tests that ask for pages about laptops share: who the laptops are, and reading what a page says."""

import re
from collections.abc import Callable
from typing import Any

from litestar.testing import TestClient

from tests.support import school

L1, L2, L3, L9, L10, L11 = school.LAPTOPS.values()
Open = Callable[..., TestClient[Any]]


def send(client: TestClient[Any], path: str, **data: Any) -> Any:
    """Send a form and return the answer, not where it leads."""
    return client.post(path, data=data, follow_redirects=False)


def listed(html: str) -> list[str]:
    """Return the laptops of a list, in order."""
    return re.findall(r'<th scope="row">.*?<a href="/devices/([0-9a-f]{16})"', html)


def texts(html: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
