"""Starting things as the pupil, and locking: with a real account, a real display, a real password."""

import os
import socket
import stat
import wave

import pytest

from agent.backends import linux_children, linux_locker, linux_machine, own_process
from agent.backends.device import Account, LockLook, Seat
from agent.backends.device_linux import LinuxDevice
from agent.backends.linux_children import Children, owned_addresses, seat_environment
from agent.errors import DeviceFailed
from agent.paths import Config
from policies.settings import Contact

LOOK = LockLook("tr", "junior", "Fındık Okulu", (Contact(name="Demir Öğretmen"),))
NOBODY = Account(os.geteuid(), os.getegid(), "someone", "/nonexistent")


@pytest.fixture
def device(reachable):
    return LinuxDevice(Config(run_dir=str(reachable / "gatepost"), locker="auto"), reachable / "agent.toml")


def finish(device, child, eventually):
    found = []
    eventually(lambda: found.append(device.reap(child)) or found[-1] is not None)
    return found[-1]


# ---- what a child is given ----


def test_nothing_of_the_services_environment_reaches_a_child(tmp_path, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/tmp/evil.so")
    monkeypatch.setenv("PYTHONPATH", "/tmp/evil")
    seat = Seat(1001, ":7", b"", {"LANGUAGE": "tr", "GTK_MODULES": "evil", "PATH": "/tmp/evil"})
    environment = seat_environment(seat, NOBODY, tmp_path, tmp_path / "empty")

    assert not {"LD_PRELOAD", "PYTHONPATH", "GTK_MODULES"} & set(environment)
    assert linux_children.PATH == environment["PATH"]
    assert str(tmp_path / "empty") == environment["HOME"]


@pytest.mark.parametrize("language", ["tr\nLD_PRELOAD=x", "../../evil", "tr;rm"])
def test_a_hostile_language_is_not_handed_on(tmp_path, language):
    seat = Seat(1001, ":7", b"", {"LANGUAGE": language})

    assert "en" == seat_environment(seat, NOBODY, tmp_path, tmp_path)["LANGUAGE"]


def test_a_bus_of_somebody_else_is_not_handed_on(tmp_path):
    bus = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(bus))
        asked = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}", "XDG_RUNTIME_DIR": str(tmp_path)}

        assert asked == owned_addresses(asked, os.getuid())
        assert {} == owned_addresses(asked, os.getuid() + 1)


def test_a_runtime_folder_reached_by_a_link_is_not_handed_on(tmp_path):
    (tmp_path / "link").symlink_to("/root")

    assert {} == owned_addresses({"XDG_RUNTIME_DIR": str(tmp_path / "link")}, os.getuid())


def test_a_checkout_is_named_outright_in_isolated_mode():
    command = own_process.agent_command("session", "--fd", "9")

    assert "-I" == command[1]
    assert ["session", "--fd", "9"] == command[-3:]


def test_root_is_never_dropped_to(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root could")
    with pytest.raises(DeviceFailed):
        Children(tmp_path).start(["/bin/true"], Account(0, 0, "root", "/root"), {})


# ---- lockers ----


def test_a_locker_is_chosen_by_name_or_the_sturdier_first(tmp_path):
    for name in ("xsecurelock", "i3lock"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)

    def find(wanted):
        found = linux_locker.find_locker(wanted, has_logind=False, path=str(tmp_path))
        return found.kind if found else None

    assert ["xsecurelock", "i3lock", None] == [find("auto"), find("i3lock"), find("logind")]


def test_no_locker_is_an_answer_of_its_own(tmp_path):
    assert linux_locker.find_locker("auto", has_logind=True, path=str(tmp_path)) is None


# ---- this machine ----


def test_two_machines_with_one_disk_differ(tmp_path):
    def machine(name, product):
        for path, text in (("etc/machine-id", "same"), ("sys/class/dmi/id/product_uuid", product)):
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        return linux_machine.fingerprint(tmp_path / name)

    assert machine("one", "A") != machine("two", "B")
    assert 64 == len(machine("one", "A"))


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Ask before you copy."), ("tr", "Önce sor, sonra kopyala.")]
)
def test_speech_is_a_whole_sound_file(tmp_path, language, text):
    if linux_machine.speech_program() is None:
        pytest.skip("espeak-ng is not installed")
    target = tmp_path / "line.wav"
    linux_machine.render_speech(language, text, target)
    with wave.open(str(target)) as sound:
        seconds = sound.getnframes() / sound.getframerate()

    assert 0.5 < seconds < 10
    assert 0o644 == stat.S_IMODE(target.stat().st_mode)


