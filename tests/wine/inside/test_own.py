"""The real slice `own`, and what stands on it. Wine stores no access list: none is read back here."""

import base64
import os
import subprocess
import sys
import time

import pytest

from agent import places
from agent.backends import (
    clocks,
    config_file,
    only_one,
    own_process,
    secret_files,
    waiting,
    whole_files,
    windows_accounts,
)
from agent.backends.pumped_child import PumpedChild
from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import own
from agent.errors import ConfigProblem, NotEnrolled
from agent.paths import DEFAULT_CONFIG, Config, governs
from agent.service.enrolment import Enrolment, enrolment_file, load_enrolment, save_enrolment
from tests.support.win32.child_contract import ChildContract
from tests.support.win32.own_contract import OwnContract

SECONDS = 30.0
KEY = bytes(range(32)) + b"\r\n\x1a"


class TestTheRealOne(OwnContract):
    @pytest.fixture
    def calls(self):
        return own


class TestAWindowThroughThreads(ChildContract):
    make = PumpedChild
    buffering = 0


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Bilgi İşlem Odası ığ"
    made.mkdir()
    return made


def test_a_file_that_somebody_reads_is_not_replaced_until_they_are_done(folder):
    path = folder / "state"
    whole_files.write_whole(path, b"old")
    reading = path.open("rb")
    (folder / "state.other").write_bytes(b"new")

    with pytest.raises(WinProblem) as raised:
        own.replace_file(str(folder / "state.other"), str(path))
    assert raised.value.code in whole_files.HELD
    whole_files.replace_patiently(own, folder / "state.other", path, rest=lambda _seconds: reading.close())
    assert b"new" == path.read_bytes()


def test_a_line_feed_stays_one_byte(folder):
    whole_files.write_whole(folder / "batch", content := b"a\nb\r\nc\x1a\x00d\n")

    assert content == (folder / "batch").read_bytes()
    assert ["batch"] == [each.name for each in folder.iterdir()]


WRITES = """
import sys
from pathlib import Path
from agent.backends.whole_files import write_whole
path = Path(sys.argv[1])
print("on", flush=True)
while True:
    for letter in b"abc":
        write_whole(path, bytes([letter]) * 400_000)
"""


def test_a_writer_killed_in_the_middle_leaves_the_old_file_or_the_new_one(folder):
    path = folder / "state"
    whole_files.write_whole(path, b"z" * 400_000)
    for turn in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            time.sleep(0.02 + 0.013 * turn)
            writer.kill()
            writer.wait(SECONDS)
        content = path.read_bytes()

        assert content in {bytes([letter]) * 400_000 for letter in b"abcz"}
        whole_files.write_whole(path, content)  # what the dead one left beside it is in nobody's way
    assert ["state"] == [each.name for each in folder.iterdir()]


def test_a_secret_lies_wrapped_and_comes_back(folder):
    secret_files.write_secret(folder / "key", KEY)

    assert KEY == secret_files.read_secret(folder / "key")
    assert KEY not in (folder / "key").read_bytes()


def test_a_secret_that_was_changed_is_refused(folder):
    secret_files.write_secret(folder / "key", KEY)
    content = (folder / "key").read_bytes()
    (folder / "key").write_bytes(content[:-3] + b"xyz")

    with pytest.raises(OSError, match="another machine"):
        secret_files.read_secret(folder / "key")
    (folder / "key").write_bytes(KEY)
    with pytest.raises(OSError, match="not written here"):
        secret_files.read_secret(folder / "key")


def an_enrolment():
    return Enrolment(
        server="https://gatepost.okul.example:8443",
        device="ab" * 8,
        device_private=KEY[:32],
        policy_key=bytes(32),
        record_key=bytes(32),
        machine="ef" * 32,
        ca_pem="-----BEGIN CERTIFICATE-----",
    )


def test_r77_an_enrolment_shows_nothing_on_the_disk_and_is_this_machine_s(folder):
    save_enrolment(folder / "keys", an_enrolment())
    file = enrolment_file(folder / "keys")

    assert an_enrolment() == load_enrolment(folder / "keys", "ef" * 32)
    content = file.read_bytes()
    assert not any(word in content for word in (b"okul", b"device_private", base64.b64encode(KEY[:32])))
    with pytest.raises(NotEnrolled, match="copied from another laptop"):
        load_enrolment(folder / "keys", "00" * 32)
    file.write_bytes(content[:-2] + b"xy")
    with pytest.raises(NotEnrolled, match="cannot be read"):
        load_enrolment(folder / "keys", "ef" * 32)


@pytest.mark.parametrize(
    "make",
    [
        secret_files.closed_folder,
        secret_files.entered_folder,
        secret_files.shared_folder,
        secret_files.run_folder,
    ],
)
def test_a_folder_is_made_and_we_still_write_in_it(folder, make):
    make(folder / "a" / "b")
    make(folder / "a" / "b")
    (folder / "a" / "b" / "file").write_bytes(b"x")


def test_reserved_space_is_as_large_as_asked(folder):
    whole_files.reserve_space(folder / "reserve", 300_001)

    assert 300_001 == (folder / "reserve").stat().st_size


