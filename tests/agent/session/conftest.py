"""A desktop and windows made of nothing, for the session's own decisions."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from agent.backends.desktop import Change, Cover, CoverWords, Focus, FrontWords
from agent.errors import DeviceFailed
from agent.link import messages, pages
from policies.composing import compose
from policies.settings import TIERS, Contact, School, Settings

SCHOOL = School(
    name="Hazel Bank School",
    contacts=(Contact(name="Ms Demir"),),
    consequences={"en": "An adult talks with you about it.", "tr": "Bir yetişkin seninle bunu konuşur."},
)
AGREEMENTS = {agreement.tier: agreement for agreement in compose(SCHOOL, Settings(), TIERS, 1)}


class FakeDesktop:
    def __init__(self) -> None:
        self.idle = 0.0
        self.inhibits = False
        self.focus = Focus()
        self.changes: set[Change] = set()
        self.guards: list[bool] = []
        self.fronts: list[int] = []
        self.cover = Cover(True)
        self.tray = False
        self.put: list[tuple[str, str, bool]] = []
        self.resists = 0
        self.brought: list[tuple[str, str]] = []
        self.asked_to_end: list[tuple[str, str]] = []
        self.raised: list[int] = []
        self.folders: list[str] = []
        self.prepared: list[tuple[str, CoverWords]] = []
        self.key_is_free = True
        self.covers: list[str] = []
        self.above: list[tuple[int, ...]] = []
        self.telling = False
        self.prepared_fronts: list[FrontWords] = []
        self.front_words: FrontWords | None = None
        self.front_cover = Cover(True)
        self.above_front: list[tuple[int, ...]] = []

    def fileno(self) -> int:
        raise AssertionError("the fake is not waited on")

    def lacking(self) -> tuple[str, ...]:
        return ("inhibit",)

    def has_news(self) -> bool:
        return bool(self.changes)

    def take_changes(self) -> set[Change]:
        changes, self.changes = self.changes, set()
        return changes

    def idle_seconds(self) -> float:
        return self.idle

    def inhibited(self) -> bool:
        return self.inhibits

    def focused(self) -> Focus:
        return self.focus

    def put_away(self, app: str, program: str, *, spare_dialogs: bool = False) -> int:
        self.put.append((app, program, spare_dialogs))
        return self.resists

    def bring_back(self, app: str, program: str) -> None:
        self.brought.append((app, program))

    def ask_to_end(self, app: str, program: str) -> None:
        self.asked_to_end.append((app, program))

    def raise_windows(self, pid: int) -> None:
        self.raised.append(pid)

    def check_cover(self, locker_pid: int) -> Cover:
        return self.cover

    def prepare_hiding(self, shortcut: str, words: CoverWords) -> bool:
        self.prepared.append((shortcut, words))
        return self.key_is_free

    def hide_screen(self) -> None:
        self.covers.append("hidden")

    def keep_hidden(self, own_pids: Sequence[int]) -> None:
        self.above.append(tuple(own_pids))

    def show_screen(self) -> None:
        self.covers.append("shown")

    def prepare_front(self, words: FrontWords) -> None:
        self.prepared_fronts.append(words)

    def show_front(self, words: FrontWords) -> Cover:
        self.covers.append("front")
        self.front_words = words
        return self.front_cover

    def keep_front(self, own_pids: Sequence[int]) -> Cover:
        self.above_front.append(tuple(own_pids))
        return self.front_cover

    def hide_front(self) -> None:
        self.covers.append("front away")

    def mark_telling(self, on: bool) -> None:
        self.telling = on

    def was_telling(self) -> bool:
        return self.telling

    def open_folder(self, folder: str) -> None:
        self.folders.append(folder)

    def guard_front(self, on: bool) -> None:
        self.guards.append(on)

    def keep_in_front(self, pid: int) -> bool:
        self.fronts.append(pid)
        return True

    def has_tray(self) -> bool:
        return self.tray

    def close(self) -> None:
        pass


class FakeWindow:
    def __init__(self, pid: int, page: bytes, arguments: Sequence[str]) -> None:
        self.pid = pid
        self.pages = [page]
        self.arguments = tuple(arguments)
        self.lines: list[bytes] = []
        self.over = False
        self.closed = False
        self.listens = True

    def fileno(self) -> int:
        raise AssertionError("the fake is not waited on")

    def say(self, page: bytes) -> bool:
        if self.listens:
            self.pages.append(page)
        return self.listens

    def take_lines(self) -> tuple[list[bytes], bool]:
        lines, self.lines = self.lines, []
        return lines, self.over

    def close(self) -> None:
        self.closed = True

    # ---- what the person does ----

    def answers(self, event: str, choice: str = "", **more: object) -> None:
        self.lines.append(msgspec.json.encode({"event": event, "choice": choice, **more}))
        self.over = self.over or event == "done"

    def dies(self) -> None:
        self.over = True


class FakeStarter:
    def __init__(self) -> None:
        self.windows: list[FakeWindow] = []
        self.fails = False

    def __call__(self, page: bytes, arguments: Sequence[str] = ()) -> FakeWindow:
        if self.fails:
            raise DeviceFailed("no memory")
        self.windows.append(FakeWindow(1000 + len(self.windows), page, arguments))
        return self.windows[-1]

    @property
    def last(self) -> FakeWindow:
        return self.windows[-1]


@pytest.fixture
def desktop() -> FakeDesktop:
    return FakeDesktop()


@pytest.fixture
def starter() -> FakeStarter:
    return FakeStarter()


@pytest.fixture
def sent() -> list[messages.AnyUp]:
    return []


@pytest.fixture
def gate_page() -> pages.GatePage:
    return pages.GatePage(
        school=SCHOOL.name,
        language="en",
        tier="teen",
        person="May",
        agreement=AGREEMENTS["teen"],
        contacts=SCHOOL.contacts,
    )


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the demo account can reach; pytest's own are shut to everybody else."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
