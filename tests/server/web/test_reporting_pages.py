"""Reporting is switched like any other setting: off takes two adults, and rings under way stay rings."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from litestar.testing import TestClient

from policies.settings import Helpline
from server import policy_store, proposing, rollouts
from server.policy_store import Author, Revision
from server.rollout_machine import Plan, Ring
from tests.support.case_school import CaseSchool

Open = Callable[[str], TestClient[Any]]
HEAD = Author(None, "Neil Okafor", frozenset({"head"}))
RISK = "Children have nowhere to write; the phone stays"


def send(client: TestClient[Any], path: str, **fields: str) -> Any:
    token = client.get("/reporting").text.split('name="_csrf_token" value="')[1].split('"')[0]
    return client.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)


def current(here: CaseSchool) -> Revision:
    with here.house.db.read() as connection:
        found = policy_store.current_tree(connection)
    assert found is not None
    return found


def change(here: CaseSchool, plan: Plan, **report: Any) -> None:
    """Let other settings of reports go out by this plan."""
    before, now = current(here), datetime.now(UTC)
    settings = before.tree.settings
    changed = msgspec.structs.replace(settings, report=msgspec.structs.replace(settings.report, **report))
    with here.house.db.write() as connection:
        made = proposing.propose(
            connection, msgspec.structs.replace(before.tree, settings=changed),
            by=HEAD, reason="a test", base=before.number, now=now, plan=plan,
        )  # fmt: skip
        proposing.apply(connection, made.number, by=HEAD, now=now)


def test_r82_nobody_switches_reporting_off_alone(here: CaseSchool, open_as: Open):
    client = open_as("t.ashby")
    bare = send(client, "/reporting/switch", on="off")
    sent = send(client, "/reporting/switch", on="off", risk=RISK)

    assert (409, True) == (
        bare.status_code,
        "Write a sentence: this change weakens a protection." in bare.text,
    )
    assert "/policies/proposals/1" == sent.headers["location"]
    assert current(here).tree.settings.report.enabled
    assert "Waits for a second approver" in client.get(sent.headers["location"]).text

    lead = open_as("r.carver")
    send(lead, "/policies/proposals/1/approve")

    assert not current(here).tree.settings.report.enabled


def test_reporting_is_switched_on_at_once_by_one_adult(here: CaseSchool, open_as: Open):
    send(open_as("t.ashby"), "/reporting/switch", on="off", risk=RISK)
    send(open_as("n.okafor"), "/policies/proposals/1/approve")
    sent = send(open_as("r.carver"), "/reporting/switch", on="on")

    assert "/reporting" == sent.headers["location"]
    assert (True, "Ruth Carver") == (current(here).tree.settings.report.enabled, current(here).by.name)


def test_ringing_the_helplines_pushes_no_settings_past_their_rings(here: CaseSchool, open_as: Open):
    lines = (Helpline(name="Childline", how="0800 1111"),)
    change(here, Plan(), helplines=lines, helplines_checked=date(2020, 1, 1))
    first = Plan(rings=(Ring(kind="devices", devices=(here.laptop.device,)),))
    change(here, first, answer_within_hours=12)
    with here.house.db.read() as connection:
        running = rollouts.under_way(connection)
    refused = send(open_as("t.ashby"), "/reporting/checked")
    with here.house.db.read() as connection:
        after = rollouts.under_way(connection)

    assert (409, True) == (refused.status_code, "Settings are still going out." in refused.text)
    assert running == after
