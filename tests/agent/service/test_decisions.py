"""The pure decisions: who is asked, when a screen locks, how intervals merge."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.link.messages import GateAnswered
from agent.service import gate, lock, usage
from agent.service.exchange import LONGEST_RETRY_SECONDS, decide_retry
from agent.service.policy_store import Policy
from policies import composing, schools, wire
from policies.agreements import text_hash, text_in
from policies.orders import Accepted, LoginGrant
from policies.settings import AgreementSettings, LockSettings, LoginSettings, Settings

NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
SCHOOL = schools.load_profile("secondary-turkiye").school


def policy(settings=None, version=1, tiers=("teen", "visitor")):
    settings = settings or Settings()
    agreements = composing.compose(SCHOOL, settings, tiers, version)
    return Policy(1, "0" * 64, wire.PolicyBody(school=SCHOOL, settings=settings, agreements=agreements))


def grant(*, listed=True, fresh=True, age_days=0, accepted=None, tier="teen", language="en"):
    said = LoginGrant(
        device="00" * 8,
        os_user="may",
        listed=listed,
        person="p-may" if listed else None,
        display_name="May",
        tier=tier,
        language=language,
        accepted=accepted,
        issued_at=NOW,
    )
    return gate.Grant(said, NOW - timedelta(days=age_days), fresh)


def accepted(*, version=1, tier="teen", at=NOW - timedelta(days=3)):
    return Accepted(tier=tier, version=version, at=at)


def decide(given_grant, given_policy, here=None, now=NOW):
    return type(gate.decide_gate(given_grant, given_policy, here, now, "en")).__name__


def test_a_first_login_is_asked():
    assert "Ask" == decide(grant(), policy())


def test_an_acceptance_here_or_at_the_server_opens():
    assert "Open" == decide(grant(), policy(), accepted())
    assert "Open" == decide(grant(accepted=accepted()), policy())


@pytest.mark.parametrize(
    "lapsed",
    [
        accepted(version=2),
        accepted(tier="junior"),
        accepted(at=datetime(2026, 8, 31, 12, tzinfo=UTC)),
    ],
)
def test_another_version_tier_or_year_is_asked_again(lapsed):
    assert "Ask" == decide(grant(accepted=lapsed), policy(), lapsed)


def test_the_first_day_of_the_school_year_counts():
    this_year = accepted(at=datetime(2026, 9, 1, 0, 1, tzinfo=UTC))

    assert "Open" == decide(grant(), policy(), this_year)


def test_without_a_policy_nobody_comes_in():
    assert "Refuse" == decide(grant(accepted=accepted()), None, accepted())


def test_a_tier_without_an_agreement_is_refused():
    assert "Refuse" == decide(grant(tier="early"), policy())


def test_an_unlisted_account_is_refused_or_a_visitor():
    welcome = Settings(login=LoginSettings(unknown_login="visitor"))

    assert "Refuse" == decide(grant(listed=False), policy())
    assert "Ask" == decide(grant(listed=False), policy(welcome))
    assert "Ask" == decide(None, policy(welcome))


def test_a_visitor_is_asked_every_time():
    welcome = policy(Settings(login=LoginSettings(unknown_login="visitor")))

    assert "Ask" == decide(grant(listed=False), welcome, accepted(tier="visitor"))


@pytest.mark.parametrize(("days", "expected"), [(29, "Open"), (31, "Refuse")])
def test_a_cached_grant_holds_for_the_offline_days(days, expected):
    assert expected == decide(grant(fresh=False, age_days=days), policy(), accepted())


def test_a_language_the_school_does_not_offer_becomes_its_own():
    turkish = policy(Settings(agreement=AgreementSettings(languages=("tr",))))
    decision = gate.decide_gate(grant(language="en"), turkish, None, NOW, "en")

    assert "tr" == decision.person.language


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2000, 12, 31)))
def test_the_school_year_began_at_most_a_year_ago(today, starts):
    start = gate.school_year_start(today, starts.strftime("%m-%d"))

    assert start <= today < start + timedelta(days=367)


def answer(**changes):
    agreement = policy().agreement_for("teen")
    text = text_in(agreement, "en")
    values = {
        "answer": "accepted",
        "version": 1,
        "text_hash": text_hash(text),
        "language": "en",
        "pages_shown": len(text.sections),
    }
    return agreement, GateAnswered(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "seconds", "expected"),
    [
        ({}, 30.0, "believed"),
        ({}, 1.0, "too-fast"),
        ({"pages_shown": 1}, 30.0, "unseen"),
        ({"text_hash": "x"}, 30.0, "wrong-text"),
        ({"language": "tr"}, 30.0, "wrong-text"),
        ({"version": 7}, 30.0, "wrong-text"),
        ({"answer": "declined", "pages_shown": 0, "text_hash": ""}, 0.0, "believed"),
    ],
)
def test_answers_are_judged(changes, seconds, expected):
    agreement, given_answer = answer(**changes)

    assert expected == gate.judge_answer(given_answer, agreement, seconds, Settings())


unattended = st.builds(
    lock.Unattended,
    st.floats(0, 20000),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 300)),
    st.just(False),
)
lock_settings = st.builds(
    LockSettings,
    idle_after_seconds=st.integers(60, 3600),
    countdown_seconds=st.integers(0, 60),
    inhibit_cap_seconds=st.integers(0, 14400),
)


@given(unattended, lock_settings)
def test_never_locked_before_the_time_or_without_a_warning(state, settings):
    decision = lock.decide_lock(state, settings)

    if decision == "lock":
        assert state.idle_seconds >= settings.idle_after_seconds
        assert state.countdown_for is not None or settings.countdown_seconds == 0


@given(unattended, lock_settings)
def test_past_every_limit_and_warned_it_locks_whatever_a_film_says(state, settings):
    cap = max(settings.idle_after_seconds, settings.inhibit_cap_seconds)
    late = state._replace(idle_seconds=cap + 1.0, countdown_for=float(settings.countdown_seconds))

    assert "lock" == lock.decide_lock(late, settings)


@given(unattended, lock_settings)
def test_r18_while_the_lock_is_paused_nothing_locks_and_no_countdown_is_shown(state, settings):
    decision = lock.decide_lock(state._replace(paused=True), settings)

    assert ("nothing" if state.countdown_for is None else "hide") == decision


@given(lock_settings, st.floats(0, 14000), st.one_of(st.none(), st.floats(0, 60)))
def test_a_film_below_the_cap_never_locks(settings, idle, shown):
    held = lock.Unattended(idle, True, shown)

    if idle < settings.inhibit_cap_seconds:
        assert lock.decide_lock(held, settings) in ("nothing", "hide")


events = st.lists(
    st.one_of(
        st.tuples(st.just("focus"), st.sampled_from(["Editor", "Browser", ""])),
        st.tuples(st.just("wait"), st.floats(0.1, 12)),
        st.tuples(st.just("idle"), st.floats(0, 200)),
        st.tuples(st.just("cover"), st.booleans()),
        st.tuples(st.just("clock"), st.integers(-(10**7), 10**7)),
        st.tuples(st.just("take"), st.none()),
    ),
    max_size=60,
)


@given(events)
def test_usage_never_exceeds_the_time_there_was(plan):
    meter = usage.Meter("0" * 32, 60.0)
    running, wall, waited = 0.0, NOW, 0.0
    taken = []
    for what, value in plan:
        if what == "focus":
            meter.focus(value, value.lower(), wall, running)
        elif what == "wait":
            running += value
            waited += value
            wall += timedelta(seconds=value)
            meter.alive(0.0, wall, running)
        elif what == "idle":
            meter.alive(value, wall, running)
        elif what == "cover":
            meter.cover(value, wall, running)
        elif what == "clock":
            wall += timedelta(seconds=value)
        else:
            taken += meter.take()
    taken += meter.take()

    assert sum(each.focused_seconds for each in taken) <= waited + 0.1 * len(taken)
    assert all(0 <= each.active_seconds <= each.focused_seconds for each in taken)
    assert all(each.app for each in taken)


intervals = st.lists(
    st.builds(
        usage.Interval,
        st.sampled_from(["a" * 32, "b" * 32]),
        st.sampled_from(["Editor", "Browser"]),
        st.just("x"),
        st.just(NOW),
        st.just(0.0),
        st.floats(0, 100),
        st.just(0.0),
    ),
    max_size=30,
)


@given(intervals)
def test_merging_keeps_every_second_and_leaves_no_equal_neighbours(given_intervals):
    merged = []
    for each in given_intervals:
        merged = usage.merge_intervals(merged, each, 0.0)

    assert sum(each.focused_seconds for each in given_intervals) == pytest.approx(
        sum(each.focused_seconds for each in merged)
    )
    for login in ("a" * 32, "b" * 32):
        apps = [each.app for each in merged if each.login == login]
        assert all(one != two for one, two in itertools.pairwise(apps))


@given(st.text(max_size=300))
def test_a_cleaned_name_is_short_and_plain(name):
    cleaned = usage.clean_name(name)

    assert len(cleaned) <= 100
    assert all(letter.isprintable() for letter in cleaned)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_retries_are_patient_but_not_for_ever(failures, chance):
    assert 0.4 <= decide_retry(failures, chance) <= LONGEST_RETRY_SECONDS
