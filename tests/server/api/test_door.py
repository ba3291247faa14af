"""R15: the staff API opens by a token of a colleague, to what their offices open, as long as it serves."""

from datetime import timedelta

import pytest

from server import accounts, api_tokens, second_steps, sign_in_settings, state
from server.api import door
from server.api.router import description
from server.sign_in_settings import SignIn
from server.web import doors_table
from tests.support import school

ROWS = [row for row in doors_table.ROWS if row.path.startswith("/api/")]


def fill(path):
    return (
        path.removeprefix("/api/v1")
        .replace("{device}", school.LAPTOPS["L-001"])
        .replace("{number}", "1")
        .replace("{code}", "1")
    )


def test_r15_no_cookie_opens_the_api(client):
    school.signed_in(client, "t.ashby")
    statuses = {row.path: client.request(row.method, f"/api/v1{fill(row.path)}").status_code for row in ROWS}

    assert {401} == set(statuses.values()), statuses


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer gpt_guessed", "Basic dDp0", "bearer x", "Bearer gpt_" + "x" * 10_000,
     "Bearer gpt_\u00e9"],
)  # fmt: skip
def test_r15_what_is_no_token_is_refused_in_words(client, header):
    answer = client.get("/api/v1/me", headers={"Authorization": header.encode("latin-1")})

    assert 401 == answer.status_code
    assert "no-token" == answer.json()["error"]
    assert "Bearer" == answer.headers["www-authenticate"]


def test_a_token_says_whom_it_stands_for(ask):
    me = ask("GET", "/me", read_only=True).json()

    assert ("t.ashby", ["technician"], True) == (me["name"], me["offices"], me["read_only"])


@pytest.mark.parametrize("column", ["teacher", "technician", "safeguarding", "head", "governor"])
def test_r15_a_token_opens_what_its_owner_s_offices_open_and_no_more(ask, column):
    who = {"teacher": "l.demir", "technician": "t.ashby", "safeguarding": "r.carver", "head": "n.okafor"}
    wrong = {}
    for row in ROWS:
        sent = {} if row.method in ("GET", "DELETE") else {"json": {}}
        answer = ask(row.method, fill(row.path), as_=who.get(column, "g.hall"), **sent)
        if (answer.status_code != 403) != bool(row.cells.get(column)):
            wrong[f"{row.method} {row.path}"] = answer.status_code

    assert {} == wrong


def test_r15_a_reading_token_changes_nothing(ask):
    changing = [row for row in ROWS if row.method != "GET"]
    answers = {
        row.path: ask(row.method, fill(row.path), as_="n.okafor", read_only=True, json={}).json().get("error")
        for row in changing
    }

    # Two addresses only look, though they have to be sent something.
    assert {"/api/v1/policy/check", "/api/v1/policy/diff"} == {
        path for path, error in answers.items() if error != "read-only"
    }


@pytest.mark.parametrize("how", ["ended", "over", "account closed", "offices taken", "password known"])
def test_r15_a_token_ends_with_what_it_stood_on(client, house, token_of, how):
    token = token_of("t.ashby")
    headers = {"Authorization": f"Bearer {token}"}
    before = client.get("/api/v1/devices", headers=headers).status_code
    with house.db.write() as db:
        owner = accounts.find_staff(db, "t.ashby")
        if how == "ended":
            (one,) = api_tokens.list_tokens(db, owner.id, state.utc_now())
            api_tokens.end(db, owner, one.id, state.utc_now())
        elif how == "over":
            db.exec_driver_sql("UPDATE api_tokens SET expires_at = 1")
        elif how == "account closed":
            accounts.remove_staff(db, "t.ashby")
        elif how == "offices taken":
            accounts.set_roles(db, owner.id, frozenset({"teacher"}), ())
        else:
            api_tokens.end_all(db, owner)
    after = client.get("/api/v1/devices", headers=headers).status_code

    assert 200 == before
    assert (403 if how == "offices taken" else 401) == after


def test_r15_a_token_opens_nothing_while_its_owner_owes_a_second_step(client, ask, house):
    sign_in_settings.write(house.folder, SignIn(second_step_for=("technician",)))
    due = ask("GET", "/devices")
    with house.db.write() as db:
        number = accounts.find_staff(db, "t.ashby").id
        second_steps.begin(db, house.sign_in_key, number, state.utc_now())
        db.exec_driver_sql("UPDATE second_steps SET confirmed_at = 1")

    assert (403, "second-step-due") == (due.status_code, due.json()["error"])
    assert 200 == ask("GET", "/devices").status_code


