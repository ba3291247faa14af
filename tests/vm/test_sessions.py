"""Our own processes killed, stopped, kept from starting; and a second person at the same laptop."""

from datetime import datetime

import pytest

from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DESKTOP, GATE, Seat

pytestmark = pytest.mark.thorough

NOTICED_SECONDS = 30
HIDES_US = """
mkdir -p /home/may/.config/autostart
printf '[Desktop Entry]\\nType=Application\\nName=Gatepost\\nHidden=true\\n' \
  > /home/may/.config/autostart/gatepost.desktop
cp /home/may/.config/autostart/gatepost.desktop /home/may/.config/autostart/gatepost-agent.desktop
echo 'GATEPOST_AGENT=/bin/true; exec /usr/bin/openbox-session' > /home/may/.xsessionrc
echo 'exec /usr/bin/openbox-session' > /home/may/.xsession
echo 'export GATEPOST_AGENT=/bin/true GATEPOST_CONFIG=/home/may/agent.toml' >> /home/may/.profile
chown -R may: /home/may
"""
STRAIGHT = "[Seat:*]\\nsession-wrapper=/usr/local/bin/straight\\n"
"""A display manager that starts the desktop itself, past Xsession and what it sources."""


def test_a_killed_service_comes_back_and_knows_who_is_here(opened: Seat, schoolyard: Schoolyard) -> None:
    laptop = opened.laptop
    desktop, session = opened.wait_has(DESKTOP), opened.wait_has("agent session")
    started = len(schoolyard.school.records("login-started"))
    starts = len(schoolyard.school.records("agent-started"))
    old = laptop.sh("systemctl show --property MainPID --value gatepost-agent")
    laptop.sh("systemctl kill --signal KILL --kill-whom main gatepost-agent")
    laptop.wait_until(f"test $(systemctl show --property MainPID --value gatepost-agent) -gt {old}")
    laptop.wait_until(f"pgrep -u may -f 'agent session' | grep -vqx {session[0]}", seconds=240)
    again = schoolyard.wait_for("agent-started", more_than=starts)

    assert again["after_crash"]
    assert desktop == opened.wait_has(DESKTOP)
    assert started == len(schoolyard.school.records("login-started"))


def test_a_killed_session_is_noticed_the_screen_locked(opened: Seat, schoolyard: Schoolyard) -> None:
    laptop = opened.laptop
    before = len(schoolyard.school.records("session-lost"))
    killed_at = float(laptop.sh("date +%s.%N"))
    session = opened.wait_has("agent session")
    laptop.sh(["kill", "-KILL", str(session[0])], user="may")
    lost = schoolyard.wait_for("session-lost", more_than=before)
    locked = schoolyard.wait_for("screen-locked", reason="session-lost")
    laptop.wait_until(f"loginctl show-session {opened.session()} | grep -qx LockedHint=yes")

    assert ("desktop", "died", "locked") == (lost["during"], lost["how"], lost["outcome"])
    assert NOTICED_SECONDS >= datetime.fromisoformat(lost["at"]).timestamp() - killed_at
    assert locked["login"] == lost["login"]


def test_a_stopped_session_is_noticed_too_and_the_login_ends_where_policy_says_so(
    opened: Seat, schoolyard: Schoolyard
) -> None:
    laptop = opened.laptop
    applied = len(schoolyard.school.records("policy-applied"))
    with schoolyard.policy('lock.if_session_lost="end"'):
        schoolyard.wait_for("policy-applied", more_than=applied)
        before = len(schoolyard.school.records("session-lost"))
        stopped_at = float(laptop.sh("date +%s.%N"))
        session = opened.wait_has("agent session")
        laptop.sh(["kill", "-STOP", str(session[0])], user="may")
        lost = schoolyard.wait_for("session-lost", more_than=before)
        opened.wait_gone()

    # A slow laptop's session may be stopped before it has said its first word.
    assert lost["how"] in ("silent", "never-connected")
    assert ("desktop", "ended") == (lost["during"], lost["outcome"])
    assert NOTICED_SECONDS >= datetime.fromisoformat(lost["at"]).timestamp() - stopped_at


def test_a_pupils_own_files_do_not_hide_the_gate(enrolled: Machine) -> None:
    enrolled.sh(HIDES_US)
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(GATE)

    assert not seat.has(DESKTOP)


def test_a_desktop_that_never_came_to_the_gate_is_closed(enrolled: Machine, schoolyard: Schoolyard) -> None:
    enrolled.sh(
        "printf '#!/bin/sh\\nexec \"$@\"\\n' > /usr/local/bin/straight; chmod 755 /usr/local/bin/straight; "
        f"printf '{STRAIGHT}' > /etc/lightdm/lightdm.conf.d/70-straight.conf"
    )
    before = len(schoolyard.school.records("session-lost"))
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(DESKTOP)
    seat.wait_gone()
    lost = schoolyard.wait_for("session-lost", more_than=before)

    assert ("never-connected", "ended") == (lost["how"], lost["outcome"])


def test_a_session_that_cannot_start_closes_the_login(enrolled: Machine, schoolyard: Schoolyard) -> None:
    enrolled.sh("mv /usr/lib/gatepost-agent/venv/lib/python3*/site-packages/agent/session /root/")
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_gone()
    lost = schoolyard.wait_for("session-lost", how="died", during="gate", outcome="ended")
    ended = schoolyard.wait_for("login-ended", login=lost["login"])

    assert "session-lost" == ended["reason"]
    assert not seat.has(DESKTOP)


def test_a_second_person_switching_in_is_a_second_login(opened: Seat, schoolyard: Schoolyard) -> None:
    laptop = opened.laptop
    first = schoolyard.wait_for("login-started", os_user="may")
    mine, desktop = opened.session(), opened.wait_has(DESKTOP)
    laptop.sh("XDG_SEAT_PATH=/org/freedesktop/DisplayManager/Seat0 dm-tool switch-to-greeter", user="may")
    laptop.wait_until("pgrep -f lightdm-gtk-greeter")
    greeter = Seat(laptop, "sam", display=1)
    greeter.log_in_at_the_greeter("pass for sam")
    greeter.wait_has(GATE)
    second = schoolyard.wait_for("login-started", os_user="sam")
    active = laptop.sh(f"loginctl show-session {greeter.session()} --property Active --value")

    assert second["login"] != first["login"]
    assert ("yes", False) == (active, greeter.has(DESKTOP))
    assert (mine, desktop) == (opened.session(), opened.wait_has(DESKTOP))
