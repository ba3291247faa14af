"""A stick's whole way on a Windows laptop: the service's own state machine over Windows' door, in memory."""

import threading
import time

import msgspec
import pytest

from agent.backends.scan_job import Counted, Failed, Found, Progress, Report
from agent.backends.usb import Change
from agent.backends.win32_problem import ACCESS_DENIED
from agent.backends.windows_usb_policy import ALLOWED, CURRENT_VERSION
from agent.link import messages as m
from policies import records
from tests.support.fake_usb import FakeRunning, clean_scan
from tests.support.stick_laptop import APPROVE, COPY, FORBID, STAFF, StickLaptop
from tests.support.win32.fake_usb_world import STICK, WindowsMachine, config_in

HARM = (
    Counted(files=1, size_bytes=9),
    Report(
        files=1, size_bytes=9, scanned=1, scanned_bytes=9, harmful_files=1,
        harmful=(Found(file="game.exe", signature="Virus:DOS/EICAR_Test_File"),),
    ),
)  # fmt: skip
NOTHING_PROVED = (
    Counted(files=3, size_bytes=30),
    Report(files=3, size_bytes=30, scanned=3, scanned_bytes=30, skipped=1, why="nothing proves that …"),
)


class WindowsDoor:
    """Windows' door with the switches that a test of the day turns."""

    def __init__(self, folder):
        self.machine = WindowsMachine()
        self.script = clean_scan()
        self.running = []
        self.door = self.machine.door(config_in(folder), self._start)
        self.on_change = lambda _change: None

    def __getattr__(self, name):
        return getattr(self.door, name)

    def watch(self, on_change):
        self.on_change = on_change

    def _start(self, job):
        self.job = job
        running = FakeRunning()
        self.running.append(running)
        for word in self.script:
            if word is None:
                return running
            running.say(word)
        running.end()
        return running

    def plug(self, instance=STICK, **more):
        self.machine.plug(instance, **more)
        self.on_change(Change("add", instance))

    def pull(self, instance=STICK):
        self.machine.pull(instance)
        self.on_change(Change("remove", instance))


class WindowsLaptop(StickLaptop):
    """A lab laptop whose sticks are plugged into a Windows in memory."""

    def __init__(self, folder, *, edition="Education", **more):
        self.windows = WindowsDoor(folder / "windows")
        self.windows.machine.registry.write_text(CURRENT_VERSION, "EditionID", edition)
        super().__init__(folder, **more)

    def start(self):
        self.device.plugs = self.windows
        super().start()


@pytest.fixture
def make(tmp_path):
    made = []

    def make(settings=APPROVE, **more):
        made.append(WindowsLaptop(tmp_path, settings=settings, **more))
        return made[-1]

    yield make
    for each in made:
        for running in each.windows.running:
            running.end()
        each.close()


@pytest.fixture
def laptop(make):
    return make()


def opened(laptop, script=None):
    """Plug, ask, approve."""
    _shell, session = laptop.log_in()
    if script is not None:
        laptop.windows.script = script
    laptop.windows.plug()
    laptop.settle()
    laptop.say(session, "ask", reason="My history slides")
    laptop.approve()
    return session


def test_r24_a_stick_waits_shut_until_an_adult_says_yes(laptop):
    _shell, session = laptop.log_in()
    laptop.windows.plug()
    laptop.settle()

    assert not laptop.windows.machine.is_open()
    laptop.say(session, "ask", reason="My history slides")
    assert "asked" == laptop.stick.state
    assert not laptop.windows.machine.is_open()


def test_r25_approved_and_clean_it_gets_a_letter_and_not_before(laptop):
    machine = laptop.windows.machine
    opened(laptop, (Counted(files=3, size_bytes=30), Progress(files=1, size_bytes=9, seconds=1.0), None))
    laptop.until("scanning")
    volume = next(iter(machine.plugged.values())).volumes[0]

    assert machine.is_open()
    assert [] == machine.mount_points(volume)
    running = laptop.windows.running[-1]
    running.say(clean_scan()[-1])
    running.end()
    laptop.until("released")
    assert ["E:\\"] == machine.mount_points(volume)
    assert ("E:\\",) == laptop.stick.folders
    assert [records.MediaReleased] == [type(each) for each in laptop.kept(records.MediaReleased)]


def test_an_open_stick_s_letter_is_shown_in_the_file_manager_when_its_person_asks(laptop):
    session = opened(laptop)
    laptop.until("released")
    laptop.say(session, "open")
    (word,) = laptop.heard(session, m.OpenFolder)

    assert "E:\\" == word.folder
    assert word == msgspec.json.decode(msgspec.json.encode(word), type=m.OpenFolder)


@pytest.mark.parametrize("folder", ["E:", "evil.exe", "\\\\server\\share", "https://x"])
def test_nothing_but_a_folder_of_this_machine_is_shown(folder):
    word = msgspec.to_builtins(m.OpenFolder(folder="C:\\"))

    assert m.OpenFolder(folder="C:\\") == msgspec.convert(word, m.OpenFolder)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(word | {"folder": folder}, m.OpenFolder)


def test_r25_a_find_takes_the_driver_and_the_permission_away(laptop):
    opened(laptop, HARM)
    laptop.until("shut")
    machine = laptop.windows.machine

    assert "harmful" == laptop.stick.reason
    assert not machine.is_open()
    assert {} == machine.registry.values(ALLOWED)
    assert 1 == len(laptop.kept(records.MediaDetection))


