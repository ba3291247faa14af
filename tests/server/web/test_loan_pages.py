"""Loans and self-tests on their pages: two who agree, the head who signs (R72 to R75, R83)."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies.tree import Layer
from server import loans, policy_store
from server.state import ServerState
from tests.support.device_pages import L1, L3, Open, send, texts


def test_r83_the_failing_test_stands_first_and_only_the_head_signs(opened: Open, laptops_house: ServerState):
    day = datetime.now(UTC).astimezone().date()
    period = {"from": (day - timedelta(days=30)).isoformat(), "until": day.isoformat()}
    client = opened("t.ashby")
    results = client.get("/devices/self-tests").text
    refused = client.post("/devices/self-tests/sign", data=period, follow_redirects=False)
    head = opened("n.okafor")
    shown = texts(head.get(f"/devices/self-tests/period?from={period['from']}&until={period['until']}").text)
    signed = head.post(
        "/devices/self-tests/sign",
        data={**period, "note": "Hinge too"},
        follow_redirects=False,
    )
    kept = texts(head.get(signed.headers["location"]).text)

    assert L3 == re.findall(r"/devices/([0-9a-f]{16})#self-test", results)[0]
    assert "the locker did not cover the screen within 5 s" in results
    assert (403, 303) == (refused.status_code, signed.status_code)
    assert "Sign this period" in shown
    assert "signed by Neil Okafor" in kept
    assert "Hinge too" in kept
    assert "L-003" in kept


@pytest.mark.parametrize("period", ["from=x&until=y", "from=2026-02-02&until=2026-02-01", "", "from=2999-01-01&until=2999-01-02"])  # fmt: skip  # noqa: E501
def test_a_period_that_is_none_is_told(opened: Open, period: str):
    answer = opened("n.okafor").get(f"/devices/self-tests/period?{period}")

    assert 400 == answer.status_code
    assert "Choose two days" in texts(answer.text)


def test_r72_the_form_is_filled_from_the_inventory_and_a_blank_serial_is_refused(opened: Open):
    client = opened("t.ashby")
    filled = client.get(f"/devices/loans/new/{L1}").text
    given = {
        "maker": "Hazel", "model": "Birch 13", "serial": " ", "borrower": "Joan Reed", "check_in_days": "14",
        "due_day": (datetime.now(UTC) + timedelta(days=9)).date().isoformat(), "terms": "In its bag.",
    }  # fmt: skip
    refused = send(client, f"/devices/loans/new/{L1}", **given)
    made = send(client, f"/devices/loans/new/{L1}", **{**given, "serial": "BR13-40217"})

    assert all(f'value="{value}"' in filled for value in ("Hazel", "Birch 13", "BR13-40217"))
    assert 400 == refused.status_code
    assert 'id="serial-error"' in refused.text
    assert 'value="Joan Reed"' in refused.text
    assert "/devices/loans/3" == made.headers["location"]


def test_r73_two_people_agree_then_it_goes_out_and_comes_back(opened: Open, laptops_house: ServerState):
    head = opened("n.okafor")
    early = send(head, "/devices/loans/2/out")
    twice = send(head, "/devices/loans/2/technician")
    agreed = send(head, "/devices/loans/2/head")
    out = send(head, "/devices/loans/2/out")
    recalled = send(head, "/devices/loans/2/recall", send="1")
    back = send(head, "/devices/loans/2/returned", words="fine")
    with laptops_house.db.read() as connection:
        loan = loans.get_loan(connection, 2)

    assert [400, 400, 303, 303, 303, 303] == [
        each.status_code for each in (early, twice, agreed, out, recalled, back)
    ]
    assert "Head and ICT lead both have to agree" in texts(early.text)
    assert "returned" == loan.state
    assert loan.recalled_at is not None


def test_r73_overdue_loans_stand_first_and_the_recall_can_be_printed(opened: Open):
    client = opened("t.ashby")
    html = client.get("/devices/loans").text
    page = texts(client.get("/devices/loans/1").text)

    assert ["1", "2"] == re.findall(r'href="/devices/loans/(\d+)"', html)
    assert "1 laptop ought to be back." in texts(html)
    assert "please bring the laptop L-009 (Hazel Aspen 14, serial number AS14-10003) back" in page


@pytest.mark.parametrize(
    ("records", "said"),
    [(True, "is recorded away from school too"), (False, "is not recorded away from school")],
)
def test_r74_the_form_tells_whether_apps_are_recorded_away_from_school(
    opened: Open, laptops_house: ServerState, records: bool, said: str
):

    with laptops_house.db.write() as connection:
        tree = policy_store.current_tree(connection).tree
        layer = Layer(scope="group", name=loans.ON_LOAN, change={"usage.record_apps": records})
        text = msgspec.json.encode(msgspec.structs.replace(tree, layers=(layer,))).decode()
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS policy_revisions_no_update")
        connection.exec_driver_sql("UPDATE policy_revisions SET tree = ?", (text,))
    client = opened("t.ashby")

    assert said in texts(client.get("/devices/loans/1").text)
    assert said in texts(client.get("/devices/loans/1/print").text)
    assert "hold as in school, also without the network" in texts(client.get("/devices/loans/1/print").text)


def test_r75_a_borrower_s_statement_is_kept_on_the_loan_with_its_day(opened: Open):
    client = opened("t.ashby")
    empty = send(client, "/devices/loans/1/personal-use", words="  ")
    send(client, "/devices/loans/1/personal-use", words="I read private mail on it, <b>too</b>.")
    page = client.get("/devices/loans/1/print").text

    assert 400 == empty.status_code
    assert "I read private mail on it, &lt;b&gt;too&lt;/b&gt;." in page
