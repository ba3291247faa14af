"""How another program of ours is started, and what a process says of itself."""

import io
import os
import sys
from pathlib import Path

import pytest

from agent.backends import own_process
from agent.backends.own_process import agent_command


def test_our_python_ignores_the_environment_and_the_working_folder():
    command = agent_command("session", "--fd", "9")

    assert [sys.executable, "-I", "-c"] == command[:3]
    assert ["session", "--fd", "9"] == command[-3:]


@pytest.mark.parametrize(
    ("arguments", "program"),
    [
        (("session", "--pipe", "x"), "gatepost-session.exe"),
        (("window",), "gatepost-session.exe"),
        (("lock-windows",), "gatepost-session.exe"),
        (("hook",), "gatepost-agent.exe"),
        (("service",), "gatepost-agent.exe"),
        ((), "gatepost-agent.exe"),
    ],
)
def test_a_built_agent_starts_its_own_two_programs(monkeypatch, tmp_path, arguments, program):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gatepost-agent.exe"))

    assert [str(tmp_path / program), *arguments] == agent_command(*arguments)


def test_root_and_an_owner_may_decide_and_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(own_process, "own_uid", lambda: 1001)
    assert own_process.may_decide(tmp_path)
    assert not own_process.may_decide(tmp_path / "none")
    monkeypatch.setattr(own_process, "own_uid", lambda: 0)
    assert own_process.may_decide(tmp_path / "none")


def test_on_linux_we_are_who_the_kernel_says():
    assert os.geteuid() == own_process.own_uid()
    assert os.environ is own_process.login_environment()
    assert ":7" == own_process.own_display({"DISPLAY": ":7"})
    assert "" == own_process.own_display({})
    assert ("root", "sudo gatepost-agent enrol") == (
        own_process.ADMINISTRATOR,
        own_process.as_administrator("gatepost-agent enrol"),
    )


def test_turkish_is_written_whatever_the_old_code_page(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    own_process.write_utf8()
    sys.stdout.write("Işık Özgür İnan → tamam\ud800")
    sys.stdout.flush()

    assert "Işık Özgür İnan → tamam\\ud800" == raw.getvalue().decode()


def test_a_stream_that_writes_utf8_already_is_left_alone(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="UTF-8", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    own_process.write_utf8()

    assert "strict" == stream.errors


def test_a_program_without_a_console_has_no_streams_to_set(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    own_process.write_utf8()


def test_a_stop_request_is_heard(monkeypatch):
    import signal

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    heard = []
    try:
        own_process.on_stop_request(lambda: heard.append("stop"))
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert ["stop", "stop"] == heard


def test_the_checkout_is_named_outright():
    assert repr(str(Path(own_process.__file__).parents[2])) in agent_command("window")[3]
