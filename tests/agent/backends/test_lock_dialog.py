"""The password field with a real window and a checker of the test's: it shows, it never decides."""

import os
import subprocess

import pytest
from Xlib import display as xdisplay

from agent.backends import lock_dialog, own_process

pytestmark = pytest.mark.display

CHECKER = """#!/bin/sh
# Asks as PAM's helper does, slowly; only "şifre" is right.
sleep 0.5
printf 'P 10\\nPassword: \\n'
read -r head
read -r answer
[ "$answer" = "şifre" ] && exit 0
printf 'e 5\\nwrong\\n'
exit 1
"""


@pytest.fixture
def dialog(x11, tmp_path):
    """Start the field on a window of our own, as the locker does."""
    connection = xdisplay.Display()
    screen = connection.screen()
    window = screen.root.create_window(0, 0, 10, 10, 0, screen.root_depth)
    connection.sync()
    checker = tmp_path / "checker"
    checker.write_text(CHECKER)
    checker.chmod(0o755)
    started = []

    def start():
        environment = x11.environment() | {
            lock_dialog.CHECKER_VARIABLE: str(checker),
            "XSCREENSAVER_WINDOW": str(window.id),
        }
        started.append(
            subprocess.Popen(own_process.agent_command("lock-dialog"), env=environment, stdin=subprocess.PIPE)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    connection.close()


def test_what_is_typed_before_the_question_is_not_lost(dialog):
    process = dialog()
    process.stdin.write("şifre\r".encode())
    process.stdin.flush()

    assert lock_dialog.OPENED == process.wait(60)


def test_a_wrong_password_may_be_tried_again(dialog):
    process = dialog()
    process.stdin.write("falsch\rşifre\r".encode())
    process.stdin.flush()

    assert lock_dialog.OPENED == process.wait(60)


@pytest.mark.parametrize("end", [b"\x1b", b""])
def test_going_away_opens_nothing(dialog, end):
    process = dialog()
    process.stdin.write("şifre".encode() + end)
    process.stdin.close()

    assert lock_dialog.CLOSED == process.wait(60)


def test_without_a_window_the_lockers_own_field_takes_over():
    environment = {name: value for name, value in os.environ.items() if name != "XSCREENSAVER_WINDOW"}
    done = subprocess.run(
        own_process.agent_command("lock-dialog"), env=environment, stdin=subprocess.DEVNULL, check=False
    )

    assert lock_dialog.CANNOT == done.returncode


def test_the_checker_must_be_there(dialog, tmp_path):
    (tmp_path / "checker").unlink()
    process = dialog()

    assert lock_dialog.CANNOT == process.wait(60)
