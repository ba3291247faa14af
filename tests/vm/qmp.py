"""QEMU's own control channel: one command, one answer; events kept until somebody asks."""

import json
import queue
import socket
import threading
import time
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 60.0
EVENT_SECONDS = 15.0


class QmpRefused(Exception):
    """QEMU said no; the message is its own."""


class Qmp:
    """A connection to one machine's monitor."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("r")
        self._file.readline()  # the greeting
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, name="qmp", daemon=True).start()
        self.ask("qmp_capabilities")

    def _read(self) -> None:
        try:
            for line in self._file:
                said = json.loads(line)
                if "event" not in said:
                    self._answers.put(said)
                    continue
                with self._changed:
                    self._events.append(said)
                    self._changed.notify_all()
        except (OSError, ValueError):
            return

    def ask(self, command: str, **arguments: Any) -> Any:
        """Run a monitor command; names are written with _ for -. Raises QmpRefused."""
        fitting = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._socket.sendall(json.dumps({"execute": command, "arguments": fitting}).encode() + b"\n")
        answer = self._answers.get(timeout=ANSWER_SECONDS)
        if "error" in answer:
            raise QmpRefused(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_event(self, name: str, **wanted: Any) -> None:
        """Wait for an event with this data; TimeoutError after a while."""
        until = time.monotonic() + EVENT_SECONDS
        with self._changed:
            while True:
                for event in self._events:
                    data = event.get("data", {})
                    if event["event"] == name and wanted.items() <= data.items():
                        self._events.remove(event)
                        return
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"{name} {wanted}")
                self._changed.wait(left)

    def close(self) -> None:
        """Let go of the socket; the reading thread ends with it."""
        self._socket.close()
