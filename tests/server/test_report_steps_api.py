"""The steps of a case and staff reports through the JSON API, as the pages' script sends them."""

import base64
import secrets
from datetime import timedelta

import msgspec
import pytest

from policies import envelopes, reports, sealing
from tests.support.case_desks import Desk, grants_for

K = "0" * 32
STEPS = {
    "acknowledge": {},
    "notes": {"envelope": "aGk="},
    "tasks": {"kind": "other", "due": "2027-01-01T00:00:00Z"},
    "tasks/0123456789abcdef/done": {"outcome": "done"},
    "hold": {"on": True},
    "quarantine": {"on": True},
    "imagery": {"letters": 30},
    "close": {},
    "reopen": {},
    "link": {"case": "0" * 32},
    "tag": {"harm": "contact"},
    "grants": {
        "grants": [
            {"hh": "0" * 64, "key": K, "wrap": "0" * 160, "by": K, "at": "x", "signature": "0" * 128}
        ]
    },
    "reply": {"sealed": "00", "signature": "0" * 128, "envelope": "aGk="},
    "custody": {"what": "phone", "did": "taken"},
    "printed": {},
}  # fmt: skip


def b64(data):
    return base64.b64encode(data).decode()


def post(client, path, body=None):
    content = b"" if body is None else msgspec.json.encode(body)
    return client.post(f"/reports/api{path}", content=content)


@pytest.fixture
def lead(school):
    return Desk(school, "r.carver", school.send())


def test_a_case_from_the_first_look_to_the_end(school, browser_of, lead):
    client = browser_of("r.carver")
    at = f"/cases/{lead.case}"

    def step(path, body=None):
        answer = post(client, at + path, body)
        assert answer.status_code in (200, 204), (path, answer.text)
        return answer.json() if answer.content else None

    step("/acknowledge")
    assert isinstance(step("/notes", {"envelope": b64(lead.note())})["seq"], int)
    step("/hold", {"on": True, "envelope": b64(lead.note())})
    step("/hold", {"on": False})
    step("/tag", {"harm": "sexual-image", "procedure": "protection", "reference": "CRN 12/34"})
    step("/imagery", {"envelope": b64(lead.note()), "letters": 45})
    item = step("/custody", {"what": "phone", "did": "taken", "envelope": b64(lead.note())})["item"]
    step("/custody", {"item": item, "what": "phone", "did": "handed-over"})
    step("/quarantine", {"on": True, "envelope": b64(lead.note())})
    step("/quarantine", {"on": False, "envelope": b64(lead.note())})
    due = (school.now + timedelta(days=2)).isoformat()
    step("/tasks", {"kind": "isolate", "due": due, "place": "Shared folder Year 8"})
    detail = client.get(f"/reports/api{at}").json()
    assert detail["case"]["next"]["kind"] in {task["kind"] for task in detail["tasks"]}
    for task in detail["tasks"]:
        day = {"date": "2020-01-02", "method": "meeting"} if task["kind"] == "parents" else {}
        step(f"/tasks/{task['id']}/done", {"outcome": "done", "plain": day, "envelope": b64(lead.note())})
    step("/close", {
        "outcome_envelope": b64(lead.note()), "lesson_envelope": b64(lead.note()),
        "owner": "Tom Ashby", "owner_due": due,
    })  # fmt: skip
    step("/printed")
    step("/reopen")
    after = client.get(f"/reports/api{at}").json()

    assert ("open", None, 0) == (
        after["case"]["state"],
        after["case"]["next"],
        sum(task["outcome"] is None for task in after["tasks"]),
    )
    assert {"opened", "printed"} == {look["what"] for look in after["looks"]}
    assert ["secured", "released"] == [each["did"] for each in after["custody"] if each["what"] == "laptop"]


@pytest.mark.parametrize(
    ("name", "status"), [("n.okafor", 404), ("g.hall", 404), ("t.ashby", 403), ("j.reed", 403)]
)
def test_whoever_may_not_read_a_case_cannot_take_any_step_in_it(browser_of, lead, name, status):
    client = browser_of(name)
    for step, body in STEPS.items():
        there = post(client, f"/cases/{lead.case}/{step}", body)
        nowhere = post(client, f"/cases/{'0' * 32}/{step}", body)

        assert (step, status, nowhere.json()) == (step, there.status_code, there.json())

    assert ["opened"] == lead.kinds()


JUNK = (
    b"",
    b"{",
    b"[]",
    b'{"what":1}',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"envelope":"!"}',
    b'{"envelope":"aGk="}',
)


def test_junk_is_refused_and_changes_nothing(browser_of, lead):
    client = browser_of("r.carver")
    for step in sorted(set(STEPS) - {"acknowledge", "reopen", "printed"}):
        for junk in JUNK:
            answer = client.post(f"/reports/api/cases/{lead.case}/{step}", content=junk)

            assert (step, junk, True) == (step, junk, answer.status_code in (400, 409))
            assert answer.json()["error"]

    assert ["opened"] == lead.kinds()


