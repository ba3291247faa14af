"""`gatepost-server sign-in` and `staff invite`: what the pages do, from a shell."""

import io
import json
import signal
import stat

import pytest

from server import accounts, api_tokens, sign_in_settings, state
from server.__main__ import main
from server.sign_in_settings import Kept, Provider, SignIn
from tests.support import hostile_provider


@pytest.fixture
def run(house, capsys):
    """Run one command on the open school; return its exit code, the answer as data, and errors."""

    def command(*words):
        code = main(["--data", str(house.folder.path), "--json", *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_r15_an_invited_colleague_has_no_password_until_they_choose_one(run, house):
    code, made, _ = run(
        "staff", "add", "--name", "z.new", "--display-name", "Zo", "--role", "teacher", "--invite"
    )
    listed = {row["name"]: row for row in run("sign-in", "show")[1]["staff"]}

    assert 0 == code
    assert made["link"].startswith("https://localhost/invitation/")
    assert "invited" == listed["z.new"]["password"]
    assert "yes" == listed["t.ashby"]["password"]


@pytest.mark.parametrize("words", [
    ("staff", "invite", "nobody"), ("staff", "invite", "t.ashby", "--hours", "0"),
    ("sign-in", "reset", "nobody"), ("sign-in", "oidc", "link", "t.ashby", "--email", "a@b.example"),
    ("sign-in", "oidc", "check"), ("sign-in", "token", "new", "t.ashby", "--program", " "),
    ("sign-in", "token", "new", "t.ashby", "--program", "x", "--days", "5000"),
    ("sign-in", "token", "end", "t.ashby", "7"),
    ("sign-in", "oidc", "set", "--issuer", "http://login.example", "--client-id", "x", "--unchecked"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_reason(run, words):
    code, said, err = run(*words)

    assert (1, None) == (code, said)
    assert len(err) > 20


@pytest.mark.parametrize(
    "words", [("second-step",), ("second-step", "--free", "--for", "head"), ("oidc", "set")]
)
def test_half_a_command_is_wrong_usage(run, words):
    assert 2 == run("sign-in", *words)[0]


def test_the_file_is_its_owner_s_alone_and_holds_what_was_said(run, house, monkeypatch):
    with hostile_provider.serving() as provider:
        monkeypatch.setattr("sys.stdin", io.StringIO("the client's secret\n"))
        code, said, _ = run(
            "sign-in", "oidc", "set", "--issuer", provider.issuer, "--client-id", "x", "--secret-stdin"
        )
        assert 0 == run("sign-in", "oidc", "check")[0]
    run("sign-in", "second-step", "--for", "head", "--for", "technician")
    found = sign_in_settings.read(house.folder)

    assert (0, "https://localhost/sign-in/provider/back") == (code, said["redirect_uri"])
    assert ("the client's secret", ("head", "technician")) == (
        found.provider.client_secret,
        found.second_step_for,
    )
    assert 0o600 == stat.S_IMODE(sign_in_settings.path_of(house.folder).stat().st_mode)


def test_a_provider_that_is_none_is_not_set(run, house):
    with hostile_provider.serving() as provider:
        provider.metadata = b"<html>"
        code, _, err = run("sign-in", "oidc", "set", "--issuer", provider.issuer, "--client-id", "x")

    assert 1 == code
    assert "does not answer as an OpenID provider" in err
    assert sign_in_settings.read(house.folder).provider is None


def test_colleagues_are_linked_and_unlinked(run, house):
    sign_in_settings.write(house.folder, SignIn(provider=Provider(issuer="https://x.example", client_id="x")))
    twice = [
        run("sign-in", "oidc", "link", name, "--email", "T@x.example")[0] for name in ("t.ashby", "l.demir")
    ]
    first = run("sign-in", "oidc", "unlink", "t.ashby")[1]

    assert [0, 1] == twice
    assert {"name": "t.ashby", "ended": 1} == first
    assert 0 == run("sign-in", "oidc", "off")[0]


def test_a_break_glass_password_is_said_once(run, house):
    made = [run("sign-in", "break-glass", "seal")[1] for _ in range(2)]
    stands = run("sign-in", "break-glass", "status")[1]

    assert made[0]["password"] != made[1]["password"]
    assert stands["used_at"] is None
    with house.db.read() as db:
        assert accounts.is_password(accounts.password_hash_of(db, "break-glass")[1], made[1]["password"])


def test_a_token_is_said_once_and_ended(run, house):
    token = run("sign-in", "token", "new", "t.ashby", "--program", "nightly roster")[1]["token"]
    (listed,) = run("sign-in", "token", "list", "t.ashby")[1]
    with house.db.read() as db:
        bearer = api_tokens.find(db, token, state.utc_now())
    ended = run("sign-in", "token", "end", "t.ashby", str(listed["id"]))[0]

    assert ("t.ashby", True) == (bearer.staff.name, bearer.read_only)
    assert token not in str(listed)
    assert 0 == ended
    assert [] == run("sign-in", "token", "list", "t.ashby")[1]


def test_a_spoilt_file_stops_no_running_server(house):
    sign_in_settings.write(house.folder, SignIn(second_step_for=("head",)))
    kept = Kept(house.folder)
    before = kept.now()
    sign_in_settings.path_of(house.folder).write_text("second_step_for = [")

    assert before == kept.now() == SignIn(second_step_for=("head",))


def test_the_log_says_who_did_what(run):
    run("sign-in", "reset", "t.ashby")
    run("sign-in", "end", "t.ashby")

    assert ["sessions-ended", "second-step-reset"] == [each["what"] for each in run("sign-in", "log")[1]]


def test_a_password_made_at_the_shell_stays_written(run):
    made = run("staff", "password", "t.ashby")
    code, found, _ = run("sign-in", "log")

    assert (0, 0) == (made[0], code)
    assert ["password-made"] == [each["what"] for each in found]
