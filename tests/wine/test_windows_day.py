"""One day of a Windows laptop: real server, real agent in Windows Python, real windows; logins are staged.

Wine sends no session events and has one account: tests/wine/stage/service.py tells those and nothing else.
"""

from collections import Counter
from collections.abc import Callable

from tests.support import window_looks
from tests.support.apart import served_apart as served
from tests.wine.conftest import PUPIL_OS_USER as OS_USER
from tests.wine.laptop import Heard, WindowsLaptop, texts_in
from tests.wine.school import School

PUPIL = "Çağrı Işık İnce"
GATE_TITLE = "Bilgisayar kullanmak"
NEXT_PAGE, ACCEPT = (925, 650), (190, 724)
"""Where these buttons are on such a screen."""
SECRETS = (PUPIL, "p-win", "agreement-answered", "login-started")
"""What may stand nowhere in the journal in words: it is sealed before it is kept."""
GATE_SECONDS = 120.0
LOOKS_AFTER_A_CLICK = 10
"""Each takes a second and more."""
HELD_SECONDS = 120.0
"""A policy comes with the next answer to a held request, at most 55 s later."""


def enrol(laptop: WindowsLaptop, place: School, address: str) -> None:
    place.device = laptop.enrol(address, place.code)


def read_and_accept(laptop: WindowsLaptop, place: School, hook: Heard) -> None:
    """Read every page of the plain gate to its end, and accept."""
    laptop.wait_for("the gate", lambda: laptop.shows(GATE_TITLE), GATE_SECONDS)
    laptop.wait_for("its words", laptop.is_painted, GATE_SECONDS)
    laptop.display.screenshot(laptop.scratch / "gate.png")
    for _ in range(place.gate_pages() - 1):
        press_and_see(laptop, "End")
        click_and_see(laptop, NEXT_PAGE)
    press_and_see(laptop, "End")
    click_until(laptop, "the answer to the hook", ACCEPT, lambda: hook.process.poll() is not None)


def press_and_see(laptop: WindowsLaptop, key: str) -> None:
    """Press a key and wait until what it changes is drawn: a page counts as seen at its end."""
    laptop.press(key)
    laptop.wait_for("a page that rests", lambda: window_looks.rests(laptop.display), GATE_SECONDS)


def click_and_see(laptop: WindowsLaptop, place: tuple[int, int]) -> None:
    """Click and wait until the screen shows something else."""
    before = window_looks.picture(laptop.display)
    click_until(laptop, "another page", place, lambda: window_looks.picture(laptop.display) != before)


def click_until(laptop: WindowsLaptop, what: str, place: tuple[int, int], is_so: Callable[[], bool]) -> None:
    """
    Click until something is so, and again only after a long while.

    On a slow machine a page rests before it has taken the key that came before, and counts as seen later.
    """

    def taken() -> bool:
        if not is_so():
            laptop.click(*place)
        for _look in range(LOOKS_AFTER_A_CLICK):
            window_looks.rests(laptop.display)
            if is_so():
                return True
        return False

    laptop.wait_for(what, taken, GATE_SECONDS)


def test_a_windows_laptop_s_day_from_enrolment_to_sign_out(laptop: WindowsLaptop, place: School) -> None:
    with served(place.house) as address:
        enrol(laptop, place, address)
        laptop.start_service()
        laptop.wait_for("the policy", lambda: laptop.status().get("policy_number"), HELD_SECONDS)
        hook = laptop.log_in(PUPIL)
        read_and_accept(laptop, place, hook)
        opened = hook.process.returncode
        laptop.wait_for("the answer at school", lambda: "agreement-answered" in place.kinds(), HELD_SECONDS)

        before = place.applied_number()
        place.change_policy(**{"lock.idle_after_seconds": 240})
        laptop.wait_for("the new policy", lambda: place.applied_number() > before, HELD_SECONDS)

        laptop.kill_service()
        laptop.start_service()
        laptop.log_out()
        laptop.wait_for("the end at school", lambda: "login-ended" in place.kinds(), HELD_SECONDS)

    answer = place.bodies("agreement-answered")[0]
    counted = Counter(place.kinds())

    assert 0 == opened, f"{hook.text}\n{place.told()}"
    assert ("accepted", "tr", OS_USER) == (answer["answer"], answer["language"], answer["os_user"])
    assert {"agreement-answered": 1, "login-started": 1, "login-ended": 1} == {
        kind: counted[kind] for kind in ("agreement-answered", "login-started", "login-ended")
    }
    assert [] == place.faults()
    assert [] == texts_in(laptop.data.glob("journal.sqlite*"), SECRETS)
