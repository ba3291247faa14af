"""Encrypted sticks: how cryptsetup is called, what is ours, and a real passphrase on a real header."""

import subprocess

import pytest

from agent.backends import linux_locks
from agent.backends.media_job import Unlock, read_job, write_line
from agent.backends.usb import Volume
from agent.link.messages import StickPassphrase
from agent.link.pages import WindowAnswer

LUKS = Volume("/dev/sda1", 11, "", "luks")
BITLOCKER = Volume("/dev/sda2", 11, "", "bitlocker")
SECRET = "tulips in March"


@pytest.mark.parametrize(("volume", "kind"), [(LUKS, "luks"), (BITLOCKER, "bitlk")])
def test_the_passphrase_is_on_no_command_line(volume, kind):
    command = linux_locks.open_command("/sbin/cryptsetup", volume)

    assert ["--key-file", "-"] == command[command.index("--key-file") :][:2]
    assert kind == command[command.index("--type") + 1]
    assert "--readonly" in command


def test_nothing_that_holds_a_passphrase_prints_it():
    job = Unlock(volumes=(LUKS,), passphrase=SECRET)
    word = StickPassphrase(plug="ab" * 16, passphrase=SECRET)
    answer = WindowAnswer(event="stick", choice="unlock", passphrase=SECRET)

    assert SECRET not in f"{job!r} {job} {word!r} {word} {answer!r} {answer}"
    assert job == read_job(write_line(job))


@pytest.fixture
def block(tmp_path):
    """A laptop with an encrypted disk of its own, and an opened stick."""

    def add(name, mapped, slave):
        (tmp_path / name / "dm").mkdir(parents=True)
        (tmp_path / name / "dm" / "name").write_text(mapped + "\n")
        (tmp_path / name / "slaves" / slave).mkdir(parents=True)

    add("dm-0", "nvme0n1p3_crypt", "nvme0n1p3")
    add("dm-1", "gatepost-sda1-11", "sda1")
    return tmp_path


def test_what_the_laptop_itself_has_encrypted_is_none_of_ours(block):
    assert {"/dev/dm-1": "gatepost-sda1-11"} == linux_locks.ours(block)
    assert [] == linux_locks.beneath("/dev/dm-0", block)
    assert ["/dev/sda1"] == linux_locks.beneath("/dev/dm-1", block)
    assert "/dev/dm-1" == linux_locks.find_node(linux_locks.name_for(LUKS), block)


@pytest.mark.parametrize(("given", "status"), [(SECRET, 0), ("roses", linux_locks._WRONG_PASSPHRASE)])
def test_cryptsetup_itself_says_whether_it_is_the_passphrase(tmp_path, given, status):
    cryptsetup = linux_locks.program()
    if cryptsetup is None:
        pytest.skip("no cryptsetup here; run: apt install cryptsetup-bin")
    image = tmp_path / "stick"
    subprocess.run(["truncate", "--size", "20M", image], check=True)
    quick = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
    made = [cryptsetup, "luksFormat", "--batch-mode", "--type", "luks2", *quick, image, "-"]
    subprocess.run(made, input=SECRET.encode(), check=True)
    command = linux_locks.open_command(cryptsetup, LUKS._replace(node=str(image)))
    tried = subprocess.run([*command[:-1], "--test-passphrase"], input=given.encode(), capture_output=True)

    assert status == tried.returncode
