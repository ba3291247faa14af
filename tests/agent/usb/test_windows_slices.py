"""The Windows in memory keeps what Windows' own slices promise (the same run in Wine: tests/wine/inside)."""

import pytest

from tests.support.win32 import usb_contract
from tests.support.win32.fake_usb_world import WindowsMachine


@pytest.fixture
def machine():
    machine = WindowsMachine()
    machine.plug()
    return machine


@pytest.mark.parametrize("promise", usb_contract.DEVICES)
def test_devices(machine, promise):
    promise(machine)


@pytest.mark.parametrize("promise", usb_contract.VOLUMES)
def test_volumes(machine, promise):
    promise(machine)


def test_hubs_and_wmi(machine):
    machine.problems["hub"] = 2
    usb_contract.a_hub_that_is_not_there(machine)
    usb_contract.a_part_of_wmi_that_is_not_there(machine)
