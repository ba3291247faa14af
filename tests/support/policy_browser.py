"""A browser without a face at the pages about settings, and short words for what people do there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar.testing import TestClient

from policies.tree import Review
from server import policy_store, proposals
from server.app import make_app
from server.policy_store import Revision
from server.state import ServerState
from tests.support import policy_school, school

LAB = "/policies/change?where=room%3ALab+2"
LOCK = "lock.idle_after_seconds"
Post = Callable[..., Any]


@contextmanager
def browsing(house: ServerState) -> Iterator[TestClient[Any]]:
    """Open the school's pages in English; `become` signs somebody in."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield client


def become(browser: TestClient[Any], name: str) -> TestClient[Any]:
    """Sign one of the cast in, whoever was there before."""
    browser.cookies.delete("__Host-gatepost") if "__Host-gatepost" in browser.cookies else None
    return school.signed_in(browser, name)


def poster(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    """Return how forms are sent, with the token of whoever is signed in."""

    def send_form(path: str, **fields: Any) -> Any:
        token = csrf_of(browser.get("/policies").text)
        return browser.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)

    return send_form


def current(house: ServerState) -> Revision:
    """Return the settings that hold."""
    with house.db.read() as connection:
        found = policy_store.current_tree(connection)
    assert found is not None
    return found


def lock(minutes: str = "10", base: int = 1, **more: Any) -> dict[str, Any]:
    """Return a form in which somebody typed another time until the lock."""
    return {"in": LOCK, LOCK: minutes, f"{LOCK}:unit": "minutes", "base": str(base), **more}


def send(post: Post, minutes: str = "10", path: str = LAB, **more: Any) -> Any:
    """Propose another time until the lock."""
    told = {"act": "send", "reason": "Long experiments", "risk": "The teacher is there"} | more
    return post(path, **lock(minutes, **told))


def number_of(answer: Any) -> int:
    """Return the number of the proposal that an answer leads to."""
    assert 303 == answer.status_code, answer.text[:3000]
    return int(answer.headers["location"].rsplit("/", 1)[1])


def state_of(house: ServerState, number: int) -> str:
    """Return how a proposal stands."""
    with house.db.read() as connection:
        return proposals.get(connection, number).state


def change_review(house: ServerState, **fields: str) -> None:
    """Write down who approved the settings and when they are looked at again."""
    with house.db.write() as connection:
        tree = policy_school.tree_of(connection)
        review = msgspec.structs.replace(Review(), **fields)
        policy_school.save(connection, msgspec.structs.replace(tree, review=review), risk="none")
    house.notice_changes()
