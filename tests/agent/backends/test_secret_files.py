"""What only the service may read: modes here, wrapped keys and access lists for Windows."""

import stat

import pytest

from agent.backends import secret_files
from agent.backends.secret_files import (
    CLOSED,
    ENTERED,
    READ_BY_ALL,
    acl_for,
    read_secret,
    unwrap,
    wrap,
    write_secret,
)
from tests.support.win32.fake_own import FakeOwn

KEY = bytes(range(32)) + b"\r\n\x00"


def test_a_secret_comes_back_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "key"
    write_secret(path, KEY)

    assert KEY == read_secret(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_on_linux_the_file_is_what_it_always_was(tmp_path):
    write_secret(tmp_path / "key", KEY)

    assert KEY == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (secret_files.closed_folder, 0o700),
        (secret_files.entered_folder, 0o711),
        (secret_files.shared_folder, 0o755),
        (secret_files.run_folder, 0o755),
    ],
)
def test_a_folder_is_made_and_mended(tmp_path, make, expected):
    folder = tmp_path / "a" / "b"
    make(folder)
    folder.chmod(0o777)
    make(folder)

    assert expected == stat.S_IMODE(folder.stat().st_mode)


def test_on_windows_a_key_is_wrapped_and_opens_on_its_machine_only():
    here, elsewhere = FakeOwn(), FakeOwn()
    elsewhere.machine = b"machine-2"
    kept = wrap(here, KEY)

    assert KEY not in kept
    assert KEY == unwrap(here, kept)
    with pytest.raises(OSError, match="another machine"):
        unwrap(elsewhere, kept)


@pytest.mark.parametrize("content", [b"", b"{}", KEY, secret_files.MARK[:-1]])
def test_on_windows_a_key_that_nothing_protects_is_not_taken(content):
    with pytest.raises(OSError, match="not written here"):
        unwrap(FakeOwn(), content)


@pytest.mark.parametrize("code", [5, 13, 1314])
def test_on_windows_a_refusal_of_dpapi_is_an_oserror(code):
    fake = FakeOwn()
    kept = wrap(fake, KEY)
    fake.fails = {"protect": [code], "unprotect": [code]}

    with pytest.raises(OSError, match=f"error {code}"):
        wrap(fake, KEY)
    with pytest.raises(OSError, match=f"error {code}"):
        unwrap(fake, kept)


def test_on_windows_nobody_inherits_a_right_to_read_what_is_closed():
    everybody = "(A;OICI;0x1200a9;;;BU)"

    assert everybody in READ_BY_ALL
    assert everybody not in CLOSED + ENTERED
    assert all(each.startswith("D:P(") for each in (CLOSED, ENTERED, READ_BY_ALL))
    assert not any(
        right in each for each in (CLOSED, ENTERED, READ_BY_ALL) for right in ("WD)", "IU)", "AU)")
    )


PUPIL = "S-1-5-21-1-2-3-1001"


def test_on_windows_a_service_started_by_hand_keeps_its_own_right():
    assert CLOSED == acl_for(CLOSED, "S-1-5-18", is_elevated=False)
    assert CLOSED + f"(A;OICI;FA;;;{PUPIL})" == acl_for(CLOSED, PUPIL, is_elevated=False)


def test_on_windows_a_technician_who_enrols_gets_no_right_of_their_own():
    assert CLOSED == acl_for(CLOSED, PUPIL, is_elevated=True)


def test_on_windows_a_folder_of_ours_is_closed(tmp_path):
    fake = FakeOwn()
    secret_files.settle(fake, tmp_path, CLOSED)

    assert {str(tmp_path): CLOSED} == fake.acls


def test_on_windows_a_folder_a_pupil_made_before_us_is_refused(tmp_path):
    fake = FakeOwn()
    fake.owner = PUPIL

    with pytest.raises(OSError, match="another account"):
        secret_files.settle(fake, tmp_path, CLOSED)
    assert {} == fake.acls


def test_on_windows_a_folder_that_leads_elsewhere_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "real")
    fake = FakeOwn()

    with pytest.raises(OSError, match="leads to another"):
        secret_files.settle(fake, tmp_path / "state", CLOSED)
    assert {} == fake.acls


@pytest.mark.parametrize("call", ["own_sid", "leads_elsewhere", "folder_owner", "set_acl"])
def test_on_windows_a_folder_that_cannot_be_closed_is_an_error(tmp_path, call):
    fake = FakeOwn()
    fake.fails[call] = [5]

    with pytest.raises(OSError, match="error 5"):
        secret_files.settle(fake, tmp_path, CLOSED)


def test_on_windows_a_file_a_technician_made_is_read_by_every_logins_hook(tmp_path):
    fake = FakeOwn()
    for name in ("agent.toml", "journal.sqlite"):
        (tmp_path / name).write_text("")
    secret_files.let_all_read(fake, [tmp_path / "agent.toml", tmp_path / "without_service"])

    assert {str(tmp_path / "agent.toml"): secret_files.READ_FILE} == fake.acls


def test_on_windows_a_strangers_file_gets_no_right_from_us_and_stops_no_service(tmp_path):
    fake = FakeOwn()
    fake.owner = PUPIL
    (tmp_path / "agent.toml").write_text("govern = []")
    secret_files.let_all_read(fake, [tmp_path / "agent.toml"])

    assert {} == fake.acls
