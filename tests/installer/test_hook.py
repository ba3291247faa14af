"""The login hook, run by the system's own /bin/sh: only one answer opens the desktop."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

HOOK = Path(__file__).parents[2] / "installer/linux/15gatepost"
XSESSION = """#!/bin/sh
set +e
. "{hook}"
echo "desktop open"
"""


class Login:
    """An Xsession that sources the hook, with a client that does what a test wants."""

    def __init__(self, folder: Path, client: str | None, fallback: str | None) -> None:
        self.folder = folder
        agent = folder / "gatepost-agent"
        if client is not None:
            agent.write_text("#!/bin/sh\n" + client)
            agent.chmod(0o755)
        self.fallback = folder / "without_service"
        if fallback is not None:
            self.fallback.write_text(fallback)
            self.fallback.chmod(0o644)
        text = HOOK.read_text()
        for name, value in (
            ("GATEPOST_AGENT", agent),
            ("GATEPOST_CONFIG", folder / "agent.toml"),
            ("GATEPOST_FALLBACK", self.fallback),
        ):
            line = next(line for line in text.splitlines() if line.startswith(f"{name}="))
            text = text.replace(line, f'{name}="{value}"')
        (folder / "hook").write_text(text)
        self.xsession = folder / "Xsession"
        self.xsession.write_text(XSESSION.format(hook=folder / "hook"))

    def start(self, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["/bin/sh", str(self.xsession)],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "DISPLAY": ":9", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def opens(self, **environment: str) -> bool:
        out, _ = self.start(**environment).communicate(timeout=60)
        return "desktop open" in out


@pytest.fixture
def login(tmp_path):
    return lambda client="exit 0", fallback=None: Login(tmp_path, client, fallback)


def test_yes_opens(login):
    assert login("exit 0").opens()


@pytest.mark.parametrize("end", ["exit 1", "exit 2", "exit 139", "kill -9 $$", "kill -TERM $$"])
def test_anything_else_ends_the_login(login, end):
    assert not login(end, fallback="open").opens()


def test_a_missing_client_ends_the_login(login):
    assert not login(None).opens()


def test_a_missing_client_obeys_roots_file(login, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("the file must be root's")
    assert login(None, fallback="open\n").opens()
    assert not login(None, fallback="end\n").opens()


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o777])
def test_a_file_that_others_can_write_is_not_obeyed(login, mode):
    house = login(None, fallback="open\n")
    house.fallback.chmod(mode)

    assert not house.opens()


def test_a_client_that_python_cannot_run_ends_the_login(login):
    house = login("")
    (house.folder / "gatepost-agent").chmod(0o644)

    assert not house.opens()


def test_nothing_of_the_pupils_environment_reaches_the_client(login):
    house = login('env > "$(dirname "$0")/seen"; exit 0')
    house.opens(
        LD_PRELOAD="", PYTHONPATH="/tmp/evil", GTK_MODULES="evil", BASH_ENV="/tmp/evil", LANG="tr_TR.UTF-8"
    )
    seen = dict(line.split("=", 1) for line in (house.folder / "seen").read_text().splitlines())

    assert {
        "PATH", "LANG", "LANGUAGE", "DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_ID",
        "DBUS_SESSION_BUS_ADDRESS",
    } >= set(seen) - {"PWD", "SHLVL", "_", "OLDPWD"}  # fmt: skip
    assert ("/usr/bin:/bin", "tr_TR.UTF-8") == (seen["PATH"], seen["LANG"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP])
def test_an_interrupt_does_not_step_over_the_question(login, number):
    house = login('echo waiting; read -r _ < "$(dirname "$0")/pipe"; exit 1')
    os.mkfifo(house.folder / "pipe")
    process = house.start()
    assert "waiting\n" == process.stdout.readline()
    process.send_signal(number)
    with (house.folder / "pipe").open("w") as pipe:
        pipe.write("go\n")
    out, _ = process.communicate(timeout=60)

    assert ("", 1) == (out, process.returncode)


def test_the_hook_leaves_no_names_behind(login):
    house = login("exit 0")
    house.xsession.write_text(house.xsession.read_text() + "\nset | grep -i '^gatepost' || true\n")
    out, _ = house.start().communicate(timeout=60)

    assert "desktop open\n" == out


def test_the_hook_is_plain_posix_shell():
    for shell in ("dash", "bash", "busybox"):
        program = shutil.which(shell)
        if program:
            command = [program, *(["sh"] if shell == "busybox" else []), "-n", str(HOOK)]
            assert 0 == subprocess.run(command, check=False).returncode
