"""Accounts of Windows: a number from the SID, and one way to write a name whoever writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import windows_accounts
from agent.backends.windows_accounts import PROFILES_KEY, Accounts, account_name, is_person, uid_of_sid
from tests.support.win32.fake_processes import FakeProcesses
from tests.support.win32.fake_registry import FakeRegistry
from tests.support.win32.fake_security import FakeSecurity
from tests.support.win32.fake_sessions import FakeSessions

MAY = "S-1-5-21-1004336348-1177238915-682003330-1107"
ENTRA = "S-1-12-1-2183517542-1162398912-2874938123-2834829384"


@pytest.fixture
def house():
    processes = FakeProcesses()
    sessions = FakeSessions(processes)
    registry = FakeRegistry({rf"{PROFILES_KEY}\{MAY}": {"ProfileImagePath": r"C:\Users\may"}})
    security = FakeSecurity({MAY: ("SCHOOL", "May")})
    return sessions, registry, security, Accounts(registry, security, sessions)


@pytest.mark.parametrize(
    "sid",
    [
        "S-1-5-18",
        "S-1-5-19",
        "S-1-5-20",
        "S-1-5-90-0-1",
        "S-1-5-96-0-1",
        "S-1-5-80-956008885-3418522649",
        "S-1-5-21-1004336348-1177238915-682003330-500",
    ],
)
def test_the_systems_own_accounts_are_zero(sid):
    assert uid_of_sid(sid) == 0
    assert not is_person(sid)


def test_a_pupils_number_is_the_same_in_every_process():
    assert uid_of_sid(MAY) == uid_of_sid(MAY.lower()) == 571553637


def test_an_account_of_a_kind_we_do_not_know_is_governed_like_a_person():
    assert uid_of_sid("S-1-5-82-1-2-3") >= 1000
    assert uid_of_sid("S-1-5-21") >= 1000


@given(st.integers(0, 2**32 - 1), st.integers(501, 2**32 - 1))
def test_a_person_is_never_taken_for_the_system_or_nobody(domain, rid):
    uid = uid_of_sid(f"S-1-5-21-{domain}-1-2-{rid}")

    assert 1000 <= uid <= 1000 + 0x3FFFFFFF
    assert uid != 65534


@given(st.text())
def test_what_is_no_sid_is_no_account(text):
    if not text.strip().upper().startswith("S-1-"):
        with pytest.raises(ValueError, match="SID"):
            uid_of_sid(text)


@pytest.mark.parametrize("text", ["", "S-1-5-", "S-1-5-21-x", "S-1-5-21-1-2-3-4; drop", "S-1-5-21\n"])
def test_half_a_sid_is_no_account(text):
    with pytest.raises(ValueError, match="SID"):
        uid_of_sid(text)


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("May", "may"),
        ("IŞIK.Yılmaz", "işik.yılmaz"),
        ("İpek", "İpek"),
        ("ışıl", "ışıl"),
        ("Ömer.Çağ", "ömer.çağ"),
        ("STRASSE\u1e9e", "strasse\u00df"),
        ("tab\tname", "tab\ufffdname"),
    ],
)
def test_turkish_names_are_folded_as_windows_folds_them_and_not_as_turks_do(shown, written):
    assert written == account_name(shown)


def test_two_names_of_256_letters_stay_two():
    one, other = account_name("a" * 255 + "x"), account_name("a" * 255 + "y")

    assert one != other
    assert len(one) == len(other) == windows_accounts.NAME_LETTERS


@given(st.text(max_size=300))
def test_a_name_is_folded_once_and_always_fits_a_record(text):
    name = account_name(text)

    assert len(name) <= windows_accounts.NAME_LETTERS
    assert "\x00" not in name


def test_somebody_who_only_has_a_profile_is_found(house):
    *_, accounts = house

    found = accounts.by_uid(uid_of_sid(MAY))

    assert found is not None
    assert (MAY, "may", r"C:\Users\may") == (found.sid, found.name, found.home)


def test_an_entra_account_is_named_by_its_session_when_nobody_else_knows_it(house):
    sessions, _registry, _security, accounts = house
    sessions.log_in(3, "AylinOz", ENTRA, "AzureAD")

    found = accounts.by_uid(uid_of_sid(ENTRA))

    assert found is not None
    assert ("AzureAD", "aylinoz") == (found.domain, found.name)


def test_a_set_aside_profile_and_a_stranger_are_nobody(house):
    _sessions, registry, _security, accounts = house
    registry.write_text(rf"{PROFILES_KEY}\{ENTRA}.bak", "ProfileImagePath", r"C:\Users\old")

    assert accounts.by_uid(uid_of_sid(ENTRA)) is None
    assert accounts.by_sid("no sid at all") is None


def test_the_domain_is_asked_once_and_a_failure_is_not_remembered(house):
    *_, security, accounts = house
    security.fail = 1355
    assert accounts.by_sid(MAY) is None

    security.fail = 0
    assert accounts.by_sid(MAY) is not None
    assert accounts.by_sid(MAY) is not None
    assert [MAY, MAY] == security.asked


def test_without_the_list_of_sessions_profiles_still_tell(house):
    sessions, _registry, _security, accounts = house
    sessions.fail["WTSEnumerateSessions"] = 5

    assert MAY == accounts.sid_of_uid(uid_of_sid(MAY))
