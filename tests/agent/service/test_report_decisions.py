"""What is decided about reports, without a laptop: limits, receipts, where one stands, what is forgotten."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.service.quarantine import END_AFTER_SECONDS, Seen, Standing, decide_login, decide_order
from agent.service.report_limits import MORE_IN_DANGER, MOST_IN_LONG_TIME, MOST_UNSENT, decide_take
from agent.service.report_pages import helplines_for
from agent.service.report_store import KeptReply, KeptReport, decide_forget, decide_replies
from agent.service.reports import decide_place, decide_receipt
from agent.service.stick_rules import decide_mode
from policies.orders import Quarantine
from policies.records import ReportSent
from policies.settings import Helpline

NOW = datetime(2026, 9, 14, 9, 5, tzinfo=UTC)
SENT = ReportSent(
    at=NOW, report="0" * 32, coarse="content", urgency="soon", year="", list_seq=1, envelope=b"{}"
)
REPORT = KeptReport(
    report="0" * 32,
    device="00" * 8,
    at=NOW,
    whose="",
    login="1" * 32,
    reply_private=bytes(32),
    urgent=False,
    readers=(),
    sent=SENT,
    seq=7,
    batch="ab",
)


def minutes_ago(*minutes):
    return [NOW - timedelta(minutes=each) for each in minutes]


# ---- how often ----


def test_five_in_ten_minutes_and_then_a_pause():
    assert decide_take(minutes_ago(1, 2, 3, 4), 0, NOW, danger=False)
    assert not decide_take(minutes_ago(1, 2, 3, 4, 5), 0, NOW, danger=False)
    assert decide_take(minutes_ago(2, 3, 4, 5, 10), 0, NOW, danger=False)


def test_the_last_of_each_allowance_is_kept_for_danger():
    lately = minutes_ago(*range(1, 6))

    assert decide_take(lately, 0, NOW, danger=True)
    assert decide_take(minutes_ago(*range(1, 8)), 0, NOW, danger=True)
    assert not decide_take(minutes_ago(*range(1, 9)), 0, NOW, danger=True)


def test_what_is_unsent_is_bounded():
    assert decide_take((), MOST_UNSENT - 1, NOW, danger=False)
    assert not decide_take((), MOST_UNSENT, NOW, danger=False)


def test_a_clock_that_was_ahead_does_not_silence_anybody():
    assert decide_take([NOW + timedelta(days=400)] * 30, 0, NOW, danger=False)


@settings(deadline=None, max_examples=50)
@given(
    gaps=st.lists(st.integers(0, 4000), min_size=40, max_size=120),
    danger=st.lists(st.booleans(), min_size=120),
)
def test_no_account_ever_gets_more_than_a_days_allowance(gaps, danger):
    taken, now = [], NOW
    for gap, urgent in zip(gaps, danger, strict=False):
        now += timedelta(seconds=gap)
        if decide_take(taken, 0, now, danger=urgent):
            taken.append(now)
        today = [at for at in taken if now - at < timedelta(days=1)]
        assert len(today) <= MOST_IN_LONG_TIME + MORE_IN_DANGER


# ---- how far ----


@pytest.mark.parametrize(
    ("is_safe", "seconds", "said"),
    [
        (False, 0.0, "sending"),
        (False, 3.9, "sending"),
        (False, 4.0, "waiting"),
        (True, 0.0, "sent"),
        (True, 9e9, "sent"),
    ],
)
def test_what_a_receipt_may_say(is_safe, seconds, said):
    assert said == decide_receipt(is_safe=is_safe, seconds=seconds)


@pytest.mark.parametrize(
    ("changes", "found", "next_seq", "torn", "place"),
    [
        ({}, "ab", 8, False, "waits"),
        ({}, "ab", 8, True, "waits"),
        ({}, "", 8, False, "safe"),
        ({}, "", 8, True, "again"),
        ({}, "cd", 8, True, "again"),
        ({}, "", 7, False, "again"),
        ({"batch": ""}, "cd", 8, False, "waits"),
        ({"batch": ""}, "", 7, False, "again"),
        ({"batch": ""}, "", 8, False, "again"),
        ({"seq": 0, "batch": ""}, "", 8, False, "again"),
    ],
    ids=[
        "in the journal",
        "still there after a loss",
        "gone because the server has it",
        "gone, perhaps lost",
        "another batch has its number",
        "the journal is older",
        "killed after writing, before noting it",
        "killed before writing",
        "gone without ever being noted",
        "never written",
    ],
)
def test_where_an_unconfirmed_report_stands(changes, found, next_seq, torn, place):
    report = msgspec.structs.replace(REPORT, **changes)

    assert place == decide_place(report, found=found, next_seq=next_seq, torn=torn)


@given(
    st.text("ab", max_size=2), st.text("ab", max_size=2), st.integers(0, 9), st.integers(0, 9), st.booleans()
)
def test_safe_is_never_said_of_what_may_have_been_lost(batch, found, seq, next_seq, torn):
    report = msgspec.structs.replace(REPORT, seq=seq, batch=batch)
    place = decide_place(report, found=found, next_seq=next_seq, torn=torn)

    if place == "safe":
        assert not torn
        assert not found
        assert seq < next_seq
    if place == "waits":
        assert found


# ---- how long ----


def test_an_answer_stays_until_it_expires_or_a_day_after_it_was_read():
    unread = KeptReply(order="a", sealed=b"", expires_at=NOW + timedelta(days=2))
    read = msgspec.structs.replace(unread, order="b", read_at=NOW)

    assert (unread, read) == decide_replies((unread, read), NOW)
    assert (unread,) == decide_replies((unread, read), NOW + timedelta(days=1))
    assert () == decide_replies((unread, read), NOW + timedelta(days=2))


def test_a_report_is_forgotten_after_ninety_days_but_never_unsent_or_unread():
    old = NOW + timedelta(days=91)
    safe = msgspec.structs.replace(REPORT, sent=None)
    reply = KeptReply(order="a", sealed=b"", expires_at=NOW + timedelta(days=100))

    assert decide_forget(safe, old)
    assert not decide_forget(safe, NOW + timedelta(days=89))
    assert not decide_forget(REPORT, old)
    assert not decide_forget(msgspec.structs.replace(safe, replies=(reply,)), old)


# ---- helplines ----


def test_each_reader_gets_their_own_helplines_and_emergencies_first():
    lines = (
        Helpline(name="A", how="1", tiers=("teen",)),
        Helpline(name="B", how="2", emergency=True),
        Helpline(name="C", how="3", tiers=("early", "teen")),
    )

    assert ["B", "A", "C"] == [line.name for line in helplines_for(lines, "teen")]
    assert ["B", "C"] == [line.name for line in helplines_for(lines, "early")]
    assert {"B"} == {line.name for line in helplines_for(lines[:2], "adult")}


# ---- quarantine ----


def order(number, on=True, device="00" * 8, name=""):
    return Quarantine(
        device=device, order=name or f"q{number}", number=number, on=on, by="Mr Okafor", issued_at=NOW
    )


def standing(number, on=True):
    return Standing(device="00" * 8, number=number, order=f"q{number}", on=on)


@pytest.mark.parametrize(
    ("last", "said", "meaning"),
    [
        (None, order(1), "take"),
        (standing(3), order(4, on=False), "take"),
        (standing(3), order(3), "again"),
        (standing(3), order(3, on=False, name="other"), "stale"),
        (standing(3), order(2, on=False), "stale"),
        (standing(3), order(1, device="11" * 8), "take"),
    ],
)
def test_what_an_order_means_after_another(last, said, meaning):
    assert meaning == decide_order(last, said)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=30))
def test_only_a_higher_number_ever_changes_what_holds(said):
    last = None
    for number, on in said:
        if decide_order(last, order(number, on)) == "take":
            assert last is None or number > last.number
            last = standing(number, on)
    assert max(number for number, _on in said) == last.number


@pytest.mark.parametrize(
    ("seen", "then"),
    [
        (Seen("arriving", True, False, 0), "nothing"),
        (Seen("gate", True, False, 0), "turn-away"),
        (Seen("notice", True, False, 900), "nothing"),
        (Seen("ending", True, False, 900), "nothing"),
        (Seen("open", True, False, 0), "lock"),
        (Seen("open", True, True, 5), "nothing"),
        (Seen("open", True, False, 30), "lock"),
        (Seen("open", True, True, END_AFTER_SECONDS), "end"),
        (Seen("open", False, False, 0), "end"),
    ],
)
def test_what_becomes_of_a_login_on_a_quarantined_laptop(seen, then):
    assert then == decide_login(seen)


@pytest.mark.parametrize("mode", ["off", "copy", "approve_then_scan", "staff_encrypted_approved", "forbid"])
def test_no_policy_opens_a_stick_on_a_quarantined_laptop(mode):
    assert "forbid" == decide_mode(mode, quarantined=True)
    assert mode == decide_mode(mode, quarantined=False)