def test_more_than_a_note_may_carry_is_refused(school, browser_of, lead):
    client = browser_of("r.carver")
    path = f"/reports/api/cases/{lead.case}/notes"
    huge = client.post(path, content=b'{"envelope":"' + b"A" * 1_500_000 + b'"}')
    large = client.post(path, content=msgspec.json.encode({"envelope": b"A" * 200_000}))

    assert (413, 400) == (huge.status_code, large.status_code)
    assert ["opened"] == lead.kinds()


def test_the_refusal_of_a_rule_is_one_word(browser_of, lead):
    client = browser_of("r.carver")
    at = f"/cases/{lead.case}"
    post(client, f"{at}/acknowledge")
    again = post(client, f"{at}/acknowledge")
    close = post(client, f"{at}/close", {})

    assert (409, "acknowledged") == (again.status_code, again.json()["error"])
    assert (409, "parents-open") == (close.status_code, close.json()["error"])


# -- letting in, the sheet -----------------------------------------------------------------------


def as_json(grants):
    return {
        "grants": [
            {
                "hh": each.hh, "key": each.key, "wrap": each.wrap.hex(), "by": each.by,
                "at": each.at, "signature": each.signature.hex(),
            }
            for each in grants
        ]
    }  # fmt: skip


def test_a_grant_lets_the_head_in(school, browser_of, lead):
    head = browser_of("n.okafor")
    assert 404 == head.get(f"/reports/api/cases/{lead.case}").status_code
    answer = post(
        browser_of("r.carver"), f"/cases/{lead.case}/grants", as_json(grants_for(school, lead, "n.okafor"))
    )
    (seen,) = head.get("/reports/api/cases").json()["cases"]

    assert {"added": 1} == answer.json()
    assert [school.holders["n.okafor"].id] == [grant["key"] for grant in seen["grants"]]


def test_with_the_sheet_a_lost_key_is_let_in_again(school, browser_of, lead):
    """Both leads lost their passphrase; one holds the sheet, hands in a new key, and lets that key in."""
    for name in ("r.carver", "d.amos"):
        school.replace_key(name)
    school.publish_list()
    client = browser_of("r.carver")
    assert [] == client.get("/reports/api/cases").json()["cases"]
    assert [] == client.get("/reports/api/cases?as=recovery").json()["cases"]
    assert 204 == post(client, "/recovery", {"what": "used-sheet", "note": "from the safe"}).status_code
    (found,) = client.get("/reports/api/cases?as=recovery").json()["cases"]
    outside, _ = envelopes.read_envelope(base64.b64decode(found["envelope"]))
    opened = envelopes.open_envelope(
        school.recovery, base64.b64decode(found["envelope"]), device_public=school.laptop.public,
        envelope_id=lead.case, device=found["device"], kind="report",
    )  # fmt: skip
    assert b"keeps writing" in opened.payload
    mine = school.holders["r.carver"]
    hh = envelopes.hashlib.sha256(outside.header).digest()
    sheet = envelopes.key_id(sealing.opening_public_key(school.recovery))
    key = sealing.open_sealed(school.recovery, outside.wraps[sheet], sealing.bind("wrap", hh, sheet))
    wrap = sealing.seal(mine.key, key, sealing.bind("grant", hh, mine.id))
    at = school.now.isoformat()
    bound = sealing.bind("grant-signature", hh, mine.id, mine.id, at, wrap)
    grant = {
        "hh": hh.hex(), "key": mine.id, "wrap": wrap.hex(), "by": mine.id, "at": at,
        "signature": sealing.sign(mine.sign_private, bound).hex(),
    }  # fmt: skip
    answer = post(client, f"/cases/{lead.case}/grants?as=recovery", {"grants": [grant]})
    assert (200, {"added": 1}) == (answer.status_code, answer.json())

    assert [lead.case] == [case["id"] for case in client.get("/reports/api/cases").json()["cases"]]
    looks = client.get(f"/reports/api/cases/{lead.case}").json()["looks"]
    assert {"sheet", "opened"} == {look["what"] for look in looks}


def test_the_sheet_does_not_open_a_report_about_who_holds_it(school, browser_of):
    about_amos = school.send(not_to=("d.amos",))
    about_staff = school.send(subject="staff", harms=("conduct",))
    client = browser_of("d.amos")
    post(client, "/recovery", {"what": "used-sheet"})

    assert [] == client.get("/reports/api/cases?as=recovery").json()["cases"]
    for case in (about_amos, about_staff):
        assert 404 == client.get(f"/reports/api/cases/{case}?as=recovery").status_code


