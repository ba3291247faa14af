r"""
The Windows agent with sessions told by a file, in Windows Python: `python service.py STAGE agent-arguments`.

Wine has one account, one session, no winlogon.exe, and sends no session events. These four are told by the
stage, at the slices that ask Windows (agent/backends/win32api); everything else is asked of Wine's Windows.
What the service starts (session, windows) is not staged at all.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

STAGE = Path(sys.argv[1])
EVERY_SECONDS = 0.1
SYSTEM = "S-1-5-18"
LEADER, PYTHON = "winlogon.exe", "python.exe"


def stage() -> dict[str, Any]:
    """Return what is played now: `logins` [[session, domain, user]], `events` [[number, session]]."""
    for _ in range(100):
        try:
            return json.loads(STAGE.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            time.sleep(0.02)
    return {"logins": [], "events": []}


def put_on() -> None:
    """Put the stage in the place of what Wine lacks."""
    import win32process

    from agent.backends.win32api import own, pipes, processes, security, sessions
    from agent.backends.windows_slices import SessionRow

    pupil = own.own_sid()  # Wine's only account plays the pupil
    real_sid_of, real_client = processes.sid_of, pipes.Server.client

    def listed() -> list[SessionRow]:
        return [
            SessionRow(session, "active", user, domain, pupil) for session, domain, user in stage()["logins"]
        ]

    def sid_of(handle: int) -> str:
        # Wine's own programs, and we: the system's. Every other Python is the pupil's.
        is_pupils = processes.program(handle).lower().endswith(PYTHON)
        return (
            real_sid_of(handle) if is_pupils and win32process.GetProcessId(handle) != os.getpid() else SYSTEM
        )

    def name_of_sid(sid: str) -> tuple[str, str]:
        _session, domain, user = stage()["logins"][0]
        assert sid == pupil
        return domain, user

    def logoff(_session: int) -> None:
        for row in processes.listed():
            if row.name.lower() == LEADER:
                handle = processes.open_process(row.pid)
                processes.terminate(handle, 0)
                processes.close(handle)

    def client(end: Any) -> Any:
        return real_client(end)._replace(is_elevated=False)  # Wine's account is an administrator, always

    sessions.listed, sessions.logoff = listed, logoff
    sessions.session_sid = lambda _session: pupil
    processes.sid_of = sid_of
    security.name_of_sid = name_of_sid
    pipes.Server.client = client


def play_events() -> None:
    """Tell the service what Windows' service manager would have told it."""
    from agent.backends.windows_events import HUB

    done = len(stage()["events"])
    while True:
        time.sleep(EVERY_SECONDS)
        events = stage()["events"]
        for number, session in events[done:]:
            HUB.session_changed(number, session)
        done = max(done, len(events))


def main() -> int:
    """Put the stage on and be the agent."""
    put_on()
    threading.Thread(target=play_events, name="stage", daemon=True).start()
    from agent.__main__ import main as agent

    return agent(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
