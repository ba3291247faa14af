"""Real logins under a real logind: a display manager with PAM, a text terminal, ssh."""

import pytest
from playwright.sync_api import Browser

from tests.vm.gate import Gate
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import Seat

GATE = "agent window"
DESKTOP = "^(/usr/bin/)?openbox"
SSH = "ssh -o StrictHostKeyChecking=no -o BatchMode=yes"


@pytest.fixture
def enrolled(laptop: Machine, schoolyard: Schoolyard) -> Machine:
    """A laptop that obeys the school."""
    schoolyard.enrol(laptop)
    return laptop


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


def test_declining_ends_the_real_session(enrolled: Machine, schoolyard: Schoolyard, browser: Browser) -> None:
    seat = Seat(enrolled, "sam")
    seat.log_in()
    seat.wait_has(GATE)
    seat.wait_painted()
    Gate(browser, seat, schoolyard, "adult", "en").decline()
    seat.wait_gone()
    ended = schoolyard.wait_for("login-ended", os_user="sam")

    assert "declined" == ended["reason"]
    assert not seat.has(DESKTOP)


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
    staying = enrolled.start(f"{SSH} may@127.0.0.1 sleep 300", seconds=60)
    enrolled.wait_until("pgrep -u may -x sleep")

    assert staying.wait().status not in (0, 124)


def test_an_ssh_login_that_has_accepted_may_stay(enrolled: Machine, schoolyard: Schoolyard) -> None:
    schoolyard.accepted_before("may")
    enrolled.sh("systemctl start ssh")
    login = enrolled.start(f"{SSH} may@127.0.0.1 sleep 25", seconds=90)

    assert 0 == login.wait().status


def test_a_lock_covers_the_screen_and_logind_knows(enrolled: Machine, schoolyard: Schoolyard) -> None:
    schoolyard.accepted_before("may")
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(DESKTOP)
    seat.wait_has("agent session")
    before = seat.property("LockedHint")
    enrolled.wait_until("gatepost-agent panel lock", user="may", seconds=120)
    locked = schoolyard.wait_for("screen-locked", reason="asked")
    enrolled.wait_until(f"loginctl show-session {seat.session()} | grep -qx LockedHint=yes")
    seat.picture("locked")
    seat.keys("space")
    seat.type("pass for may")
    seat.keys("Return")
    schoolyard.wait_for("screen-unlocked", login=locked["login"])
    enrolled.wait_until(f"loginctl show-session {seat.session()} | grep -qx LockedHint=no")

    assert "no" == before
    assert "xsecurelock" == locked["locker"]


def test_a_killed_service_comes_back_and_knows_who_is_here(enrolled: Machine, schoolyard: Schoolyard) -> None:
    schoolyard.accepted_before("may")
    seat = Seat(enrolled, "may")
    seat.log_in()
    desktop = seat.wait_has(DESKTOP)
    session = seat.wait_has("agent session")
    started = len(schoolyard.school.records("login-started"))
    old = enrolled.sh("systemctl show --property MainPID --value gatepost-agent")
    enrolled.sh("systemctl kill --signal KILL --kill-whom main gatepost-agent")
    enrolled.wait_until(
        f"test $(systemctl show --property MainPID --value gatepost-agent) -gt {old}", seconds=60
    )
    enrolled.wait_until(f"pgrep -u may -f 'agent session' | grep -vqx {session[0]}", seconds=240)

    assert desktop == seat.wait_has(DESKTOP)
    assert started == len(schoolyard.school.records("login-started"))