def test_the_sheet_lets_in_and_does_nothing_else(school, browser_of, lead):
    client = browser_of("n.okafor")
    post(client, "/recovery", {"what": "used-sheet"})

    assert 200 == client.get(f"/reports/api/cases/{lead.case}?as=recovery").status_code
    assert 404 == post(client, f"/cases/{lead.case}/acknowledge?as=recovery").status_code


# -- staff reports -------------------------------------------------------------------------------


def staff_report(
    school, names, *, what="on-behalf", kind="staff-report", device="staff", sheet=True, **changes
):
    """Return the body of a staff report sealed to these holders, as the page makes it."""
    report = secrets.token_hex(16)
    once = sealing.new_signing_key()
    words = reports.ReportWords(
        report=report, origin="staff", device="staff", at=school.now, tier="adult",
        draft=reports.ReportDraft(harms=("contact",), words="A pupil told me of a message.", whom="friend"),
    )  # fmt: skip
    to = [school.holders[name].key for name in names]
    if sheet:
        to.append(sealing.opening_public_key(school.recovery))
    sealed = envelopes.seal_envelope(
        once, to, msgspec.json.encode(words), envelope_id=report, device=device, kind=kind
    )
    body = {
        "envelope": b64(sealed), "signer": sealing.signing_public_key(once).hex(), "coarse": "contact",
        "urgency": "soon", "year": "Year 8", "what": what,
    }  # fmt: skip
    return report, {**body, **changes}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("j.reed", "on-behalf"),
        ("t.ashby", "accidental"),
        ("g.hall", "visitor"),
        ("n.okafor", "private-contact"),
    ],
)
def test_every_member_of_staff_reaches_the_safeguarding_leads(school, browser_of, name, what):
    report, body = staff_report(school, ("r.carver", "d.amos"), what=what)
    assert {"report": report} == post(browser_of(name), "/staff-reports", body).json()
    (case,) = browser_of("r.carver").get("/reports/api/cases").json()["cases"]

    assert (report, "staff", what) == (case["id"], case["origin"], case["what"])
    assert case["reported_by"]
    assert case["signer"] == body["signer"]


@pytest.mark.parametrize("what", ["whistleblowing", "complaint"])
def test_who_blows_the_whistle_is_not_written(school, browser_of, what):
    report, body = staff_report(school, ("g.hall",), what=what, coarse="staff")
    assert 200 == post(browser_of("j.reed"), "/staff-reports", body).status_code
    (case,) = browser_of("g.hall").get("/reports/api/cases").json()["cases"]

    assert (report, "") == (case["id"], case["reported_by"])
    with school.house.db.read() as connection:
        for table in ("reports", "cases", "case_entries", "looks", "case_looks"):
            found = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert "Joan Reed" not in found


REFUSED = (
    (("r.carver",), {"what": "whistleblowing"}, 409),
    (("r.carver",), {"what": "content-conflict"}, 409),
    (("r.carver",), {"sheet": False}, 409),
    ((), {}, 409),
    (("r.carver",), {"kind": "report"}, 400),
    (("r.carver",), {"device": "0123456789abcdef"}, 400),
    (("r.carver",), {"signer": "0" * 64}, 400),
    (("r.carver",), {"coarse": "anything"}, 400),
    (("r.carver",), {"what": "gossip"}, 400),
    (("r.carver",), {"envelope": "aGk="}, 400),
)


def test_a_staff_report_that_is_none_is_refused(school, browser_of):
    client = browser_of("j.reed")
    for names, changes, status in REFUSED:
        _, body = staff_report(school, names, **changes)

        assert (changes, status) == (changes, post(client, "/staff-reports", body).status_code)
    assert [] == browser_of("r.carver").get("/reports/api/cases").json()["cases"]


def test_the_same_staff_report_counts_once_and_a_loop_is_stopped(school, browser_of):
    client = browser_of("j.reed")
    _, body = staff_report(school, ("r.carver",))
    assert (200, 400) == (
        post(client, "/staff-reports", body).status_code, post(client, "/staff-reports", body).status_code,
    )  # fmt: skip
    codes = [
        post(client, "/staff-reports", staff_report(school, ("r.carver",))[1]).status_code for _ in range(30)
    ]

    assert [200] * 29 + [429] == codes
    assert (
        200
        == post(browser_of("t.ashby"), "/staff-reports", staff_report(school, ("r.carver",))[1]).status_code
    )


def test_a_loop_of_unnamed_reports_stops_nobody_else(school, browser_of):
    client = browser_of("t.ashby")
    for _ in range(31):
        _, body = staff_report(school, ("g.hall",), what="whistleblowing", coarse="staff")
        assert 200 == post(client, "/staff-reports", body).status_code
    _, for_a_pupil = staff_report(school, ("r.carver",))

    assert 200 == post(browser_of("j.reed"), "/staff-reports", for_a_pupil).status_code
    assert 1 == browser_of("g.hall").get("/reports/api/cases").json()["crowded"]
