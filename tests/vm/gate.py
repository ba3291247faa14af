"""Reading and answering the real gate in a virtual laptop: its twin here says where the buttons are.

The twin is the same page drawn by the same code (see installer/tour/twin.py); the real one is clicked.
"""

from playwright.sync_api import Browser

from agent.link import pages
from installer.tour.twin import Twin
from policies.settings import Language, Tier
from tests.vm.schoolyard import Schoolyard
from tests.vm.seat import SIZE, Seat

MOST_SCREENS = 12
AHEAD = (".answers .pages [data-to-screen]:last-child", ".answers .three [data-to-screen]")


class Gate:
    """The gate that stands in front of this seat."""

    def __init__(
        self, browser: Browser, seat: Seat, yard: Schoolyard, tier: Tier, language: Language
    ) -> None:
        body = yard.school.policy()
        page = pages.GatePage(
            school=body.school.name,
            language=language,
            tier=tier,
            person=seat.user.title(),
            agreement=next(each for each in body.agreements if each.tier == tier),
            contacts=body.school.contacts,
            read_aloud=False,
        )
        self._seat = seat
        self._twin = Twin(browser, seat, page, place=(0, 0, *SIZE), bare=True, theme="light")  # type: ignore[arg-type]

    def accept(self) -> None:
        """Read every page to its end and accept."""
        for _screen in range(MOST_SCREENS):
            self._twin.to_end()
            if self._twin.at_last_screen():
                break
            self._twin.click(next(each for each in AHEAD if self._twin.has(each)))
            self._seat.wait_painted()
        self._twin.click("[data-answer=accepted]")
        self._twin.close()

    def decline(self) -> None:
        """Say no."""
        for _screen in range(MOST_SCREENS):
            if self._twin.has("[data-answer=declined]"):
                break
            self._twin.to_end()
            self._twin.click(next(each for each in AHEAD if self._twin.has(each)))
            self._seat.wait_painted()
        self._twin.click("[data-answer=declined]")
        self._twin.close()


def accept_in_the_plain_window(seat: Seat, pages: int) -> None:
    """Read every page of the plain window to its end and accept, with the keyboard alone."""
    for page in range(pages):
        seat.keys("End")
        seat.wait_painted()
        # From the text: back, on or accept, in this order, as far as they are there.
        seat.keys(*["Tab"] * (1 if page == 0 else 2), "Return")
        seat.laptop.sh("sleep 1")
