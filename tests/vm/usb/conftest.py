"""The prepared laptop of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.image import Image
from tests.vm.laptops import one_laptop
from tests.vm.machine import Machine
from tests.vm.usb.desk import Desk
from tests.vm.usb.ready import Ready, open_ready, school_as_it_was

STATUS = (
    "python3 -ISc 'import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(30); "
    's.connect("/run/gatepost/agent.sock"); s.sendall(b"{\\"hook\\":\\"status\\"}\\n"); '
    "print(s.recv(65536))' | grep online"
)
"""What `gatepost-agent status` asks, without starting all of it."""


@pytest.fixture(scope="session")
def ready(
    image: Image, installed: Path, share: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ready]:
    """The laptop and its school, made ready once for all tests."""
    with open_ready(image, installed, share, tmp_path_factory.mktemp("sticks-school")) as made:
        yield made


@pytest.fixture
def desk_unwatched(ready: Ready, image: Image, share: Path) -> Iterator[Desk]:
    """May's open desktop. She tries to read every stick from the first moment to the last."""
    with (
        school_as_it_was(ready) as yard, one_laptop(),
        Machine(image.folder, saved=ready.saved, share=share) as laptop,
    ):  # fmt: skip
        desk = Desk(laptop, yard)
        desk.without_windows()
        yield desk


@pytest.fixture
def desk(desk_unwatched: Desk) -> Iterator[Desk]:
    """When the test is over: she has read nothing that was not open, and the agent still answers."""
    before = desk_unwatched.rounds()
    yield desk_unwatched
    desk_unwatched.laptop.wait_until(STATUS)

    assert [] == desk_unwatched.early_hits()
    assert desk_unwatched.rounds() > before + 1
