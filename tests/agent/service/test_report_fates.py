"""Any order of telling, killing, unplugging and losing: each report comes once, and *sent* is never a lie."""

import shutil
import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.link import pages
from tests.support.report_laptop import DRAFT, ReportLaptop

STEPS = (
    "tell",
    "tell",
    "wait",
    "wait long",
    "unplug",
    "plug in",
    "lose answers",
    "answer again",
    "kill the service",
    "kill the session",
    "kill while taking",
    "tear the journal",
    "take the journal away",
)


class Died(BaseException):
    """A kill in the middle."""


class Fate:
    """One laptop, and what is true of it whatever has happened."""

    def __init__(self, folder):
        self.folder = folder
        self.laptop = ReportLaptop(folder)
        _shell, self.session = self.laptop.log_in()
        self.told = 0
        self.promised = set()
        """What whoever told was given a receipt for."""

    def do(self, step):
        getattr(self, step.replace(" ", "_"))()
        self.look()

    def tell(self):
        self.told += 1
        words = f"report {self.told}"
        before = len(self.laptop.receipts(self.session))
        self.laptop.tell(self.session, msgspec.structs.replace(DRAFT, words=words))
        if "sending" in self.laptop.receipts(self.session)[before:]:
            self.promised.add(words)

    def wait(self):
        self.laptop.forward(2)

    def wait_long(self):
        self.laptop.forward(700)

    def unplug(self):
        self.laptop.server.online = False

    def plug_in(self):
        self.laptop.server.online = True

    def lose_answers(self):
        self.laptop.server.loses_answers = True

    def answer_again(self):
        self.laptop.server.loses_answers = False

    def kill_the_service(self):
        self.laptop.kill_service()
        self.back()

    def back(self):
        self.laptop.start()
        self.session = self.laptop.connect()

    def kill_the_session(self):
        self.session.process.end(-9)
        self.laptop.forward(2)
        self.session = self.laptop.connect()

    def kill_while_taking(self):
        self.told += 1
        store = self.laptop.service.reports.store
        save = store.save
        saves = []

        def dies_at_the_second(report):
            saves.append(report)
            if len(saves) > 1:
                raise Died
            save(report)

        store.save = dies_at_the_second
        try:
            self.laptop.tell(self.session, msgspec.structs.replace(DRAFT, words=f"report {self.told}"))
        except Died:
            self.kill_the_service()
        else:
            store.save = save

    def tear_the_journal(self):
        """A torn file is found at the next start, and what could not be read of it is gone."""
        self.laptop.kill_service()
        path = self.folder / "state" / "journal.sqlite"
        for beside in path.parent.glob("journal.sqlite-*"):
            beside.unlink()
        with path.open("r+b") as file:
            file.seek(1024)
            file.write(b"\xff" * 4096)
        self.back()

    def take_the_journal_away(self):
        self.laptop.kill_service()
        for path in (self.folder / "state").rglob("journal*"):
            if path.is_file():
                path.unlink()
        self.back()

    @property
    def arrived(self):
        """Return the words at the school, each report's id counted once, as its server does."""
        cases = {sent.report: sent for sent in self.laptop.reports}
        return sorted(self.laptop.open(self.laptop.office.lead, sent).draft.words for sent in cases.values())

    def look(self):
        """*Sent* is shown only of what is at the school."""
        arrived = self.arrived
        assert len(arrived) == len(set(arrived))
        shown = self.laptop.receipts(self.session)
        assert shown.count("sent") <= len(arrived)
        store = self.laptop.service.reports.store
        cases = {sent.report for sent in self.laptop.reports}
        assert {report.report for report in store.all.values() if report.is_safe} <= cases

    def home(self):
        self.laptop.server.online, self.laptop.server.loses_answers = True, False
        self.laptop.forward(120)
        self.look()
        assert self.promised <= set(self.arrived)
        assert all(report.is_safe for report in self.laptop.service.reports.store.all.values())
        waiting = self.laptop.service.ground.server.journal.next_upload()
        assert () == waiting
        assert not [page for page in self.laptop.pages(self.session, pages.ReceiptPage) if page.state == ""]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=14))
def test_whatever_happens_each_report_comes_once_and_sent_is_true(steps):
    folder = Path(tempfile.mkdtemp())
    fate = Fate(folder)
    try:
        for step in steps:
            fate.do(step)
        fate.home()
    finally:
        fate.laptop.close()
        shutil.rmtree(folder, ignore_errors=True)