def test_a_service_holds_its_lock_alone_and_a_killed_one_holds_nothing(folder):
    script = "from pathlib import Path; from agent.backends import only_one; import sys\n" + (
        "held = only_one.hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    lock = folder / "service.lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script, str(lock)], stdin=pipe, stdout=pipe) as other:
        assert b"held" == other.stdout.readline().strip()
        with pytest.raises(only_one.HeldByAnother):
            only_one.hold(lock)
        other.kill()
        other.wait(SECONDS)
    end = time.monotonic() + SECONDS
    while True:
        try:
            only_one.hold(lock).close()
            return
        except only_one.HeldByAnother:
            assert time.monotonic() < end


def test_the_pair_of_sockets_is_one_that_can_be_waited_for():
    ours, theirs = waiting.socket_pair()
    with ours, theirs:
        assert ([], [ours.fileno()]) == waiting.wait([theirs.fileno()], [ours.fileno()], 0)
        ours.send(b"x", waiting.NO_SIGNAL)
        assert ([theirs.fileno()], []) == waiting.wait([theirs.fileno()], [], SECONDS)
        waiting.close_waitable(ours.detach())

        assert b"x" == theirs.recv(8)
        assert b"" == theirs.recv(8)


def test_a_waker_wakes_however_often_it_is_pulled():
    waker = waiting.Waker()
    try:
        assert ([], []) == waiting.wait([waker.fileno()], [], 0)
        for _ in range(300_000):
            waker.wake()

        assert [waker.fileno()] == waiting.wait([waker.fileno()], [], SECONDS)[0]
        while waker.drain():
            pass
        assert ([], []) == waiting.wait([waker.fileno()], [], 0)
    finally:
        waker.close()


def test_waiting_for_nothing_is_a_rest():
    began = time.monotonic()

    assert ([], []) == waiting.wait([], [], 0.1)
    assert time.monotonic() - began >= 0.05


def test_clocks_go_forward():
    clock = clocks.SystemClock()
    before = (clock.boot(), clock.running(), clock.now())
    time.sleep(0.1)

    assert all(
        late > early for early, late in zip(before, (clock.boot(), clock.running(), clock.now()), strict=True)
    )
    assert clock.now().tzinfo is not None


def test_everything_of_ours_lies_below_the_machine_s_own_data(monkeypatch):
    monkeypatch.setenv("ProgramData", "C:\\Users\\may")
    monkeypatch.setenv("ALLUSERSPROFILE", "C:\\Users\\may")

    assert "C:\\ProgramData" == str(places.data_root())
    assert "C:\\ProgramData\\Gatepost\\agent.toml" == str(DEFAULT_CONFIG)
    assert ("C:\\ProgramData\\Gatepost", "C:\\ProgramData\\Gatepost\\run") == (
        str(Config().state),
        str(Config().run),
    )
    assert "\\\\.\\pipe\\gatepost" == str(Config().socket)


def test_a_configuration_of_our_own_is_read_and_a_missing_one_is_told(folder):
    path = folder / "agent.toml"
    path.write_text('govern = ["İpek Işık"]\nwithout_service = "open"\n', encoding="utf-8")

    assert ("İpek Işık",) == config_file.load_config(path).govern
    with pytest.raises(ConfigProblem, match="does not exist"):
        config_file.load_config(folder / "none.toml")


def test_an_account_is_governed_however_its_name_is_written():
    config = Config(govern=("May Yıldız", "İPEK"))

    assert governs(config, "may yıldız", 1_000_123)
    assert governs(config, "İpek", 1_000_124)
    assert not governs(config, "may yildiz", 1_000_123)
    assert not governs(config, "ipek", 1_000_124)


def test_a_configuration_in_an_old_code_page_is_refused_and_no_crash(folder):
    path = folder / "agent.toml"
    path.write_bytes('govern = ["Işık"]\n'.encode("cp1254"))

    with pytest.raises(ConfigProblem, match="cannot be read"):
        config_file.load_config(path)


def test_a_configuration_others_may_write_is_not_obeyed(folder, monkeypatch):
    # Wine keeps no access list, so the answer of the system is given here; the rest is real.
    path = folder / "agent.toml"
    path.write_text("", encoding="utf-8")
    monkeypatch.setattr(own, "file_security", lambda descriptor: (own.own_sid(), ["S-1-5-32-545"]))

    with pytest.raises(ConfigProblem, match="icacls"):
        config_file.load_config(path)


def test_we_are_root_if_our_rights_are_raised_and_else_our_sid_s_number(monkeypatch):
    monkeypatch.setattr(own, "is_elevated", lambda: True)
    assert 0 == own_process.own_uid()
    monkeypatch.setattr(own, "is_elevated", lambda: False)

    assert windows_accounts.uid_of_sid(own.own_sid()) == own_process.own_uid()


def test_a_login_says_its_session_and_its_language():
    environment = own_process.login_environment()

    assert ":" == own_process.own_display(environment)[0]
    assert own_process.own_display(environment)[1:].isdigit()
    assert len(environment["LANGUAGE"]) in (0, 5)
    assert environment["PATH"] == os.environ["PATH"]


def test_a_console_s_word_is_heard_in_a_thread_of_its_own():
    own.on_console_end(lambda: None)


def test_the_command_line_of_another_program_of_ours_runs(folder):
    done = subprocess.run(
        own_process.agent_command("--version"), capture_output=True, timeout=SECONDS, check=False, cwd=folder
    )

    assert (0, True) == (done.returncode, done.stdout.startswith(b"gatepost-agent "))
