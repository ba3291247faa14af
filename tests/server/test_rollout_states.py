"""Whatever happens in whatever order: every laptop has a policy, and never a weaker one than was approved."""

from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from policies.comparing import compare
from server import assigning, policy_store, proposing, publishing, rollouts
from server.errors import Invalid
from server.policy_store import Composer
from server.rollout_machine import Plan, Ring
from tests.support.policy_desk import BOTH, DENIZ, HALE, NOW, TESS, TOM, Desk, changed, layered, room_layer
from tests.support.pretend_fleet import Fleet, open_connection

ROOMS = ("Lab 1", "Lab 2")
IDLE = (60, 120, 300, 600, 1800)
RINGS = (
    Plan(wait_minutes=5),
    Plan(rings=(Ring(kind="group", name="pilot"),), wait_minutes=5, silent_minutes=5),
    Plan(rings=(Ring(kind="group", name="pilot"), Ring(kind="room", name="Lab 1")), by_hand=True),
    Plan(rings=(Ring(kind="room", name="Lab 2"),), wait_minutes=5, rejected_percent=50),
)


class Rollouts(RuleBasedStateMachine):
    """A school's settings, its laptops and its adults, in any order."""

    @initialize()
    def begin(self):
        self.connection = open_connection(NOW)
        self.desk, self.fleet = Desk(self.connection), Fleet(self.connection)
        for room, group in (("Lab 1", "pilot"), ("Lab 1", ""), ("Lab 2", "pilot"), ("Lab 2", "")):
            self.fleet.enrol(NOW, room, group)
        self.held = {}
        self.seen = [self.desk.revision]
        self.hashes = {}

    def teardown(self):
        if hasattr(self, "connection"):
            self.connection.close()

    @property
    def now(self):
        return self.desk.now

    def laptop(self, number):
        every = self.fleet.active()
        return every[number % len(every)] if every else None

    # -- adults ------------------------------------------------------------------------------------

    def tree_of(self, idle, room, room_idle):
        tree = changed(self.desk.tree, lock__idle_after_seconds=idle)
        return layered(_without_layers(tree), room_layer(room, lock__idle_after_seconds=room_idle))

    @rule(
        idle=st.sampled_from(IDLE),
        room=st.sampled_from(ROOMS),
        room_idle=st.sampled_from(IDLE),
        plan=st.sampled_from(RINGS),
        by=st.sampled_from([TESS, DENIZ, BOTH, proposing.COMMAND_LINE]),
        second=st.sampled_from([None, TOM, HALE, DENIZ, BOTH, proposing.COMMAND_LINE]),
    )
    def somebody_changes_settings(self, idle, room, room_idle, plan, by, second):
        self.change(idle, room, room_idle, plan, by, second)

    def change(self, idle, room, room_idle, plan, by, second):
        try:
            made = self.desk.propose(self.tree_of(idle, room, room_idle), by, risk="none", plan=plan)
            if made.state == "ready":
                proposing.apply(self.connection, made.number, by=by, now=self.now)
            elif second is not None:
                proposing.approve(self.connection, made.number, by=second, now=self.now)
        except Invalid:
            return  # a ring without laptops, a rollout under way, nothing changed, not their office

    @rule(
        idle=st.sampled_from(IDLE),
        room=st.sampled_from(ROOMS),
        room_idle=st.sampled_from(IDLE),
        plan=st.sampled_from(RINGS),
    )
    def two_adults_change_settings(self, idle, room, room_idle, plan):
        self.change(idle, room, room_idle, plan, TESS, HALE)

    @rule(number=st.integers(1, 12), second=st.sampled_from([None, HALE]))
    def somebody_goes_back(self, number, second):
        try:
            made = proposing.roll_back(
                self.connection,
                by=TESS,
                reason="back",
                risk="x",
                now=self.now,
                to=min(number, self.desk.revision.number),
            )
            if made.state == "ready":
                proposing.apply(self.connection, made.number, by=TESS, now=self.now)
            elif second is not None:
                proposing.approve(self.connection, made.number, by=second, now=self.now)
        except Invalid:
            return

    @rule(number=st.integers(1, 30), who=st.sampled_from([TESS, BOTH, HALE, DENIZ]))
    def somebody_answers_an_old_change(self, number, who):
        try:
            made = proposing.get(self.connection, number)
            if made.state == "outdated":
                made = proposing.rebase(self.connection, number, by=who, now=self.now)
            proposing.approve(self.connection, made.number, by=who, now=self.now)
        except (Invalid, proposing.NotFound):
            return

    @precondition(lambda self: rollouts.under_way(self.connection))
    @rule(what=st.sampled_from(["pause", "go_on", "stop"]))
    def somebody_steers_the_rollout(self, what):
        number = rollouts.under_way(self.connection).number
        if what == "pause":
            rollouts.pause(self.connection, number, self.now)
        elif what == "go_on":
            rollouts.go_on(self.connection, number, self.now, self.fleet.active())
        else:
            rollouts.stop(self.connection, number, by=TESS, now=self.now)

    @rule()
    def the_officers_list_changes(self):
        publishing.republish(self.connection, by="test", now=self.now, reason="officers")

    # -- laptops -----------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(
            ["confirms", "confirms", "refuses", "moves", "moves", "breaks", "joins", "leaves"]
        ),
        which=st.integers(0, 40),
        room=st.sampled_from(ROOMS),
        group=st.sampled_from(["", "pilot"]),
    )
    def a_laptop_does_something(self, what, which, room, group):
        device = self.laptop(which)
        if what == "joins" or device is None:
            if len(self.fleet.active()) < 8:
                self.fleet.enrol(self.now, room, group)
        elif what == "confirms":
            self.fleet.confirm(device, self.now)
            self.fleet.change(device, self.now, last_seen_at=self.now)
        elif what == "refuses":
            self.fleet.reject(device)
        elif what == "moves":
            self.fleet.change(device, self.now, room=room)
            self.fleet.regroup(device, self.now, *[group] if group else [])
        elif what == "breaks":
            self.fleet.change(device, self.now, capabilities='{"lock": "broken"}')
        else:
            self.fleet.change(device, self.now, state="retired")

    @rule(which=st.integers(0, 40), number=st.sampled_from([-1, 0, 1, 7, 10**6, 2**40, 10**25]))
    def a_laptop_says_a_number_of_its_own(self, which, number):
        device = self.laptop(which)
        if device:
            assigning.confirm(self.connection, [(device, number, self.now)])

    @rule(minutes=st.sampled_from([0, 1, 6, 31]), half=st.booleans())
    def time_passes(self, minutes, half):
        self.desk.now += timedelta(minutes=minutes)
        every = self.fleet.active()
        rollouts.tick(self.connection, self.now, every[::2] if half else every)

    # -- what always holds -------------------------------------------------------------------------

    @invariant()
    def every_laptop_has_a_whole_policy(self):
        if not hasattr(self, "fleet"):
            return
        assert set(self.fleet.active()) <= self.fleet.assigned()
        for device in self.fleet.active():
            assert self.fleet.settings(device)

    @invariant()
    def numbers_only_grow_and_new_bytes_have_a_new_number(self):
        if not hasattr(self, "fleet"):
            return
        for device in self.fleet.active():
            now = self.fleet.given(device)
            before = self.held.get(device)
            if before is not None:
                assert now.number >= before.number
                assert now.body_hash == before.body_hash or now.number > before.number
            self.held[device] = now

    @invariant()
    def every_laptop_has_what_was_approved_for_its_place(self):
        if not hasattr(self, "fleet"):
            return
        running = rollouts.under_way(self.connection)
        newest = self.desk.revision
        good = newest
        if running is not None:
            good = policy_store.get_revision(self.connection, running.good_revision)
        where = assigning.placing.placements(self.connection)
        for device, placement in where.items():
            allowed = {self.hash_of(each, placement) for each in (newest, good)}
            assert self.fleet.given(device).body_hash in allowed

    def hash_of(self, revision, placement):
        key = (revision.number, placement)
        if key not in self.hashes:
            self.hashes[key] = Composer(self.connection, revision, self.now).hash_for(placement)
        return self.hashes[key]

    @invariant()
    def nothing_weaker_came_without_two_adults(self):
        if not hasattr(self, "fleet"):
            return
        last = self.seen[-1].number
        for after in reversed(policy_store.list_revisions(self.connection, self.desk.revision.number - last)):
            before = self.seen[-1]
            weaker = any(change.weakens for change in compare(before.tree, after.tree))
            if after.kind == "stopped":
                stopped = next(each for each in rollouts.list_rollouts(self.connection) if each.ended_at)
                good = policy_store.get_revision(self.connection, stopped.good_revision)
                assert ("stopped", good.tree_hash) == (stopped.state, after.tree_hash)
            elif weaker:
                self.has_two_adults(after)
            self.seen.append(after)

    def has_two_adults(self, revision):
        made = proposing.get(self.connection, revision.proposal)
        (yes,) = [answer for answer in made.answers if answer.answer == "yes"]
        assert yes.by.staff is not None
        assert yes.by.staff != made.by.staff
        both = yes.by.roles | made.by.roles
        assert both & {"technician"}
        assert both & {"head", "safeguarding"}

    @invariant()
    def at_most_one_rollout_is_under_way(self):
        if hasattr(self, "fleet"):
            listed = rollouts.list_rollouts(self.connection, 1000)
            assert sum(each.is_under_way for each in listed) <= 1


def _without_layers(tree):
    return type(tree)(
        school=tree.school, tiers=tree.tiers, settings=tree.settings, profile=tree.profile, review=tree.review
    )


Rollouts.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestNoSequenceLeavesALaptopWithoutAPolicyOrWeakerThanApproved = Rollouts.TestCase
