"""One room with laptops, and teachers who order: what is told and what laptops say of it, line by line."""

import itertools
from datetime import timedelta

import msgspec
from sqlalchemy import select

from policies import lab_records, records, wire
from policies.settings import Settings
from server import lab_orders, lab_states, people, projections, publishing, state
from server.lab_orders import Giver
from server.people import Person
from server.tables import devices, to_ms
from tests.support.started import MAY

DEMIR = Giver(2, "Ms Demir")
REED = Giver(3, "Joan Reed")
ROOM = "Lab 1"
MAYS = "a" * 32


def login(number=1, **changes):
    """Return one pupil's login as a laptop's status tells it."""
    values = {"login": f"{number:032x}", "os_user": f"pupil{number}", "person": None, "state": "active"}
    return wire.LoginStatus(**(values | changes))


class LabStory:
    """A school whose clock stands still until somebody turns it."""

    def __init__(self, here, enrolled, laptops=3):
        self.here, self.enrolled = here, enrolled
        self.now = state.utc_now().replace(microsecond=0)
        self.laptops = [enrolled(room=ROOM).device for _ in range(laptops)]
        self.connected = set(self.laptops)
        self._seq = itertools.count(1)
        with here.db.write() as c:
            adult = Person(os_user="ms-arat", person="s1", display_name="Selin Arat", tier="adult")
            people.replace_people(c, [MAY, adult])
        here.notice_changes()

    def pass_time(self, **delta):
        self.now += timedelta(**delta)

    def publish(self, **changes):
        """Publish other settings; `lab={...}` changes that part."""
        parts = {name: msgspec.structs.replace(getattr(Settings(), name), **change)
                 for name, change in changes.items()}  # fmt: skip
        with self.here.db.write() as c:
            now = publishing.current(c)
            publishing.publish(
                c, school=now.body.school, settings=Settings(**parts), tiers=("junior",), profile="p",
                by="test", now=self.now,
            )  # fmt: skip
        self.here.notice_changes()

    def order(self, name, *args, by=DEMIR, room=ROOM, **values):
        """Give an order by the name of its function; return it as it stands then."""
        with self.here.db.write() as c:
            given = getattr(lab_orders, name)(c, by, room, *args, now=self.now, **values)
        self.here.notice_changes()
        return given

    def told(self, device=None, room=ROOM, cursor=0):
        return self.here.media_telling.newer(device or self.laptops[0], room, cursor, self.now)

    def record(self, device, *kept):
        """A laptop's records arrive."""
        with self.here.db.write() as c:
            plain = c.connection.driver_connection
            projections.project(plain, device, "device", next(self._seq), kept, to_ms(self.now))
        self.here.notice_changes()

    def done(self, device, given, outcome="done", problem=""):
        self.record(
            device,
            records.OrderDone(at=self.now, order=given.order, outcome=outcome, problem=problem),
        )

    def say(self, device, *logins):
        """A laptop sends its status."""
        self.here.live.take(device, wire.Status(logins=logins), self.now, ROOM)

    def starts(self, device, number=1):
        self.record(device, records.LoginStarted(
            at=self.now, login=f"{number:032x}", os_user=f"pupil{number}", person=None, tier="junior",
            kind="local", grant="known",
        ))  # fmt: skip

    def answer(self, device, given, answer, number=1):
        self.record(device, lab_records.MessageAnswered(
            at=self.now, login=f"{number:032x}", os_user=f"pupil{number}", person=None,
            order=given.order, answer=answer,
        ))  # fmt: skip

    def running(self, room=ROOM):
        with self.here.db.read() as c:
            return lab_orders.running(c, room, self.now)

    def standing(self, given):
        with self.here.db.read() as c:
            found = lab_orders.get(c, given.room, given.order)
            return lab_states.standings(c, self.here.live, self.connected.__contains__, [found], self.now)[0]

    def standings(self):
        with self.here.db.read() as c:
            found = lab_orders.running(c, ROOM, self.now)
            return lab_states.standings(c, self.here.live, self.connected.__contains__, found, self.now)

    def seat(self, given, device=None):
        return self.standing(given).seats[device or self.laptops[0]]

    def state(self, given, device=None):
        seat = self.seat(given, device)
        return (seat.state, seat.why)

    def move(self, device, room):
        with self.here.db.write() as c:
            c.execute(devices.update().where(devices.c.id == device).values(room=room))
        self.here.registry.forget_all()

    def rows(self, table):
        with self.here.db.read() as c:
            return c.execute(select(table)).all()
