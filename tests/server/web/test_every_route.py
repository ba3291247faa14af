"""Every address × every office × own or other room, by direct request: as the table says (R67).

The rows stand in server/web/doors_table.py; this walks the routes of the running application, so that a new
address without a row fails here.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from server import accounts, api_tokens
from server.app import make_app
from server.tables import sessions
from server.web import doors, doors_table
from server.web.doors_table import COLUMNS, ROWS, Row
from tests.support import case_school, doors_school, loops, school

HOUSE = Path(__file__).resolve().parents[3]
WHO = {
    "teacher": "l.demir",
    "technician": "t.ashby",
    "safeguarding": "r.carver",
    "head": "n.okafor",
    "governor": "g.frost",
    "specialist": "s.lane",
    "alternate": "g.hall",
    "": "",
}
"""Each column's account; the last has not signed in."""
ENDS_THE_SESSION = {("POST", "/account/known"): 1, ("POST", "/sign-out"): 2}
"""After these nothing else opens, so they come last."""


def routes_of(app: Any) -> set[tuple[str, str]]:
    return {
        (method, route.path_format)
        for route in app._app.routes
        for method in route.methods
        if method not in ("OPTIONS", "HEAD")
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> case_school.CaseSchool:
    made = doors_school.make(tmp_path_factory.mktemp("doors") / "data")
    made.house.close()
    return made


@pytest.fixture(params=[*COLUMNS, ""], ids=lambda column: column or "nobody")
def asking(
    request: pytest.FixtureRequest, template: case_school.CaseSchool, tmp_path: Path
) -> Iterator[tuple[str, TestClient[Any], case_school.CaseSchool]]:
    """One office's client in a school of its own: what it changes touches nobody else."""
    here = case_school.copy_case_school(template, tmp_path / "data")
    with TestClient(make_app(here.house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        if WHO[request.param]:
            school.signed_in(client, WHO[request.param])
            with here.house.db.read() as connection:
                query = select(sessions.c.csrf).order_by(sessions.c.created_at.desc()).limit(1)
                client.headers["X-CSRF-Token"] = connection.execute(query).scalar_one()
            client.headers["Authorization"] = f"Bearer {token_of(here, WHO[request.param])}"
        yield request.param, client, here


def token_of(here: case_school.CaseSchool, name: str) -> str:
    """Return a token for the staff API of this account."""
    with here.house.db.write() as db:
        owner, now = accounts.find_staff(db, name), datetime.now(UTC)
        return api_tokens.make(db, owner, name="test", days=1, read_only=False, now=now)


def test_every_route_has_one_row_and_every_row_a_route(template: case_school.CaseSchool, tmp_path: Path):
    here = case_school.copy_case_school(template, tmp_path / "data")
    found = routes_of(make_app(here.house))
    here.house.close()
    listed = [(row.method, row.path) for row in ROWS]

    assert set() == found - set(listed), "write a row in server/web/doors_table.py"
    assert set() == set(listed) - found, "these rows lead nowhere"
    assert len(set(listed)) == len(listed)


@pytest.mark.timeout(600)  # some two hundred addresses
def test_each_address_answers_everybody_as_the_table_says(
    asking: tuple[str, TestClient[Any], case_school.CaseSchool],
):
    column, client, here = asking
    wrong: dict[str, str] = {}
    for row in sorted(
        ROWS, key=lambda row: (ENDS_THE_SESSION.get((row.method, row.path), 0), row.method != "GET")
    ):
        cell = "yes" if row.without else row.cells.get(column, "") if column else ""
        for whose in ("own", "other"):
            for path in doors_school.examples(row.path, whose, column, here):
                wanted = bool(cell) if whose == "own" else cell == "yes"
                answer = ask(client, row, path, column)
                if answer != ("in" if wanted and not row.laptops else "out"):
                    wrong[f"{row.method} {path} ({whose})"] = answer

    assert {} == wrong


def ask(client: TestClient[Any], row: Row, path: str, column: str) -> str:
    """Return in or out, or what else the answer was."""
    if row.path.endswith("/live"):
        status, location = loops.run(first_words(client, path)), ""
    elif row.laptops:
        answer = client.request(row.method, path, content=b"{}")
        # The authority's certificate is what a laptop without keys begins with; it is no secret.
        return "out" if 400 <= answer.status_code < 500 or path.endswith("/ca") else str(answer.status_code)
    else:
        sent: dict[str, Any] = {"data": {"next": "/"}}
        if row.path.startswith("/api/"):
            sent = {"json": {}}
        if row.path.startswith("/reports/api"):
            sent = {"json": doors_school.body(row.path, column)}
        answer = client.request(
            row.method, path, **({} if row.method == "GET" else sent), follow_redirects=False
        )
        status, location = answer.status_code, answer.headers.get("location", "")
    if status in (401, 403) or (location.startswith("/sign-in?next=")):
        return "out"
    if status == 404 and row.path.startswith("/reports/api/cases/"):
        return "out"
    return "in" if status < 500 else f"broke with {status}"


def test_nothing_changes_without_the_session_s_token(
    asking: tuple[str, TestClient[Any], case_school.CaseSchool],
):
    column, client, here = asking
    client.headers["X-CSRF-Token"] = "guessed"
    let_in = []
    for row in ROWS:
        if row.path.startswith("/api/"):
            continue  # it takes no cookie, so it needs no token of a form: tests/server/api
        if row.method == "GET" or row.laptops or row.path == "/sign-in" or not column:
            continue
        for path in doors_school.examples(row.path, "own", column, here):
            if client.request(row.method, path, follow_redirects=False).status_code != 403:
                let_in.append(path)

    assert [] == let_in


def test_a_sign_in_at_another_school_opens_nothing_here(template: case_school.CaseSchool, tmp_path: Path):
    kept = {}
    for name in ("other", "here"):
        at = case_school.copy_case_school(template, tmp_path / name)
        with TestClient(make_app(at.house), base_url=school.ORIGIN) as client:
            if name == "other":
                kept = dict(school.signed_in(client, WHO["head"]).cookies)
                continue
            client.cookies.update(kept)
            let_in = [
                path
                for row in ROWS
                if row.method == "GET" and row.cells and not row.without and not row.path.endswith("/live")
                for path in doors_school.examples(row.path, "own", "head", at)
                if client.get(path, follow_redirects=False).status_code not in (303, 401)
            ]

    assert [] == let_in


async def first_words(client: TestClient[Any], path: str) -> int:
    """Return the status of a stream, and hang up as soon as it is there."""
    cookies = SimpleCookie({name: client.cookies[name] for name in client.cookies})
    headers = {**client.headers, "cookie": cookies.output(header="", sep=";").strip()}
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "https", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("testclient", 1),
        "server": ("testserver.local", 443), "extensions": {}, "state": {},
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await begun
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not begun.done():
            begun.set_result(message["status"])

    running = asyncio.ensure_future(client.app(scope, receive, send))  # type: ignore[arg-type]
    try:
        return await asyncio.wait_for(asyncio.shield(begun), 60)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_the_page_in_the_docs_is_the_table():
    written = (HOUSE / "docs" / "who-opens-what.md").read_text()

    assert doors_table.markdown() == written, (
        'python -c "from server.web import doors_table as t; print(t.markdown(), end=str())"'
        " > docs/who-opens-what.md"
    )


def test_guards_and_table_name_the_same_offices():
    """The first address of each page is open to whom `doors` says."""
    for page, offices in doors.OPEN_TO.items():
        address = doors.UNDER.get(page, f"/{page}")
        row = next(each for each in ROWS if (each.method, each.path) == ("GET", address))
        named = {column for column in doors.ROLES if row.cells.get(column)}

        # Media opens to teachers where the policy lets them answer, as in this test's school.
        assert named - ({"teacher"} if page == "media" else set()) == set(offices), page


def viewer(*roles: str) -> doors.Viewer:
    return doors.Viewer(1, "Somebody", frozenset(roles), frozenset())


@pytest.mark.parametrize(("roles", "wanted", "held", "may"), [
    (["technician"], {"teacher"}, set(), True),
    (["technician"], {"head"}, set(), False),
    (["technician"], {"teacher", "safeguarding"}, set(), False),
    (["technician"], {"teacher"}, {"head"}, False),
    (["head"], {"safeguarding", "head"}, {"technician"}, True),
    (["head"], {"governor"}, set(), True),
    (["teacher"], {"teacher"}, set(), False),
    (["safeguarding"], {"teacher"}, set(), False),
])  # fmt: skip
def test_nobody_grants_more_than_their_office_allows(roles, wanted, held, may):
    assert may == doors.may_grant(viewer(*roles), frozenset(wanted), frozenset(held))


def test_roles_of_accounts_and_of_pages_are_the_same():
    assert accounts.ROLES == doors.ROLES
