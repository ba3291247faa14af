"""A report's whole way: told on a laptop, sealed, at the school, opened, answered, and the laptop secured."""

from datetime import UTC, datetime

import msgspec
import pytest

from agent.link import client, pages
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from policies import reports, sealing
from policies.reports import ReplyWords, ReportDraft
from policies.settings import Helpline, ReportSettings
from server import case_quarantine, case_sharing, cases, officers
from tests.support.apart import served_apart as served
from tests.support.case_school import make_case_school
from tests.support.day import Day, Running, hello, log_in, wait_for

WORDS = "Somebody I do not know wants pictures of me, on chat.example."
REPORTING = ReportSettings(enabled=True, helplines=(Helpline(name="Listening line", how="0000 111"),))


class ReportDay(Day):
    """A Day at a school whose officers have keys."""

    def __init__(self, folder):
        self.school = make_case_school(folder / "server", report=REPORTING, hosts=("127.0.0.1",))
        super().__init__(folder, self.school.house)

    def shown(self, kind):
        return [each.page for each in self.desktop.heard(m.ShowPage) if isinstance(each.page, kind)]

    def reader(self, name):
        found = self.school.reader(name)
        assert isinstance(found, officers.Reader)
        return found

    def cases_of(self, name):
        with self.house.db.read() as connection:
            found, _more, _aside = cases.list_cases(connection, self.reader(name).key_id, REPORTING)
        return [case for case in found if case.device == self.device_id]


@pytest.fixture
def day(tmp_path):
    made = ReportDay(tmp_path)
    yield made
    made.close()


def test_a_report_from_the_window_to_the_answer_and_the_secured_laptop(day):
    with served(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device)
        try:
            shell = log_in(day, running)
            words = tell(day)
            answer(day, words)
            secure(day, running, shell, words)
        finally:
            running.stop()


def tell(day):
    """May tells; the lead opens it, the head cannot."""
    day.desktop.say(m.Asked(what="report"))
    page = wait_for(lambda: day.shown(pages.ReportPage), "the report page")[-1]
    assert ["Ruth Carver", "Dina Amos", "Neil Okafor", "Grace Hall"] == [who.name for who in page.readers]
    assert ["Listening line"] == [line.name for line in page.helplines]
    draft = ReportDraft(harms=("exploitation",), words=WORDS, urgency="danger")
    day.desktop.say(m.ReportWritten(draft=draft))
    wait_for(lambda: [each for each in day.shown(pages.ReceiptPage) if each.state == "sent"], "the receipt")
    (case,) = day.cases_of("r.carver")

    assert ("contact", "danger", "pupil") == (case.coarse, case.urgency, case.origin)
    assert [] == day.cases_of("n.okafor")
    opened = day.school.open(
        "r.carver", case.envelope, bytes.fromhex(case.device_key), case.id, day.device_id
    )
    assert (draft, "p-may", "May") == (opened.draft, opened.person, opened.display_name)
    return opened


def answer(day, words):
    """The lead answers; the panel counts it, and May reads it when she likes."""
    lead = day.school.holders["r.carver"]
    said = ReplyWords(
        report=words.report, at=datetime.now(UTC), by="Ruth Carver", words="Come and see me at break."
    )
    sealed = sealing.seal(
        words.reply_key, msgspec.json.encode(said), reports.reply_bound(words.report, day.device_id)
    )
    with day.house.db.write() as connection:
        case_sharing.reply(
            connection,
            day.reader("r.carver"),
            words.report,
            sealed=sealed,
            signature=sealing.sign(
                lead.sign_private, reports.reply_signed(words.report, day.device_id, sealed)
            ),
            envelope=day.school.note("r.carver", words.report),
            now=datetime.now(UTC),
        )
    day.desktop.say(m.Asked(what="panel"))
    wait_for(lambda: [each for each in day.shown(pages.PanelPage) if each.replies == 1], "the answer")
    assert [] == day.shown(pages.RepliesPage)
    day.desktop.say(m.Asked(what="replies"))
    (page,) = wait_for(lambda: day.shown(pages.RepliesPage), "the answers")
    assert [("Ruth Carver", "Come and see me at break.")] == [(each.by, each.words) for each in page.replies]


def secure(day, running, shell, words):
    """The lead secures the laptop: the screen locks, nobody comes in; lifted, the gate asks again."""
    set_quarantine(day, words, on=True)
    wait_for(lambda: "quarantine-changed" in day.kinds(), "the quarantine")
    wait_for(lambda: day.device.lockers, "the lock")
    assert "quarantine" in client.ask_status(day.config.socket).capabilities
    day.device.exit(shell)
    wait_for(lambda: "login-ended" in day.kinds(), "the end of the login")
    come(day, running)
    (over,) = wait_for(lambda: [each for each in day.desktop.heard(m.GateOver) if each.page], "the notice")
    assert (False, "quarantined", True) == (over.opens, over.page.kind, over.page.reports)
    set_quarantine(day, words, on=False)
    wait_for(lambda: not running.service.ground.quarantined, "the release")
    answers = come(day, running)

    wait_for(lambda: m.HookAnswer(opens=True) in answers, "the open gate")


def set_quarantine(day, words, *, on):
    with day.house.db.write() as connection:
        case_quarantine.set_quarantine(
            connection,
            day.reader("r.carver"),
            words.report,
            on=on,
            envelope=day.school.note("r.carver", words.report),
            now=datetime.now(UTC),
        )


def come(day, running):
    """Somebody logs in again at the same laptop; return what the hook is answered."""
    _shell, hook, caller, answers = hello(day)
    said = m.HookHello(display=":5", xauthority="/x")
    running.service.loop.put(facts.PublicSaid(caller, Peer(hook.pid, 1001), said))
    return answers
