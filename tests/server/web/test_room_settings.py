"""What the pupils of a room obey now: by tier, by time, and the strictest cap where laptops differ."""

from datetime import UTC, datetime, timedelta

import pytest

from policies import schools
from policies.lab_settings import HoursSettings, LabSettings
from policies.tree import Layer
from policies.windows import Window
from server import assigning, policy_store, room_settings
from server.policy_store import Author
from tests.support import school

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
AFTERNOON = Window(days=("tue",), starts="15:30", ends="17:00")
LAYERS = (
    Layer(
        scope="room",
        name="Lab 2",
        when=AFTERNOON,
        change={"hours.session": "club", "hours.longest_check_in_minutes": 90},
    ),
    Layer(scope="device", name=school.LAPTOPS["L-001"], change={"lab.attention_longest_minutes": 3}),
    Layer(scope="room", name="Lab 1", tiers=("early",), change={"hours.supervision": "direct"}),
)


@pytest.fixture
def house(fresh_house):
    """Lab 2 has a club on Tuesday afternoons; early pupils of Lab 1 are directly supervised."""
    now = datetime.now(UTC)
    with fresh_house.db.write() as connection:
        tree = policy_store.current_tree(connection).tree
        profile = schools.load_profile("primary-england")
        changed = type(tree)(
            school=tree.school,
            tiers=tree.tiers,
            settings=profile.settings,
            layers=LAYERS,
            profile=tree.profile,
        )
        policy_store.add_revision(
            connection, changed, by=Author(None, "test", frozenset()), now=now, reason="", kind="published"
        )
        assigning.refresh(connection, now)
    return fresh_house


def hours(house, room, at=TUESDAY):
    with house.db.read() as connection:
        return room_settings.hours_of_room(connection, room, at)


def test_r22_a_club_is_a_club_in_its_hours_alone(house):
    club = hours(house, "Lab 2", TUESDAY.replace(hour=16))

    assert (frozenset({"club"}), True, 90) == (
        club.sessions,
        club.needs_supervisor,
        club.longest_check_in_minutes,
    )
    for at in (TUESDAY, TUESDAY.replace(hour=17), TUESDAY.replace(hour=16) + timedelta(days=1)):
        assert not hours(house, "Lab 2", at).needs_supervisor


def test_the_next_change_of_a_room_is_known(house):
    morning = hours(house, "Lab 2")

    assert TUESDAY.replace(hour=15, minute=30) == morning.changes_at
    assert morning.changes_today(TUESDAY)
    assert not morning.changes_today(TUESDAY + timedelta(days=1))


def test_r20_one_tier_that_is_directly_supervised_makes_the_room_so(house):
    found = hours(house, "Lab 1")

    assert (True, True, 30) == (found.direct, found.needs_supervisor, found.direct_confirm_minutes)


def test_the_strictest_laptop_of_a_room_caps_what_a_teacher_does_for_all(house):
    with house.db.read() as connection:
        caps = {
            room: room_settings.lab_of_room(connection, room, TUESDAY).attention_longest_minutes
            for room in ("Lab 2", "Lab 1", "nowhere")
        }

    assert {"Lab 2": 3, "Lab 1": 15, "nowhere": 15} == caps


def test_before_a_policy_a_room_is_as_the_defaults_say(tmp_path):
    from server.db import Database

    database = Database(tmp_path / "gatepost.sqlite")
    database.upgrade()
    with database.read() as connection:
        found = room_settings.hours_of_room(connection, "Lab 2", TUESDAY)
        lab = room_settings.lab_of_room(connection, "Lab 2", TUESDAY)
    database.close()

    assert room_settings.decide_hours([HoursSettings()]) == found
    assert LabSettings() == lab


def test_of_two_answers_the_stricter_holds():
    one = LabSettings(messages=False, pause_longest_minutes=60)
    other = LabSettings(attention_locks=True, detail_needs_reason=False, pause_longest_minutes=30)

    assert LabSettings(
        messages=False, attention_locks=True, detail_needs_reason=True, pause_longest_minutes=30
    ) == room_settings.strictest_lab([one, other])
