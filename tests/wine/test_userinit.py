"""The program before the desktop: what it starts, what it ends, and that a broken one keeps nobody out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import frozen, wine_python
from installer.wine_rig import Rig
from tests.wine.windows import Windows

ANSWERS = Path(__file__).parent / "programs" / "answers.c"
HOME = r"C:\Program Files\Gatepost"
BEFORE = r"HKLM\SOFTWARE\Gatepost"
SIGNED_OUT = 1
ALONE = r"C:\Windows\System32\userinit.exe,"


class Door:
    """The program, and programs around it that note how they were started."""

    def __init__(self, windows: Windows, built: Path) -> None:
        self.windows = windows
        self.home = windows.path(HOME)
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "gatepost-userinit.exe").write_bytes((built / "gatepost-userinit.exe").read_bytes())
        for place in (
            r"C:\windows\system32\userinit.exe",
            HOME + r"\gatepost-agent.exe",
            r"C:\other one.exe",
        ):
            file = windows.path(place)
            file.unlink(missing_ok=True)
            file.write_bytes((built / "answers.exe").read_bytes())
        self.stood_there(ALONE)

    def stood_there(self, chain: str) -> None:
        self.windows.run_program("reg", "add", BEFORE, "/v", "UserinitBefore", "/d", chain, "/f")

    def answers(self, program: str, code: int) -> None:
        self.windows.path(rf"C:\answer-{program}.txt").write_text(str(code))

    def falls_back(self, word: str) -> None:
        folder = self.windows.path(r"C:\ProgramData\Gatepost")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "without_service").write_text(word + "\n")

    def log_in(self, **environ: str) -> tuple[int, list[str]]:
        """Its exit status, and which programs it started with which words."""
        done = self.windows.run_program(HOME + r"\gatepost-userinit.exe", check=False, environ=environ)
        calls = self.windows.path(r"C:\calls.txt")
        return done.returncode, calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture(scope="module")
def built(rig: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("userinit")
    frozen.compile_userinit(folder / "gatepost-userinit.exe")
    wine_python.run([wine_python.GCC, "-Os", "-s", "-o", str(folder / "answers.exe"), str(ANSWERS)])
    return folder


@pytest.fixture(scope="module")
def machine(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    """A Windows for this file: its userinit.exe is replaced."""
    made = Windows(rig, tmp_path_factory.mktemp("machine") / "prefix")
    yield made
    made.close()


@pytest.fixture
def door(machine: Windows, built: Path) -> Door:
    """Everything as it is on a laptop where nothing is wrong."""
    for left in [*machine.c.glob("answer-*.txt"), machine.c / "calls.txt"]:
        left.unlink(missing_ok=True)
    (machine.path(r"C:\ProgramData") / "Gatepost" / "without_service").unlink(missing_ok=True)
    return Door(machine, built)


WINLOGON = """
import subprocess, sys, win32event
welcome = win32event.CreateEvent(None, True, False, "ShellDesktopSwitchEvent")
status = subprocess.call([sys.argv[1]])
print(status, win32event.WaitForSingleObject(welcome, 0) == win32event.WAIT_OBJECT_0)
"""
"""Shows *Welcome* until a shell is told of; says how the program ended, and whether one was."""


QUESTION = "gatepost-agent hook [clean]"
DESKTOP = "userinit [theirs]"
"""The desktop gets the environment of the one who logs in, as without us; rig tests set PYTHONPATH in it."""


def test_yes_starts_the_desktop_once(door: Door) -> None:
    status, calls = door.log_in()

    assert (0, [QUESTION, DESKTOP]) == (status, calls)


def test_the_question_is_not_asked_behind_windows_own_welcome(door: Door) -> None:
    told = door.windows.run("-c", WINLOGON, HOME + r"\gatepost-userinit.exe").stdout

    assert "0 True" == told.strip()


@pytest.mark.parametrize("code", [1, 2, 7, 130, 0x40010004])
def test_no_and_a_question_that_somebody_ended_sign_out(door: Door, code: int) -> None:
    door.answers("gatepost-agent", code)
    status, calls = door.log_in()

    assert (SIGNED_OUT, [QUESTION]) == (status, calls)


@pytest.mark.parametrize("code", [0xC0000135, 0xC0000142, 0xC0000005, 0xFFFFFFFF])
def test_a_program_that_breaks_down_opens_the_desktop(door: Door, code: int) -> None:
    door.answers("gatepost-agent", code)

    assert (0, [QUESTION, DESKTOP]) == door.log_in()


def test_a_program_that_is_gone_opens_the_desktop(door: Door) -> None:
    (door.home / "gatepost-agent.exe").unlink()

    assert (0, [DESKTOP]) == door.log_in()


def test_a_program_that_is_no_program_opens_the_desktop(door: Door) -> None:
    (door.home / "gatepost-agent.exe").write_bytes(b"half a file")

    assert (0, [DESKTOP]) == door.log_in()


def test_a_school_that_wrote_end_is_obeyed_where_nothing_can_be_asked(door: Door) -> None:
    (door.home / "gatepost-agent.exe").unlink()
    door.falls_back("end")

    assert (SIGNED_OUT, []) == door.log_in()


@pytest.mark.parametrize("word", ["open", "", "en"])
def test_any_other_word_opens(door: Door, word: str) -> None:
    (door.home / "gatepost-agent.exe").unlink()
    door.falls_back(word)

    assert (0, [DESKTOP]) == door.log_in()


def test_the_word_changes_nothing_where_the_answer_is_no(door: Door) -> None:
    door.answers("gatepost-agent", 1)
    door.falls_back("open")

    assert (SIGNED_OUT, [QUESTION]) == door.log_in()


def test_what_others_put_there_is_started_too_in_its_order(door: Door) -> None:
    door.stood_there(r'"C:\other one.exe" /x, C:\Windows\System32\userinit.exe,')

    assert (0, [QUESTION, "other one /x [theirs]", DESKTOP]) == door.log_in()


@pytest.mark.parametrize("chain", [",", HOME + r"\gatepost-userinit.exe,", r"C:\not there.exe,", " , ,"])
def test_there_is_always_a_desktop_to_start(door: Door, chain: str) -> None:
    """Also where the note is empty, names ourselves (which would never end), or a program that is gone."""
    door.stood_there(chain)

    assert (0, [QUESTION, DESKTOP]) == door.log_in()


def test_without_any_note_there_is_a_desktop(door: Door) -> None:
    door.windows.run_program("reg", "delete", BEFORE, "/f")

    assert (0, [QUESTION, DESKTOP]) == door.log_in()


def test_where_windows_lies_is_not_asked_of_whoever_logs_in(door: Door) -> None:
    """A library is loaded from where SystemRoot leads; anybody may set it for their own logins."""
    own, names = r"HKCU\Environment", ("SystemRoot", "windir", "SystemDrive", "ProgramData")
    for name in names:
        door.windows.run_program("reg", "add", own, "/v", name, "/d", r"C:\pupil", "/f")
    try:
        _status, calls = door.log_in()
    finally:
        for name in names:
            door.windows.run_program("reg", "delete", own, "/v", name, "/f")

    assert [QUESTION, DESKTOP] == calls


def test_nothing_the_pupil_set_reaches_the_question(door: Door) -> None:
    _status, calls = door.log_in(_PYI_APPLICATION_HOME_DIR=r"C:\pupil", PROGRAMDATA=r"C:\pupil")

    assert [QUESTION, DESKTOP] == calls
