"""Rollouts on a database: rings open, stop by themselves, and everybody has a good policy throughout."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies.tree import Layer
from server import assigning, housekeeping, proposing, publishing, rollout_view, rollouts
from server.errors import Invalid
from server.rollout_machine import Plan, Ring
from tests.support.policy_desk import HALE, NOW, TESS, Desk, changed, layered, room_layer
from tests.support.pretend_fleet import Fleet, open_connection

RINGS = Plan(rings=(Ring(kind="group", name="pilot"), Ring(kind="room", name="Lab 1")), wait_minutes=30)


class House:
    """A desk and a fleet on one pretended clock."""

    def __init__(self):
        self.connection = open_connection(NOW)
        self.desk, self.fleet = Desk(self.connection), Fleet(self.connection)
        self.pilots = [self.fleet.enrol(NOW, "Lab 1", "pilot") for _ in range(2)]
        self.room = [self.fleet.enrol(NOW, "Lab 1") for _ in range(3)]
        self.rest = [self.fleet.enrol(NOW, "Lab 2") for _ in range(4)]
        self.everybody = [*self.pilots, *self.room, *self.rest]
        for device in self.everybody:
            self.fleet.confirm(device, NOW)
        self.off = set()

    @property
    def now(self):
        return self.desk.now

    def push(self, plan=RINGS, **values):
        values = values or {"lock__idle_after_seconds": 120}
        made = self.desk.save(changed(self.desk.tree, **values), plan=plan)
        assert "applied" == made.state
        return rollouts.under_way(self.connection)

    def later(self, minutes):
        self.desk.now += timedelta(minutes=minutes)
        return self.tick()

    def tick(self):
        heard = set(self.fleet.active()) - self.off
        return rollouts.tick(self.connection, self.now, heard)

    def confirm(self, *devices):
        for device in devices:
            self.fleet.confirm(device, self.now)

    def idle(self, *devices):
        return [self.fleet.settings(device).lock.idle_after_seconds for device in devices]

    def view(self, number):
        return rollout_view.view(self.connection, number, self.now, set(self.fleet.active()) - self.off)


@pytest.fixture
def house():
    made = House()
    yield made
    made.connection.close()


def test_rings_open_one_after_the_other_and_then_everybody_has_it(house):
    number = house.push().number
    first = house.idle(*house.everybody)
    house.confirm(*house.pilots)
    house.later(30)
    second = house.idle(*house.everybody)
    house.confirm(*house.room)
    house.later(30)
    third = house.idle(*house.everybody)
    house.later(30)

    assert [120] * 2 + [300] * 7 == first
    assert [120] * 5 + [300] * 4 == second
    assert [120] * 9 == third
    assert "done" == rollouts.get(house.connection, number).state


def test_a_laptop_that_refuses_stops_it_and_the_others_get_the_good_one_back_under_a_higher_number(house):
    before = [house.fleet.given(device).number for device in house.pilots]
    number = house.push().number
    during = [house.fleet.given(device).number for device in house.pilots]
    house.confirm(house.pilots[0])
    house.fleet.reject(house.pilots[1], "report.shortcut: not a key")
    house.tick()
    after = [house.fleet.given(device).number for device in house.pilots]

    stopped = rollouts.get(house.connection, number)
    assert "stopped" == stopped.state
    assert stopped.note.startswith("rejected: 1 of 2 laptops")
    assert [300] * 9 == house.idle(*house.everybody)
    assert all(a < b < c for a, b, c in zip(before, during, after, strict=True))
    assert [("Gatepost", "stopped")] == [(house.desk.revision.by.name, house.desk.revision.kind)]


def test_laptops_of_rings_that_never_opened_hear_nothing_of_a_stopped_rollout(house):
    before = [house.fleet.given(device).number for device in house.rest]
    house.push()
    house.fleet.reject(house.pilots[0])
    house.tick()

    assert before == [house.fleet.given(device).number for device in house.rest]


def test_laptops_that_fall_silent_under_the_new_settings_stop_it(house):
    number = house.push().number
    house.off = {house.pilots[0]}
    quiet = house.later(9)
    house.later(2)

    assert not quiet
    assert "silent: 1 of 2" in rollouts.get(house.connection, number).note


def test_a_part_that_breaks_under_the_new_settings_stops_it_and_one_that_was_broken_does_not(house):
    house.fleet.change(house.pilots[0], NOW, capabilities='{"speech": "broken"}')
    number = house.push().number
    calm = house.later(1)
    house.fleet.change(house.pilots[1], house.now, capabilities='{"lock": "broken"}')
    house.tick()

    assert not calm
    assert rollouts.get(house.connection, number).note.startswith("broken: 1 of 2")


def test_one_person_stops_a_bad_rollout_with_one_step(house):
    number = house.push().number
    rollouts.stop(house.connection, number, by=TESS, now=house.now)

    assert [300] * 9 == house.idle(*house.everybody)
    assert "stopped by Tess Aydın" == rollouts.get(house.connection, number).note


def test_stopping_what_goes_to_everybody_at_once_needs_one_person_only(house):
    number = house.push(plan=Plan()).number
    house.confirm(*house.everybody)
    house.later(5)
    rollouts.stop(house.connection, number, by=TESS, now=house.now)

    assert [300] * 9 == house.idle(*house.everybody)


def test_a_rollout_that_is_over_is_not_stopped_any_more(house):
    number = house.push(plan=Plan()).number
    house.later(31)
    with pytest.raises(Invalid, match="over"):
        rollouts.stop(house.connection, number, by=TESS, now=house.now)


def test_a_paused_rollout_waits_and_goes_on(house):
    number = house.push().number
    house.confirm(*house.pilots)
    rollouts.pause(house.connection, number, house.now)
    house.later(60)
    waited = house.idle(*house.room)
    rollouts.go_on(house.connection, number, house.now)
    house.tick()

    assert [300] * 3 == waited
    assert [120] * 3 == house.idle(*house.room)


def test_r82_a_pause_does_not_keep_the_way_back_open_for_ever(house):
    """Who stops a rollout needs no second adult, because what comes back held a moment ago."""
    number = house.push(plan=Plan()).number
    house.confirm(*house.everybody)
    rollouts.pause(house.connection, number, house.now)
    house.later(60 * 24 * 100)
    with pytest.raises(Invalid, match="over"):
        rollouts.stop(house.connection, number, by=TESS, now=house.now)

    assert [120] * 9 == house.idle(*house.everybody)


def test_by_hand_every_ring_waits_for_a_person(house):
    number = house.push(plan=msgspec.structs.replace(RINGS, by_hand=True)).number
    house.confirm(*house.pilots)
    house.later(600)
    waited = house.idle(*house.room)
    rollouts.go_on(house.connection, number, house.now, set(house.everybody))

    assert [300] * 3 == waited
    assert [120] * 3 == house.idle(*house.room)


def test_nobody_presses_on_over_laptops_that_say_no(house):
    number = house.push(plan=msgspec.structs.replace(RINGS, by_hand=True)).number
    house.fleet.reject(house.pilots[0])
    after = rollouts.go_on(house.connection, number, house.now, set(house.everybody))

    assert "stopped" == after.state


def test_a_laptop_that_joins_meanwhile_gets_the_last_good_one_and_the_new_one_at_the_end(house):
    house.push()
    new = house.fleet.enrol(house.now, "Lab 1", "pilot")
    joined = house.idle(new)
    house.confirm(*house.pilots)
    house.later(30)
    house.confirm(*house.room)
    house.later(30)

    assert [300] == joined
    assert [120] == house.idle(new)


def test_a_room_that_became_empty_is_skipped_with_a_note(house):
    number = house.push().number
    house.confirm(*house.pilots)
    for device in house.room:
        house.fleet.change(device, house.now, state="retired")
    house.later(30)

    skipped = rollouts.get(house.connection, number)
    assert 2 == skipped.ring
    assert "skipped room Lab 1" in skipped.note
    assert ["open", "skipped", "open"] == [ring.state for ring in house.view(number).rings]


def test_a_ring_with_no_laptops_is_refused_at_the_start_by_its_name(house):
    plan = Plan(rings=(Ring(kind="room", name="Attic"),))
    with pytest.raises(Invalid, match="room Attic"):
        house.push(plan=plan)


def test_nothing_else_is_applied_before_every_ring_is_open(house):
    house.push()
    made = house.desk.propose(changed(house.desk.tree, usage__send_after_seconds=60))
    with pytest.raises(proposing.ProposalRefused) as caught:
        proposing.apply(house.connection, made.number, by=TESS, now=house.now)

    assert "rollout-runs" == caught.value.kind


def test_newer_settings_overtake_a_rollout_that_is_only_watched(house):
    first = house.push(plan=Plan()).number
    second = house.push(plan=Plan(), usage__send_after_seconds=60).number
    rollouts.stop(house.connection, second, by=TESS, now=house.now)

    assert "overtaken" == rollouts.get(house.connection, first).state
    assert [120] * 9 == house.idle(*house.everybody)


def test_every_laptop_says_for_itself_whether_it_applied_waits_or_refused_and_why(house):
    number = house.push().number
    house.confirm(house.pilots[0])
    house.fleet.reject(house.pilots[1], "lock: no such locker")
    pilot, room, rest = house.view(number).rings

    assert (house.pilots[0],) == pilot.confirmed
    assert ((house.pilots[1], "lock: no such locker"),) == pilot.rejected
    assert ("waiting", "waiting") == (room.state, rest.state)
    house.tick()
    assert ((house.pilots[1], "lock: no such locker"),) == house.view(number).rings[0].rejected


def test_the_officers_list_goes_to_everybody_during_a_rollout_without_moving_a_ring(house):
    house.push()
    publishing.republish(house.connection, by="test", now=house.now, reason="officers")

    assert [120] * 2 + [300] * 7 == house.idle(*house.everybody)


def test_a_laptop_that_moves_gets_its_new_rooms_settings_of_its_own_ring(house):
    house.desk.save(layered(house.desk.tree, room_layer("Lab 2", lock__idle_after_seconds=60)))
    house.later(31)
    before = house.fleet.given(house.room[0]).number
    house.fleet.change(house.room[0], house.now, room="Lab 2")

    assert [60] == house.idle(house.room[0])
    assert before < house.fleet.given(house.room[0]).number


def test_equal_laptops_get_the_same_bytes(house):
    house.desk.save(layered(house.desk.tree, room_layer("Lab 2", lock__idle_after_seconds=60)))

    assert 2 == len({house.fleet.given(device).body_hash for device in house.everybody})


def test_a_change_that_leaves_a_laptop_its_bytes_tells_it_nothing(house):
    before = [house.fleet.given(device).number for device in house.pilots]
    house.desk.save(layered(house.desk.tree, room_layer("Lab 2", lock__idle_after_seconds=60)))

    assert before == [house.fleet.given(device).number for device in house.pilots]


def test_a_single_laptop_has_settings_of_its_own(house):
    own = Layer(scope="device", name=house.rest[0], change={"lock.idle_after_seconds": 45})
    house.desk.save(layered(house.desk.tree, own))

    assert [45, 300] == house.idle(*house.rest[:2])


def test_r82_a_stopped_rollout_brings_back_what_was_approved_and_nothing_weaker(house):
    made = house.desk.propose(
        changed(house.desk.tree, lock__idle_after_seconds=900), risk="never alone", plan=RINGS
    )
    proposing.approve(house.connection, made.number, by=HALE, now=house.now)
    weaker = house.idle(*house.everybody)
    house.fleet.reject(house.pilots[0])
    house.tick()

    assert [900] * 2 + [300] * 7 == weaker
    assert [300] * 9 == house.idle(*house.everybody)


# -- what laptops say of their numbers -------------------------------------------------------------


def test_r33_a_laptop_that_was_ahead_of_a_restored_server_is_given_a_higher_number(house):
    device = house.rest[0]
    assigning.confirm(house.connection, [(device, 40, house.now)])

    assert 41 == house.fleet.given(device).number


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, -1, 0])
def test_r33_a_number_nobody_could_have_given_changes_nothing(house, number):
    device = house.rest[0]
    before = house.fleet.given(device)
    assigning.confirm(house.connection, [(device, number, house.now), ("f" * 16, number, house.now)])

    assert before == house.fleet.given(device)


def test_an_older_number_confirms_nothing(house):
    device = house.pilots[0]
    old = house.fleet.given(device).number
    number = house.push().number
    assigning.confirm(house.connection, [(device, old, house.now)])

    assert device in house.view(number).rings[0].pending


def test_the_running_server_stops_a_bad_rollout_by_itself(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        desk = Desk(connection, datetime.now(UTC))
        desk.save(changed(desk.tree, lock__idle_after_seconds=120))
        number = rollouts.under_way(connection).number
    housekeeping.watch_rollout(here)
    with here.db.write() as connection:
        calm = rollouts.get(connection, number).state
        fleet = Fleet(connection)
        fleet.reject(laptop.device)
    housekeeping.watch_rollout(here)
    with here.db.read() as connection:
        stopped = rollouts.get(connection, number).state

    assert ("running", "stopped") == (calm, stopped)
    assert 3 == here.in_force.newer(laptop.device, 2)[0].number
