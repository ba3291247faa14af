"""The officers' JSON API: keys, lists, the inbox, and who is told of what."""

import base64

import msgspec
import pytest
from litestar.testing import TestClient

from server.app import make_app
from tests.support import school as pages
from tests.support.case_school import Holder

CANARY = "the lighthouse sings at noon"


def test_a_report_reaches_the_two_leads_and_opens_with_their_keys(school, browser_of):
    report = school.send(CANARY)
    answer = browser_of("r.carver").get("/reports/api/cases").json()
    (case,) = answer["cases"]
    words = school.open(
        "d.amos",
        base64.b64decode(case["envelope"]),
        bytes.fromhex(case["device_key"]),
        report,
        case["device"],
    )

    assert CANARY == words.draft.words
    assert (report, "contact", "new", "Lab 2", "L-001") == (
        case["id"], case["coarse"], case["state"], case["room"], case["hostname"],
    )  # fmt: skip


def test_the_subject_finds_nothing_and_cannot_tell_a_case_from_none(school, browser_of):
    report = school.send(not_to=("d.amos",))
    deputy = browser_of("d.amos")

    assert [] == deputy.get("/reports/api/cases").json()["cases"]
    assert 404 == deputy.get(f"/reports/api/cases/{report}").status_code
    assert deputy.get("/reports/api/cases/" + "0" * 32).json() == (
        deputy.get(f"/reports/api/cases/{report}").json()
    )


@pytest.mark.parametrize("name", ["t.ashby", "j.reed"])
def test_technician_and_teacher_are_shut_out_of_every_address(school, browser_of, name):
    report = school.send()
    client = browser_of(name)

    assert 403 == client.get("/reports/api/cases").status_code
    assert 403 == client.get(f"/reports/api/cases/{report}").status_code
    assert 403 == client.get("/reports/api/keys").status_code


def test_opening_a_case_is_a_look(school, browser_of):
    report = school.send()
    detail = browser_of("r.carver").get(f"/reports/api/cases/{report}").json()

    assert ["Ruth Carver"] == [look["by_name"] for look in detail["looks"]]
    assert ["opened"] == [entry["kind"] for entry in detail["entries"]]
    assert detail["chain_broken_at"] is None


def test_keys_say_how_everybody_stands(school, browser_of):
    answer = browser_of("n.okafor").get("/reports/api/keys").json()

    assert {
        "Ruth Carver": "listed",
        "Dina Amos": "listed",
        "Neil Okafor": "listed",
        "Grace Hall": "listed",
    } == {each["name"]: each["state"] for each in answer["officers"]}
    assert 1 == answer["list"]["seq"]
    assert school.signed_list(seq=1).root.hex() == answer["list"]["root"]


def test_signed_out_scripts_are_told_so_without_a_redirect(school):
    with TestClient(make_app(school.house), base_url=pages.ORIGIN) as client:
        answer = client.get("/reports/api/cases", follow_redirects=False)

    assert (401, "signed-out") == (answer.status_code, answer.json()["error"])


def test_a_change_without_the_token_is_refused_as_json(school, browser_of):
    client = browser_of("r.carver")
    del client.headers["X-CSRF-Token"]
    answer = client.post("/reports/api/recovery", content=msgspec.json.encode({"what": "used-sheet"}))

    assert (403, "old-page") == (answer.status_code, answer.json()["error"])


def say_lost(client, **more):
    body = {"what": "lost-passphrase", **more}
    return client.post("/reports/api/recovery", content=msgspec.json.encode(body))


def make_another(school, client, name):
    staff = school.holders[name].staff
    new = Holder("x", staff, "lead")
    body = {
        "record": new.record, "key": new.key.hex(), "sign_key": new.sign_key.hex(), "proof": new.proof.hex(),
    }  # fmt: skip
    return client.put("/reports/api/keys/mine", content=msgspec.json.encode(body))


@pytest.mark.parametrize("more", [{}, {"password": ""}, {"password": "not the password"}])
def test_a_session_alone_does_not_put_another_key_in_its_owner_s_place(school, browser_of, more):
    thief = browser_of("r.carver")
    answer = say_lost(thief, **more)

    assert (403, "wrong-password") == (answer.status_code, answer.json()["error"])
    assert 400 == make_another(school, thief, "r.carver").status_code


def test_with_the_password_a_lost_passphrase_counts(school, browser_of):
    client = browser_of("r.carver")

    assert 204 == say_lost(client, password=pages.PASSWORD).status_code
    assert 204 == make_another(school, client, "r.carver").status_code


def test_the_password_of_somebody_s_session_is_guessed_no_faster_than_at_the_door(school, browser_of):
    thief = browser_of("r.carver")
    said = [say_lost(thief, password=f"guess {number}").status_code for number in range(6)]
    right = say_lost(thief, password=pages.PASSWORD)

    assert [403] * 5 + [429] == said
    assert (429, "guesses") == (right.status_code, right.json()["error"])
