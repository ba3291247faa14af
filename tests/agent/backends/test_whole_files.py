"""The old file or the new one, whole: here by the kernel, for Windows by its call and a fake of it."""

import stat

import pytest

from agent.backends import whole_files
from agent.backends.whole_files import move, replace_patiently, reserve_space, write_whole
from agent.backends.win32_problem import ACCESS_DENIED, FILE_NOT_FOUND, SHARING_VIOLATION, WinProblem
from tests.support.win32.fake_own import FakeOwn


def test_a_file_is_replaced_with_its_mode_and_no_trace(tmp_path):
    path = tmp_path / "öğrenci İı.json"
    write_whole(path, b"old\n\x00\r\n")
    write_whole(path, b"new\n\x1a\n")

    assert b"new\n\x1a\n" == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path.name] == [each.name for each in tmp_path.iterdir()]


def test_a_write_that_was_cut_off_leaves_the_old_file_and_does_not_disturb_the_next(tmp_path):
    path = tmp_path / "state"
    write_whole(path, b"old")
    (tmp_path / "state.new").write_bytes(b"half a fil")

    assert b"old" == path.read_bytes()
    write_whole(path, b"new")
    assert (b"new", ["state"]) == (path.read_bytes(), [each.name for each in tmp_path.iterdir()])


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "state", b"x")


def test_a_file_moves_or_says_that_it_is_not_there(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    move(tmp_path / "a", tmp_path / "b")

    assert b"x" == (tmp_path / "b").read_bytes()
    with pytest.raises(FileNotFoundError):
        move(tmp_path / "a", tmp_path / "b")


def test_reserved_space_is_really_taken(tmp_path):
    reserve_space(tmp_path / "reserve", 100_000)

    found = (tmp_path / "reserve").stat()
    assert found.st_size == 100_000
    assert found.st_blocks * 512 >= 100_000


def replaced(fake, tmp_path):
    """Replace `state` as on Windows; return its content and how long it took to get there."""
    new, old = tmp_path / "state.new", tmp_path / "state"
    new.write_bytes(b"new")
    old.write_bytes(b"old")
    rests = []
    replace_patiently(fake, new, old, rests.append)
    return old.read_bytes(), rests


def test_on_windows_a_file_is_replaced_at_once_where_nobody_reads_it(tmp_path):
    assert (b"new", []) == replaced(FakeOwn(), tmp_path)


@pytest.mark.parametrize("code", [ACCESS_DENIED, SHARING_VIOLATION, 33, 1224])
def test_on_windows_a_virus_scanner_that_has_the_file_open_is_waited_for(tmp_path, code):
    fake = FakeOwn()
    fake.fails["replace_file"] = [code, code]

    assert (b"new", [0.01, 0.02]) == replaced(fake, tmp_path)


def test_on_windows_a_file_that_nobody_lets_go_is_an_error_within_a_second(tmp_path):
    fake = FakeOwn()
    fake.fails["replace_file"] = [SHARING_VIOLATION] * 100

    with pytest.raises(PermissionError):
        replaced(fake, tmp_path)
    assert b"old" == (tmp_path / "state").read_bytes()
    assert 1.0 > sum(whole_files.PAUSES_SECONDS)


@pytest.mark.parametrize(("code", "expected"), [(FILE_NOT_FOUND, FileNotFoundError), (112, PermissionError)])
def test_on_windows_what_does_not_pass_is_not_waited_for(tmp_path, code, expected):
    fake = FakeOwn()
    fake.fails["replace_file"] = [code] * 100
    (tmp_path / "new").write_bytes(b"x")

    with pytest.raises(expected):
        replace_patiently(fake, tmp_path / "new", tmp_path / "old", lambda seconds: pytest.fail("waited"))


def test_every_failure_of_windows_is_an_oserror_for_the_callers(tmp_path):
    with pytest.raises(OSError, match="MoveFileEx") as raised:
        replace_patiently(Refusing(), tmp_path / "a", tmp_path / "b", lambda seconds: None)
    assert isinstance(raised.value.__cause__, WinProblem)


class Refusing:
    def replace_file(self, new, old):
        raise WinProblem("MoveFileEx", 1450)