def test_the_database_holds_no_token(house, token_of):
    token = token_of("t.ashby")
    house.db.close()
    held = b"".join(path.read_bytes() for path in house.folder.path.glob("gatepost.sqlite*"))

    assert token.encode() not in held


def test_a_token_that_knocks_too_often_waits_and_others_do_not(ask, monkeypatch):
    # Its clock stands still: on a slow machine so many requests take long enough to be allowed.
    monkeypatch.setattr(door, "_knocks", door.Knocks(lambda: 0.0))
    statuses = [ask("GET", "/me").status_code for _ in range(door.PER_MINUTE + 5)]
    last = ask("GET", "/me")

    assert [200] * door.PER_MINUTE + [429] * 5 == statuses
    assert "too-many" == last.json()["error"]
    assert 0 < int(last.headers["retry-after"]) <= 2
    assert 200 == ask("GET", "/me", as_="n.okafor").status_code


def test_a_bucket_fills_again_and_old_ones_are_forgotten():
    now = [0.0]
    knocks = door.Knocks(lambda: now[0])
    first = [knocks.knock("a", 60) for _ in range(61)]
    now[0] = 1.0
    again = [knocks.knock("a", 60), knocks.knock("a", 60)]
    for number in range(door.MOST_BUCKETS + 1):
        knocks.knock(str(number), 60)
    now[0] = 100.0
    knocks.knock("b", 60)

    assert [0.0] * 60 == first[:60]
    assert first[60] > 0
    assert (0.0, True) == (again[0], again[1] > 0)
    assert len(knocks._left) < 10


# ---- the description ----


def test_every_address_is_described_with_its_refusals():
    paths = description()["paths"]
    described = {
        (method.upper(), path) for path, of in paths.items() for method in of if method != "parameters"
    }

    assert {(row.method, row.path) for row in ROWS} == described
    for path, of in paths.items():
        for method, operation in of.items():
            named = {int(status) for status in operation["responses"] if int(status) >= 400}
            assert set(door.STATUSES) <= named, (method, path)
            assert len(operation["description"]) > 15, (method, path)
            for status in named:
                schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
                assert "#/components/schemas/Refusal" == schema["$ref"], (method, path, status)
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert 1 == len(good), (method, path)


def test_the_description_says_how_to_bring_a_token_and_is_for_colleagues(ask, client):
    said = ask("GET", "/openapi.json", as_="g.hall")

    assert 401 == client.get("/api/v1/openapi.json").status_code
    assert {"type": "http", "scheme": "bearer"}.items() <= (
        said.json()["components"]["securitySchemes"]["token"].items()
    )
    assert said.json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "error"),
    [
        ("GET", "/nothing", {}, 404, "not-found"),
        ("PATCH", "/me", {}, 405, "no-such-method"),
        ("GET", "/devices/" + "0" * 16, {}, 404, "not-found"),
        ("GET", "/devices?page=0", {}, 400, "invalid"),
        ("GET", "/devices?page=x", {}, 400, "invalid"),
        ("GET", "/devices?q=" + "x" * 200, {}, 400, "invalid"),
        ("POST", "/codes", {"json": {"rooms": []}}, 400, "invalid"),
        ("POST", "/codes", {"json": {"rooms": ["Lab 1"], "uses": 0}}, 400, "invalid"),
        ("POST", "/codes", {"json": {"rooms": ["Lab 1"], "more": 1}}, 400, "invalid"),
        ("POST", "/codes", {"content": b"[" * 50_000}, 400, "invalid"),
        ("POST", "/codes", {"content": b"\xff"}, 400, "invalid"),
        ("POST", "/codes", {"content": b" " * 70_000}, 413, "too-large"),
        ("PUT", "/devices/" + "0" * 16 + "/groups", {"json": {"groups": ["a"]}}, 404, "not-found"),
        ("POST", "/self-tests", {"json": {"device": "x"}}, 400, "invalid"),
    ],
)  # fmt: skip
def test_each_refusal_is_typed(ask, method, path, sent, status, error):
    answer = ask(method, path, **sent)

    assert (status, error) == (answer.status_code, answer.json()["error"])
    assert {"error", "message"} == set(answer.json())


def test_a_token_that_is_no_longer_used_says_so(ask, house):
    ask("GET", "/me")
    with house.db.read() as db:
        (one,) = api_tokens.list_tokens(db, accounts.find_staff(db, "t.ashby").id, state.utc_now())

    assert state.utc_now() - one.used_at < timedelta(minutes=1)
