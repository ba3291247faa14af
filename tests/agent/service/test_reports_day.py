"""Reports told on a laptop: what is sealed and who can open it, and what whoever told is told."""

import msgspec
import pytest

from agent.link import messages as m
from agent.link import pages
from policies import sealing, wire
from policies.recording import Stream
from policies.records import HelpAsked
from policies.reports import ReportDraft
from policies.settings import Settings
from tests.support.lab_laptop import MAY, SAM
from tests.support.report_laptop import DRAFT, ReportLaptop

DANGER = msgspec.structs.replace(DRAFT, urgency="danger")


@pytest.fixture
def told(tmp_path):
    made = ReportLaptop(tmp_path)
    yield made
    made.close()


def journal_of(laptop):
    return laptop.service.ground.server.journal


# ---- telling ----


def test_a_report_reaches_lead_deputy_and_sheet_and_nobody_else(told):
    _shell, session = told.log_in()
    told.tell(session)
    told.forward(1)
    (sent,) = told.reports

    for who in (told.office.lead, told.office.deputy, told.office.sheet):
        words = told.open(who, sent)
        assert DRAFT == words.draft
        assert ("p-may", "May", "may") == (words.person, words.display_name, words.os_user)
    for who in (told.office.head, told.office.alternate):
        with pytest.raises(sealing.CannotOpen):
            told.open(who, sent)


def test_the_server_sees_a_coarse_kind_and_nobody(told):
    told.server.people["may"]["year"] = "9"
    _shell, session = told.log_in()
    told.tell(session)
    told.forward(1)
    (sent,) = told.reports
    seen = msgspec.json.encode(sent)

    assert ("conduct", "soon", "9", 1) == (sent.coarse, sent.urgency, sent.year, sent.list_seq)
    for word in (b"p-may", b"may", b"chat.example", b"rulmu", session_login(told).encode()):
        assert word not in seen


def session_login(laptop):
    (login,) = laptop.service.ground.logins.values()
    return login.id


def test_no_word_of_a_report_lies_on_the_laptops_disk(told, tmp_path):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session)
    told.forward(1)
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert b"chat.example" not in found
    assert "kötü şeyler".encode() not in found
    for path in (tmp_path / "state" / "reports").iterdir():
        assert b"p-may" not in path.read_bytes()
        assert b'"may"' not in path.read_bytes()
        assert 0o600 == path.stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "state" / "reports").stat().st_mode & 0o777


def test_a_report_about_staff_goes_to_the_head_and_one_that_names_the_lead_never_to_the_lead(told):
    _shell, session = told.log_in()
    told.tell(session, msgspec.structs.replace(DRAFT, subject="staff"))
    told.tell(session, msgspec.structs.replace(DRAFT, not_to=(told.office.lead.id,)))
    told.forward(1)
    about_staff, not_lead = told.reports

    assert DRAFT.words == told.open(told.office.head, about_staff).draft.words
    assert DRAFT.words == told.open(told.office.deputy, not_lead).draft.words
    for sent in (about_staff, not_lead):
        with pytest.raises(sealing.CannotOpen):
            told.open(told.office.lead, sent)


def test_without_a_name_no_name_is_sealed(told):
    _shell, session = told.log_in()
    told.tell(session, msgspec.structs.replace(DRAFT, naming="unnamed"))
    told.forward(1)
    words = told.open(told.office.lead, told.reports[0])

    assert (None, "", "") == (words.person, words.display_name, words.os_user)
    assert words.reply_key is not None


def test_control_letters_are_taken_out_and_every_script_stays(told):
    _shell, session = told.log_in()
    words = "a\x00b\u202eمرحبا\n\U0001f469\u200d\U0001f467\x1b[2J"
    told.tell(session, ReportDraft(harms=("content",), words=words, addresses=(" \x07", "x\x07y")))
    told.forward(1)
    words = told.open(told.office.lead, told.reports[0]).draft

    assert "a b\u202eمرحبا\n\U0001f469\u200d\U0001f467 [2J" == words.words
    assert ("x y",) == words.addresses


