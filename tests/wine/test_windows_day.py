"""One day of a Windows laptop: real server, real agent in Windows Python, real windows; logins are staged.

Wine sends no session events and has one account: tests/wine/stage/service.py tells those and nothing else.
"""

import json
from pathlib import Path

import pytest

from installer.displays import Display
from tests.support.apart import served_apart as served
from tests.wine.laptop import WindowsLaptop, texts_in, windows_laptop
from tests.wine.school import School
from tests.wine.windows import Windows

PUPIL = "Çağrı Işık İnce"
OS_USER = "çağrı işık ince"
GATE_SECONDS = 90.0
POLICY_SECONDS = 120.0


@pytest.fixture
def place(tmp_path: Path):
    made = School(tmp_path / "server", OS_USER)
    yield made
    made.close()


def enrol(laptop: WindowsLaptop, place: School, address: str) -> None:
    done = json.loads(laptop.agent("enrol", address, place.code, "--json").stdout.strip().splitlines()[-1])
    place.device = done["device"]


def test_a_day_of_a_windows_laptop_from_enrolment_to_sign_out(
    own_windows: Windows, display: Display, place: School, tmp_path: Path
) -> None:
    with served(place.house) as address, windows_laptop(own_windows, display, tmp_path) as laptop:
        enrol(laptop, place, address)
        laptop.start_service()
        laptop.wait_for("the policy", lambda: laptop.status().get("policy_number"), POLICY_SECONDS)
        print(laptop.status())
        hook = laptop.log_in(PUPIL)
        laptop.wait_for("the gate", laptop.windows_shown, GATE_SECONDS)
        display.screenshot(tmp_path / "gate.png")
