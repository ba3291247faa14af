"""A room's and a tier's own settings, from the files to one login: real server, TLS, real service."""

from datetime import UTC, datetime

import msgspec
import pytest

from agent.link import client
from agent.service.holding import settings_of
from policies.tree import Layer
from policies.tree_files import read_folder, write_folder
from policies.variants import Window
from server import assigning, changes, policy_store
from server.policy_store import Author
from tests.support.apart import served_apart as served
from tests.support.day import Day, Running, wait_for
from tests.support.school import ROOM

HEAD = Author(None, "Grace Hale", frozenset({"head"}))
ROOMS_OWN = Layer(scope="room", name=ROOM, change={"lock.idle_after_seconds": 240})
JUNIORS = Layer(
    scope="room",
    name=ROOM,
    tiers=("junior",),
    when=Window(starts="09:00", ends="15:00"),
    change={"lock.idle_after_seconds": 90},
)
ELSEWHERE = Layer(scope="room", name="The other room", change={"lock.idle_after_seconds": 77})


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


def apply_files(day, folder, *layers):
    """Write the settings as files, read them again, and give them to every laptop."""
    now = datetime.now(UTC)
    with day.house.db.write() as connection:
        tree = policy_store.current_tree(connection).tree
        write_folder(folder, msgspec.structs.replace(tree, layers=layers))
        tree = read_folder(folder)
        policy_store.add_revision(connection, tree, by=HEAD, now=now, reason="files", kind="applied")
        assigning.refresh(connection, now)
        changes.bump(connection, changes.POLICY)


def test_a_laptop_obeys_what_its_room_and_the_login_s_tier_are_given(day, tmp_path):
    apply_files(day, tmp_path / "settings", ROOMS_OWN, JUNIORS, ELSEWHERE)
    with served(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device)
        try:
            wait_for(lambda: client.ask_status(day.config.socket).policy_number, "the policy")
            wait_for(lambda: "policy-applied" in day.kinds(), "the confirmation")
            policy = running.service.ground.policy
        finally:
            running.stop()
    (kept,) = (day.config.state / "policy").glob("*.json")
    assert b"77" not in msgspec.json.encode(msgspec.json.decode(kept.read_bytes())["settings"])
    lesson, evening = datetime(2026, 9, 14, 10), datetime(2026, 9, 14, 16)

    def idle(tier, local):
        return settings_of(policy, tier, None, local).lock.idle_after_seconds

    assert [90, 240] == [idle("junior", at) for at in (lesson, evening)]
    assert [240, 240] == [idle("teen", at) for at in (lesson, evening)]
