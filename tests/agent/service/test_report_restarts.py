"""The service dies, the journal tears, the disk is full: what was told is neither lost nor told falsely."""

import pytest

from agent.backends import own_process
from agent.errors import ConfigProblem, DeviceFailed, UnsentReports
from agent.link import messages as m
from agent.link import pages
from agent.link.channel import Peer
from agent.service import commands, enrol, facts, report_store
from policies.recording import Stream
from tests.support.lab_laptop import Hook
from tests.support.model_server import MACHINE
from tests.support.report_laptop import DRAFT, ReportLaptop


@pytest.fixture
def told(tmp_path):
    made = ReportLaptop(tmp_path)
    yield made
    made.close()


def ids(laptop):
    return [sent.report for sent in laptop.reports]


def restart(laptop):
    laptop.kill_service()
    laptop.start()
    return laptop.connect()


class Died(BaseException):
    """A kill at this very place."""


def dies(*_args, **_values):
    raise Died


def test_after_a_restart_whoever_is_still_there_learns_that_it_was_sent(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    session = restart(told)
    assert ["sending"] == told.receipts(session)
    told.forward(5)
    assert "waiting" == told.receipts(session)[-1]

    told.server.online = True
    told.forward(30)
    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


def test_a_service_that_died_before_it_could_say_so_says_sent_after_its_restart(told):
    _shell, session = told.log_in()
    told.server.loses_answers = True
    told.tell(session)
    told.forward(1)
    assert 1 == len(told.reports)
    told.server.loses_answers = False
    session = restart(told)
    told.forward(1)

    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)
    restart(told)
    told.forward(1)
    assert [] == told.receipts(told.device.sessions[-1])


def test_what_was_cut_off_before_it_was_heard_is_not_called_sent(told):
    _shell, session = told.log_in()
    session = restart(told)
    session.say(m.CutOff())
    told.settle()

    (page,) = told.pages(session, pages.ReceiptPage)
    assert ("refused", "cut-off") == (page.state, page.why)
    assert page.contacts


def test_what_was_cut_off_after_it_was_taken_gets_its_receipt_and_no_other(told):
    _shell, session = told.log_in()
    told.tell(session)
    told.kill_service()
    told.start()
    session = told.device.sessions[-1]
    session.connected = True
    session.say(m.Connected())
    session.say(m.CutOff())
    told.forward(3)
    session.say(m.CutOff())
    told.settle()

    assert "sent" == told.receipts(session)[-1]
    assert "refused" not in told.receipts(session)


