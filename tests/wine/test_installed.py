"""The real programs, frozen and installed silently: they enrol by themselves, send, are replaced and removed.

Nobody logs in here (Wine sends no session events): tests/wine/test_windows_day.py plays a login.
"""

import html
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from installer import frozen, msi
from installer.displays import Display
from installer.processes import wait_for
from tests.support import window_pages
from tests.support.apart import served_apart
from tests.wine import package as packages
from tests.wine.conftest import screen_of
from tests.wine.school import School
from tests.wine.windows import Windows, seen_from_windows

AGENT = r"C:\Program Files\Gatepost\gatepost-agent.exe"
WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
OFFER = r"HKLM\SOFTWARE\Gatepost\Enrol"
SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\gatepost-agent"
ASK_WINDOW = Path(__file__).parent / "programs" / "ask_window.py"
SECONDS = 120.0
UNTOLD = ("windows/", "users/", "install.log")
"""What Windows itself writes while anything is installed."""

pytestmark = pytest.mark.timeout(1200)  # freezing the programs takes a minute or two


@pytest.fixture(scope="module")
def builds(rig: object, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The package as `python3 installer msi` makes it, and its successor."""
    folder = tmp_path_factory.mktemp("real")
    tree = frozen.build()
    first, second = (
        msi.build(tree, folder / version / "gatepost.msi", version=version) for version in ("0.1.0", "0.2.0")
    )
    return first, second


@pytest.fixture
def place(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path / "server", "isik")
    yield made
    made.close()


def enrolled(place: School) -> bool:
    """Whether our laptop has enrolled at the school; from then on the school's questions are about it."""
    with place.house.db.read() as connection:
        newest = connection.execute(text("SELECT id FROM devices WHERE id NOT LIKE '000000000000%'")).all()
    place.device = newest[0].id if newest else ""
    return bool(newest)


def starts(place: School) -> int:
    """How often the laptop has said that its service began."""
    return place.kinds().count("agent-started")


def agent(windows: Windows, *words: str, check: bool = True) -> str:
    return windows.run_program(AGENT, *words, check=check).stdout


def everything(windows: Windows) -> set[str]:
    found = {str(path.relative_to(windows.c)) for path in windows.c.rglob("*")}
    return {each for each in found if not each.startswith(UNTOLD) and each != "windows"}


def test_an_installed_laptop_enrols_sends_is_upgraded_and_removed(
    own_windows: Windows, builds: tuple[Path, Path], place: School
) -> None:
    windows, (first, second) = own_windows, builds
    before = everything(windows)
    userinit = packages.registry(windows, WINLOGON).get("Userinit", "")
    with served_apart(place.house) as address:
        packages.msiexec(windows, "/i", first, f"SERVERURL={address}", f"ENROLLCODE={place.code}")
        wait_for("the laptop at the school", lambda: enrolled(place), SECONDS, every=0.5)
        wait_for("its first record", lambda: starts(place) == 1, SECONDS, every=0.5)
        wait_for("the code to be gone", lambda: packages.registry(windows, OFFER) == {}, SECONDS, every=1.0)

        assert "RUNNING" == packages.service_state(windows)
        assert packages.registry(windows, SERVICE)["ImagePath"].startswith('"C:\\Program Files\\Gatepost\\')
        assert "gatepost-userinit.exe" in packages.registry(windows, WINLOGON)["Userinit"]
        status = json.loads(agent(windows, "status", "--json"))

        assert (True, place.device) == (status["running"], status["device"])
        form = windows.path(r"C:\trial.html")
        agent(windows, "doctor", "--form", r"C:\trial.html", check=False)

        assert f"{html.escape(place.device)}</td>" in form.read_text()
        form.unlink()

        packages.msiexec(windows, "/i", second)
        wait_for("the new version's first record", lambda: starts(place) >= 2, SECONDS, every=0.5)

        assert ["0.2.0"] == packages.products(windows)
        assert place.device == json.loads(agent(windows, "status", "--json"))["device"]
        packages.msiexec(windows, "/x", second)

    left = everything(windows) - before

    assert [] == place.faults()
    assert "" == packages.service_state(windows)
    assert set() == packages.program_files(windows)
    assert {"ProgramData/Gatepost"} == {"/".join(each.split("/")[:2]) for each in left}
    assert ("ProgramData/Gatepost/keys/enrolment.json") in left
    assert "gatepost-userinit" not in packages.registry(windows, WINLOGON)["Userinit"]
    assert userinit in ("", packages.registry(windows, WINLOGON)["Userinit"])
    assert {} == packages.registry(windows, r"HKLM\SOFTWARE\Gatepost")


def test_the_frozen_windowed_program_shows_a_page_and_answers(
    own_windows: Windows, builds: tuple[Path, Path], display: Display, tmp_path: Path
) -> None:
    """With what the package carries of Tk, pages and translations."""
    page = tmp_path / "page.json"
    page.write_bytes(msgspec.json.encode(window_pages.gate("teen", "tr")))
    program = seen_from_windows(frozen.build() / "gatepost-session.exe")
    asking = own_windows.start(
        seen_from_windows(ASK_WINDOW), program, seen_from_windows(page), environ=screen_of(display),
        stdin=subprocess.PIPE,
    )  # fmt: skip
    assert asking.stdout is not None
    answer = json.loads(asking.stdout.readline())
    wait_for("its words", lambda: colours_on(display) > 2, SECONDS)
    rest, _errors = asking.communicate(b"\n", timeout=SECONDS)

    assert ("painted", "plain", "tr") == (answer["event"], answer["kind"], answer["language"])
    assert "0" == rest.decode().strip()


def colours_on(display: Display) -> int:
    return int(display.run("import", "-window", "root", "-format", "%k", "info:-"))


def test_a_removal_with_a_purge_leaves_nothing_of_ours(
    own_windows: Windows, builds: tuple[Path, Path]
) -> None:
    windows, (first, _second) = own_windows, builds
    before = everything(windows)
    packages.msiexec(windows, "/i", first, "ENROLLATER=1")
    packages.msiexec(windows, "/x", first, "PURGE=1")

    assert set() == everything(windows) - before
    assert {} == packages.registry(windows, r"HKLM\SOFTWARE\Gatepost")


def test_a_service_that_is_killed_is_the_same_laptop_when_it_starts_again(
    own_windows: Windows, builds: tuple[Path, Path], place: School
) -> None:
    windows, (first, _second) = own_windows, builds
    with served_apart(place.house) as address:
        packages.msiexec(windows, "/i", first, f"SERVERURL={address}", f"ENROLLCODE={place.code}")
        wait_for("the laptop at the school", lambda: enrolled(place), SECONDS, every=0.5)
        wait_for("its first record", lambda: starts(place) == 1, SECONDS, every=0.5)
        windows.run_program("taskkill", "/f", "/im", "gatepost-agent.exe")
        deadline = time.monotonic() + 30
        while packages.service_state(windows) == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.5)
        windows.run_program("sc", "start", "gatepost-agent", check=False)
        wait_for("its second start", lambda: starts(place) == 2, SECONDS, every=0.5)

    assert [] == place.faults()
    assert [False, True] == [each["after_crash"] for each in place.bodies("agent-started")]