@pytest.mark.parametrize("script", [NOTHING_PROVED, (), (Failed(reason="no-scanner", problem="gone"),)])
def test_r25_exit_0_without_a_proof_is_no_clean_stick(laptop, script):
    opened(laptop, script)
    laptop.until("shut")

    assert laptop.stick.reason in ("not-scanned", "no-scanner")
    assert not laptop.windows.machine.is_open()
    assert [] == laptop.kept(records.MediaReleased)


def test_pulled_out_in_the_middle_of_a_check_it_ends(laptop):
    opened(laptop, (Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.windows.pull()
    laptop.settle()

    assert laptop.stick is None
    assert laptop.windows.running[-1].killed


def test_another_stick_in_its_place_during_the_check_is_not_released(laptop):
    opened(laptop, (Counted(files=3, size_bytes=30), None))
    laptop.until("scanning")
    laptop.windows.machine.pull()
    laptop.windows.machine.plug()
    running = laptop.windows.running[-1]
    running.say(clean_scan()[-1])
    running.end()
    laptop.until("shut")

    assert "changed" == laptop.stick.reason


def test_finished_with_its_letter_is_gone_and_it_is_shut(laptop):
    session = opened(laptop)
    laptop.until("released")
    laptop.say(session, "finish")
    laptop.until("shut")
    machine = laptop.windows.machine

    assert not machine.is_open()
    assert ["C:\\"] == list(machine.mounted)


def test_a_disk_that_windows_will_not_make_read_only_is_not_opened(laptop):
    laptop.windows.machine.stays_writable = True
    opened(laptop)
    laptop.until("shut")

    assert "unreadable" == laptop.stick.reason
    assert not laptop.windows.machine.is_open()


def test_a_device_that_does_not_start_is_told_as_broken(laptop):
    laptop.windows.machine.problems["install"] = ACCESS_DENIED
    opened(laptop)
    laptop.until("shut")

    assert laptop.stick.reason in ("broken", "unreadable")
    assert not laptop.windows.machine.is_open()


def by_a_teacher(make, locked):
    laptop = make(settings=STAFF)
    laptop.server.people["may"]["tier"] = "adult"
    _shell, session = laptop.log_in()
    laptop.windows.plug()
    found = laptop.windows.machine.plugged[STICK]
    if locked:
        laptop.windows.machine.lock_state = dict.fromkeys(found.volumes, 1)
    laptop.settle()
    laptop.say(session, "ask", reason="Reports")
    laptop.approve(mode="staff_encrypted_approved")
    return laptop, session


def test_r28_a_teacher_s_stick_that_has_to_be_encrypted_and_is_not_is_shut(make):
    laptop, _session = by_a_teacher(make, locked=False)
    laptop.until("shut")

    assert "not-encrypted" == laptop.stick.reason
    assert not laptop.windows.machine.is_open()


def test_r28_a_teacher_s_encrypted_stick_is_unlocked_checked_and_locked_again(make):
    laptop, session = by_a_teacher(make, locked=True)
    laptop.until("locked")
    assert [] == laptop.windows.running
    session.say(m.StickPassphrase(plug=laptop.stick.plug, passphrase="roses in May"))
    laptop.until("locked")
    session.say(m.StickPassphrase(plug=laptop.stick.plug, passphrase=laptop.windows.machine.passphrase))
    laptop.until("released")
    assert 1 == len(laptop.windows.running)

    laptop.say(session, "finish")
    laptop.until("shut")
    assert {1} == set(laptop.windows.machine.lock_state.values())
    assert not laptop.windows.machine.is_open()


def test_where_sticks_are_forbidden_none_is_ever_used(make):
    laptop = make(settings=FORBID)
    laptop.log_in()
    laptop.windows.plug()
    laptop.settle()

    assert "forbidden" == laptop.stick.reason
    assert not laptop.windows.machine.is_open()


def test_copies_are_handed_out_and_the_stick_itself_is_shut(make):
    laptop = make(settings=COPY)
    _shell, session = laptop.log_in()
    laptop.windows.plug()
    laptop.settle()
    laptop.say(session, "ask", reason="My history slides")
    laptop.approve(mode="copy")
    laptop.until("released")
    end = time.monotonic() + 30
    while laptop.windows.machine.is_open() and time.monotonic() < end:
        laptop.settle()
        threading.Event().wait(0.005)

    assert not laptop.windows.machine.is_open()
    assert "until-" in laptop.stick.folders[0]


def test_the_service_that_ends_leaves_nothing_open(laptop):
    opened(laptop)
    laptop.until("released")
    laptop.service.media.stop()
    machine = laptop.windows.machine

    assert not machine.is_open()
    assert ["C:\\"] == list(machine.mounted)
    assert {} == machine.registry.values(ALLOWED)


def test_windows_home_is_told_and_no_stick_is_taken_for_shut(make):
    laptop = make(edition="Core")
    laptop.log_in()
    laptop.windows.plug()
    laptop.settle()

    assert "lacking" == laptop.service.ground.capabilities["usb"].state
    assert laptop.stick is None
    assert laptop.windows.machine.is_open()
