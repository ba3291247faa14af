"""The core on Windows Python: it loads, speaks over the public pipe, keeps its journal through any end."""

import contextlib
import importlib
import os
import pkgutil
import queue
import secrets
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import agent
from agent.backends import clocks, own_process, waiting
from agent.errors import LinkClosed
from agent.link import client, messages
from agent.link.messages import HookAnswer, HookHello, HookWait, StatusAsked, StatusTold
from agent.service import facts
from agent.service.ears import Ears
from agent.service.journal import Journal, Seal
from policies import sealing, wire
from policies.recording import Stream
from policies.records import PolicyApplied

SECONDS = 30.0
ONLY_LINUX = 'assert sys.platform == "linux"'
OTHER_TOOLKITS = ("gi", "Xlib", "dbus", "cairo")
NOW = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)


def own_modules():
    return [found.name for found in pkgutil.walk_packages(agent.__path__, "agent.")]


def is_only_linux(name):
    return ONLY_LINUX in Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")


def test_every_module_loads_but_those_that_say_they_are_linux_alone():
    broken = {}
    for name in own_modules():
        if name == "agent.__main__":
            continue
        try:
            importlib.import_module(name)
        except AssertionError:
            if not is_only_linux(name):
                broken[name] = "an assertion of its own"
        except ImportError as problem:
            if problem.name is None or problem.name.split(".")[0] not in OTHER_TOOLKITS:
                broken[name] = str(problem)

    assert {} == broken
    assert {"agent.service.app", "agent.session.app", "agent.backends.device_windows"} <= set(sys.modules)


def test_the_three_processes_load_in_a_process_of_their_own():
    script = "import agent.service.running, agent.session.app, agent.window.app, agent.__main__"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=SECONDS, check=False)

    assert (0, b"") == (done.returncode, done.stderr)


# ---- the command line ----


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Bilgi İşlem Odası ığ"
    made.mkdir()
    return made


def write_config(folder, text=""):
    path = folder / "agent.toml"
    state, run = folder / "state", folder / "run"
    path.write_text(f"state_dir = '{state}'\nrun_dir = '{run}'\n{text}", encoding="utf-8")
    return path


def command(*arguments):
    return own_process.agent_command(*arguments)


def test_status_without_a_service_says_so_in_any_letters(folder):
    done = subprocess.run(
        command("--config", str(write_config(folder)), "status"),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )

    assert 1 == done.returncode
    assert "does not run" in done.stdout.decode()
    assert b"" == done.stderr


def test_a_hook_without_a_service_does_what_the_configuration_says(folder):
    started = {}
    for says in ("end", "open"):
        (folder / says).mkdir()
        path = write_config(folder / says, f'without_service = "{says}"\n')
        started[says] = subprocess.Popen(command("--config", str(path), "hook"), stdout=subprocess.PIPE)
    ended = {}
    for says, hook in started.items():
        with hook:
            ended[says] = hook.wait(own_process.SERVICES_START_WITHIN_SECONDS + SECONDS)

    assert {"end": 1, "open": 0} == ended


def test_a_hook_whose_configuration_is_broken_lets_nobody_in(folder):
    path = write_config(folder, "without_service = ")
    done = subprocess.run(
        command("--config", str(path), "hook"), capture_output=True, timeout=SECONDS, check=False
    )

    assert 1 == done.returncode
    assert "İşlem" in done.stderr.decode()


def test_a_session_whose_pipe_is_not_there_ends(folder):
    done = subprocess.run(
        command("session", "--pipe", rf"\\.\pipe\gatepost-session-{secrets.token_hex(16)}"),
        capture_output=True,
        timeout=SECONDS * 2,
        check=False,
    )

    assert 1 == done.returncode


# ---- the public pipe, heard by the service's own ears ----


class Listening:
    def __init__(self):
        self.path = Path(rf"\\.\pipe\gatepost-{secrets.token_hex(8)}")
        self.heard = queue.SimpleQueue()
        self.ears = Ears(clocks.SystemClock(), self.heard.put)
        self.ears.open_public(self.path)
        self.thread = threading.Thread(target=self.ears.listen, daemon=True)
        self.thread.start()

    def next(self, kind):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                found = self.heard.get(timeout=1.0)
                if isinstance(found, kind):
                    return found
        raise AssertionError(f"no {kind.__name__} was heard")

    def close(self):
        self.ears.stop()
        self.thread.join(SECONDS)

        assert not self.thread.is_alive()


@pytest.fixture
def listening():
    made = Listening()
    yield made
    made.close()


def beside(action):
    told = queue.SimpleQueue()
    threading.Thread(target=lambda: told.put(action()), daemon=True).start()
    return told


def test_a_question_is_asked_and_answered_and_windows_says_who_asked(listening):
    answer = beside(lambda: client.ask_status(listening.path))
    said = listening.next(facts.PublicSaid)
    told = StatusTold(
        version="1", device="", server="", connection="not-enrolled", connection_problem="Işık yok",
        policy_number=0, policy_problem="", waiting_records=0, waiting_bytes=0, unsent_reports=0,
        journal_problem="", logins={}, clock_off_seconds=0.0, capabilities={},
    )  # fmt: skip
    said.caller.send(told)

    assert StatusAsked() == said.message
    assert (os.getpid(), own_process.own_uid()) == (said.peer.pid, said.peer.uid)
    assert told == answer.get(timeout=SECONDS)
    said.caller.close()