# ---- receipts ----


def test_sent_is_said_only_once_the_server_has_it(told):
    _shell, session = told.log_in()
    told.tell(session)

    told.forward(1)
    assert ["sending", "sent"] == told.receipts(session)
    receipt = told.pages(session, pages.ReceiptPage)[-1]
    assert ["Mr Okafor", "Ms Winter"] == [reader.name for reader in receipt.readers]
    assert ["Emergency", "Listening line"] == [line.name for line in receipt.helplines]


def test_offline_it_says_to_tell_an_adult_now_and_later_that_it_is_sent(told):
    _shell, session = told.log_in()
    told.server.online = False
    told.tell(session, DANGER)
    told.forward(3)
    assert ["sending"] == told.receipts(session)
    told.forward(2)
    assert ["sending", "waiting"] == told.receipts(session)
    assert told.pages(session, pages.ReceiptPage)[-1].urgent

    told.server.online = True
    told.forward(30)
    assert ["sending", "waiting", "sent"] == told.receipts(session)
    assert "renew" == told.heard(session, m.ShowPage)[-1].how
    assert 1 == len(told.reports)


def test_an_answer_that_is_lost_on_the_way_is_no_receipt(told):
    _shell, session = told.log_in()
    told.server.loses_answers = True
    told.tell(session)
    told.forward(6)

    assert ["sending", "waiting"] == told.receipts(session)
    told.server.loses_answers = False
    told.forward(30)
    assert "sent" == told.receipts(session)[-1]
    assert 1 == len(told.reports)


def test_reports_travel_before_everything_else(told):
    _shell, session = told.log_in()
    told.server.online = False
    session.say(m.Asked(what="help"))
    told.tell(session)
    told.forward(1)
    batches = [wire.read_batch(encoded).stream for encoded in journal_of(told).next_upload()]

    assert Stream.REPORT is batches[0]
    assert Stream.REPORT not in batches[1:]


def test_a_report_can_be_told_at_the_gate_and_the_gate_stays(told):
    _shell, hook = told.hello()
    session = told.connect()
    assert told.gate_page(session).reports
    session.say(m.Asked(what="report", place="gate"))
    told.settle()
    (page,) = told.pages(session, pages.ReportPage)
    assert "gate" == page.place
    told.tell(session, place="gate")
    told.forward(1)

    assert "sent" == told.receipts(session)[-1]
    assert hook.opens is None
    assert "May" == told.open(told.office.lead, told.reports[0]).display_name


def test_whoever_writes_at_the_gate_is_not_timed_out_over_it(told):
    shell, _hook = told.hello()
    session = told.connect()
    told.forward(890)
    session.say(m.Asked(what="report", place="gate"))
    told.forward(800)
    assert told.device.is_alive(shell)

    told.forward(200)
    assert not told.device.is_alive(shell)


def test_whoever_is_sent_away_is_given_the_time_to_tell(told):
    told.server.people.pop("may")
    shell, _hook = told.hello()
    session = told.connect()
    notice = [each.page for each in told.heard(session, m.GateOver)][-1]
    assert ("not-listed", True) == (notice.kind, notice.reports)
    session.say(m.Asked(what="report", place="gate"))
    told.forward(120)
    assert told.device.is_alive(shell)

    told.tell(session, place="gate")
    told.forward(1)
    words = told.open(told.office.lead, told.reports[0])
    assert (None, "may", None) == (words.person, words.os_user, words.reply_key)
    told.forward(900)
    assert not told.device.is_alive(shell)


# ---- the page ----


def test_the_page_has_everything_of_this_reader(told):
    _shell, session = told.log_in()
    session.say(m.Asked(what="report"))
    told.settle()
    (page,) = told.pages(session, pages.ReportPage)

    assert [
        ("Mr Okafor", "lead"),
        ("Ms Winter", "deputy"),
        ("Mrs Aksoy", "head"),
        ("Dr Lind", "alternate"),
    ] == [(reader.name, reader.role) for reader in page.readers]
    assert ["Emergency", "Listening line"] == [line.name for line in page.helplines]
    assert (True, 24, "Ctrl+Alt+H") == (page.ceop, page.answer_within_hours, page.shortcut)
    assert page.contacts
    assert page.draft is None


