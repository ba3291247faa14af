"""A Windows service killed at any moment, without a server: what it had written arrives, once, in order.

Kills are TerminateProcess's: nothing of ours runs afterwards.
"""

import random
import threading
from collections import Counter

from tests.support.apart import served_apart as served
from tests.wine.laptop import WindowsLaptop
from tests.wine.school import School
from tests.wine.test_windows_day import HELD_SECONDS, PUPIL, enrol

KILLS = 5


def test_a_windows_service_that_is_killed_again_and_again_loses_nothing(
    laptop: WindowsLaptop, place: School
) -> None:
    chance = random.Random(7)
    with served(place.house) as address:
        port = int(address.rsplit(":", 1)[1])
        enrol(laptop, place, address)
        laptop.start_service()
        laptop.wait_for("the policy", lambda: laptop.status().get("policy_number"), HELD_SECONDS)
        seen = len(place.kinds())
    told = [0]
    for _ in range(KILLS):  # without a server: everything has to wait on the laptop's own disk
        laptop.happens_login(PUPIL)
        told.append(waiting(laptop))
        threading.Event().wait(chance.uniform(0.0, 1.5))  # in the middle of whatever it does just then
        laptop.kill_service()
        laptop.log_out()
        laptop.start_service()
        if chance.random() < 0.5:
            threading.Event().wait(chance.uniform(0.5, 3.0))  # and in the middle of its start
            laptop.kill_service()
            laptop.start_service()
    told.append(waiting(laptop))
    place.open_again()
    with served(place.house, port):
        laptop.wait_for("an empty journal", lambda: laptop.status().get("waiting_records") == 0, HELD_SECONDS)

    assert sorted(told) == told, "what waited once has gone without a server"
    assert told[-1] >= KILLS
    assert len(place.kinds()) >= seen + told[-1]
    assert KILLS + 1 <= Counter(place.kinds())["agent-started"], place.kinds()
    assert [] == place.faults()


def waiting(laptop: WindowsLaptop) -> int:
    """Return how many records wait, said by a service that has just answered."""
    said = laptop.wait_for(
        "an answer", lambda: "waiting_records" in (now := laptop.status()) and now, HELD_SECONDS
    )
    return int(said["waiting_records"])
