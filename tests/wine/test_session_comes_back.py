"""A session that is ended on Windows: missed at once, recorded, and started anew on a pipe of its own."""

import os
import signal
from pathlib import Path

from tests.support.apart import served_apart as served
from tests.wine.laptop import WindowsLaptop
from tests.wine.school import School
from tests.wine.windows import Windows

PUPIL = "Çağrı Işık İnce"
GATE_SECONDS = 120.0
HELD_SECONDS = 120.0
"""A policy comes with the next answer to a held request, at most 55 s later."""
LINK = rb"\\.\pipe\gatepost-session-"


def sessions(windows: Windows) -> dict[int, bytes]:
    """Return the session processes of this Windows and the names of their pipes."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environ = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        names = [word for word in words if word.startswith(LINK)]
        if names and f"WINEPREFIX={windows.prefix}".encode() in environ:
            found[int(entry.name)] = names[0]
    return found


def test_a_session_that_is_killed_at_the_gate_is_started_again_and_that_is_recorded(
    laptop: WindowsLaptop, place: School
) -> None:
    with served(place.house) as address:
        place.device = laptop.enrol(address, place.code)
        laptop.start_service()
        laptop.wait_for("the policy", lambda: laptop.status().get("policy_number"), HELD_SECONDS)
        laptop.log_in(PUPIL)
        laptop.wait_for("the gate", lambda: laptop.status().get("logins") == {"gate": 1}, GATE_SECONDS)
        (first,) = sessions(laptop.windows).items()  # only now: one that never came is replaced by another
        os.kill(first[0], signal.SIGKILL)
        second = laptop.wait_for(
            "another session", lambda: set(sessions(laptop.windows).items()) - {first}, GATE_SECONDS
        )
        laptop.wait_for("the record", lambda: "session-lost" in place.kinds(), HELD_SECONDS)
        lost = place.bodies("session-lost")[0]

    assert ("gate", "died", "restarted") == (lost["during"], lost["how"], lost["outcome"])
    assert {first[1]}.isdisjoint(name for _pid, name in second)
    assert [] == place.faults()
