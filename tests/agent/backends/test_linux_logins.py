"""Every way in is seen: utmp, logind, and processes that nobody listed."""

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends import linux_logins as ll
from agent.backends import linux_processes as lp
from agent.backends.device import Anchor, LoginSeen

UTMP = struct.Struct("hi32s4s32s256shhiii4i20s")


def entry(kind, pid, line, user, host=""):
    return UTMP.pack(
        kind, pid, line.encode(), b"", user.encode(), host.encode(), 0, 0, 0, 0, 0, 0, 0, 0, 0, b""
    )


def process(pid, parent, uid, name):
    return pid, lp.Process(Anchor(pid, pid), parent, name, uid)


def test_only_user_entries_are_read_and_a_torn_one_is_left_out():
    content = entry(2, 1, "~", "reboot") + entry(7, 42, "tty2", "may") + entry(7, 43, "pts/0", "tom")[:100]

    assert [ll.UtmpEntry(42, "tty2", "may", "")] == ll.parse_utmp(content)


@given(st.binary(max_size=1200))
def test_any_bytes_are_read_as_utmp_without_harm(content):
    assert isinstance(ll.parse_utmp(content), list)


@pytest.mark.parametrize(
    ("line", "host", "kind"),
    [
        (":0", "", "x11"),
        ("pts/1", ":0", "x11"),
        ("tty3", "", "tty"),
        ("pts/0", "10.0.0.9", "ssh"),
        ("pts/0", "", "other"),
    ],
)
def test_the_kind_of_a_login_is_told_by_its_line(line, host, kind):
    assert kind == ll.decide_kind(line, host)


def test_logind_describes_an_ssh_login():
    shown = ll.parse_loginctl("Leader=812\nUser=1000\nType=tty\nRemote=yes\nnonsense\n")

    assert ("812", "ssh") == (shown["Leader"], ll.decide_logind_kind(shown))


HOUSE = dict(
    [
        process(100, 1, 0, "sshd"),
        process(101, 100, 0, "sshd"),
        process(102, 101, 1000, "sshd"),
        process(103, 102, 1000, "bash"),
        process(110, 1, 0, "login"),
        process(111, 110, 1000, "bash"),
        process(120, 1, 0, "lightdm"),
        process(121, 120, 1000, "Xsession"),
        process(130, 1, 0, "python"),
        process(131, 130, 0, "su"),
        process(132, 131, 1000, "espeak"),
        process(140, 1, 0, "sshd"),
        process(141, 140, 65534, "nobody"),
        process(112, 111, 1000, "su"),
        process(113, 112, 1001, "bash"),
        process(114, 113, 1001, "vim"),
    ]
)


def test_topmost_processes_behind_a_door_count_as_logins():
    found = ll.find_unlisted(HOUSE, [], own_pid=130)

    assert [102, 111, 113] == [item.anchor.pid for item in found]


def test_a_listed_login_is_not_seen_twice():
    listed = [LoginSeen("tty1", 1000, "may", "tty", Anchor(110, 110))]
    found = ll.find_unlisted(HOUSE, listed, own_pid=130)

    assert [102, 113] == [item.anchor.pid for item in found]


def test_a_utmp_entry_without_a_living_leader_is_no_login(tmp_path):
    file = tmp_path / "utmp"
    file.write_bytes(entry(7, 2**22 + 5, "tty2", "root") + entry(7, os.getpid(), "tty3", "root"))
    keys = [login.key for login in ll.Logins(file).look(own_pid=os.getpid())]

    assert "utmp-tty3" in keys
    assert "utmp-tty2" not in keys


class Proc:
    """A /proc of our own making."""

    def __init__(self, folder):
        self.folder = folder

    def has(self, pid, parent, uid, name):
        (self.folder / str(pid)).mkdir(exist_ok=True)
        rest = " ".join(["0"] * 17 + [str(pid)] + ["0"] * 20)
        (self.folder / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {rest}")
        (self.folder / str(pid) / "status").write_text(f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")


def test_a_process_inside_a_door_is_looked_at_every_time(tmp_path, monkeypatch):
    """login(1) forks as root and only then becomes the person's shell."""
    monkeypatch.setattr(ll, "_YOUNG_SECONDS", 0.0)
    monkeypatch.setattr(ll.linux_processes, "is_alive", lambda _: True)
    proc = Proc(tmp_path)
    proc.has(100, 1, 0, "login")
    proc.has(101, 100, 0, "login")
    logins = ll.Logins(tmp_path / "utmp", tmp_path / "sessions", tmp_path)
    before = logins.look()
    proc.has(101, 100, 1000, "bash")
    after = logins.look()

    assert ([], [(101, "tty")]) == (before, [(login.leader.pid, login.kind) for login in after])


def test_an_ended_process_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(ll.linux_processes, "is_alive", lambda _: True)
    proc = Proc(tmp_path)
    proc.has(100, 1, 0, "sshd")
    proc.has(101, 100, 1000, "sshd")
    logins = ll.Logins(tmp_path / "utmp", tmp_path / "sessions", tmp_path)
    before = logins.look()
    for name in ("stat", "status"):
        (tmp_path / "101" / name).unlink()
    (tmp_path / "101").rmdir()

    assert (1, []) == (len(before), logins.look())


def test_logind_is_asked_only_when_its_sessions_changed(tmp_path, monkeypatch):
    asked = []
    told = {"list-sessions": "3 1002 may seat0", "show-session": "Leader=1\nUser=1002\n"}
    monkeypatch.setattr(ll, "_loginctl", lambda *words: asked.append(words[0]) or told[words[0]])
    (tmp_path / "3").write_text("")
    logins = ll.Logins(tmp_path / "utmp", tmp_path)
    for _ in range(3):
        logins.look()
    (tmp_path / "4").write_text("")
    logins.look()

    assert ["list-sessions", "show-session"] * 2 == asked


def test_logind_that_did_not_answer_is_asked_again(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(ll, "_loginctl", lambda *words: asked.append(words[0]) or "")
    (tmp_path / "3").write_text("")
    logins = ll.Logins(tmp_path / "utmp", tmp_path)
    for _ in range(3):
        logins.look()

    assert ["list-sessions"] * 3 == asked


def test_a_session_named_by_a_pupil_is_asked_after_at_logind(monkeypatch):
    monkeypatch.setattr(ll, "_loginctl", lambda *words: "Id=3\nUser=1002\n" if "3" in words else "")

    assert (1002, None) == (ll.session_uid("3"), ll.session_uid("4"))