@pytest.mark.parametrize(
    "garbage", [b"no json\n", b"\x80\x04\x95pickle.\n", b'{"hook":"status","x":1}\n', b"\xff\n"]
)
def test_bytes_that_are_no_message_are_misuse_and_the_caller_is_let_go(listening, garbage):
    channel = client.connect(listening.path)
    try:
        channel._sock.send(garbage)

        assert own_process.own_uid() == listening.next(facts.Misused).uid
        listening.next(facts.PublicGone)
        with pytest.raises(LinkClosed):
            client.receive(channel, SECONDS)
    finally:
        channel.close()


def test_a_line_longer_than_allowed_is_misuse(listening):
    channel = client.connect(listening.path)
    try:
        channel._sock.settimeout(SECONDS)
        with contextlib.suppress(OSError):
            channel._sock.sendall(b"x" * (messages.MAX_UP_BYTES + 70_000))

        assert "longer" in listening.next(facts.Misused).problem
    finally:
        channel.close()


def test_a_gate_is_stood_at_until_it_opens(listening):
    hello = HookHello(display=":1", xauthority="-", language="tr")
    opens = beside(
        lambda: client.stand_at_gate(
            listening.path, hello, opens_without_service=False, silent_seconds=SECONDS
        )
    )
    said = listening.next(facts.PublicSaid)
    said.caller.send(HookWait())
    said.caller.send(HookAnswer(opens=True))

    assert hello == said.message
    assert opens.get(timeout=SECONDS) is True


def test_a_gate_whose_service_is_gone_is_looked_for_again_and_stays_shut():
    missing = Path(rf"\\.\pipe\gatepost-{secrets.token_hex(8)}")
    rests = []

    assert not client.stand_at_gate(
        missing,
        HookHello(display=":1", xauthority="-"),
        opens_without_service=False,
        reach_within_seconds=0.5,
        pause=lambda seconds: (rests.append(seconds), waiting.rest(seconds)),
    )
    assert rests


# ---- the journal ----

DEVICE = "00" * 8
DEVICE_KEY, RECORD_KEY = sealing.new_signing_key(), sealing.new_opening_key()
APPENDS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from agent.service.journal import Journal, Seal
from policies.recording import Stream
from policies.records import PolicyApplied
now = datetime(2026, 9, 14, 8, 30, tzinfo=UTC)
seal = Seal("00" * 8, bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3]))
journal = Journal(Path(sys.argv[1]), seal, cap_bytes=64 << 20, now=lambda: now)
while True:
    number = journal.append(Stream.VITAL, [PolicyApplied(at=now, number=1, body_hash="0" * 64)])
    print(number, flush=True)
"""


def records_in(path):
    journal = Journal(
        path,
        Seal(DEVICE, DEVICE_KEY, sealing.opening_public_key(RECORD_KEY)),
        cap_bytes=64 << 20,
        now=lambda: NOW,
    )
    try:
        last, previous, count = journal.next_seqs()[Stream.VITAL] - 1, wire.FIRST_HASH, 0
        while batches := journal.next_upload():
            for encoded in batches:
                batch = wire.read_batch(encoded)
                wire.verify_batch(sealing.signing_public_key(DEVICE_KEY), batch)
                assert (count + 1, previous) == (batch.first_seq, batch.prev_hash)
                count += len(wire.open_batch(RECORD_KEY, batch))
                previous = wire.batch_hash(encoded)
            journal.acknowledged({**dict.fromkeys(Stream, 1), Stream.VITAL: count + 1})
        assert ("", last) == (journal.problem, count)
    finally:
        journal.close()
    return count


def test_a_journal_that_is_killed_while_it_writes_keeps_all_that_was_promised(folder):
    public = sealing.opening_public_key(RECORD_KEY)
    for turn in range(5):
        path = folder / f"{turn}" / "journal.sqlite"
        path.parent.mkdir()
        arguments = [sys.executable, "-c", APPENDS, str(path), DEVICE_KEY.hex(), public.hex()]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
            for _ in range(3 + 4 * turn):
                promised = int(writer.stdout.readline())
            time.sleep(0.007 * turn)
            writer.kill()
            promised = max([promised, *(int(line) for line in writer.stdout if line.strip())])
            writer.wait(SECONDS)

        assert promised <= records_in(path) <= promised + 1


def test_a_torn_journal_is_set_aside_and_numbering_goes_on(folder):
    path = folder / "journal.sqlite"
    seal = Seal(DEVICE, DEVICE_KEY, sealing.opening_public_key(RECORD_KEY))
    journal = Journal(path, seal, cap_bytes=64 << 20, now=lambda: NOW)
    last = journal.append(Stream.VITAL, [PolicyApplied(at=NOW, number=1, body_hash="0" * 64)])
    journal.close()
    path.write_bytes(os.urandom(20_000))
    again = Journal(path, seal, cap_bytes=64 << 20, now=lambda: NOW)
    try:
        number = again.append(Stream.VITAL, [PolicyApplied(at=NOW, number=2, body_hash="0" * 64)])

        assert number > last
        assert again.problem
        assert 1 == sum(".broken-" in each.name and each.suffix == ".0" for each in folder.iterdir())
    finally:
        again.close()
