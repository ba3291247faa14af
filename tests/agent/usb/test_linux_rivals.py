"""What else has a say in sticks on a machine is found and said."""

import pytest

from agent.backends import linux_rivals
from agent.backends.linux_rivals import Rivals, decide_rivals


def found(*names, rule=True, kernel="quiet"):
    return decide_rivals(lambda name: name in names, rule=rule, kernel=kernel)


def test_a_usual_desktop_has_none():
    assert Rivals() == found("udisksctl")


def test_what_writes_the_same_switch_has_to_go():
    assert "usbauth" == found("usbauth").fights


@pytest.mark.parametrize("name", linux_rivals.MOUNTS)
def test_what_mounts_with_root_s_rights_is_named(name):
    rivals = found(name)

    assert name in rivals.notes[0]
    assert (f"remove {name}",) == rivals.remedies


def test_udisks_without_our_rule_is_named():
    assert "udev rule" in found("udisksctl", rule=False).notes[0]


def test_a_kernel_that_is_told_to_leave_usb_open_is_named():
    rivals = found(kernel="BOOT_IMAGE=/vmlinuz usbcore.authorized_default=1 quiet")

    assert "until this service starts" in rivals.notes[0]
