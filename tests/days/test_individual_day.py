"""What adults set for one person, with the real service and the real server: told, kept, cleared."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.link import messages as m
from agent.link import pages
from agent.link.channel import Peer
from agent.service import facts
from policies.reports import ReportDraft
from policies.settings import ReportSettings
from server import cases, officers
from server.individual import arranging, resigning, restricting
from server.individual.arranging import Wish
from server.individual.common import By
from tests.support.apart import served_apart as served
from tests.support.case_school import make_case_school
from tests.support.day import Day, Running, accept, hello, log_in, wait_for

RUTH = By(None, "Ruth Carver", frozenset({"safeguarding"}))
REPORTING = ReportSettings(enabled=True)
DRAFT = ReportDraft(harms=("bullying",), words="They laugh at me because I may not sign in.")


@pytest.fixture
def day(tmp_path):
    school = make_case_school(tmp_path / "server", report=REPORTING, hosts=("127.0.0.1",))
    made = Day(tmp_path, school.house)
    made.school = school
    yield made
    made.close()


@pytest.fixture
def running(day):
    with served(day.house) as address:
        day.enrol(address)
        started = Running(day.config, day.device)
        try:
            yield started
        finally:
            started.stop()


def set_for_may(day, act, *args, **values):
    """An adult sets something for May, now; the serving process hears of it by itself."""
    now = datetime.now(UTC)
    with day.house.db.write() as connection:
        return act(connection, "p-may", *args, by=RUTH, now=now, **values)


def come(day, running):
    """May stands at the gate again; return her shell and what the hook is answered."""
    shell, hook, caller, answers = hello(day)
    said = m.HookHello(display=":5", xauthority="/x")
    running.service.loop.put(facts.PublicSaid(caller, Peer(hook.pid, 1001), said))
    return shell, answers


def leave(day, shell):
    ends = day.kinds().count("login-ended")
    day.device.exit(shell)
    wait_for(lambda: day.kinds().count("login-ended") > ends, "the end of the login")


def turned_away(day):
    (over,) = wait_for(lambda: [each for each in day.desktop.heard(m.GateOver) if each.page], "the notice")
    return over.page


def test_r10_blocked_until_the_meeting_is_recorded_and_then_accepted_anew(day, running):
    leave(day, log_in(day, running))
    set_for_may(day, resigning.demand, reason="Sent a hurtful picture")
    shell, answers = come(day, running)
    assert "meeting" == turned_away(day).kind
    leave(day, shell)
    assert m.HookAnswer(opens=True) not in answers

    today = datetime.now().astimezone().date()
    set_for_may(day, resigning.record_meeting, met_on=today, met_with="May and her mother")
    _shell, answers = come(day, running)
    accept(day, running)
    wait_for(lambda: m.HookAnswer(opens=True) in answers, "the open gate")
    wait_for(lambda: day.kinds().count("agreement-answered") == 2, "the second acceptance at the school")


def test_r16_a_limit_set_while_may_works_is_told_at_once_and_she_can_still_report(day, running):
    shell = log_in(day, running)
    wait_for(lambda: "login-started" in day.kinds(), "the login at the school")
    until = datetime.now(UTC) + timedelta(days=2)
    set_for_may(day, restricting.restrict, until=until, only_in=None, reason="Agreed with her mother")
    notices = wait_for(
        lambda: [p.page for p in day.desktop.heard(m.ShowPage) if getattr(p.page, "kind", "") == "ends-soon"],
        "the word that it ends soon",
    )
    assert "Agreed" not in str(notices)
    leave(day, shell)

    come(day, running)
    page = turned_away(day)
    assert ("restricted", True) == (page.kind, page.reports)
    assert datetime.fromisoformat(page.until) >= until - timedelta(seconds=1)
    day.desktop.say(m.Asked(what="report", place="attention"))
    wait_for(
        lambda: [p for p in day.desktop.heard(m.ShowPage) if isinstance(p.page, pages.ReportPage)],
        "the report",
    )
    day.desktop.say(m.ReportWritten(draft=DRAFT, place="attention"))
    wait_for(
        lambda: [
            p
            for p in day.desktop.heard(m.ShowPage)
            if isinstance(p.page, pages.ReceiptPage) and p.page.state == "sent"
        ],
        "the receipt",
    )
    reader = day.school.reader("r.carver")
    assert isinstance(reader, officers.Reader)
    with day.house.db.read() as connection:
        found, _more, _aside = cases.list_cases(connection, reader.key_id, REPORTING)
    assert day.device_id in {case.device for case in found}


def test_r5_an_arrangement_reaches_the_gate_and_says_nothing_of_why(day, running):
    until_day = datetime.now().astimezone().date() + timedelta(days=30)
    wish = Wish(language="tr", text_scale_percent=150, reads_aloud=True)
    set_for_may(day, arranging.arrange, wish, until_day=until_day, reason="Dyslexia, plan of March")
    come(day, running)
    page = wait_for(lambda: day.desktop.heard(m.ShowGate), "the gate")[-1].page

    assert ("tr", 150, True) == (page.language, page.text_scale, page.reads_at_once)
    assert "Dyslexia" not in repr(page)
