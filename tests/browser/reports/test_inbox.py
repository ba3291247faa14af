"""The inbox while it stays open: news on every page, floods aside, leaving, comparing the school's key."""

import base64
import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Request, Route, expect

from policies import envelopes
from tests.support.case_school import CaseSchool
from tests.support.officers_house import WAIT_MS, Adult

pytestmark = pytest.mark.browser
Sign = Callable[..., Adult]
FLOOD = 64
"""The server keeps apart what is more than twenty within an hour."""


def test_news_come_to_a_case_s_page_and_typed_words_stay(school: CaseSchool, adult: Sign):
    school.send("The first one.")
    page = adult("r.carver").page
    page.get_by_role("link", name="-001").click()
    page.fill("#note", "Half a sentence", timeout=WAIT_MS)
    page.locator("#act-custody > summary").click()
    page.fill("#custody-text", "In the safe")
    school.send("The second one.")
    expect(page.locator("#news")).to_contain_text("1 new report arrived.", timeout=WAIT_MS)

    expect(page.locator(".big-screens .count")).to_have_text("2 waiting")
    assert "Half a sentence" == page.input_value("#note")
    assert "In the safe" == page.input_value("#custody-text")
    page.get_by_role("link", name="Go to Reports").click()
    expect(page.locator("#cases tbody tr")).to_have_count(2, timeout=WAIT_MS)


def test_a_flood_from_one_laptop_stands_aside_until_asked_for(school: CaseSchool, adult: Sign):
    now = datetime.now(UTC)
    for number in range(FLOOD):
        school.send(f"Again {number}.", at=now - timedelta(minutes=30) + timedelta(seconds=number))
    page = adult("r.carver").page
    expect(page.locator("#cases")).to_contain_text("came from one laptop within an hour", timeout=WAIT_MS)
    shown = page.locator("#cases tbody tr").count()
    page.get_by_role("button", name="Put them in the list").click()
    expect(page.locator("#cases tbody tr")).to_have_count(FLOOD, timeout=WAIT_MS)

    assert shown < FLOOD


def test_leaving_the_page_forgets_the_key(school: CaseSchool, adult: Sign):
    school.send("Somebody is unkind.")
    lead = adult("r.carver")
    lead.go("/concerns")
    lead.page.go_back()
    expect(lead.page.locator("#passphrase")).to_be_visible(timeout=WAIT_MS)

    assert "Yıldız" not in lead.page.content()
    assert {"gatepost-officers"} == set(lead.page.evaluate("Object.keys(localStorage)"))
    assert [] == lead.page.evaluate("Object.keys(sessionStorage)")


def test_a_browser_asks_once_to_compare_the_school_s_key(adult: Sign):
    lead = adult("r.carver")
    page = lead.page
    ask = page.get_by_text("This browser does not know the school’s key yet.")
    expect(ask).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="They are the same").click()
    expect(ask).to_have_count(0)
    lead.go("/reports")
    lead.open_key()
    expect(page.get_by_text("Your key is open on this computer")).to_be_visible(timeout=WAIT_MS)

    expect(ask).to_have_count(0)


HOSTILE: list[dict[str, Any]] = [
    {"display_name": {"toString": 1, "valueOf": 1}},
    {"at": "never"},
    {"year": None},
    {"draft": {"harms": ["constructor"]}},
    {"draft": {"harms": ["bullying"], "language": "constructor"}},
    {"draft": {"harms": ["bullying"], "addresses": None}},
    {"draft": {"harms": ["bullying"], "words": None}},
    {"draft": {"harms": ["bullying"], "whom": "__proto__"}},
    {"draft": None},
]


def send_hostile(school: CaseSchool, changes: dict[str, Any]) -> str:
    """Seal what no honest laptop seals, with the key of one that is enrolled."""
    sent = school.report()
    reader = school.holders["r.carver"]
    words = school.open("r.carver", sent.envelope, school.laptop.public, sent.report, school.laptop.device)
    payload = json.dumps({**json.loads(msgspec.json.encode(words)), **changes}).encode()
    envelope = envelopes.seal_envelope(
        school.laptop.private,
        [reader.key],
        payload,
        envelope_id=sent.report,
        device=school.laptop.device,
        kind="report",
    )
    school.bring(msgspec.structs.replace(sent, envelope=envelope), at=datetime.now(UTC))
    return sent.report


def test_what_a_hostile_laptop_seals_hides_no_other_report(school: CaseSchool, adult: Sign):
    for changes in HOSTILE:
        send_hostile(school, changes)
    school.send("I am a real one.", report=secrets.token_hex(16), at=datetime.now(UTC))
    page = adult("r.carver").page
    expect(page.locator("#cases tbody tr")).to_have_count(len(HOSTILE) + 1, timeout=WAIT_MS)

    expect(page.get_by_text("The seal does not open")).to_have_count(len(HOSTILE))
    page.fill("#q", "real one")
    expect(page.locator("#cases tbody tr")).to_have_count(1)


def test_a_server_that_adds_whom_it_is_about_gets_no_note_for_them(school: CaseSchool, adult: Sign):
    about = school.holders["d.amos"].id
    case = send_hostile(school, {"draft": {"harms": ["bullying"], "not_to": [about]}})
    sent: list[Request] = []

    def add_reader(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request)
            route.continue_()
            return
        answer = route.fetch()
        body = answer.json()
        for row in body.get("cases", [body.get("case")]):
            row["readers"].append(about)
        route.fulfill(response=answer, json=body)

    lead = adult("r.carver")
    lead.page.route(re.compile(r"/reports/api/cases[?/]"), add_reader)
    page = lead.go(f"/reports/case/{case}")
    lead.open_key()
    expect(page.locator("#warnings")).to_contain_text("Dina Amos can read it", timeout=WAIT_MS)
    page.fill("#note", "What I saw.")
    page.get_by_role("button", name="Seal and add").click()
    expect(page.locator("#story")).to_contain_text("What I saw.", timeout=WAIT_MS)

    _, header = envelopes.read_envelope(base64.b64decode(sent[0].post_data_json["envelope"]))
    assert about not in header.to
