"""What a pupil's own programs try on the service: to freeze it, to crash it, to outlive their login."""

import contextlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.backends import linux_children, x11_cookie
from agent.backends import linux_processes as lp
from agent.backends.device import Account, Seat
from agent.backends.linux_children import Children
from agent.errors import DeviceFailed

STOPS_ALL = """
import os, signal
print(flush=True)
while True:
    try:
        os.kill(-1, signal.SIGSTOP)
    except OSError:
        pass
"""
FORKS_ON = """
import os, sys, time
print(flush=True)
os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
while True:
    if os.fork():
        os._exit(0)
    until = time.monotonic() + 0.002
    while time.monotonic() < until:
        pass
"""
DIGS = "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')"


@pytest.fixture
def account(demo_account):
    return Account(demo_account.uid, demo_account.gid, demo_account.name, str(demo_account.home))


@pytest.fixture
def children(reachable):
    return Children(reachable / "run")


def cookie(number=b"5"):
    return x11_cookie.write([x11_cookie.Entry(256, b"h", number, x11_cookie.COOKIE_NAME, b"c" * 16)])


@contextlib.contextmanager
def run_as(account, code, cwd="/"):
    """Run Python code as the pupil until the block ends; its first line of output says that it runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=cwd, user=account.uid, group=account.gid, extra_groups=[],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.account
def test_a_pupil_who_stops_every_process_of_theirs_does_not_stop_the_service(account, children):
    def start():
        child = children.start(["/bin/true"], account, {})
        os.kill(child.anchor.pid, signal.SIGCONT)
        children.kill(child)
        lp.wait_for(child.pidfd, 30.0)
        return children.reap(child)

    with run_as(account, STOPS_ALL) as evil, ThreadPoolExecutor(1) as pool:
        evil.stdout.readline()
        try:
            ended = [pool.submit(start).result(timeout=60.0) for _ in range(100)]
        finally:
            evil.kill()
            lp.end_processes(account.uid, [])

    assert 100 == sum(status is not None for status in ended)


@pytest.mark.account
def test_a_program_that_forks_on_and_on_is_ended_and_the_login_goes_on(account, monkeypatch):
    monkeypatch.setattr(lp, "GIVE_UP_SECONDS", 60.0)  # that it ends, not how fast this machine is
    with run_as(account, "import time; print(flush=True); time.sleep(60)") as kept:
        kept.stdout.readline()
        with run_as(account, FORKS_ON) as evil:
            evil.stdout.readline()
            evil.wait()
            lp.end_processes(account.uid, [lp.read_process(kept.pid).anchor])
        left = [each.anchor.pid for each in lp.all_processes().values() if each.uid == account.uid]
        stopped = lp.parse_stat((lp.PROC / str(kept.pid) / "stat").read_text())[1] == "T"

    assert ([kept.pid], False) == (left, stopped)


def test_a_program_that_calls_itself_as_the_manager_does_is_not_spared():
    house = {
        40: lp.Process(lp.Anchor(40, 1), 1, "systemd", 1001),
        41: lp.Process(lp.Anchor(41, 1), 40, "(sd-pam)", 1001),
        42: lp.Process(lp.Anchor(42, 1), 40, "(sd-pam)", 1001),
    }
    programs = {40: lp._MANAGER_PROGRAMS[0], 41: lp._MANAGER_PROGRAMS[0], 42: "/usr/bin/python3.11"}
    chosen = lp.decide_whom_to_end(house, 1001, [], lambda pid: programs[pid])

    assert [42] == [each.anchor.pid for each in chosen]


@pytest.mark.account
def test_folders_in_folders_without_end_are_removed_and_crash_nothing(account, children, eventually):
    folder = children.seat_folder(Seat(account.uid, ":5", cookie(), {}), account)
    cache = (folder / "cache").resolve()
    with run_as(account, DIGS, cwd=str(folder / "cache")) as digging:
        digging.wait()
    children.forget_folder(folder)

    eventually(lambda: not folder.exists() and not cache.exists(), seconds=60.0)


@pytest.mark.account
def test_what_a_killed_service_left_in_the_shared_folder_is_removed_by_the_next(
    account, reachable, eventually
):
    seat = Seat(account.uid, ":5", cookie(), {})
    left = (Children(reachable / "run").seat_folder(seat, account) / "cache").resolve()
    again = Children(reachable / "run")
    folders = [again.seat_folder(seat, account) for _ in range(2)]
    kept = [(folder / "cache").resolve() for folder in folders]
    eventually(lambda: not left.exists())

    assert [True, True] == [cache.exists() for cache in kept]
    for folder in folders:
        again.forget_folder(folder)


@pytest.mark.account
def test_a_pupil_has_no_place_to_fill_in_our_own_folder(account, children):
    folder = children.seat_folder(Seat(account.uid, ":5", cookie(), {}), account)
    try:
        cache = (folder / "cache").resolve()
        found = (cache.parent, cache.stat().st_uid, cache.stat().st_mode & 0o777)
        own = [each.stat().st_uid for each in (folder, folder.parent, folder.parent.parent)]

        assert (linux_children.SHARED, account.uid, 0o700) == found
        assert [0, 0, 0] == own
    finally:
        children.forget_folder(folder)


@pytest.mark.account
def test_a_folder_put_in_the_caches_place_leads_to_nothing_of_others(account, children, reachable):
    precious = reachable / "precious"
    precious.mkdir()
    (precious / "file").write_text("still here")
    folder = children.seat_folder(Seat(account.uid, ":5", cookie(), {}), account)
    cache = (folder / "cache").resolve()
    swap = f"import os; os.rmdir({str(cache)!r}); os.symlink({str(precious)!r}, {str(cache)!r})"
    with run_as(account, swap) as swapping:
        swapping.wait()
    was_swapped = cache.is_symlink()
    children.forget_folder(folder)

    assert (True, "still here") == (was_swapped, (precious / "file").read_text())


def test_a_screen_number_too_long_for_a_folder_is_an_error_that_is_caught(tmp_path):
    account = Account(os.geteuid(), os.getegid(), "somebody", "/nonexistent")
    with pytest.raises(DeviceFailed):
        Children(tmp_path).seat_folder(Seat(account.uid, ":5." + "1" * 3000, cookie(), {}), account)
