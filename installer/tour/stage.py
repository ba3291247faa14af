"""What the day is played with: school, laptop, accounts, screen and the teacher's browser."""

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser

from agent.link import pages
from agent.window.render import Theme
from installer import accounts, officers, places, processes
from installer.accounts import DemoAccount
from installer.demo_login import Login
from installer.displays import SIZE, Display
from installer.laptop import Laptop
from installer.officers import Officer
from installer.school import School, pupils_of
from installer.tour.hands import Hands, Window
from installer.tour.listening import listening
from installer.tour.teacher import Teacher
from installer.tour.twin import Twin
from policies.schools import DemoPerson
from policies.settings import Language


class Wishes(NamedTuple):
    """What was asked for on the command line."""

    profile: str
    language: Language | None
    dark: bool


class Stage:
    """The parts of one tour; `close` takes everything away again, also after a failure."""

    def __init__(self, wishes: Wishes, pictures: Path) -> None:
        self.wishes = wishes
        self.more = pictures / "more"
        """For pictures beside the numbered ones."""
        self.more.mkdir(parents=True, exist_ok=True)
        self.theme: Theme = "dark" if wishes.dark else "light"
        self.looks_at_teacher = False
        """Whose screen the step's picture shows."""
        self.notes: list[str] = []
        self.notices: list[str] = []
        """What the server told officers outside its pages."""
        self.kept_before = 0
        """Records at the server when it was stopped."""
        self._kept_picture: bytes | None = None
        self._later = ExitStack()
        folder = places.open_folder(places.runtime_dir() / "tour")
        shutil.rmtree(folder, ignore_errors=True)
        places.open_folder(folder)
        self.folder = folder
        self.school = School(folder / "school", wishes.profile)
        people = pupils_of(self.school.profile, wishes.language)
        self.pupil: DemoPerson = people[0]
        self.other: DemoPerson = people[1]
        """Who declines."""
        self.language: Language = self.pupil.language
        self.stranger = "demo-stranger"
        """An account that no one listed."""
        names = [self.pupil.os_user, self.other.os_user, self.stranger]
        self.laptop = Laptop(folder / "laptop", names, theme=self.theme)
        self.accounts: dict[str, DemoAccount] = {}
        self.login: Login | None = None
        self._display: Display | None = None
        self._teacher: Teacher | None = None

    # ---- making and taking away ----

    def make_accounts(self) -> None:
        """Make the demo accounts; they are removed when the tour ends."""
        for name in (self.pupil.os_user, self.other.os_user, self.stranger):
            self.accounts[name] = accounts.make_account(name)
            self._later.callback(accounts.remove_account, name)

    def start_school(self) -> None:
        """Make and start the server."""
        self.school.ensure_made()
        self._later.callback(self.school.stop)
        self.school.start()

    def start_laptop(self) -> None:
        """Start the agent's service."""
        self._later.callback(self.laptop.stop)
        self.laptop.start()

    @property
    def display(self) -> Display:
        """Return the laptop's display, started at first use."""
        if self._display is None:
            self._display = Display(self.folder / "display")
            self._later.callback(self._close_display)
        return self._display

    def _close_display(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display = None

    def log_in(self, name: str, language: Language | None = None) -> Login:
        """Log an account in on a fresh display, as a display manager does."""
        self.log_out()
        self._close_display()
        self.login = Login(
            self.display,
            self.accounts[name],
            self.laptop.session_files(),
            language=language or self.language,
            log=self.folder / "login.log",
        )
        self._later.callback(self.login.close)
        return self.login

    def log_out(self) -> None:
        """End the login that stands, if one does."""
        if self.login is not None:
            self.login.close()
            self.login = None

    @property
    def hands(self) -> Hands:
        """Return hands and eyes at the laptop as it is now."""
        return Hands(self.display)

    @property
    def teacher(self) -> Teacher:
        """Return the teacher's browser."""
        if self._teacher is None:
            self._teacher = Teacher(
                self.school.address, self.folder, language=self.language, dark=self.wishes.dark
            )
            self._later.callback(self._teacher.close)
        return self._teacher

    def window(self) -> dict[str, Any]:
        """Return what a browser window of another adult is like."""
        return {
            "viewport": {"width": 1280, "height": 900},
            "color_scheme": "dark" if self.wishes.dark else "light",
        }

    def officer(self, place: str) -> Officer:
        """Return who stands at this place on the signed list."""
        return next(each for each in officers.made(self.school) if each.place == place)

    def hear_notices(self, names: Iterable[str]) -> None:
        """Listen where the server tells officers that a case waits, as a school's own webhook would."""
        address = self._later.enter_context(listening(self.notices))
        for name in names:
            self.school.ask("notices", "set", name, address)

    def browser(self) -> Browser:
        """Return the browser in which windows' twins are drawn."""
        browser = self.teacher.open().context.browser
        assert browser is not None
        return browser

    def close(self) -> None:
        """Take everything away, in the opposite order."""
        self._later.close()
        shutil.rmtree(self.folder, ignore_errors=True) if not os.environ.get("GATEPOST_KEEP") else None

    # ---- looking ----

    def begin(self) -> None:
        """A new step begins: its picture is the laptop's screen unless it says otherwise."""
        self.looks_at_teacher = False
        self._kept_picture = None

    def note(self, line: str) -> None:
        """Say something about this step in tour.json, e.g. what the profile forbids."""
        self.notes.append(line)

    def take_notes(self) -> list[str]:
        """Return the notes since last time."""
        notes, self.notes = self.notes, []
        return notes

    def keep_picture(self) -> None:
        """Take the step's picture now, since what it is about will be gone at the end."""
        path = self.folder / "kept.png"
        self.display.screenshot(path)
        self._kept_picture = path.read_bytes()

    def picture(self, path: Path) -> None:
        """Save a picture of what the step was about."""
        if self._kept_picture is not None:
            path.write_bytes(self._kept_picture)
        elif self.looks_at_teacher:
            self.teacher.screenshot(path)
        elif self._display is not None:
            self.display.screenshot(path)
        else:
            raise FileNotFoundError("no screen yet")

    def pids(self, *words: str, name: str | None = None) -> list[int]:
        """Return the processes of an account (the pupil's) whose command line has all these words."""
        uid = self.accounts[name or self.pupil.os_user].uid

        def matches(pid: int) -> bool:
            if processes.uid_of(pid) != uid:
                return False
            said = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            return all(any(word == part or part.endswith(f"/{word}") for part in said) for word in words)

        return processes.pids_where(matches)

    def tray_icon(self) -> Window | None:
        """Return our icon in the desktop's tray, if it is there."""
        return self.hands.icon_in("tint2")

    def gate_window(self) -> Window | None:
        """Return the window that covers the whole screen, if there is one."""
        return next((each for each in self.hands.windows() if (each.width, each.height) == SIZE), None)

    def our_window(self, *, wider_than: int = 0) -> Window | None:
        """Return the window of ours that is on the screen (the panel, the countdown, …), if there is one."""
        for pid in self.pids("-I", "window"):
            found = self.hands.window_of(pid)
            if found is not None and found.width > wider_than:
                return found
        return None

    def gate_twin(self, person: DemoPerson | None) -> Twin:
        """Return the twin of the gate as this person sees it."""
        body = self.school.policy()
        tier = person.tier if person else "visitor"
        offered = body.settings.agreement.languages
        language = person.language if person else offered[0]
        page = pages.GatePage(
            school=body.school.name,
            language=language,
            tier=tier,
            person=person.display_name if person else "",
            agreement=next(each for each in body.agreements if each.tier == tier),
            contacts=body.school.contacts,
        )
        return self.twin(page, (0, 0, *SIZE), bare=True)

    def twin(self, page: pages.AnyPage, place: tuple[int, int, int, int], *, bare: bool = False) -> Twin:
        """Return the twin of a window that shows this page at this place."""
        return Twin(self.browser(), self.hands, page, place=place, bare=bare, theme=self.theme)
