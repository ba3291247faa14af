"""
A school of many laptops on one machine, each a process in a network of its own. Only for tests.

`python -I tests/support/twenty_laptops.py FOLDER CODE COUNT` needs root. It leaves this machine's network
for one of its own with a bridge in it, serves the school's real server there in a process of its own, and
forks one process for each laptop: a real service with its real journal, uplink and scanner, in a network
that reaches nothing but the bridge. Kernel and person are invented. What became of each is printed as JSON.

One process loads the program and forks, since twenty that each load it would take a minute by themselves.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


from agent.backends import scan_worker
from agent.backends.clam_checker import ClamChecker
from agent.backends.clamd import Clamd
from agent.backends.clocks import SystemClock
from agent.backends.device import Account
from agent.backends.scan_job import Failed
from agent.backends.scan_walk import WalkFailed
from agent.backends.usb import Volume
from agent.link import client
from agent.link import messages as m
from agent.link.channel import Peer
from agent.paths import Config
from agent.service import enrol, facts
from agent.service.app import Service
from agent.service.loop import Stopping
from agent.service.scanner import Scanner
from installer.own import bound
from policies.agreements import text_hash, text_in
from tests.agent.fakes import FakeDevice
from tests.support.apart import serving_command
from tests.support.day import Desktop
from tests.support.fake_usb import FakeRunning, FakeUsb

NET = "10.77.0"
SERVER = f"{NET}.1"
PORT = 8443
LAPTOP_SECONDS = 240.0
_NEW_NETWORK = 0x40000000


def new_network():
    """Leave for a network with nothing in it; OSError where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no network of one's own")


