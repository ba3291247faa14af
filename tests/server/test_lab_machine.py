"""Two teachers, any orders in any order, laptops that are away: what laptops hold is what the server says."""

import contextlib
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import insert

from policies.lab_orders import Attention, PauseLock
from server import lab_orders
from server.changes import Changes
from server.lab_book import LabRefused, holding
from server.media_tables import order_outcomes
from server.telling import MediaTelling
from server.watching import Watches
from tests.support.lab_story import DEMIR, REED
from tests.support.pretend_fleet import Fleet, open_connection
from tests.support.started import NOW

ROOMS = ("Lab 1", "Lab 2")
TEACHERS = st.sampled_from([DEMIR, REED])
WHICH = st.integers(0, 3)
MINUTES = st.integers(1, 20)


class PretendLaptop:
    """It keeps of each order the word that was issued last, as an agent does."""

    def __init__(self, device, room):
        self.device, self.room = device, room
        self.cursor = 0
        self.held = {}
        self.recorded = set()

    def poll(self, telling, watches, now):
        """Ask as a held request does: the cursor first, then what is above the last one."""
        _, cursor = watches.newer(self.room, self.cursor, now)
        for word in telling.newer(self.device, self.room, self.cursor, now):
            if isinstance(word, Attention | PauseLock):
                before = self.held.get(word.order)
                if before is None or word.issued_at > before.issued_at:
                    self.held[word.order] = word
        self.cursor = cursor

    def restart_without_cursor(self):
        self.cursor = 0

    def in_force(self, now):
        return {order for order, word in self.held.items() if word.on and word.until > now}


class Lesson(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.now = NOW
        self.connection = open_connection(NOW)
        fleet = Fleet(self.connection)
        self.fleet = fleet
        self.laptops = [PretendLaptop(fleet.enrol(NOW, "Lab 1"), "Lab 1") for _ in range(4)]
        fleet.enrol(NOW, "Lab 2")
        self.changes = Changes()
        self.restart_server()

    def refresh(self, *, moved=False):
        self.telling.refresh(self.connection, self.now, moved=moved)

    def order(self, name, *args, **values):
        with contextlib.suppress(LabRefused):  # more orders in a minute than anybody gives
            getattr(lab_orders, name)(self.connection, *args, now=self.now, **values)
        self.refresh()

    def running(self, kind):
        return holding(self.connection, "Lab 1", kind, self.now)

    @rule(teacher=TEACHERS, minutes=MINUTES, room=st.sampled_from(ROOMS))
    def everybody(self, teacher, minutes, room):
        self.order("begin_attention", teacher, room, minutes=minutes)

    @rule(teacher=TEACHERS, minutes=MINUTES, chosen=st.sets(WHICH, min_size=1))
    def some(self, teacher, minutes, chosen):
        here = [self.laptops[each].device for each in chosen if self.laptops[each].room == "Lab 1"]
        if here:
            self.order("begin_attention", teacher, "Lab 1", minutes=minutes, devices=here)

    @rule(teacher=TEACHERS, minutes=MINUTES, which=WHICH)
    def pause(self, teacher, minutes, which):
        if self.laptops[which].room == "Lab 1":
            self.order("begin_pause", teacher, "Lab 1", self.laptops[which].device, minutes=minutes)

    @rule(teacher=TEACHERS, minutes=MINUTES, which=WHICH)
    def extend(self, teacher, minutes, which):
        found = self.running("attention")
        if found:
            order = found[which % len(found)].order
            self.order("extend_attention", teacher, "Lab 1", order, minutes=minutes)

    @rule(teacher=TEACHERS, which=WHICH, kind=st.sampled_from(["attention", "pause"]))
    def end(self, teacher, which, kind):
        found = self.running(kind)
        if found:
            self.order(f"end_{kind}", teacher, "Lab 1", found[which % len(found)].order)

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(which=WHICH)
    def one_laptop_hears(self, which):
        laptop = self.laptops[which]
        laptop.poll(self.telling, self.watches, self.now)
        for order in laptop.held.keys() - laptop.recorded:
            laptop.recorded.add(order)
            values = {"device": laptop.device, "order_id": order, "outcome": "done", "problem": ""}
            self.connection.execute(insert(order_outcomes).values(at=self.now, **values))

    @rule(which=WHICH)
    def a_laptop_forgets_where_it_was(self, which):
        self.laptops[which].restart_without_cursor()

    @rule(which=WHICH, room=st.sampled_from(ROOMS))
    def a_laptop_is_moved(self, which, room):
        laptop = self.laptops[which]
        self.fleet.change(laptop.device, self.now, room=room)
        laptop.room = room
        self.refresh(moved=True)

    @rule()
    def restart_server(self):
        cursor = getattr(self, "watches", None) and self.watches.next_cursor()
        self.watches = Watches(self.changes)
        self.watches._cursor = max(self.watches._cursor, cursor or 0)
        self.telling = MediaTelling(self.changes, self.watches)
        self.refresh()

    @rule()
    def everybody_hears_and_holds_what_the_server_says(self):
        for which in range(len(self.laptops)):
            self.one_laptop_hears(which)
        for laptop in self.laptops:
            for kind in ("attention", "pause"):
                for given in holding(self.connection, laptop.room, kind, self.now):
                    meant = given.whole_room or laptop.device in given.devices
                    assert meant == (given.order in laptop.in_force(self.now)), (kind, given)

            for order in laptop.in_force(self.now):
                for room in ROOMS:
                    for given in lab_orders.running(self.connection, room, self.now):
                        assert given.order != order or given.ended_at is None, given

    def teardown(self):
        if hasattr(self, "connection"):
            self.everybody_hears_and_holds_what_the_server_says()
            self.connection.close()


Lesson.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestLesson = Lesson.TestCase