def test_a_new_session_of_the_same_login_is_told_again(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    session.process.end(-9)
    told.forward(2)
    again = told.connect()

    assert again is not session
    assert "waiting" == told.receipts(again)[-1]


@pytest.mark.parametrize("place", ["before the journal", "after the journal", "at the receipt"])
def test_a_kill_at_any_place_sends_it_exactly_once_or_never_said_a_word(told, place, monkeypatch):
    """Killed while taking: either nothing was promised, or the next start finishes it."""
    _shell, session = told.log_in()
    reports = told.service.reports
    if place == "before the journal":
        told.service.ground.server.journal.append = dies
    elif place == "after the journal":
        put = reports._put
        monkeypatch.setattr(reports, "_put", lambda *a: (put(*a), dies()))
    else:
        monkeypatch.setattr(reports, "_show_receipt", dies)
    with pytest.raises(Died):
        told.tell(session)
    assert [] == told.receipts(session)
    session = restart(told)
    told.forward(5)

    assert 1 == len(told.reports)
    assert "sent" == told.receipts(session)[-1]
    assert DRAFT == told.open(told.office.lead, told.reports[0]).draft


def test_a_kill_between_writing_and_noting_it_does_not_write_it_twice(told):
    _shell, session = told.log_in()
    told.server.online = False
    store = told.service.reports.store
    saves = []

    def first_save_only(report):
        if saves:
            dies()
        saves.append(report)
        report_store.ReportStore.save(store, report)

    store.save = first_save_only
    with pytest.raises(Died):
        told.tell(session)
    told.server.online = True
    restart(told)
    told.forward(5)

    assert 1 == len(told.reports)


def test_a_journal_that_was_taken_away_gets_its_reports_again(told, tmp_path):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    before = [report.sent.report for report in told.service.reports.store.all.values()]
    told.kill_service()
    for path in (tmp_path / "state").rglob("journal*"):
        path.unlink()
    told.server.online = True
    told.start()
    told.connect()
    told.forward(30)

    assert before == ids(told)
    assert "sent" == told.receipts(told.device.sessions[-1])[-1]


def test_a_journal_that_tears_while_it_runs_gets_its_reports_again(told, tmp_path):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    journal = told.service.ground.server.journal
    journal._db.execute("delete from batches")
    journal.losses += 1
    told.server.online = True
    told.forward(60)

    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


def test_a_server_that_knows_higher_numbers_than_we_do_is_no_receipt(told):
    """An older state came back: the server has a number of ours that stands for something else."""
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.server.next[Stream.REPORT] = 40
    told.server.online = True
    told.forward(60)

    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


def test_a_full_disk_sends_the_words_before_it_keeps_the_key_of_an_answer(told):
    _shell, session = told.log_in()
    store = told.service.reports.store

    def full(_report):
        raise OSError(28, "No space left on device")

    store.save = full
    told.tell(session)
    told.forward(1)

    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


def test_a_damaged_file_of_one_report_hides_no_other(told, tmp_path):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(2)
    (tmp_path / "state" / "reports" / ("0" * 32 + ".json")).write_bytes(b"{torn")
    told.server.online = True
    restart(told)
    told.forward(5)

    assert 1 == len(told.reports)


def test_a_report_accepted_is_sent_though_reports_are_switched_off_meanwhile(told):
    from policies.settings import Settings

    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.publish(Settings())
    told.server.online = True
    told.forward(30)

    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


@pytest.mark.parametrize("closes_first", [True, False])
def test_what_a_session_said_with_its_last_breath_is_heard(told, closes_first):
    """The words lie in the socket when the process is already gone: they were told all the same."""
    _shell, session = told.log_in()
    for _ in range(3):
        session.say(m.Alive(idle_seconds=0.0))
    session.say(m.ReportWritten(draft=DRAFT))
    if closes_first:
        session.channel.close()
    session.process.end(-9)
    told.settle()
    told.forward(3)
    again = told.connect()

    assert 1 == len(told.reports)
    assert "sent" == told.receipts(again)[-1]


def test_what_is_told_while_the_login_is_being_ended_is_kept(told):
    shell, session = told.log_in()
    told.device.exit(shell)
    told.device.end_processes = dies_not
    session.say(m.ReportWritten(draft=DRAFT))
    told.settle()
    told.forward(2)

    assert 1 == len(told.reports)


def dies_not(_uid, _keep):
    raise DeviceFailed("still at it")


def test_a_login_that_ends_takes_no_report_with_it(told):
    shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.device.exit(shell)
    told.forward(3)
    told.server.online = True
    told.forward(30)

    assert 1 == len(told.reports)
    assert [] == [page for page in told.pages(session, pages.ReceiptPage) if page.state == "sent"]
    assert all(report.is_safe for report in told.service.reports.store.all.values())
    assert not told.heard(session, m.GateOver)[-1:] or told.heard(session, m.GateOver)[-1].opens


class NeverAsked:
    """A machine whose fingerprint is all that enrolling may ask before it refuses."""

    def machine_fingerprint(self):
        return MACHINE


def enrol_again(laptop, **changes):
    enrol.enrol(laptop.config, NeverAsked(), "https://127.0.0.1:9", "no code", "test", again=True, **changes)


def test_a_laptop_with_an_unsent_report_is_not_enrolled_again(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    assert 1 == told.service.reports.unsent
    with pytest.raises(
        UnsentReports, match=r"1 report has not reached the server yet.*connect this laptop first"
    ):
        enrol_again(told)

    told.server.online = True
    told.forward(30)
    assert 0 == told.service.reports.unsent
    with pytest.raises(ConfigProblem, match="not an enrolment code"):
        enrol_again(told)


def test_unsent_reports_are_given_up_only_when_somebody_says_so(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    with pytest.raises(ConfigProblem, match="not an enrolment code"):
        enrol_again(told, loses_reports=True)


def test_the_command_refuses_with_an_exit_status_of_its_own(told, tmp_path, capsys, monkeypatch):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)
    monkeypatch.setattr(commands, "load_config", lambda path: told.config)
    monkeypatch.setattr("agent.backends.device.choose", lambda *_: NeverAsked())
    status = commands.main(["enrol", "--again", "https://127.0.0.1:9", "no code"])

    assert commands.UNSENT == status == 3
    assert "--lose-unsent-reports" in capsys.readouterr().err


def status(laptop, uid):
    asker = Hook()
    laptop.service.loop.put(facts.PublicSaid(asker, Peer(1, uid), m.StatusAsked()))
    laptop.settle()
    (answer,) = asker.heard
    return answer


def test_the_next_pupil_is_not_told_that_a_report_waits_here(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(6)

    assert 1 == status(told, own_process.own_uid()).unsent_reports
    assert 0 == status(told, 1001).unsent_reports
    assert 0 == status(told, 1001).waiting_bytes
