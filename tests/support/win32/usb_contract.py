"""What the slices about plugged media promise: tried with the fake here, with Windows' own in Wine."""

import pytest

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_usb_ids import is_volume

NOWHERE = "USB\\VID_0951&PID_1666\\NOBODY-HAS-THIS"
NO_VOLUME = "\\\\?\\Volume{00000000-0000-0000-0000-0000000000ff}\\"


def a_device_that_is_not_there(devices):
    """It is nowhere, has nothing beneath it, and cannot be switched."""
    assert devices.node(NOWHERE) is None
    assert [] == devices.below(NOWHERE)
    for switch in (devices.enable, devices.install, devices.forget, devices.remove):
        with pytest.raises(WinProblem):
            switch(NOWHERE)
    with pytest.raises(WinProblem):
        devices.disable(NOWHERE, absolute=True)


def nodes_are_named_alike(devices):
    """Every node is found again by its name, in capitals."""
    for node in devices.usb_nodes():
        assert node.instance == node.instance.upper()
        assert devices.node(node.instance) == node


def a_hub_that_is_not_there(hubs):
    """It tells nothing."""
    with pytest.raises(WinProblem):
        hubs.device_descriptor("USB\\ROOT_HUB30\\NOBODY", 99)


def windows_own_volume(volumes):
    """Windows' own volume is a volume among the others, mounted at C:."""
    own = volumes.volume_at("C:\\")

    assert is_volume(own)
    assert own in volumes.volumes()
    assert "C:\\" in volumes.mount_points(own)
    assert "C" in volumes.letters()
    assert volumes.filesystem(own)


def a_letter_that_nobody_has(volumes):
    """Nothing is mounted there and nothing can be taken from there."""
    assert "Q" not in volumes.letters()
    assert "" == volumes.volume_at("Q:\\")
    with pytest.raises(WinProblem):
        volumes.unmount("Q:\\")


def a_volume_that_is_not_there(volumes):
    """It lies on no disk and is not mounted."""
    with pytest.raises(WinProblem):
        volumes.disks_of(NO_VOLUME)
    with pytest.raises(WinProblem):
        volumes.mount(NO_VOLUME, "Q:\\")


def a_part_of_wmi_that_is_not_there(wmi):
    """It is a problem, and no empty list."""
    with pytest.raises(WinProblem):
        wmi.query(r"root\NobodyHasThis", "SELECT * FROM Nothing")


DEVICES = (a_device_that_is_not_there, nodes_are_named_alike)
VOLUMES = (windows_own_volume, a_letter_that_nobody_has, a_volume_that_is_not_there)
