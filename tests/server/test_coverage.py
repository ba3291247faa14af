"""How a laptop stands, decided from plain facts (R41, R77, R83)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import coverage
from server.coverage import DAY_MINUTES, Facts, decide_coverage, decide_health, decide_rule, silent_since
from server.tables import to_ms

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC).astimezone()
RULE = decide_rule(MONDAY, DAY_MINUTES, newest_agent="0.2.0")
WORKS = {"session-start": "works", "lock": "works", "usb": "works"}


def facts(**changes):
    given = Facts(
        id="0" * 16, hostname="L-1", room="Lab 1", state="active", os="Debian 12", agent_version="0.2.0",
        capabilities=json.dumps(WORKS), enrolled_ms=0, seen_ms=to_ms(MONDAY), applied=4, assigned=4,
        rejected=None, disk="on", scanner="ready", signatures_ms=to_ms(MONDAY), tested_ms=to_ms(MONDAY),
    )  # fmt: skip
    return given._replace(**changes)


def ago(**time):
    return to_ms(MONDAY - timedelta(**time))


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, ("healthy",)),
        ({"seen_ms": None}, ("never",)),
        ({"seen_ms": ago(days=4)}, ("silent",)),
        ({"seen_ms": ago(hours=70)}, ("healthy",)),
        ({"applied": 3}, ("pending",)),
        ({"applied": None}, ("pending",)),
        ({"applied": 5}, ("pending",)),
        ({"applied": 3, "rejected": 4}, ("rejected",)),
        ({"applied": 4, "rejected": 3}, ("healthy",)),
        ({"assigned": None, "applied": None}, ("healthy",)),
        ({"state": "cloned"}, ("cloned",)),
        ({"state": "retired", "seen_ms": None}, ("retired",)),
        ({"twin": True}, ("twin",)),
        ({"chain_breaks": 1, "unreadable": 2}, ("fork", "quarantine")),
        ({"tests_failed": 1}, ("test-failed",)),
        ({"secured": True}, ("secured",)),
        ({"due_day": "2026-03-02"}, ("lent",)),
        ({"due_day": "2026-03-01"}, ("overdue",)),
    ],
)
def test_r41_each_way_a_laptop_is_not_covered_has_a_state(changes, states):
    assert states == decide_coverage(facts(**changes), RULE)


def test_r41_a_laptop_whose_agent_was_stopped_is_listed_as_silent():
    stopped = facts(seen_ms=ago(minutes=2))

    assert ("silent",) == decide_coverage(stopped, decide_rule(MONDAY, 1))
    assert ("healthy",) == decide_coverage(stopped, decide_rule(MONDAY, 15))


def test_a_weekend_makes_nobody_silent():
    friday = MONDAY - timedelta(days=3)

    assert silent_since(MONDAY, DAY_MINUTES) == friday
    assert silent_since(MONDAY, 2 * DAY_MINUTES) == friday - timedelta(days=1)
    assert silent_since(MONDAY, 60) == MONDAY - timedelta(hours=1)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.integers(1, coverage.MOST_SILENT_MINUTES),
)
def test_the_silent_limit_lies_back_at_least_as_long_as_it_says_and_grows_with_it(now, minutes):
    before = silent_since(now, minutes)

    assert now - before >= timedelta(minutes=minutes)
    assert now - before <= timedelta(minutes=minutes) * 7 / 5 + timedelta(days=3)
    assert silent_since(now, minutes + 1) < before


@given(
    st.builds(
        Facts,
        id=st.just("0" * 16),
        hostname=st.text(max_size=5),
        room=st.text(max_size=5),
        state=st.sampled_from(["active", "retired", "replaced", "cloned", "unheard-of"]),
        os=st.just(""),
        agent_version=st.text(max_size=12),
        capabilities=st.sampled_from(["{}", '{"lock": "broken"}', '{"lock": "works"}']),
        enrolled_ms=st.integers(0, 2**43),
        seen_ms=st.none() | st.integers(-(2**43), 2**43),
        applied=st.none() | st.integers(1, 9),
        assigned=st.none() | st.integers(1, 9),
        rejected=st.none() | st.integers(1, 9),
        disk=st.sampled_from(["", "on", "off", "part", "unknown", "other"]),
        scanner=st.sampled_from(["", "ready", "stale", "missing"]),
        signatures_ms=st.none() | st.integers(-(2**43), 2**43),
        tested_ms=st.none() | st.integers(0, 2**43),
        tests_failed=st.integers(0, 5),
        chain_breaks=st.integers(0, 2),
        unreadable=st.integers(0, 2),
        secured=st.booleans(),
        twin=st.booleans(),
        due_day=st.sampled_from(["", "2026-01-01", "2030-01-01"]),
    )
)
def test_whatever_is_known_of_a_laptop_it_has_a_state_and_ten_tiles(one):
    states = decide_coverage(one, RULE)
    tiles = decide_health(one, json.loads(one.capabilities), RULE)

    assert states
    assert len(set(states)) == len(states)
    assert ("healthy" in states) == (states == ("healthy",))
    assert len({tile.code for tile in tiles}) == len(tiles) == 10


def verdict(code, why=None, able=WORKS, **changes):
    tile = next(tile for tile in decide_health(facts(**changes), able, RULE) if tile.code == code)
    return tile.verdict, tile.why


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        ("on", ("fine", "on")),
        ("part", ("watch", "part")),
        ("off", ("bad", "off")),
        ("unknown", ("unknown", "unknown")),
        ("", ("unknown", "not-told")),
    ],
)
def test_r77_disk_encryption_has_a_tile_that_never_says_on_where_it_is_not(disk, expected):
    assert expected == verdict("encryption", disk=disk)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("fine", "ready")),
        ({"scanner": ""}, ("unknown", "not-told")),
        ({"scanner": "missing"}, ("bad", "missing")),
        ({"signatures_ms": None}, ("bad", "unknown-age")),
        ({"signatures_ms": ago(hours=169)}, ("bad", "stale")),
        ({"signatures_ms": ago(hours=167)}, ("fine", "ready")),
    ],
)
def test_signatures_are_held_against_the_age_the_policy_allows(changes, expected):
    assert expected == verdict("antivirus", **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("fine", "passed")),
        ({"tested_ms": None}, ("unknown", "never")),
        ({"tests_failed": 1}, ("bad", "failed")),
        ({"tested_ms": ago(days=15)}, ("watch", "old")),
    ],
)
def test_r83_a_self_test_that_failed_or_is_old_is_not_fine(changes, expected):
    assert expected == verdict("self-test", **changes)


def test_what_a_machine_lacks_is_never_shown_as_fine():
    tiles = decide_health(facts(), {"lock": "lacking", "usb": "broken"}, RULE)
    found = {tile.code: tile.verdict for tile in tiles}

    assert ("unknown", "watch", "bad") == (found["gate"], found["lock"], found["usb"])


@pytest.mark.parametrize(
    ("mine", "verdict_"), [("0.1.9", "watch"), ("0.2.0", "fine"), ("0.10.0", "fine"), ("dev", "watch")]
)
def test_an_agent_older_than_others_here_is_told(mine, verdict_):
    assert verdict_ == verdict("agent", agent_version=mine)[0]


def test_the_newest_version_counts_numbers_not_letters():
    assert "0.10.1" == coverage.newest_version(frozenset({"0.9.9", "0.10.1", "0.2", "nightly"}))
