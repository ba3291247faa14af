"""Real logins under a real logind: a display manager with PAM, a text terminal, ssh."""

import pytest
from playwright.sync_api import Browser

from tests.vm.gate import Gate, accept_in_the_plain_window
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DESKTOP, GATE, Seat

pytestmark = pytest.mark.thorough

SSH = "ssh -o StrictHostKeyChecking=no -o BatchMode=yes"


def test_the_gate_stands_before_the_desktop_and_accepting_opens_it(
    enrolled: Machine, schoolyard: Schoolyard, browser: Browser
) -> None:
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(GATE)
    enrolled.wait_until("test -e /run/gatepost/logins.json")
    kind, place, desktop_behind = seat.property("Type"), seat.property("Seat"), seat.has(DESKTOP)
    schoolyard.wait_for("login-started", os_user="may")
    seat.wait_painted()
    seat.picture("gate")
    Gate(browser, seat, schoolyard, "teen", "en").accept()
    seat.wait_has(DESKTOP)
    answer = schoolyard.wait_for("agreement-answered", os_user="may")

    assert ("x11", "seat0", False) == (kind, place, desktop_behind)
    assert ("accepted", "P-may") == (answer["answer"], answer["person"])


def test_an_upgrade_that_breaks_the_web_view_still_asks_in_a_plain_window(
    enrolled: Machine, schoolyard: Schoolyard
) -> None:
    enrolled.sh(": > $(readlink -f /usr/lib/x86_64-linux-gnu/libwebkit2gtk-4.1.so.0)")
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(f"{GATE} .*--plain")
    seat.wait_painted()
    seat.picture("gate-plain")
    accept_in_the_plain_window(seat, pages=5)
    seat.wait_has(DESKTOP)
    answer = schoolyard.wait_for("agreement-answered", os_user="may")

    assert "accepted" == answer["answer"]


def test_declining_ends_the_real_session(enrolled: Machine, schoolyard: Schoolyard, browser: Browser) -> None:
    seat = Seat(enrolled, "sam")
    seat.log_in()
    seat.wait_has(GATE)
    seat.wait_painted()
    Gate(browser, seat, schoolyard, "adult", "en").decline()
    seat.wait_gone()
    ended = schoolyard.wait_for("login-ended", os_user="sam", reason="declined")

    assert "declined" == ended["reason"]
    assert not seat.has(DESKTOP)


def test_nobody_answers_and_the_real_session_ends(enrolled: Machine, schoolyard: Schoolyard) -> None:
    applied = len(schoolyard.school.records("policy-applied"))
    with schoolyard.policy("agreement.answer_within_seconds=60"):
        schoolyard.wait_for("policy-applied", more_than=applied)
        seat = Seat(enrolled, "sam")
        seat.log_in()
        seat.wait_has(GATE)
        seat.wait_gone()
        ended = schoolyard.wait_for("login-ended", os_user="sam", reason="timed-out")

    assert "timed-out" == ended["reason"]


def test_a_text_login_without_acceptance_is_ended(enrolled: Machine, schoolyard: Schoolyard) -> None:
    getty = "-/sbin/agetty --autologin sam --noclear %%I linux"
    enrolled.sh(
        "mkdir -p /etc/systemd/system/getty@tty3.service.d; "
        f"printf '[Service]\\nExecStart=\\nExecStart={getty}\\nRestart=no\\n'"
        " > /etc/systemd/system/getty@tty3.service.d/login.conf; systemctl daemon-reload; "
        "systemctl start getty@tty3"
    )
    enrolled.wait_until("loginctl list-sessions --no-legend | grep -w sam | grep -w tty3")
    enrolled.wait_until("! loginctl list-sessions --no-legend | grep -w sam")
    ended = schoolyard.wait_for("login-ended", os_user="sam", reason="no-agreement")

    assert enrolled.run("pgrep -u sam -f bash").status
    assert ended["login"]


def test_an_ssh_login_without_acceptance_is_ended(enrolled: Machine) -> None:
    enrolled.sh("systemctl start ssh")
    # A mark that stays: the login itself may be over before the next look.
    staying = enrolled.start(f"{SSH} may@127.0.0.1 'touch /tmp/came; sleep 300'", seconds=100)
    ended = staying.wait()

    assert ended.status not in (0, 124), ended.ends()
    assert "may" == enrolled.sh("stat -c %U /tmp/came")


def test_an_ssh_login_that_has_accepted_may_stay(enrolled: Machine, schoolyard: Schoolyard) -> None:
    schoolyard.accepted_before("may")
    enrolled.sh("systemctl start ssh")
    login = enrolled.start(f"{SSH} may@127.0.0.1 sleep 25", seconds=90)

    assert 0 == login.wait().status
