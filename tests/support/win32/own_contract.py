"""What every implementation of the slice `own` does: the fake on Linux, the real one on Windows Python."""

import os

import pytest

from agent.backends import secret_files
from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.windows_pipes import is_sid

KEY = bytes(range(256)) * 3
PATH_NOT_FOUND = 3


class OwnContract:
    """Mixed into a test class with a fixture `calls`."""

    def test_we_have_a_sid(self, calls):
        assert is_sid(calls.own_sid())
        assert calls.own_sid() == calls.own_sid()
        assert calls.is_elevated() in (True, False)

    @pytest.mark.parametrize("content", [b"", b"x", KEY, "Işık İğdır\r\n".encode()])
    def test_what_was_protected_comes_back_and_shows_nothing(self, calls, content):
        kept = calls.protect(content)

        assert content == calls.unprotect(kept)
        assert len(content) < 8 or content not in kept

    @pytest.mark.parametrize("spoilt", [b"", b"x", b"\x00" * 300, KEY])
    def test_what_was_not_protected_here_is_a_problem(self, calls, spoilt):
        with pytest.raises(WinProblem):
            calls.unprotect(spoilt)

    def test_a_cut_blob_is_a_problem(self, calls):
        with pytest.raises(WinProblem):
            calls.unprotect(calls.protect(KEY)[:-20])

    def test_a_file_takes_another_s_place(self, calls, tmp_path):
        folder = tmp_path / "Ali'nin Dosyaları İı"
        folder.mkdir()
        new, old = folder / "new", folder / "old"
        new.write_bytes(b"new")
        old.write_bytes(b"old")
        calls.replace_file(str(new), str(old))

        assert (b"new", ["old"]) == (old.read_bytes(), [each.name for each in folder.iterdir()])

    def test_a_file_that_is_not_there_takes_no_place(self, calls, tmp_path):
        (tmp_path / "old").write_bytes(b"old")

        with pytest.raises(WinProblem) as raised:
            calls.replace_file(str(tmp_path / "new"), str(tmp_path / "old"))
        assert raised.value.code in (FILE_NOT_FOUND, PATH_NOT_FOUND)
        assert b"old" == (tmp_path / "old").read_bytes()

    @pytest.mark.parametrize(
        "sddl",
        [secret_files.CLOSED, secret_files.ENTERED, secret_files.READ_BY_ALL, secret_files.READ_FILE],
    )
    def test_our_access_lists_are_understood(self, calls, tmp_path, sddl):
        calls.set_acl(str(tmp_path), secret_files.acl_for(sddl, calls.own_sid(), is_elevated=False))

    @pytest.mark.parametrize("sddl", ["nonsense", "D:P(A;;FA;;;", "D:P(A;;FA;;;XX1)"])
    def test_an_access_list_that_is_none_is_a_problem(self, calls, tmp_path, sddl):
        with pytest.raises(WinProblem):
            calls.set_acl(str(tmp_path), sddl)

    def test_a_folder_that_is_not_there_takes_no_access_list(self, calls, tmp_path):
        with pytest.raises(WinProblem):
            calls.set_acl(str(tmp_path / "none"), secret_files.CLOSED)

    def test_an_open_file_has_an_owner_and_writers(self, calls, tmp_path):
        (tmp_path / "file").write_bytes(b"x")
        descriptor = os.open(tmp_path / "file", os.O_RDONLY)
        try:
            owner, writers = calls.file_security(descriptor)
        finally:
            os.close(descriptor)

        assert all(is_sid(each) for each in (owner, *writers))

    def test_a_folder_has_an_owner_and_leads_nowhere(self, calls, tmp_path):
        assert is_sid(calls.folder_owner(str(tmp_path)))
        assert not calls.leads_elsewhere(str(tmp_path))

    def test_a_folder_can_be_closed(self, calls, tmp_path):
        secret_files.settle(calls, tmp_path, secret_files.CLOSED)
