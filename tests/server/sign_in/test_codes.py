"""R15: codes of an authenticator and recovery codes, by their rules alone."""

import hashlib
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import accounts, guessing, second_steps
from server.errors import Invalid
from server.second_steps import STEP_SECONDS, step_of

SECRET = pyotp.random_base32(32)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
instants = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


def code_at(at, secret=SECRET):
    return pyotp.TOTP(secret).at(at)


@given(instants, st.integers(-3, 3))
def test_r15_a_code_counts_one_step_early_or_late_and_no_further(now, steps):
    at = now + timedelta(seconds=STEP_SECONDS * steps)
    found = step_of(SECRET, code_at(at), now, None)
    near = {code_at(now + timedelta(seconds=STEP_SECONDS * drift)) for drift in (-1, 0, 1)}

    assert (code_at(at) in near) == (found is not None)


@given(instants, st.lists(st.integers(-1, 1), max_size=6))
def test_r15_no_code_counts_twice_and_none_older_than_the_last(now, drifts):
    last = None
    taken = []
    for drift in drifts:
        step = step_of(SECRET, code_at(now + timedelta(seconds=STEP_SECONDS * drift)), now, last)
        if step is not None:
            taken.append(step)
            last = step

    assert sorted(set(taken)) == taken


@given(st.text(max_size=20))
def test_nonsense_is_no_code(text):
    digits = "".join(text.split())
    near = {code_at(NOW + timedelta(seconds=STEP_SECONDS * drift)) for drift in (-1, 0, 1)}

    assert (digits in near) == (step_of(SECRET, text, NOW, None) is not None)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "１２３４５６", "12 34 5a", "-12345", "1e5000", "0x1234"]
)
def test_only_six_plain_digits_are_looked_at(code):
    assert step_of(SECRET, code, NOW, None) is None


def test_a_code_may_be_typed_with_a_space():
    code = code_at(NOW)

    assert step_of(SECRET, f" {code[:3]} {code[3:]} ", NOW, None) is not None


@given(st.text(min_size=1, max_size=40))
def test_a_recovery_code_is_read_however_it_is_typed(typed):
    plain = second_steps.plain_code(typed)

    assert plain == second_steps.plain_code("-".join(plain))
    assert plain == second_steps.plain_code(f"  {plain.upper()} ") or plain.upper().casefold() != plain


@given(
    st.lists(st.integers(0, 3600), max_size=40).map(sorted),
    st.integers(0, 3600),
)
def test_a_wait_is_never_longer_than_a_quarter_of_an_hour_and_ends_by_itself(seconds, later):
    failed = [NOW + timedelta(seconds=each) for each in seconds]
    now = (failed[-1] if failed else NOW) + timedelta(seconds=later)
    wait = guessing.decide_wait(failed, now)
    after = guessing.decide_wait(failed, now + timedelta(seconds=wait))

    assert 0 <= wait <= 15 * 60
    assert 0 == after


@given(st.integers(0, 12))
def test_waits_double(more):
    failed = [NOW] * (guessing.FREE + more)

    assert min(900, 30 * 2**more) == guessing.decide_wait(failed, NOW)
    assert 0 == guessing.decide_wait(failed[: guessing.FREE - 1], NOW)


@pytest.mark.parametrize(
    ("host", "place", "roughly"),
    [
        ("192.168.4.17", "192.168.4.17", "192.168.4.0/24"),
        ("::ffff:192.168.4.17", "192.168.4.17", "192.168.4.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("testclient", "testclient", "?"),
        ("", "", "?"),
    ],
)
def test_a_place_is_an_address_or_the_network_one_machine_has_all_of(host, place, roughly):
    assert (place, roughly) == (guessing.place_of(host), guessing.roughly(host))


# ---- with a database ----


@pytest.fixture
def tom(house):
    with house.db.read() as db:
        return accounts.find_staff(db, "t.ashby")


def set_up(house, tom, now=NOW):
    key = house.sign_in_key
    with house.db.write() as db:
        secret = second_steps.begin(db, key, tom.id, now)
        codes = second_steps.confirm(db, key, tom.id, code_at(now, secret), now)
    return secret, codes


def test_a_secret_counts_only_once_a_code_from_it_was_seen(house, tom):
    key = house.sign_in_key
    with house.db.write() as db:
        secret = second_steps.begin(db, key, tom.id, NOW)
        before = second_steps.is_set(db, tom.id)
        wrong = second_steps.confirm(db, key, tom.id, "000000", NOW)
        codes = second_steps.confirm(db, key, tom.id, code_at(NOW, secret), NOW)

    assert (False, None, 10) == (before, wrong, len(codes))
    with house.db.write() as db, pytest.raises(Invalid):
        second_steps.begin(db, key, tom.id, NOW)


def test_r15_the_code_that_switched_it_on_does_not_sign_in_too(house, tom):
    secret, _ = set_up(house, tom)
    later = NOW + timedelta(seconds=STEP_SECONDS)
    with house.db.write() as db:
        tries = [
            second_steps.take_code(db, house.sign_in_key, tom.id, code, later)
            for code in (code_at(NOW, secret), code_at(later, secret), code_at(later, secret))
        ]

    assert [False, True, False] == tries


def test_r15_each_recovery_code_counts_once_and_a_new_set_voids_the_old(house, tom):
    _, codes = set_up(house, tom)
    key = house.sign_in_key
    with house.db.write() as db:
        tries = [second_steps.take_recovery_code(db, key, tom.id, codes[0].upper(), NOW) for _ in range(2)]
        left = second_steps.codes_left(db, tom.id)
        new = second_steps.new_codes(db, key, tom.id, NOW)
        old = second_steps.take_recovery_code(db, key, tom.id, codes[1], NOW)
        fresh = second_steps.take_recovery_code(db, key, tom.id, new[1], NOW)

    assert ([True, False], 9, False, True) == (tries, left, old, fresh)


def test_a_recovery_code_opens_nobody_else_s_account(house, tom):
    _, codes = set_up(house, tom)
    with house.db.write() as db:
        other = accounts.find_staff(db, "n.okafor")
        taken = second_steps.take_recovery_code(db, house.sign_in_key, other.id, codes[0], NOW)

    assert not taken


def test_r15_a_stolen_database_holds_neither_secret_nor_code(house, tom):
    secret, codes = set_up(house, tom)
    house.db.close()
    held = b"".join(path.read_bytes() for path in house.folder.path.glob("gatepost.sqlite*"))
    plain = {second_steps.plain_code(code).encode() for code in codes}

    assert secret.encode() not in held
    assert pyotp.TOTP(secret).byte_secret() not in held
    assert [] == [code for code in plain if code in held or hashlib.sha256(code).digest() in held]


def test_a_key_that_is_not_the_one_says_what_to_do(house, tom):
    set_up(house, tom)
    with house.db.write() as db, pytest.raises(Invalid, match="restore it from the backup"):
        second_steps.take_code(db, bytes(32), tom.id, "123456", NOW)
