"""A session without windows for the kill test: speaks the real channel, answers the gate, uses apps.

Started by the service in place of `agent session` for the scripted seats, as their uid, with the standard
library only: two hundred web views would be too slow, and the channel is the same.
"""

import json
import os
import random
import select
import socket
import sys
import time
from typing import Any

TURN_SECONDS = 0.1
BEAT_SECONDS = 1.0


class PupilSession:
    """One login's session: presses Accept after a moment, then goes from app to app."""

    def __init__(self, sock: socket.socket, plan: dict[str, Any], truth: int) -> None:
        self._sock = sock
        self._plan = plan
        self._truth = truth
        self._chance = random.Random(os.getpid() ^ time.monotonic_ns())
        self._uid = os.getuid()
        self._rest = b""
        self._press_at: float | None = None
        self._beat_at = 0.0
        self._works = False
        self._asked_help = False
        self._apps = 0
        self._tells = self._chance.random() < plan.get("tells", 0.0)
        """Something is wrong, and this pupil says so once."""
        self._was_cut_off = bool(plan.get("was_cut_off"))
        """The session before this one told and had no receipt: the real one finds a note on the display."""

    def run(self) -> None:
        """Work until the other end is gone or says stop."""
        self.say(up="connected", lacking=[])
        if self._was_cut_off:
            self.say(up="cut-off")
        while True:
            ready, _, _ = select.select([self._sock], [], [], TURN_SECONDS)
            if ready:
                data = self._sock.recv(262144)
                if not data:
                    return
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    if not self.obey(json.loads(line)):
                        return
            self.tick(time.monotonic())

    def obey(self, order: dict[str, Any]) -> bool:
        """Do what the service orders; False to end."""
        match order["down"]:
            case "show-gate":
                if self._press_at is None:
                    self.say(up="gate-shown", kind="web")
                    self._press_at = time.monotonic() + self._chance.uniform(0.0, 0.4)
            case "gate-over":
                self._press_at = None
                notice = (order.get("page") or {}).get("kind", "")
                if notice == "declined":
                    self.tell("declined")
            case "work":
                self._works, self._press_at = True, None
            case "check-cover":
                self.say(up="covered", locker_pid=order["locker_pid"], covered=True)
            case "show-page":
                if order["page"].get("kind") == "help-sent":
                    self.tell("helped")
                if order["page"]["page"] == "receipt":
                    state, why = order["page"]["state"], order["page"].get("why", "")
                    self.tell("report-" + ("cut-off" if why == "cut-off" else state))
            case "stop":
                return False
        return True

    def tick(self, now: float) -> None:
        """Press, use, ask and lock as a pupil does, only faster."""
        if self._tells and (self._works or (self._press_at is not None and self._chance.random() < 0.3)):
            self._tells = False
            self.report()
        if self._press_at is not None and now >= self._press_at:
            self._press_at = now + 5.0  # pressed again if nothing comes of it
            accepts = self._chance.random() < 0.9
            self.tell("pressed-accept" if accepts else "pressed-decline")
            self.say(
                up="gate-answered",
                answer="accepted" if accepts else "declined",
                version=self._plan["version"],
                text_hash=self._plan["text_hash"],
                language=self._plan["language"],
                pages_shown=self._plan["pages"],
            )
        if now < self._beat_at:
            return
        self._beat_at = now + BEAT_SECONDS
        self.say(up="alive", idle_seconds=0.1)
        if self._works:
            self._apps += 1
            self.say(up="focused", app=f"App-{self._uid}-{os.getpid()}-{self._apps}", program="app")
            if not self._asked_help and self._chance.random() < 0.2:
                self._asked_help = True
                self.say(up="asked", what="help", place="panel")
            elif self._chance.random() < 0.1:
                self.say(up="asked", what="lock", place="panel")

    def report(self) -> None:
        """Tell that something is wrong, in words that name this very moment."""
        self.tell("report-pressed")
        draft = {"harms": ["bullying"], "words": f"pupil-{self._uid}", "urgency": "soon"}
        self.say(up="report-written", draft=draft, place="panel" if self._works else "gate")

    def say(self, **fact: object) -> None:
        """Send one message up."""
        self._sock.sendall(json.dumps(fact).encode() + b"\n")

    def tell(self, what: str) -> None:
        """Write what the person did or saw into the truth file."""
        os.write(self._truth, json.dumps({"told": what, "user": f"pupil-{self._uid}"}).encode() + b"\n")


def main(fd: int, plan_path: str, truth_path: str) -> None:
    """Run on the descriptor the service handed over."""
    truth = os.open(truth_path, os.O_WRONLY | os.O_APPEND)
    with open(plan_path) as file:  # noqa: PTH123 - the less that is imported, the faster it starts
        plan = json.load(file)
    if plan.get("tells"):
        # A session started again in the same login knows that its pupil has told already.
        with open(truth_path, "rb") as file:  # noqa: PTH123
            told = [line for line in file if f'"user": "pupil-{os.getuid()}"'.encode() in line]
        if any(b'"report-pressed"' in line for line in told):
            plan["tells"] = 0.0
            plan["was_cut_off"] = sum(b'"report-' in line for line in told) == 1
    with socket.socket(fileno=fd) as sock:
        try:
            PupilSession(sock, plan, truth).run()
        except OSError:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
