"""The rig itself: real Windows Python, not something that looks like it."""

import os
import sqlite3
import ssl
import subprocess
import sys
import tkinter
from pathlib import Path

import win32api
import win32security


def test_this_is_windows_python():
    assert ("win32", "nt", (3, 11, 9)) == (sys.platform, os.name, sys.version_info[:3])


def test_windows_says_it_is_ten():
    assert 10 == sys.getwindowsversion().major


def test_pywin32_knows_who_we_are():
    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32security.TOKEN_QUERY)
    sid, _ = win32security.GetTokenInformation(token, win32security.TokenUser)

    assert win32security.ConvertSidToStringSid(sid).startswith("S-1-5-21-")


def test_a_journal_of_sqlite_is_written_in_a_folder_with_spaces_and_turkish_letters(tmp_path: Path):
    folder = tmp_path / "Bilgisayar Sınıfı İ"
    folder.mkdir()
    with sqlite3.connect(folder / "journal.db") as connection:
        mode = connection.execute("pragma journal_mode=wal").fetchone()
        connection.execute("create table a (b text)")
    connection.close()

    assert ("wal",) == mode


def test_openssl_and_tcl_are_the_interpreters_own():
    assert ssl.OPENSSL_VERSION.startswith("OpenSSL 3")
    assert "8.6.12" == tkinter.Tcl().eval("info patchlevel")


def test_a_child_speaks_over_pipes():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.exit(3)"],
        input="ı", capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (3, "I") == (done.returncode, done.stdout)
