"""The door for adults: sign-in, sessions, guesses, roles, and forms from elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.testing import TestClient

from server import access, accounts, guessing, oversight, sessions, signing_in
from server.errors import Invalid, NotFound

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "a calm green gate"
BROWSER = {"Sec-Fetch-Site": "same-origin"}


def add(here, name="tom", roles=("teacher",), rooms=(), password=PASSWORD):
    with here.db.write() as connection:
        return accounts.add_staff(
            connection,
            name=name,
            display_name=f"{name.title()} Ashby",
            roles=frozenset(roles),
            rooms=rooms,
            password=password,
            now=NOW,
        )


@post("/sign-in", sync_to_thread=True)
def enter(request: Request) -> Response[str]:
    name, password = request.query_params["name"], request.query_params["password"]
    try:
        entered = signing_in.sign_in(request, name, password)
    except signing_in.SignInRefused as refused:
        return Response(f"{refused.kind}", status_code=403, headers={"Wait": str(refused.wait_seconds)})
    return Response("in", cookies=list(entered.cookies))


@post("/out", sync_to_thread=True)
def leave(request: Request) -> Response[str]:
    return Response("out", cookies=[signing_in.sign_out(request)])


@get("/me", sync_to_thread=True, guards=[access.require()])
def me(request: Request) -> str:
    access.look(request, "devices", room="Lab 1")
    return access.signed_in(request).name


@get("/csrf", sync_to_thread=False)
def csrf(request: Request) -> str:
    return access.csrf_token(request)


@get("/heads", guards=[access.require("head", "safeguarding")], sync_to_thread=False)
def heads() -> str:
    return "heads"


@post("/change", guards=[access.require()], sync_to_thread=False)
def change() -> str:
    return "changed"


@pytest.fixture
def client(here):
    app = Litestar(
        [enter, leave, me, csrf, heads, change],
        middleware=[access.SessionMiddleware()],
        state=State({"gatepost": here}),
        openapi_config=None,
    )
    with TestClient(app, base_url="https://gatepost.example") as client:
        yield client


def sign_in(client, name="tom", password=PASSWORD):
    return client.post("/sign-in", params={"name": name, "password": password}, headers=BROWSER)


def test_the_right_password_signs_in(here, client):
    add(here)

    assert "in" == sign_in(client, "  TOM ").text
    assert "tom" == client.get("/me").text


def test_the_cookie_is_for_this_host_alone_and_for_no_script(here, client):
    add(here)
    cookie = sign_in(client).headers["set-cookie"]

    assert cookie.startswith("__Host-gatepost=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


def test_a_session_brought_along_never_becomes_the_signed_in_one(here, client):
    add(here)
    brought = "x" * 43
    client.cookies.set(access.COOKIE, brought, domain="gatepost.example")
    sign_in(client)
    first = client.cookies[access.COOKIE]
    sign_in(client)

    assert 3 == len({brought, first, client.cookies[access.COOKIE]})
    for stale in (brought, first):
        client.cookies.clear()
        client.cookies.set(access.COOKIE, stale)
        assert 401 == client.get("/me").status_code


def test_a_wrong_password_and_an_unknown_name_look_alike(here, client):
    add(here)

    assert ["wrong", "wrong"] == [sign_in(client, "tom", "no").text, sign_in(client, "nobody", "no").text]


def test_guessing_locks_the_name_even_for_the_right_password(here, client):
    add(here)
    for _ in range(guessing.FREE):
        sign_in(client, password="wrong")
    answer = sign_in(client)

    assert "locked" == answer.text
    assert 0 < int(answer.headers["Wait"]) <= 30


def test_guessing_names_locks_the_address(here, client):
    add(here)
    for number in range(guessing.PER_ADDRESS):
        sign_in(client, f"name{number}", "wrong")

    assert "busy" == sign_in(client).text


def test_a_lock_ends_by_time(here):
    with here.db.write() as connection:
        for _ in range(guessing.FREE):
            guessing.count_guess(connection, "tom", "here", NOW)
        waits = [
            guessing.count_guess(connection, "tom", "here", NOW + timedelta(seconds=s)) for s in (29, 30, 31)
        ]

    assert [(1, "name"), None, (59, "name")] == waits


def test_a_right_password_forgives_earlier_slips(here, client):
    add(here)
    for _ in range(3):
        for _ in range(guessing.FREE - 1):
            sign_in(client, password="wrong")

        assert "in" == sign_in(client).text


def test_signing_out_ends_the_session_and_not_only_the_cookie(here, client):
    add(here)
    sign_in(client)
    token = client.cookies[access.COOKIE]
    headers = BROWSER | {access.CSRF_HEADER: client.get("/csrf").text}
    client.post("/out", headers=headers)
    client.cookies.set(access.COOKIE, token)

    assert 401 == client.get("/me").status_code


@pytest.mark.parametrize(
    ("used_ago", "made_ago", "lives"),
    [
        (timedelta(minutes=119), timedelta(hours=3), True),
        (timedelta(minutes=120), timedelta(hours=3), False),
        (timedelta(0), timedelta(hours=12), False),
    ],
)
def test_a_session_ends_idle_or_old(here, used_ago, made_ago, lives):
    number = add(here)
    with here.db.write() as connection:
        token = sessions.open_session(connection, number, NOW - made_ago)
        sessions.touch_session(connection, sessions.hash_of(token), NOW - used_ago)
        found = sessions.find_session(connection, token, NOW)

    assert lives == (found is not None)


def test_the_database_holds_no_token_and_no_password(here, client):
    add(here)
    sign_in(client)
    token = client.cookies[access.COOKIE]
    held = b"".join(p.read_bytes() for p in here.folder.path.glob("gatepost.sqlite*"))

    assert token.encode() not in held
    assert PASSWORD.encode() not in held


def test_a_new_password_signs_everybody_out(here, client):
    add(here)
    sign_in(client)
    with here.db.write() as connection:
        accounts.set_password(connection, "tom", "another calm gate")

    assert 401 == client.get("/me").status_code


def test_a_closed_account_is_out_at_once(here, client):
    add(here)
    sign_in(client)
    with here.db.write() as connection:
        accounts.remove_staff(connection, "tom")

    assert [401, 403] == [client.get("/me").status_code, sign_in(client).status_code]


def test_pages_open_by_role(here, client):
    add(here, "may", ["teacher"])
    add(here, "ruth", ["technician", "safeguarding"])
    statuses = [client.get("/heads").status_code]
    for name in ("may", "ruth"):
        client.cookies.clear()
        sign_in(client, name)
        statuses.append(client.get("/heads").status_code)

    assert [401, 403, 200] == statuses


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://gatepost.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://gatepost.example"}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(here, client, headers, status):
    add(here)
    sign_in(client)
    token = client.get("/csrf").text

    assert status == client.post("/change", data={"_csrf_token": token}, headers=headers).status_code


@pytest.mark.parametrize("form", [{}, {"_csrf_token": ""}, {"_csrf_token": "x"}, {"_csrf_token": ["a", "b"]}])
def test_a_form_without_this_sessions_token_changes_nothing(here, client, form):
    add(here)
    sign_in(client)

    assert 403 == client.post("/change", data=form, headers=BROWSER).status_code


def test_looking_is_noted_with_who_and_what(here, client):
    number = add(here)
    sign_in(client)
    client.get("/me")
    with here.db.read() as connection:
        (look,) = oversight.list_looks(connection)

    assert ("Tom Ashby", "devices", "Lab 1") == (look.by, look.what, look.room)
    assert number


@pytest.mark.parametrize("statement", ["UPDATE looks SET by_name = 'x'", "DELETE FROM looks"])
def test_a_look_cannot_be_changed_or_removed(here, statement):
    with here.db.write() as connection:
        oversight.write_look(connection, at=NOW, staff=1, by="Tom", what="lab", room="Lab 1")
    with pytest.raises(Exception, match="only ever added"), here.db.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("password", ["short", "a" * 40, "tom-ashby-tom", "ababababababab", "x" * 300])
def test_a_weak_password_is_refused(here, password):
    with pytest.raises(Invalid):
        add(here, "tom-ashby", password=password)


@pytest.mark.parametrize("name", ["", "t", "a b", "x" * 81, "a\x1bb"])
def test_a_name_that_cannot_be_typed_is_refused(here, name):
    with pytest.raises(Invalid):
        add(here, name)


def test_a_role_nobody_knows_is_refused_and_nothing_is_kept(here):
    with pytest.raises(Invalid):
        add(here, roles=["admin"])
    with here.db.read() as connection:
        assert [] == accounts.list_staff(connection)


def test_a_taken_name_is_refused(here):
    add(here)
    with pytest.raises(Invalid, match="already"):
        add(here, "TOM")


def test_an_account_holds_many_roles_and_rooms(here):
    number = add(here, roles=["teacher", "head"], rooms=("Lab 2", "Lab 1"))
    with here.db.read() as connection:
        found = accounts.get_staff(connection, number)

    assert (frozenset({"teacher", "head"}), ("Lab 1", "Lab 2")) == (found.roles, found.rooms)


def test_a_missing_account_is_said_to_be_missing(here):
    with pytest.raises(NotFound), here.db.write() as connection:
        accounts.set_password(connection, "nobody", PASSWORD)
