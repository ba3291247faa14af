"""The house that the kill test shakes: server, laptop, seats, other laptops, and who lives in it."""

import contextlib
import itertools
import json
import random
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from agent.link.pages import GatePage
from installer import accounts, own, places, processes
from installer.accounts import DemoAccount
from installer.demo_login import Login
from installer.displays import Display
from installer.laptop import Laptop
from installer.school import School
from policies.agreements import text_hash
from policies.settings import Tier
from server import people
from server.db import Database
from tests.support.keys import keys_to_accept
from tests.support.kills import service as own_service
from tests.support.kills import telling
from tests.support.kills.kept import Kept
from tests.support.kills.others import OtherLaptop
from tests.support.kills.truth import read_held, read_truth, wrongs
from tests.support.lab import ROOM, agent_pids
from tests.support.officers import Office
from tests.support.screen import Screen

PROFILE = "primary-england"
TIER: Tier = "junior"
SCRIPTED_LOGINS = 600
REAL_LOGINS = 80
LOGIN_EVERY_SECONDS = 0.45
MOST_ASKING = 12
"""A laptop has not more logins at once, and a slow machine must not drown in them."""
ASKING_SECONDS = 25.0
REAL_ACCOUNTS = 3
"""They take turns: an account's last login has ended before its next begins."""
REAL_LOGIN_SECONDS = 60.0
"""For as long the gate of a real login is waited for; on a quiet machine it opens in three."""
QUIET_SECONDS = 200.0
DESKTOP = "#!/bin/sh\ntouch $HOME/opened\nexec sleep 600\n"