def test_panel_rules_and_tray_know_the_way(told):
    _shell, session = told.log_in()
    for what in ("panel", "rules", "record", "help"):
        session.say(m.Asked(what=what))
    told.settle()

    assert told.pages(session, pages.PanelPage)[-1].reports
    assert "Ctrl+Alt+H" == told.pages(session, pages.PanelPage)[-1].shortcut
    assert all(page.reports for page in told.pages(session, pages.Page))
    work = told.heard(session, m.Work)[-1]
    assert "Ctrl+Alt+H" == work.hide_shortcut
    assert work.hidden is not None


def test_a_desktop_without_a_key_to_hide_shows_none(told):
    _shell, session = told.log_in()
    session.say(m.Lacks(lacking=("hide-key",)))
    session.say(m.Lacks(lacking=tuple(f"x{number}" for number in range(500))))
    session.say(m.Asked(what="panel"))
    session.say(m.Asked(what="report"))
    told.settle()

    assert "" == told.pages(session, pages.PanelPage)[-1].shortcut
    assert "" == told.pages(session, pages.ReportPage)[-1].shortcut
    (login,) = told.service.ground.logins.values()
    assert 20 == len(login.session.lacking)


def test_where_reports_are_off_the_button_calls_for_help(told):
    _shell, session = told.log_in()
    told.publish(Settings(), officers=told.office.signed())
    session.say(m.Asked(what="report"))
    told.tell(session)
    told.forward(1)

    assert [] == told.pages(session, pages.ReportPage)
    assert 1 == len(told.records(HelpAsked))
    receipt = told.pages(session, pages.ReceiptPage)[-1]
    assert ("refused", "switched-off") == (receipt.state, receipt.why)
    assert [] == told.reports


# ---- refusals ----


def test_where_everybody_is_left_out_it_says_so_at_once(told):
    _shell, session = told.log_in()
    not_to = tuple(who.id for who in told.office.all if who is not told.office.sheet)
    told.tell(session, msgspec.structs.replace(DRAFT, not_to=not_to))
    told.forward(1)

    receipt = told.pages(session, pages.ReceiptPage)[-1]
    assert ("refused", "nobody-left") == (receipt.state, receipt.why)
    assert receipt.contacts
    assert [] == told.reports


def test_a_journal_that_cannot_be_written_is_no_receipt(told):
    _shell, session = told.log_in()
    journal_of(told)._db.close()
    journal_of(told)._open = fail
    told.tell(session)

    assert "refused" == told.receipts(session)[-1]
    assert "not-kept" == told.pages(session, pages.ReceiptPage)[-1].why
    assert {} == told.service.reports.store.all


def fail(**_):
    raise OSError("no disk")


def test_ten_thousand_reports_of_one_account_hinder_nobody(told, tmp_path):
    _shell, session = told.log_in(MAY)
    (login,) = told.service.ground.logins.values()
    _other_shell, other = told.log_in(SAM)
    told.server.online = False
    reports = told.service.reports
    for _ in range(10_000):
        reports.written(login, m.ReportWritten(draft=DRAFT))
    told.settle()
    told.forward(1)

    assert 5 == len(reports.store.all)
    assert told.pages(session, pages.ReceiptPage)[-1].why in ("too-many", "")
    assert "too-many" in [page.why for page in told.pages(session, pages.ReceiptPage)]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 8_000_000
    told.tell(other)
    told.server.online = True
    told.forward(30)
    assert "sent" == told.receipts(other)[-1]
    assert 6 == len(told.reports)


def test_somebody_in_danger_is_heard_after_the_others_are_refused(told):
    _shell, session = told.log_in()
    for _ in range(6):
        told.tell(session)
        told.forward(2)
    told.tell(session, DANGER)
    told.forward(1)

    assert 6 == len(told.reports)
    assert "danger" == told.reports[-1].urgency
