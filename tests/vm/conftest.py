"""Virtual laptops for tests: restored from a saved machine in about a second, one for each processor.

Nothing is made unless a test asks for it. Where something is missing, the skip says which command brings it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import deb, debian, needs
from tests.vm import image as images
from tests.vm.image import Image, NoImage
from tests.vm.laptops import ensure_installed, fill_share, one_laptop
from tests.vm.machine import Machine
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import DESKTOP, Seat

HERE = Path(__file__).parent
TEST_SECONDS = 1500
"""For one test, with waiting for another worker's laptop and for a slow machine."""
HINT = "sudo python3 installer test --with-vm -- tests/vm"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a VM test, with a time of its own."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.vm)
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))
            # With --dist loadgroup: two workers, and only one of them makes the laptop with sticks ready.
            item.add_marker(pytest.mark.xdist_group("usb" if HERE / "usb" in item.path.parents else "logins"))


@pytest.fixture(scope="session")
def image() -> Image:
    """The test laptop's disk and its machine as it is after booting."""
    missing = debian.missing_packages({**needs.VM, **needs.PACKAGE})
    if missing:
        pytest.skip(f"missing here: {', '.join(missing)}. This makes it run: {HINT}")
    try:
        return images.ensure_image()
    except NoImage as problem:
        if os.geteuid() == 0:
            raise
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def package() -> Path:
    """The laptop's Debian package, built from this tree."""
    return deb.build()


@pytest.fixture(scope="session")
def share(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that every laptop sees read-only at /mnt/share."""
    return fill_share(tmp_path_factory.mktemp("share"), package)


@pytest.fixture(scope="session")
def installed(image: Image, share: Path) -> Path:
    """A laptop on which the package was installed, saved; kept until the package changes."""
    return ensure_installed(image, share)


@pytest.fixture
def bare_laptop(image: Image, share: Path) -> Iterator[Machine]:
    """A fresh laptop without our package."""
    with one_laptop(), Machine(image.folder, saved=image.saved, share=share) as laptop:
        yield laptop


@pytest.fixture
def laptop(image: Image, installed: Path, share: Path) -> Iterator[Machine]:
    """A fresh laptop with the package installed, not enrolled."""
    with one_laptop(), Machine(image.folder, saved=installed, share=share) as laptop:
        laptop.connect_network()
        laptop.sh("rm -f /run/gatepost/agent.sock; systemctl start gatepost-agent")
        laptop.wait_until("test -S /run/gatepost/agent.sock")
        yield laptop


@pytest.fixture(scope="session")
def schoolyard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schoolyard]:
    """A real server beside the laptops, which they reach over their network."""
    with Schoolyard(tmp_path_factory.mktemp("school")) as yard:
        yield yard


@pytest.fixture
def enrolled(laptop: Machine, schoolyard: Schoolyard) -> Machine:
    """A laptop that obeys the school, where nobody has accepted yet."""
    schoolyard.forget_acceptances()
    schoolyard.enrol(laptop)
    return laptop


@pytest.fixture
def opened(enrolled: Machine, schoolyard: Schoolyard) -> Seat:
    """May's open desktop: she has accepted on another laptop."""
    schoolyard.accepted_before("may")
    seat = Seat(enrolled, "may")
    seat.log_in()
    seat.wait_has(DESKTOP)
    seat.wait_has("agent session")
    return seat
