"""Two hundred kills: nothing that was promised is ever lost, nothing comes twice, nothing opens unanswered.

Real server over TLS, real service as root, real sessions and windows of a real account on a virtual display,
beside many quick logins whose sessions only talk. Signal 9 hits service, server, sessions and windows at
random moments while logins come and go, apps are used, screens lock and other laptops upload. Then everybody
goes home, and what the server holds is compared with what was written down on the way.

`GATEPOST_KILL_SEED` repeats a run's choices; `GATEPOST_KILLS` asks for another number of kills.
"""

import logging
import os
import random
import time
from collections import Counter

import pytest

from tests.support.kills.house import KillHouse
from tests.support.kills.kept import kill_one
from tests.support.kills.truth import broken_promises, read_held, read_truth, wrongs

log = logging.getLogger(__name__)
KILLS = int(os.environ.get("GATEPOST_KILLS", "200"))
KILL_SECONDS = 200.0
"""How long killing may take at most, however slow the machine."""
WEIGHTS = {"service": 20, "server": 18, "scripted session": 24, "real session": 16, "real window": 22}
LEAST = {"service": 25, "server": 20, "scripted session": 20, "real session": 10, "real window": 10}
"""So many of each kind in 200, or the test has not tested."""
GAP_SECONDS = 0.5
CALM_SECONDS = 4.0
CALM_CHANCE = 0.06


@pytest.mark.account
@pytest.mark.display
@pytest.mark.timeout(480)
def test_nothing_promised_is_lost_and_nothing_comes_twice():
    if os.geteuid() != 0:
        pytest.skip("logging accounts in needs root")
    seed = int(os.environ.get("GATEPOST_KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    chance = random.Random(seed)
    with KillHouse(random.Random(seed + 1)) as house:
        kills = kill_at_random(house, chance)
        house.go_home()
        truth, held = read_truth(house.truth_path), read_held(house.database, house.device)
        told = house.summary(kills, truth, held, seed)
        found = wrongs(truth, held) + broken_promises(truth, held) + house.problems_at_home()
        logs = house.logs() if found else ""
    log.warning(told)
    print(told)

    assert ([], told) == (found, told), logs
    if KILLS >= 200:
        few = {kind: kills[kind] for kind in LEAST if kills[kind] < LEAST[kind]}
        assert ({}, told) == (few, told)
        assert kills.total() >= KILLS, told
        assert sum(truth.told["opened"].values()) >= 30, told
        assert any(user.startswith("real-") for user in truth.told["opened"]), told


def kill_at_random(house: KillHouse, chance: random.Random) -> Counter[str]:
    """Kill until there were enough, with calm moments between in which something can be finished."""
    kills: Counter[str] = Counter()
    until = time.monotonic() + KILL_SECONDS
    while kills.total() < KILLS and time.monotonic() < until:
        time.sleep(chance.expovariate(1 / GAP_SECONDS))
        if chance.random() < CALM_CHANCE:
            time.sleep(CALM_SECONDS)
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        kills[kind] += kill_one(house.victims(kind), chance)
    return kills
