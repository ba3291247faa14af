"""What belongs to an installation on Windows besides its files, with a Windows that fails on demand."""

from pathlib import Path

import pytest

from agent.backends import windows_installed as installed
from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_slices import OWN_KEY
from tests.support.win32.fake_processes import FakeProcesses
from tests.support.win32.fake_registry import FakeRegistry

OURS = r"C:\Program Files\Gatepost"
SYSTEM = installed.SYSTEM_SID
PUPIL = "S-1-5-21-1-2-3-1001"


class PlacedProcesses(FakeProcesses):
    """Processes whose programs lie where the test says."""

    def __init__(self):
        super().__init__()
        self.folders = {}

    def run_in(self, folder, name, **more):
        process = self.run(name, **more)
        self.folders[process.pid] = folder
        return process

    def program(self, handle):
        process = self._of(handle)
        return f"{self.folders.get(process.pid, 'C:/Windows')}\\{process.name}"


def end(processes, code=1, own_pid=1):
    return installed.end_own(processes, OURS, code, own_pid=own_pid, pause=lambda _seconds: None)


def test_only_programs_from_our_folder_end_and_the_caller_does_not():
    processes = PlacedProcesses()
    service = processes.run_in(OURS, "gatepost-agent.exe", session=0)
    session = processes.run_in(OURS, "gatepost-session.exe", sid=PUPIL)
    caller = processes.run_in(OURS, "gatepost-agent.exe", session=0)
    namesake = processes.run_in(r"D:\pupil\Gatepost", "gatepost-agent.exe", sid=PUPIL)
    beside = processes.run_in(OURS + "2", "gatepost-agent.exe")

    assert 2 == end(processes, own_pid=caller.pid)
    assert [service, session] == processes.ended
    assert {caller.pid, namesake.pid, beside.pid} <= set(processes.all)
    assert 0 == processes.open_handles


def test_what_waits_to_start_the_desktop_ends_after_the_question_it_waits_for():
    processes = PlacedProcesses()
    before = processes.run_in(OURS.upper(), "Gatepost-Userinit.exe", sid=PUPIL)
    question = processes.run_in(OURS, "gatepost-agent.exe", sid=PUPIL, parent=before.pid)
    end(processes, code=0)

    assert [question, before] == processes.ended
    assert 0 == question.code


def test_a_program_that_does_not_end_is_said():
    processes = PlacedProcesses()
    processes.run_in(OURS, "gatepost-session.exe").survives = True

    with pytest.raises(WinProblem, match="end our own programs"):
        end(processes)


def test_a_process_that_is_gone_in_the_middle_is_no_problem():
    processes = PlacedProcesses()
    gone = processes.run_in(OURS, "gatepost-session.exe")
    processes.on_open = lambda pid: processes.all.pop(pid, None)

    assert 0 == end(processes)
    assert [] == processes.ended
    assert gone.code is None


def test_a_list_that_windows_will_not_give_is_said():
    processes = PlacedProcesses()
    processes.fail["listed"] = ACCESS_DENIED

    with pytest.raises(WinProblem):
        end(processes)


class FakeFolders:
    """Owners and rights by path."""

    def __init__(self, owner=installed.SYSTEM_SID, refuse=False):
        self.owner = owner
        self.refuse = refuse
        self.rights = {}
        self.made = {}
        self.owners = {}
        """By name, where it is another one than the folder's."""
        self.quicker = 0
        """How often a pupil's program makes the folder before we do."""

    def leads_elsewhere(self, path):
        return Path(path).is_symlink()

    def owner_of(self, path):
        return self.owners.get(Path(path).name) or (SYSTEM if path in self.made else self.owner)

    def make(self, path, sddl):
        if self.quicker:
            self.quicker -= 1
            Path(path).mkdir()
            raise WinProblem("CreateDirectory", 183)
        Path(path).mkdir()
        self.made[path] = sddl

    def set_security(self, path, sddl):
        if self.refuse:
            raise WinProblem("SetNamedSecurityInfo", ACCESS_DENIED)
        self.rights[path] = sddl


def test_the_state_folder_is_made_and_closed(tmp_path):
    folders = FakeFolders()
    installed.own_state(folders, SYSTEM, tmp_path / "Gatepost")

    assert (tmp_path / "Gatepost").is_dir()
    assert folders.rights[str(tmp_path / "Gatepost")].startswith("O:BAG:SYD:P(A;OICI;FA;;;SY)")


def test_a_folder_a_pupil_made_first_is_put_aside_with_what_lies_in_it(tmp_path):
    state = tmp_path / "Gatepost"
    for number in (1, 2):
        state.mkdir()
        (state / "agent.toml").write_text("govern = []")
        installed.own_state(FakeFolders(owner=PUPIL), SYSTEM, state)

        assert [] == list(state.iterdir())
        assert (tmp_path / f"Gatepost.found-{number}" / "agent.toml").exists()
        state.rmdir()


def test_a_pupil_s_program_that_makes_the_folder_anew_each_time_does_not_get_it(tmp_path):
    folders = FakeFolders(owner=PUPIL)
    folders.quicker = 3
    state = tmp_path / "Gatepost"
    installed.own_state(folders, SYSTEM, state)

    assert {str(state): installed.STATE_SDDL} == folders.made
    assert 3 == len(list(tmp_path.glob("Gatepost.found-*")))
    folders.quicker = 10**6
    folders.made.clear()
    with pytest.raises(WinProblem):
        installed.own_state(folders, SYSTEM, state)
    assert 1 == len(folders.rights)