class KillHouse:
    """Everything the test needs, made in one folder and taken away at the end; needs root."""

    def __init__(self, chance: random.Random, office: Office | None = None) -> None:
        self._chance = chance
        self._office = office
        """Whose school takes reports; then every pupil is scripted and most of them tell something."""
        self._later = contextlib.ExitStack()
        self._goes_on = True
        self._threads: list[threading.Thread] = []
        self.problems: list[str] = []
        self.folder = places.open_folder(places.base_dir() / f"kills-{secrets.token_hex(4)}")
        self._later.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.truth_path = self.folder / "truth.jsonl"
        self.truth_path.touch()
        self.truth_path.chmod(0o666)
        places.open_folder(self.folder / "names")
        first = own_service.FIRST_SCRIPTED_UID + secrets.randbelow(1000) * 1000
        self._uids = itertools.count(first)
        self._last_uid = first + SCRIPTED_LOGINS - 1
        self._scripted = [f"pupil-{uid}" for uid in range(first, first + SCRIPTED_LOGINS)]
        self._real = [f"real-{number}" for number in range(REAL_LOGINS)]
        self.school = School(self.folder / "school", PROFILE, port=0)
        self.laptop = Laptop(self.folder / "laptop", [*self._scripted, *self._real])
        self.database = self.school.data / "gatepost.sqlite"
        self.others: list[OtherLaptop] = []
        self._asking: deque[float] = deque()
        """When each hook that has no answer yet began to ask."""

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self._later.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._goes_on = False
        self._later.close()

    # ---- making ----

    def _make(self) -> None:
        self.school.ensure_made()
        database = Database(self.database)
        with contextlib.closing(database), database.write() as connection:
            everybody = [
                people.Person(os_user=name, person=f"P-{name}", display_name=name, tier=TIER, room=ROOM)
                for name in (*self._scripted, *self._real)
            ]
            people.replace_people(connection, everybody)
        if self._office is not None:
            telling.publish_list(database, self._office)
        self.school.change_policy(
            "agreement.read_at_least_seconds=0", "usage.send_after_seconds=5",
            "lock.idle_after_seconds=3600", "lock.countdown_seconds=0",
            *(["report.enabled=true"] if self._office else []), reason="a test",
        )  # fmt: skip
        command = own.service("server", ["--data", str(self.school.data), "run"])
        self.server = Kept("server", command, self.school.log)
        self._later.callback(self.server.stop)
        processes.wait_for("the server answers", self.school.answers, 90)
        uses = self.school.ask("code", "new", "--room", ROOM, "--uses", "4", "--json")["code"]
        self.laptop.enrol(self.school.address, uses)
        where = urlsplit(self.school.address)
        for number in range(2):
            other = OtherLaptop(where.hostname or "", where.port or 443, uses, number)
            self.others.append(other)
        self.device = self._enrolled_device()
        self._write_plan()
        command = own.module(own_service.__name__, str(self.laptop.config), str(self.folder))
        self.service = Kept("service", command, self.laptop.log)
        self._later.callback(self.service.stop)
        processes.wait_for("the service obeys", lambda: self.school.records("policy-applied"), 90)
        self._start_seats()
        if self._office is None:
            self._start_real_seat()
        for other in self.others:
            self._run(other.work)
        self._run(self._log_people_in)
        if self._office is None:
            self._run(self._play_real_seat)

    def _enrolled_device(self) -> str:
        rows = self.school.rows("SELECT id FROM devices WHERE machine NOT IN (?, ?)", *self._other_machines())
        return str(rows[0]["id"])

    def _other_machines(self) -> list[str]:
        return [other.machine for other in self.others]

    def _write_plan(self) -> None:
        policy = self.school.policy()
        agreement = next(each for each in policy.agreements if each.tier == TIER)
        text = agreement.texts[0]
        own_service.write_plan(
            self.folder,
            {
                "version": agreement.version,
                "text_hash": text_hash(text),
                "language": text.language,
                "pages": len(text.sections),
                "tells": 0.0 if self._office is None else 1.0,
            },
        )
        page = GatePage(
            school=policy.school.name,
            language="en",
            tier=TIER,
            person="x",
            agreement=agreement,
            contacts=policy.school.contacts,
        )
        self._accept_keys = keys_to_accept(page)

    def _run(self, job: Any) -> None:
        def guarded() -> None:
            try:
                while self._goes_on:
                    job()
            except Exception as problem:
                self.problems.append(f"{job.__qualname__}: {problem!r}")

        thread = threading.Thread(target=guarded, name=job.__qualname__, daemon=True)
        self._threads.append(thread)
        thread.start()

    # ---- quick logins that only talk ----

    def _start_seats(self) -> None:
        script = Path(own_service.__file__).with_name("seats.py")
        public = self.laptop.run_dir / "agent.sock"
        self._seats = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script), str(public), str(self.truth_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", start_new_session=True,
        )  # fmt: skip
        self._later.callback(self._end_seats)
        threading.Thread(target=self._count_answers, name="answers", daemon=True).start()

    def _count_answers(self) -> None:
        assert self._seats.stdout is not None
        while self._seats.stdout.read(1):
            with contextlib.suppress(IndexError):
                self._asking.popleft()

    def _end_seats(self) -> None:
        assert self._seats.stdin is not None
        with contextlib.suppress(OSError):
            self._seats.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._seats.wait(10)
        processes.stop(self._seats)
        first = own_service.FIRST_SCRIPTED_UID
        scripted = {int(name.rpartition("-")[2]) for name in self._scripted}
        processes.end_all(lambda pid: processes.uid_of(pid) >= first and processes.uid_of(pid) in scripted)

    def _log_people_in(self) -> None:
        time.sleep(LOGIN_EVERY_SECONDS)
        while self._asking and time.monotonic() - self._asking[0] > ASKING_SECONDS:
            self._asking.popleft()  # a hook that was ended answers nobody
        uid = next(self._uids) if len(self._asking) < MOST_ASKING else self._last_uid + 1
        if uid <= self._last_uid:
            self._asking.append(time.monotonic())
            order = {"uid": uid, "display": f":{uid % 60000}", "stay": self._chance.uniform(1.5, 9.0)}
            assert self._seats.stdin is not None
            self._seats.stdin.write(json.dumps(order).encode() + b"\n")
            self._seats.stdin.flush()

    # ---- one real account on a real display ----

    def _start_real_seat(self) -> None:
        self._accounts: list[DemoAccount] = []
        for _ in range(REAL_ACCOUNTS):
            name = f"gpkill-{secrets.token_hex(3)}"
            self._accounts.append(accounts.make_account(name))
            self._later.callback(accounts.remove_account, name)
        self._turns = itertools.cycle(self._accounts)
        self._display = Display(self.folder / "display")
        self._later.callback(self._display.close)
        self._screen = Screen(self._display)
        self._later.callback(self._screen.close)
        self._real_names = iter(self._real)
        self._xsession = self.laptop.session_files()
        (self._xsession.parent / "desktop").write_text(DESKTOP)

    def _play_real_seat(self) -> None:
        """Log the real account in under a new name, read, accept, stay a while, log out."""
        name = next(self._real_names, None)
        if name is None:
            time.sleep(1)
            return
        account = next(self._turns)
        (self.folder / "names" / str(account.uid)).write_text(name)
        mark = account.home / "opened"
        mark.unlink(missing_ok=True)
        login = Login(self._display, account, self._xsession, language="en", log=self.folder / "login.log")
        try:
            until = time.monotonic() + REAL_LOGIN_SECONDS
            gate_since: float | None = None
            pressed: set[int] = set()
            while time.monotonic() < until and login.is_open() and not mark.exists() and self._goes_on:
                time.sleep(0.1)
                if not (self._screen.is_covered(by_locker=False) and self._is_painted()):
                    gate_since = None
                    continue
                gate_since = gate_since or time.monotonic()
                window = next(iter(self.victims("real window")), 0)
                if time.monotonic() - gate_since > 0.4 and window not in pressed:
                    pressed.add(window)
                    self._press_accept()
            if mark.exists():
                self._tell("opened", name)
                stay = time.monotonic() + self._chance.uniform(3.0, 7.0)
                while time.monotonic() < stay and login.is_open():
                    time.sleep(0.1)
        finally:
            login.close()

    def _press_accept(self) -> None:
        """Turn the pages and accept, as fast as they are painted; give up where nothing moves."""
        for key in self._accept_keys:
            before = self._screen.strip()
            self._screen.key(key)
            if key == "Return":
                if not self._screen.wait_for_change(before, 2.0):
                    return
                time.sleep(0.6)  # a page counts as seen once it was painted
            else:
                time.sleep(0.04)

    def _is_painted(self) -> bool:
        """Say whether the gate shows more than its ground: the strip holds letters and lines."""
        return len(set(self._screen.strip()[::4])) > 8

    def _tell(self, what: str, user: str) -> None:
        with self.truth_path.open("ab", buffering=0) as file:
            file.write(json.dumps({"told": what, "user": user}).encode() + b"\n")

    # ---- whom to kill ----

    def victims(self, kind: str) -> list[int]:
        """Return the processes of this kind that live now."""
        match kind:
            case "service" | "server":
                pid = (self.service if kind == "service" else self.server).pid
                return [pid] if pid else []
            case "scripted session":
                return processes.pids_where(_is_scripted_session)
            case _:
                word = kind.removeprefix("real ")
                return [pid for account in self._accounts for pid in agent_pids(word, uid=account.uid)]

    # ---- the end ----

    def go_home(self) -> None:
        """Let every login end, let everything be sent, and stop."""
        self._goes_on = False
        for thread in self._threads:
            thread.join(REAL_LOGIN_SECONDS + 30)
        for other in self.others:
            other.finish()
        try:
            processes.wait_for("everything is at the server", self._is_quiet, QUIET_SECONDS, every=0.5)
        except processes.NotInTime:
            self.problems.append(f"not quiet after {QUIET_SECONDS:g} s: {self._what_stands()}")
        # Read before the service is stopped: what it keeps while stopping goes with its next start.
        self.truth = read_truth(self.truth_path)
        self.held = read_held(self.database, self.device)
        self.service.stop()

    def _what_stands(self) -> list[str]:
        """Return each login the service still has, and whether its first process lives."""
        found = []
        for each in json.loads((self.laptop.run_dir / "logins.json").read_bytes()):
            pid, started = each["anchor"]
            lives = processes.start_ticks(pid) == started
            found.append(f"{each['os_user']} {each['state']}, seat {each['seat'] is not None}, lives {lives}")
        waiting = self.laptop.status().get("waiting_records")
        return [*found, f"{waiting} records wait"]

    def _is_quiet(self) -> bool:
        status = self.laptop.status()
        if status.get("waiting_records") != 0 or status.get("logins"):
            return False
        return not wrongs(read_truth(self.truth_path), read_held(self.database, self.device))

    def problems_at_home(self) -> list[str]:
        """Return what went wrong in the test's own threads, and what other laptops miss at the server."""
        missing = [problem for other in self.others for problem in other.missing(self.database)]
        return self.problems + missing

    def summary(self, kills: Counter[str], seed: int) -> str:
        """Return the counts of a run as one line."""
        truth, held = self.truth, self.held
        opened = sum(truth.told["opened"].values())
        real = sum(user.startswith("real-") for user in truth.told["opened"])
        kinds = ", ".join(f"{kills[kind]} {kind}" for kind in sorted(kills))
        return (
            f"seed {seed}: {kills.total()} kills ({kinds}); {opened} desktops opened ({real} real),"
            f" {sum(truth.told['pressed-accept'].values())} acceptances pressed by script,"
            f" {len(truth.kept)} records kept, {len(held.records)} at the server,"
            f" {sum(other.sent for other in self.others)} from other laptops;"
            f" {self.service.starts} service starts, {self.server.starts} server starts"
        )

    def logs(self) -> str:
        """Return the ends of the logs."""
        paths = (self.school.log, self.laptop.log, self.folder / "login.log")
        return "\n".join(f"--- {path.name}\n{processes.tail(path, 25)}" for path in paths)


def _is_scripted_session(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return any(word.endswith(b"pupil_session.py") for word in words)