def ip(*lines):
    """Tell ip(8) several things at once."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


# ---- one laptop ----


class StickPort(FakeUsb):
    """One USB port. What is on its stick is a real folder, checked by the real check with the real clamd."""

    def __init__(self, stick):
        super().__init__()
        self.stick = stick

    def look_inside(self, seen, within_seconds):
        contents = super().look_inside(seen, within_seconds)
        return contents._replace(
            volumes=tuple(Volume(v.node, v.sequence, "vfat", "none") for v in contents.volumes)
        )

    def start_scan(self, job):
        running = FakeRunning()
        threading.Thread(target=self._check, args=(job, running), daemon=True).start()
        return running

    def _check(self, job, running):
        try:
            for said in scan_worker.check(job, [os.fsencode(self.stick)]):
                running.say(said)
        except WalkFailed as problem:
            running.say(Failed(reason=problem.reason, problem=str(problem)))
        running.end()


class OneLaptop:
    """Pupil number so-and-so at their own laptop."""

    def __init__(self, folder, number):
        self.number, self.user = number, f"pupil{number}"
        self.config = Config(state_dir=str(folder / "state"), run_dir=str(folder / "run"))
        self.account = Account(1000 + number, 1000 + number, self.user, "/nonexistent")
        self.device = FakeDevice([self.account])
        fingerprint = hashlib.sha256(self.user.encode()).hexdigest()
        self.device.machine_fingerprint = lambda: fingerprint
        self.device.plugs = StickPort(folder / "stick")
        self.desktop = Desktop(self.device)
        self.clamd: Clamd | None = None
        self.until = time.monotonic() + LAPTOP_SECONDS

    def wait_for(self, look, what):
        while time.monotonic() < self.until:
            found = look()
            if found:
                return found
            threading.Event().wait(0.1)
        raise AssertionError(f"{self.user} waited in vain for {what}")

    def start(self, code, signatures):
        told = enrol.enrol(self.config, self.device, f"https://{SERVER}:{PORT}", code, "test", again=False)
        clock = SystemClock()
        self.clamd = Clamd(self.config.run / "clamd", signatures)
        scanner = Scanner(ClamChecker(self.clamd), lambda: datetime.now(UTC))
        self.service = Service(self.config, self.device, clock, scanner=scanner)
        self.service.start()
        threading.Thread(target=self.service.run, daemon=True).start()
        self.wait_for(lambda: self.status().policy_number, "the policy")
        return told.device

    def status(self):
        return client.ask_status(self.config.socket)

    def log_in(self):
        shell = self.device.run(self.account.uid)
        hook = self.device.run(self.account.uid, parent=shell)
        answers = []

        class Caller:
            def send(self, message):
                answers.append(message)

            def close(self):
                pass

        hello = m.HookHello(display=":5", xauthority="/x")
        self.service.loop.put(facts.PublicSaid(Caller(), Peer(hook.pid, self.account.uid), hello))
        page = self.wait_for(lambda: self.desktop.heard(m.ShowGate), "the gate")[0].page
        shown = text_in(page.agreement, page.language)
        self.desktop.say(m.GateShown(kind="web"))
        self.desktop.say(
            m.GateAnswered(
                answer="accepted", version=page.agreement.version, text_hash=text_hash(shown),
                language=page.language, pages_shown=len(shown.sections),
            )
        )  # fmt: skip
        self.wait_for(lambda: m.HookAnswer(opens=True) in answers, "the desktop")

    def page(self):
        shown = self.desktop.heard(m.ShowStick)
        return shown[-1].page if shown else None

    def use_a_stick(self, together):
        """Plug in at the same moment as all others, ask, and say how it ended."""
        together()
        self.device.plugs.plug(serial=f"SERIAL{self.number}")
        page = self.wait_for(lambda: (p := self.page()) is not None and p.may_ask and p, "the stick's window")
        self.desktop.say(m.StickAsked(plug=page.plug, what="ask", reason=f"reason {self.number}"))
        ended = ("open", "stays-shut")
        page = self.wait_for(lambda: (p := self.page()) is not None and p.state in ended and p, "the end")
        self.wait_for(lambda: self.status().waiting_records == 0, "all records to be sent")
        return {
            "state": page.state, "reason": page.reason, "plug": page.plug, "until": page.until,
            "access": page.access, "files": page.of_files, "label": page.label,
            "mounted": sorted(self.device.plugs.mounted.items()),
        }  # fmt: skip

    def stop(self):
        self.service.loop.put(Stopping())
        self.desktop.stop()


def be_laptop(number, folder, code, ready, go, told):
    """Be one laptop from its first start to its end."""
    new_network()
    os.write(ready, b"n")
    os.read(go, 1)
    ip("link set lo up", f"addr add {NET}.{number + 1}/24 dev eth0", "link set eth0 up")
    laptop = OneLaptop(folder, number)
    outcome = {"number": number}
    try:
        outcome["device"] = laptop.start(code, folder.parent / "signatures")
        laptop.log_in()

        def together():
            os.write(ready, b"r")
            os.read(go, 1)

        outcome |= laptop.use_a_stick(together)
        laptop.stop()
    except BaseException:
        outcome["problem"] = traceback.format_exc()
    finally:
        # This process ends before its service would have ended the scanner.
        if laptop.clamd is not None:
            laptop.clamd.stop()
    os.write(told, json.dumps(outcome).encode() + b"\n")


# ---- the school ----


def fork_laptop(number, folder, code):
    """Return a laptop's process and the pipes that it is steered and heard by."""
    ready, go, told = os.pipe(), os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # ends with the school
        be_laptop(number, folder, code, ready[1], go[0], told[1])
        os._exit(0)
    for end in (ready[1], go[0], told[1]):
        os.close(end)
    return pid, ready[0], go[1], told[0]


def main(folder, code, count):
    """Let the school have its hour; return what became of each laptop."""
    new_network()
    ip("link set lo up", "link add br0 type bridge", f"addr add {SERVER}/24 dev br0", "link set br0 up")
    command = bound(*serving_command(folder / "server", PORT, SERVER))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout.readline().startswith("https://"), "the server did not start"
            began = time.monotonic()
            laptops = [fork_laptop(number, folder / str(number), code) for number in range(1, count + 1)]
            for _pid, ready, _go, _told in laptops:
                os.read(ready, 1)
            ip(
                *(
                    f"link add v{number} type veth peer name eth0 netns {pid}\n"
                    f"link set v{number} master br0 up"
                    for number, (pid, *_pipes) in enumerate(laptops, 1)
                )
            )
            for _pid, _ready, go, _told in laptops:
                os.write(go, b"g")
            for _pid, ready, _go, _told in laptops:
                os.read(ready, 1)
            all_ready = time.monotonic()
            print(json.dumps({"ready_seconds": all_ready - began}), flush=True)
            for _pid, _ready, go, _told in laptops:
                with contextlib.suppress(BrokenPipeError):  # it has told its problem and ended
                    os.write(go, b"g")
            for pid, _ready, _go, told in laptops:
                with os.fdopen(told) as said:
                    print(
                        said.readline().strip() or json.dumps({"problem": f"{pid} said nothing"}), flush=True
                    )
            print(json.dumps({"use_seconds": time.monotonic() - all_ready}), flush=True)
        finally:
            server.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
