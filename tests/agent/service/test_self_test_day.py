"""R83: a laptop tries its own parts by order, timetable and hand, once each, and says which part failed."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import own_process
from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts, self_test_answers
from agent.service import self_test_rules as rules
from agent.service.app import Service
from agent.service.self_test_parts import Found, try_part
from agent.service.self_test_rules import Standing, decide_due, due_at
from policies import orders
from policies.device_records import SELF_TEST_PARTS
from policies.records import OrderDone, SelfTested
from policies.settings import SelfTestSettings, UsbSettings
from tests.support.lab_laptop import Hook
from tests.support.model_server import DEVICE
from tests.support.report_laptop import REPORTS_ON, ReportLaptop
from tests.support.stick_laptop import FakeScanner

EVERYTHING = msgspec.structs.replace(REPORTS_ON, usb=UsbSettings(mode="approve_then_scan"))
NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
WEEKLY = SelfTestSettings(every_days=7, at="07:30")


class TriedLaptop(ReportLaptop):
    """A laptop with reporting, sticks and a scanner that live in memory."""

    def start(self):
        self.scanner = FakeScanner(lambda: self.clock.at)
        self.service = Service(
            self.config,
            self.device,
            self.clock,
            make_uplink=lambda _e, _c: self.server,
            scanner=self.scanner,
            spawn=self.spawn,
        )
        self.service.start()
        self.settle()

    def spawn(self, name, job):
        if name == "self-test" and self.slow:
            self.held.append(job)
        else:
            super().spawn(name, job)

    slow = False
    """A test lasts until `finish`."""

    @property
    def held(self):
        return self.__dict__.setdefault("_held", [])

    def finish(self):
        for job in self.held[:]:
            self.held.remove(job)
            job()
        self.settle()

    def order_test(self, order="t-1", expires=timedelta(days=7)):
        said = orders.SelfTest(device=DEVICE, order=order, by="Nuri", expires_at=self.clock.at + expires)
        self.order(said)

    def ask(self, uid=None):
        caller = Hook()
        self.service.loop.put(
            facts.PublicSaid(
                caller, Peer(1, own_process.own_uid() if uid is None else uid), m.SelfTestAsked()
            )
        )
        self.settle()
        return caller


@pytest.fixture
def tested(tmp_path):
    made = []

    def make(**changes):
        made.append(TriedLaptop(tmp_path, **({"settings": EVERYTHING} | changes)))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def laptop(tested):
    return tested()


def outcomes(laptop):
    return [(each.order, each.outcome) for each in laptop.records(OrderDone)]


# ---- by order ----


def test_r83_an_ordered_test_tries_every_part_and_tells_the_server(laptop):
    laptop.order_test()
    (record,) = laptop.records(SelfTested)

    assert dict.fromkeys(SELF_TEST_PARTS, "passed") == record.results
    assert ("t-1", {}) == (record.order, record.problems)
    assert record.signatures_at is not None
    assert [("t-1", "done")] == outcomes(laptop)


def broken_gate(laptop):
    laptop.device.broken_windows = {False, True}


def broken_lock(laptop):
    laptop.device.locker_works = False


def blind_scanner(laptop):
    laptop.scanner.blind = True


def old_signatures(laptop):
    laptop.scanner.state = "stale"


def open_bus(laptop):
    laptop.device.plugs.default_shut = False


def silent_server(laptop):
    laptop.server.online = False


@pytest.mark.parametrize(
    ("fault", "part", "words"),
    [
        (broken_gate, "gate", "the web view: nothing was painted; the plain window: nothing was painted"),
        (broken_lock, "lock", "no screen locker is installed"),
        (blind_scanner, "stick", "did not find the test virus"),
        (old_signatures, "stick", "freshclam"),
        (open_bus, "stick", "a USB bus is open"),
        (silent_server, "sync", "unplugged"),
    ],
)
def test_r83_a_fault_shows_as_the_failing_part_and_no_other(laptop, fault, part, words):
    fault(laptop)
    laptop.order_test()
    laptop.server.online = True
    laptop.forward(60)
    (record,) = laptop.records(SelfTested)

    assert [part] == [each for each, result in record.results.items() if result == "failed"]
    assert words in record.problems[part]


def test_a_broken_web_view_is_told_although_the_plain_window_works(laptop):
    laptop.device.broken_windows = {False}
    laptop.order_test()
    (record,) = laptop.records(SelfTested)

    assert "failed" == record.results["gate"]
    assert "nobody is kept out" in record.problems["gate"]


def test_r83_a_report_that_nobody_could_read_fails(laptop):
    laptop.service.ground.server.officers.listed = None
    laptop.order_test()
    (record,) = laptop.records(SelfTested)

    assert ("failed", True) == (record.results["report"], "nobody could read" in record.problems["report"])


def test_what_the_policy_switches_off_is_lacking_and_no_failure(tested):
    laptop = tested(settings=msgspec.structs.replace(REPORTS_ON, report=type(REPORTS_ON.report)()))
    laptop.order_test()
    (record,) = laptop.records(SelfTested)

    assert ("lacking", "lacking") == (record.results["stick"], record.results["report"])
    assert 0 == rules.exit_status(record.results)


def test_an_order_told_again_is_not_tested_again_not_even_after_a_restart(laptop):
    laptop.order_test()
    laptop.order_test()
    laptop.kill_service()
    laptop.start()
    laptop.order_test()

    assert 1 == len(laptop.records(SelfTested))


def test_an_expired_order_is_not_run(laptop):
    laptop.order_test(expires=timedelta(seconds=-1))

    assert [] == laptop.records(SelfTested)
    assert [("t-1", "expired")] == outcomes(laptop)


def test_two_orders_at_once_are_one_test_and_two_answers(laptop):
    laptop.slow = True
    laptop.order_test("t-1")
    laptop.order_test("t-2")
    laptop.finish()

    assert ["t-1", "t-2"] == [each.order for each in laptop.records(SelfTested)]
    assert 2 == len(laptop.device.tried)


def test_a_test_touches_nobodys_screen(laptop):
    shell, session = laptop.log_in()
    heard = len(laptop.heard(session, m.ShowPage))
    laptop.order_test()

    assert laptop.device.is_alive(shell)
    assert [] == laptop.device.lockers
    assert heard == len(laptop.heard(session, m.ShowPage))


def test_a_part_that_breaks_in_an_unforeseen_way_has_failed():
    def part(_trial):
        raise KeyError("x")

    assert Found("failed", "the test itself broke: KeyError") == try_part(part, None)


# ---- by the timetable ----


def test_r83_the_timetable_tests_at_its_hour_and_then_a_week_later(laptop):
    first = due_at(WEEKLY, laptop.service.self_test._standing, laptop.clock.at.astimezone())
    laptop.clock.forward((first - laptop.clock.at).total_seconds() + 1)
    laptop.forward(90)
    assert [""] == [each.order for each in laptop.records(SelfTested)]
    laptop.clock.forward(7 * 86400)
    laptop.forward(90)

    assert ["", ""] == [each.order for each in laptop.records(SelfTested)]


def test_a_missed_test_waits_until_nobody_is_logged_in(laptop):
    shell, _session = laptop.log_in()
    laptop.clock.forward(3 * 86400)
    laptop.forward(120)
    assert [] == laptop.records(SelfTested)
    laptop.device.exit(shell)
    laptop.forward(120)

    assert 1 == len(laptop.records(SelfTested))


def test_a_missed_test_is_made_after_the_next_start_and_only_once(laptop):
    laptop.kill_service()
    laptop.clock.forward(3 * 86400)
    laptop.start()
    laptop.forward(120)
    laptop.kill_service()
    laptop.start()
    laptop.forward(120)

    assert 1 == len(laptop.records(SelfTested))


def test_a_test_that_brings_the_service_down_is_not_made_at_every_start(laptop):
    laptop.slow = True
    laptop.clock.forward(3 * 86400)
    laptop.forward(120)
    assert 1 == len(laptop.held)
    laptop.kill_service()
    laptop.start()
    laptop.forward(120)

    assert 1 == len(laptop.held)


def test_a_damaged_file_means_that_counting_begins_anew(laptop):
    laptop.kill_service()
    (laptop.config.state / "self_test.json").write_bytes(b"\xff{")
    laptop.start()
    laptop.forward(120)

    assert [] == laptop.records(SelfTested)


local = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.astimezone())


@given(local, st.timedeltas(timedelta(), timedelta(days=200)), st.integers(1, 90), st.times())
def test_the_timetable_is_never_due_twice_within_its_days(since, later, days, at):
    settings = SelfTestSettings(every_days=days, at=f"{at.hour:02}:{at.minute:02}")
    standing = Standing(since=since)
    now = since + later
    if decide_due(settings, standing, now, somebody_here=False):
        after = rules.begun(standing, now)

        assert not decide_due(settings, after, now, somebody_here=False)
        assert due_at(settings, after, now).date() == now.date() + timedelta(days=days)
        assert decide_due(settings, after, now + timedelta(days=days + 1), somebody_here=False)
    assert not decide_due(settings, standing, now, somebody_here=True)


def test_no_timetable_is_never_due_and_a_last_test_in_the_future_counts_for_nothing():
    off = SelfTestSettings(every_days=0)
    strange = Standing(since=NOW - timedelta(days=3), last_at=NOW + timedelta(days=900))

    assert due_at(off, Standing(since=NOW), NOW) is None
    assert decide_due(WEEKLY, strange, NOW, somebody_here=False)


# ---- by hand ----


def test_root_is_told_what_was_found_and_the_server_too(laptop):
    caller = laptop.ask()
    (told,) = caller.heard

    assert dict.fromkeys(SELF_TEST_PARTS, "passed") == told.results
    assert caller.closed
    assert [""] == [each.order for each in laptop.records(SelfTested)]


def test_a_pupil_who_asks_gets_no_test(laptop):
    caller = laptop.ask(uid=1001)

    assert [m.SelfTestTold()] == caller.heard
    assert [] == laptop.records(SelfTested)


def test_who_asks_during_an_ordered_test_hears_its_result(laptop):
    laptop.slow = True
    laptop.order_test()
    caller = laptop.ask()
    assert [] == caller.heard
    laptop.finish()

    assert 1 == len(caller.heard)
    assert ["t-1"] == [each.order for each in laptop.records(SelfTested)]


def test_the_command_says_each_part_and_why_it_failed():
    told = m.SelfTestTold(
        results=dict.fromkeys(SELF_TEST_PARTS, "passed") | {"lock": "failed"},
        problems={"lock": "no screen locker is installed"},
    )
    lines = self_test_answers.lines(told)

    assert 6 == len(lines)
    assert "→ no screen locker is installed" in lines[2]
    assert 1 == rules.exit_status(told.results)
    assert 1 == rules.exit_status({})
