#!/usr/bin/python3
"""Inside the laptop: run commands that come as JSON lines over a virtio-serial port, many at once.

asked     {"id": 7, "command": "ls" | ["ls", "-l"], "user": "may" | "", "seconds": 60}
answered  {"id": 7, "status": 0, "out": "...", "err": "..."}; status 124: not in time, 125: could not start
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time

NAME = "tests"
MOST_CHARACTERS = 2_000_000
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}


def find_port() -> str:
    """Wait for the port and return its path; udev may not have named it yet."""
    os.system("modprobe -q virtio_console")
    while True:
        for port in os.listdir("/sys/class/virtio-ports") if os.path.isdir("/sys/class/virtio-ports") else ():
            with contextlib.suppress(OSError), open(f"/sys/class/virtio-ports/{port}/name") as file:
                if file.read().strip() == NAME:
                    return f"/dev/{port}"
        time.sleep(0.05)


def run(asked: dict) -> dict:
    """Run one command to its end."""
    command = asked["command"]
    who = {"user": asked["user"], "group": asked["user"], "extra_groups": []} if asked["user"] else {}
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command] if isinstance(command, str) else command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            **who,
        )
    except (OSError, ValueError) as problem:
        return {"status": 125, "out": "", "err": repr(problem)}
    try:
        out, err = process.communicate(timeout=asked["seconds"])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return {"status": 124, "out": out[-MOST_CHARACTERS:], "err": err[-MOST_CHARACTERS:]}
    return {"status": process.returncode, "out": out[-MOST_CHARACTERS:], "err": err[-MOST_CHARACTERS:]}


def main() -> None:
    """Serve for ever."""
    port = os.open(find_port(), os.O_RDWR)
    one_writes = threading.Lock()

    def answer(identity: int, said: dict) -> None:
        line = (json.dumps({"id": identity, **said}) + "\n").encode()
        with one_writes:
            while line:
                line = line[os.write(port, line) :]

    answer(0, {"status": 0, "out": "ready", "err": ""})
    waiting = b""
    while True:
        read = os.read(port, 65536)
        if not read:
            time.sleep(0.05)  # nobody at the other end just now
            continue
        waiting += read
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            asked = json.loads(line)
            threading.Thread(target=lambda asked=asked: answer(asked["id"], run(asked)), daemon=True).start()


main()