def test_what_a_pupil_laid_into_a_folder_that_stood_open_is_put_aside_and_not_blessed(tmp_path):
    state = tmp_path / "Gatepost"
    (state / "keys").mkdir(parents=True)
    for name in ("agent.toml", "journal.sqlite"):
        (state / name).write_text("govern = []")
    folders = FakeFolders()
    folders.owners = {"agent.toml": PUPIL, "keys": PUPIL, "agent.toml.found-1": PUPIL, "keys.found-1": PUPIL}
    for _ in range(2):
        installed.own_state(folders, SYSTEM, state)

    assert {"agent.toml.found-1", "journal.sqlite", "keys.found-1"} == {each.name for each in state.iterdir()}
    assert {str(state)} == set(folders.rights)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_junction_in_the_folder_s_place_is_put_aside_and_its_end_left_alone(tmp_path, is_there):
    """Its end may be the system's own: a pupil would have us close C:\\Users."""
    end = tmp_path / "Users"
    if is_there:
        end.mkdir()
    (tmp_path / "Gatepost").symlink_to(end)
    folders = FakeFolders(owner=SYSTEM)
    installed.own_state(folders, SYSTEM, tmp_path / "Gatepost")

    assert not (tmp_path / "Gatepost").is_symlink()
    assert {str(tmp_path / "Gatepost")} == set(folders.rights)
    assert is_there == end.exists()


@pytest.mark.parametrize("owner", [SYSTEM, installed.ADMINISTRATORS_SID, "S-1-5-21-0-0-0-1000"])
def test_our_own_folder_stays_through_an_upgrade(tmp_path, owner):
    state = tmp_path / "Gatepost"
    state.mkdir()
    (state / "journal.sqlite").write_text("records")
    installed.own_state(FakeFolders(owner=owner), owner, state)

    assert "records" == (state / "journal.sqlite").read_text()


def test_what_the_programs_of_a_login_read_they_may_read(tmp_path):
    folders = FakeFolders()
    for name in ("agent.toml", "journal.sqlite"):
        (tmp_path / name).write_text("")
    installed.own_state(folders, SYSTEM, tmp_path)

    assert folders.rights[str(tmp_path / "agent.toml")].endswith("(A;;0x120089;;;BU)")
    assert {str(tmp_path), str(tmp_path / "agent.toml")} == set(folders.rights)


def test_rights_that_are_refused_are_said(tmp_path):
    with pytest.raises(WinProblem):
        installed.own_state(FakeFolders(refuse=True), SYSTEM, tmp_path / "Gatepost")


def test_forgetting_leaves_nothing_of_ours(tmp_path):
    registry = FakeRegistry(
        {OWN_KEY: {"State": "x"}, OWN_KEY + r"\Enrol": {"Code": "y"}, r"SOFTWARE\Other": {"a": 1}}
    )
    state = tmp_path / "Gatepost"
    (state / "keys").mkdir(parents=True)
    installed.forget_state(registry, state)
    installed.forget_state(registry, state)

    assert not state.exists()
    assert {} == registry.values(OWN_KEY)
    assert {} == registry.values(OWN_KEY + r"\Enrol")
    assert {"a": 1} == registry.values(r"SOFTWARE\Other")


class FakeManager:
    """The service manager's words about our service."""

    def __init__(self, path=rf'"{OURS}\gatepost-agent.exe" service', delays=(1000, 5000), on_error=True):
        self.path, self.delays, self.on_error = path, delays, on_error
        self.code = self.restarts_code = 0

    def binary_path(self, name):
        assert name == "gatepost-agent"
        if self.code:
            raise WinProblem("OpenService", self.code)
        return self.path

    def restarts_of(self, name):
        if self.restarts_code:
            raise WinProblem("QueryServiceConfig2", self.restarts_code)
        return (86400, self.delays, self.on_error)


def look(manager=None, registry=None, web=""):
    found = installed.look(manager or FakeManager(), registry or FakeRegistry(), lambda: web)
    return {name: each.state for name, each in found.items()}


def test_an_installation_in_order_works():
    assert {"service-settings": "works", "enrolment-code": "works", "web-window": "works"} == look()


@pytest.mark.parametrize(
    "manager",
    [
        FakeManager(path=rf"{OURS}\gatepost-agent.exe service"),
        FakeManager(delays=()),
        FakeManager(on_error=False),
    ],
)
def test_a_service_that_is_not_set_right_is_broken(manager):
    assert "broken" == look(manager)["service-settings"]


def test_a_service_that_is_not_there_is_broken():
    manager = FakeManager()
    manager.code = 1060

    assert "broken" == look(manager)["service-settings"]


def test_restarts_that_windows_does_not_tell_are_not_called_broken():
    """As Wine does, which knows half of them."""
    manager = FakeManager()
    manager.restarts_code = 124

    assert "lacking" == look(manager)["service-settings"]


def test_a_code_that_still_waits_is_told_and_so_is_one_that_may_not_be_seen():
    waiting, closed = FakeRegistry({installed.OFFER_KEY: {"Code": "GP-1"}}), FakeRegistry()
    closed.refuse_reading[(installed.OFFER_KEY, "")] = ACCESS_DENIED

    assert "lacking" == look(registry=waiting)["enrolment-code"]
    assert "lacking" == look(registry=closed)["enrolment-code"]


def test_a_machine_without_webview2_says_so():
    assert "lacking" == look(web="the WebView2 runtime is not installed")["web-window"]
