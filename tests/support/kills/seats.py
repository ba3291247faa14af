"""Logins for the kill test: each is a process of its own uid with a hook below it, as an Xsession has.

A program of the test's, started as root. It is told logins on stdin, one JSON line each, and forks; nothing
else happens here, so that a login costs no start of Python. What the hook was answered goes to the truth
file.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import time

PATIENCE_SECONDS = 20.0
"""How long a hook goes on without a service, as the real one."""


def main(socket_path: str, truth_path: str) -> None:
    """Start logins until stdin ends, then end them all."""
    truth = os.open(truth_path, os.O_WRONLY | os.O_APPEND)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    started = []
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                log_in(order, socket_path, truth)
            os._exit(0)
        started.append(pid)
    for pid in started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def log_in(order: dict[str, object], socket_path: str, truth: int) -> None:
    """Be one login: its first process stays while the desktop is open."""
    uid, stay = int(str(order["uid"])), float(str(order["stay"]))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    hook = os.fork()
    if hook == 0:
        opens = False
        with contextlib.suppress(BaseException):
            opens = ask(str(order["display"]), socket_path)
        tell(truth, {"told": "opened" if opens else "shut", "user": f"pupil-{uid}"})
        os.write(1, b".")  # one question less is open
        os._exit(0 if opens else 1)
    _, status = os.waitpid(hook, 0)
    if status == 0:
        time.sleep(stay)


def ask(display: str, socket_path: str) -> bool:
    """Say hello until there is an answer; a service that died is asked again when it is back."""
    hello = {"hook": "hello", "display": display, "xauthority": "/dev/null", "language": "en"}
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE_SECONDS)
            sock.connect(socket_path)
            sock.sendall(json.dumps(hello).encode() + b"\n")
            rest = b""
            while data := sock.recv(4096):
                until = time.monotonic() + PATIENCE_SECONDS
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    said = json.loads(line)
                    if said.get("hook") == "answer":
                        return bool(said["opens"])
        time.sleep(0.2)
    return False


def tell(truth: int, fact: dict[str, object]) -> None:
    """Write one line of truth in one piece."""
    os.write(truth, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
