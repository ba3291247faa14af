"""The lock under logind: what it is told, what is not believed, and what ends it."""

import pytest

from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import Seat

pytestmark = pytest.mark.thorough

SET_HINT = "busctl call org.freedesktop.login1 {} org.freedesktop.login1.Session SetLockedHint b true"


def test_a_lock_covers_the_screen_logind_knows_and_the_password_ends_it(
    opened: Seat, schoolyard: Schoolyard
) -> None:
    laptop = opened.laptop
    before = opened.property("LockedHint")
    laptop.wait_until("gatepost-agent panel lock", user="may")
    locked = schoolyard.wait_for("screen-locked", reason="asked")
    laptop.wait_until(f"loginctl show-session {opened.session()} | grep -qx LockedHint=yes")
    opened.wait_painted()
    opened.picture("locked")
    opened.unlock("pass for may")
    schoolyard.wait_for("screen-unlocked", login=locked["login"])
    laptop.wait_until(f"loginctl show-session {opened.session()} | grep -qx LockedHint=no")

    assert "no" == before
    assert "xsecurelock" == locked["locker"]


def test_a_hint_that_the_screen_is_locked_is_not_believed(opened: Seat, schoolyard: Schoolyard) -> None:
    laptop = opened.laptop
    applied = len(schoolyard.school.records("policy-applied"))
    laptop.sh(SET_HINT.format(opened.path()), user="may")
    before = opened.property("LockedHint")
    with schoolyard.policy("lock.idle_after_seconds=30", "lock.countdown_seconds=0"):
        schoolyard.wait_for("policy-applied", more_than=applied)
        locked = schoolyard.wait_for("screen-locked", reason="idle")

    assert "yes" == before
    assert "xsecurelock" == locked["locker"]