def test_every_capability_says_why_when_it_does_not_work(device):
    found = device.capabilities()

    assert {"logins", "login-end", "lock", "suspend-lock", "speech", "session-start", "usb"} == set(found)
    assert all(capability.why for capability in found.values() if capability.state != "works")


def test_a_terminal_outside_dev_is_not_written_to(device, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    device.tell_terminal(f"../{file}", "bye")

    assert "" == file.read_text()


# ---- as a real pupil ----


@pytest.mark.account
def test_a_cookie_is_read_with_the_pupils_rights_only(device, demo_account, tmp_path):
    own = demo_account.home / "cookie"
    own.write_bytes(b"mine")
    os.chown(own, demo_account.uid, demo_account.gid)
    link = demo_account.home / "link"
    link.symlink_to("/etc/shadow")

    assert b"mine" == device.read_cookie(demo_account.uid, str(own))
    with pytest.raises(DeviceFailed):
        device.read_cookie(demo_account.uid, str(link))


@pytest.mark.account
def test_a_child_is_the_pupil_with_nothing_left_open(device, demo_account, tmp_path, eventually):
    account = device.account(demo_account.uid)
    out = demo_account.home / "seen"
    secret = os.open("/etc/shadow", os.O_RDONLY)
    script = f"id -u > {out}; id -G >> {out}; ls /proc/self/fd | wc -l >> {out}; umask >> {out}"
    child = device._children.start(["/bin/sh", "-c", script], account, {"PATH": "/usr/bin:/bin"})
    status = finish(device, child, eventually)
    os.close(secret)

    assert 0 == status
    assert [str(demo_account.uid), str(demo_account.gid), "4", "0077"] == out.read_text().split()


@pytest.mark.account
def test_a_seats_cookie_is_the_pupils_alone(device, demo_account, seat):
    account = device.account(demo_account.uid)
    folder = device._children.seat_folder(seat, account)
    found = (folder / "cookie").stat()

    assert (demo_account.uid, 0o400) == (found.st_uid, stat.S_IMODE(found.st_mode))
    assert (0, 0o711) == (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode))


@pytest.mark.account
@pytest.mark.display
@pytest.mark.parametrize("kind", ["xsecurelock", "i3lock"])
def test_the_lock_holds_until_the_right_password(device, demo_account, seat, x11, desktop, eventually, kind):
    device._config = Config(run_dir=device._config.run_dir, locker=kind)
    child = device.start_locker(seat, LOOK)
    eventually(lambda: desktop.check_cover(child.anchor.pid).covered)
    type_password(x11, "wrong")
    refused = device.reap(child) is None and desktop.check_cover(child.anchor.pid).covered
    found = []

    def open_it():
        # PAM makes everybody wait after a wrong password, so the right one may need a second go.
        type_password(x11, demo_account.password)
        eventually(lambda: desktop.idle_seconds() > 0.7)
        found.append(device.reap(child))
        return found[-1] is not None

    eventually(open_it, seconds=90.0)

    assert refused
    assert 0 == found[-1]


def type_password(x11, password):
    x11.run("xdotool", "key", "Escape", "key", "shift", "sleep", "0.3", "type", password)
    x11.run("xdotool", "key", "Return")


@pytest.mark.account
@pytest.mark.display
def test_a_killed_locker_is_told_from_an_opened_one(device, seat, desktop, eventually):
    child = device.start_locker(seat, LOOK)
    eventually(lambda: desktop.check_cover(child.anchor.pid).covered)
    device.kill(child)
    status = finish(device, child, eventually)

    assert status not in (None, 0)
    assert not desktop.check_cover(child.anchor.pid).covered
