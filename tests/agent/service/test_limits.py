"""What an adult has set for one person, decided: limits with an end, meetings, lessons, arrangements."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.service import gate, limits
from agent.service.policy_store import Policy
from policies import composing, schools, wire
from policies.orders import Accepted, Arrangement, LoginGrant, Restriction
from policies.settings import AgreementSettings, LockSettings, LoginSettings, Settings
from policies.variants import WEEKDAYS, Window

NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
"""A Monday."""
SCHOOL = schools.load_profile("secondary-turkiye").school
LESSONS = Window(days=("mon", "tue", "wed", "thu", "fri"), starts="09:00", ends="15:00")
INDUCTED = Settings(login=LoginSettings(induction="required"))
YESTERDAY = Accepted(tier="teen", version=1, at=NOW - timedelta(days=1))


def policy(settings=None):
    settings = settings or Settings()
    agreements = composing.compose(SCHOOL, settings, ("teen", "visitor"), 1)
    return Policy(1, "0" * 64, wire.PolicyBody(school=SCHOOL, settings=settings, agreements=agreements))


def said(**changes):
    values = {
        "device": "00" * 8,
        "os_user": "may",
        "listed": True,
        "person": "p-may",
        "display_name": "May",
        "tier": "teen",
        "issued_at": NOW,
    }
    return LoginGrant(**(values | changes))


def decide(grant, *, settings=None, here=None, now=NOW, fresh=True, local=None):
    given_grant = gate.Grant(grant, now, fresh)
    return gate.decide_gate(given_grant, policy(settings), here, now, "en", local or now)


def for_days(days, only_in=None):
    return Restriction(until=NOW + timedelta(days=days), only_in=only_in)


# ---- limits (R16) ----


def test_r16_a_limited_pupil_is_refused_neutrally_until_it_ends():
    decision = decide(said(restrictions=(for_days(2),), accepted=YESTERDAY))

    assert ("restricted", "restricted", NOW + timedelta(days=2)) == decision[1:]


def test_r16_a_limit_ends_unaided():
    grant = said(restrictions=(for_days(2),), accepted=YESTERDAY)
    after = NOW + timedelta(days=2)

    assert isinstance(decide(grant, now=after, fresh=False), gate.Open)


@pytest.mark.parametrize(
    ("clock", "opens"), [("08:59", False), ("09:00", True), ("14:59", True), ("15:00", False)]
)
def test_r16_outside_its_hours_a_login_is_refused_and_inside_them_let_in(clock, opens):
    local = datetime.fromisoformat(f"2026-09-14T{clock}:30+03:00")
    decision = decide(said(restrictions=(for_days(30, LESSONS),), accepted=YESTERDAY), local=local)

    assert opens is isinstance(decision, gate.Open)


def test_r16_the_gate_says_when_the_hours_begin_again():
    friday_evening = datetime(2026, 9, 18, 16, 0, tzinfo=timezone(timedelta(hours=3)))
    opens = limits.opens_at((for_days(30, LESSONS),), friday_evening)

    assert datetime(2026, 9, 21, 9, 0, tzinfo=friday_evening.tzinfo) == opens


def test_r16_a_cached_grant_keeps_the_limit_offline():
    grant = said(restrictions=(for_days(2),), accepted=YESTERDAY)

    assert "restricted" == decide(grant, fresh=False).notice


HOURS = st.sampled_from(["00:00", "07:30", "09:00", "12:00", "15:00", "24:00"])
MINUTES = st.integers(0, 60 * 24 * 20).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def windows(draw):
    starts, ends = sorted((draw(HOURS), draw(HOURS)))
    assume(starts < ends)
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    until = draw(st.none() | st.just(date(2026, 9, 22)))
    return Window(days=tuple(days), starts=starts, ends=ends, until_day=until)


RESTRICTIONS = st.lists(st.builds(Restriction, until=MINUTES, only_in=st.none() | windows()), max_size=4).map(
    tuple
)


@given(RESTRICTIONS, MINUTES)
def test_r16_every_limit_ends_by_itself_and_the_gate_says_the_first_moment(restrictions, at):
    opens = limits.opens_at(restrictions, at)

    assert limits.is_free(restrictions, opens)
    assert opens == at or not limits.is_free(restrictions, at)
    assert opens <= max([at, *(each.until for each in restrictions)])
    steps = int((opens - at) / timedelta(minutes=30))
    earlier = [at + n * timedelta(minutes=30) for n in range(steps)]

    assert not any(limits.is_free(restrictions, each) for each in earlier)


@given(RESTRICTIONS, MINUTES)
def test_r16_whoever_is_about_to_be_shut_out_is_warned_within_five_minutes(restrictions, at):
    closes = limits.closes_at(restrictions, at)
    minutes = [at + timedelta(minutes=n) for n in range(5)]
    shut = [minute for minute in minutes if not limits.is_free(restrictions, minute)]

    assert (closes is None) <= (not shut)
    if closes is not None:
        assert not limits.is_free(restrictions, closes)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 400)), max_size=30))
def test_r16_nobody_is_signed_out_untold(steps):
    """Whatever is set and lifted in between: an end comes at least two minutes after the telling."""
    warned_at, clock = None, 0.0
    for shut, seconds in steps:
        clock += seconds
        local = NOW + timedelta(seconds=clock)
        seen = limits.Running(local if shut else None, None if warned_at is None else clock - warned_at)
        match limits.decide_running(seen, local):
            case "warn":
                warned_at = clock
            case "calm":
                warned_at = None
            case "end":
                assert warned_at is not None
                assert clock - warned_at >= limits.WARN_AT_LEAST_SECONDS
                return


# ---- meetings (R10), lessons (R11), leavers ----


def test_r10_before_the_meeting_is_recorded_nobody_is_let_in_whatever_was_accepted():
    here = Accepted(tier="teen", version=1, at=NOW)
    decision = decide(said(held="meeting", accepted=YESTERDAY), here=here)

    assert ("meeting", "restricted", None) == decision[1:]


@pytest.mark.parametrize("where", ["here", "server"])
def test_r10_what_was_accepted_before_the_meeting_counts_no_longer(where):
    grant = said(accept_after=NOW - timedelta(hours=1), accepted=YESTERDAY if where == "server" else None)
    decision = decide(grant, here=YESTERDAY if where == "here" else None)

    assert isinstance(decision, gate.Ask)


def test_r10_what_was_accepted_after_the_meeting_opens():
    grant = said(accept_after=NOW - timedelta(hours=1), accepted=YESTERDAY)
    here = Accepted(tier="teen", version=1, at=NOW - timedelta(minutes=5))

    assert isinstance(decide(grant, here=here), gate.Open)


def test_r11_without_a_lesson_a_pupil_is_refused_where_the_policy_asks_for_it():
    waits = decide(said(held="induction", accepted=YESTERDAY), settings=INDUCTED)
    assert isinstance(waits, gate.Wait)
    assert "induction" == waits.notice
    assert isinstance(decide(said(held="induction", accepted=YESTERDAY)), gate.Open)
    assert isinstance(decide(said(accepted=YESTERDAY), settings=INDUCTED), gate.Open)


def test_r11_a_lesson_that_is_taken_away_ends_no_login_that_runs():
    assert limits.decide_closing(said(held="induction"), NOW) is None


def test_whoever_left_is_told_that_the_account_is_not_listed_also_where_visitors_come():
    welcome = Settings(login=LoginSettings(unknown_login="visitor"))

    assert ("not-listed", "not-listed", None) == decide(said(held="left"), settings=welcome)[1:]


@given(
    st.sampled_from(["", "meeting", "induction", "left"]),
    RESTRICTIONS,
    st.none() | MINUTES,
    st.none() | MINUTES.map(lambda at: Accepted(tier="teen", version=1, at=at)),
    st.none() | MINUTES.map(lambda at: Accepted(tier="teen", version=1, at=at)),
    st.booleans(),
    MINUTES,
)
def test_r10_r16_nothing_that_an_adult_set_is_opened_past(held, restrictions, after, here, there, fresh, now):
    """Whatever comes together: the gate opens only where nothing holds and an acceptance counts."""
    grant = said(held=held, restrictions=restrictions, accept_after=after, accepted=there)
    decision = decide(grant, settings=INDUCTED, here=here, now=now, fresh=fresh)

    free = limits.is_free(restrictions, now) and not held
    assert free is not isinstance(decision, gate.Refuse | gate.Wait)
    if isinstance(decision, gate.Open):
        assert after is None or decision.accepted.at >= after


# ---- arrangements (R5) ----


def test_r5_an_arrangement_changes_times_and_nothing_else():
    settings = Settings(
        agreement=AgreementSettings(answer_within_seconds=600),
        lock=LockSettings(idle_after_seconds=300, countdown_seconds=60),
    )
    changed = limits.with_arrangement(
        settings, Arrangement(idle_after_seconds=900, answer_within_seconds=7200)
    )

    assert (900, 60, 7200) == (
        changed.lock.idle_after_seconds,
        changed.lock.countdown_seconds,
        changed.agreement.answer_within_seconds,
    )
    assert settings.usb == changed.usb
    assert settings == limits.with_arrangement(settings, None)


@given(st.integers(30, 3600), st.integers(0, 120))
def test_r5_a_countdown_never_begins_before_the_idle_time(idle, countdown):
    settings = Settings(lock=LockSettings(idle_after_seconds=3600, countdown_seconds=countdown))
    lock = limits.with_arrangement(settings, Arrangement(idle_after_seconds=idle)).lock

    assert lock.countdown_seconds <= lock.idle_after_seconds == idle


def test_r5_what_travels_holds_no_reason():
    names = set(msgspec.structs.asdict(Arrangement())) | set(Restriction.__struct_fields__)

    assert {
        "idle_after_seconds",
        "answer_within_seconds",
        "text_scale_percent",
        "reads_aloud",
        "until",
        "only_in",
    } == names
