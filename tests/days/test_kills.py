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
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.support.kills.house import KillHouse
from tests.support.kills.kept import kill_one
from tests.support.kills.truth import broken_promises, wrongs

log = logging.getLogger(__name__)
KILLS = int(os.environ.get("GATEPOST_KILLS", "200"))
KILL_SECONDS = 600.0
"""How long killing may take at most, however slow the machine."""
SHARES = {"service": 22, "server": 20, "scripted session": 38, "real session": 10, "real window": 10}
"""Of a hundred kills. A kind of which none lives just now waits for its turn."""
GAP_SECONDS = 0.35
CALM_SECONDS = 7.0
CALM_CHANCE = 0.06


@pytest.mark.account
@pytest.mark.display
@pytest.mark.timeout(1000)
def test_nothing_promised_is_lost_and_nothing_comes_twice():
    if os.geteuid() != 0:
        pytest.skip("logging accounts in needs root")
    alone = [sys.executable, "-I", "-c", "import agent, server, tests.support"]
    if subprocess.run(alone, cwd="/", capture_output=True, check=False).returncode:
        pytest.skip("pupils need a runtime that they can read: python3 installer test -- tests/days")
    seed = int(os.environ.get("GATEPOST_KILL_SEED") or random.SystemRandom().randrange(1_000_000))
    chance = random.Random(seed)
    with KillHouse(random.Random(seed + 1)) as house:
        begun = time.monotonic()
        kills = kill_at_random(house, chance, SHARES, KILLS, KILL_SECONDS)
        killed = time.monotonic()
        house.go_home()
        seconds = f"{killed - begun:.0f} s of killing, {time.monotonic() - killed:.0f} s to go home"
        truth, held = house.truth, house.held
        told = f"{house.summary(kills, seed)}; {seconds}"
        found = wrongs(truth, held) + broken_promises(truth, held) + house.problems_at_home()
        logs = house.logs() if found else ""
    log.warning(told)
    print(told)

    assert ([], told) == (found, told), logs
    assert kills.total() == KILLS, told
    if KILLS >= 200:
        assert sum(truth.told["opened"].values()) >= 30, told
        assert any(user.startswith("real-") for user in truth.told["opened"]), told


def kill_at_random(
    house: KillHouse, chance: random.Random, shares: dict[str, int], number: int, most_seconds: float
) -> Counter[str]:
    """Kill everything that is planned, in storms, with calm between in which something can be finished."""
    plan = [kind for kind, share in shares.items() for _ in range(number * share // 100)]
    plan += ["scripted session"] * (number - len(plan))
    chance.shuffle(plan)
    kills: Counter[str] = Counter()
    until = time.monotonic() + most_seconds
    while plan and time.monotonic() < until:
        calm = chance.random() < CALM_CHANCE
        time.sleep(CALM_SECONDS if calm else chance.expovariate(1 / GAP_SECONDS))
        for place, kind in enumerate(plan):
            if kind not in plan[:place] and kill_one(house.victims(kind), chance):
                kills[kind] += 1
                del plan[place]
                break
    return kills
