"""The rig itself, for real: a display with a cookie, an account with a password, a login with a hook."""

import json
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from installer import accounts, demo_login, processes
from installer.displays import Display
from installer.errors import InstallerError


@pytest.mark.display
def test_a_display_has_its_size_and_the_idle_clock(display):
    said = display.run("xdpyinfo")

    assert "1366x768" in said
    assert {"MIT-SCREEN-SAVER", "RECORD", "XTEST"} <= set(said.split())


@pytest.mark.display
def test_a_display_refuses_who_has_no_cookie(display):
    alone = {"DISPLAY": display.name, "PATH": os.environ["PATH"], "XAUTHORITY": "/dev/null", "HOME": "/"}
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", "xdpyinfo"],
        env=alone,
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0


@pytest.mark.display
def test_a_closed_display_leaves_no_process(tmp_path):
    display = Display(tmp_path)
    display.close()

    assert not display.is_up()


@pytest.mark.account
def test_an_account_that_is_not_ours_is_never_removed():
    with pytest.raises(InstallerError, match="not one of ours"):
        accounts.remove_account("daemon")


@pytest.mark.account
def test_the_leftover_of_a_killed_run_is_removed_and_a_living_run_s_is_not(demo_account):
    assert demo_account.name not in accounts.remove_leftovers()
    owner = accounts.homes_dir() / f"{demo_account.name}.owner"
    owner.write_text(json.dumps({"pid": os.getpid(), "started": 1}))
    accounts.remove_leftovers()

    with pytest.raises(KeyError):
        pwd.getpwnam(demo_account.name)
    assert not demo_account.home.exists()


def login(display, account, tmp_path: Path, hook: str):
    session = accounts.homes_dir() / f"{account.name}.session"
    session.mkdir()
    (session / "hook").write_text(hook)
    xsession = demo_login.write_session_files(session, session / "hook")
    return demo_login.Login(display, account, xsession, language="en", log=tmp_path / "login.log")


@pytest.mark.account
@pytest.mark.display
def test_a_hook_that_lets_in_gets_a_desktop_and_closing_leaves_nothing(display, demo_account, tmp_path):
    found = login(display, demo_account, tmp_path, "true")
    processes.wait_for("a window manager", lambda: "_OB_" in display.run("xprop", "-root") or None, 60)
    found.start_app("xterm")
    processes.wait_for("xterm", lambda: display.run("xdotool", "search", "--sync", "--class", "xterm"), 60)
    found.close()

    assert processes.pids_where(lambda pid: processes.uid_of(pid) == demo_account.uid) == []


@pytest.mark.account
@pytest.mark.display
def test_a_hook_that_refuses_ends_the_login_before_the_accounts_own_file(display, demo_account, tmp_path):
    (demo_account.home / ".xsessionrc").write_text("touch $HOME/ran")
    found = login(display, demo_account, tmp_path, "exit 1")

    assert found.wait(60) == 1
    assert not (demo_account.home / "ran").exists()
