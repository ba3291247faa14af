"""A lesson's orders between a laptop and the server as they travel: cut off, restarted, flooded, lied to."""

import asyncio

import msgspec
import pytest
from litestar.testing import TestClient

from policies import orders, wire
from policies.recording import Stream
from policies.records import OrderDone
from server import lab_orders, lab_states, state
from server.app import make_app
from server.device_api import LONGEST_HOLD_SECONDS
from server.lab_tables import lab_actions
from server.pacing import Pace
from tests.support import loops
from tests.support.lab_story import DEMIR, REED, ROOM, login


def as_seen(target):
    """Return a target as the application sees it: this client's raw path has the query in it already."""
    _, found, query = target.partition("?")
    return f"{target}?{query}" if found else target


class Wired:
    """One laptop and the application, without a network between them."""

    def __init__(self, client, here, laptop):
        self.client, self.here, self.laptop = client, here, laptop
        self.cursor = 0

    def ask(self, method, path, body=b""):
        target = f"/device/v1{path}"
        headers = self.laptop.headers(method, as_seen(target), body)
        return self.client.request(method, target, content=body, headers=headers)

    def hold(self, cursor=None):
        asked = self.cursor if cursor is None else cursor
        answer = self.ask("GET", f"/orders?number=99&cursor={asked}&wait=0")
        told = msgspec.msgpack.decode(answer.content, type=wire.HoldAnswer)
        self.cursor = told.cursor
        return [self.laptop.read(signed) for signed in told.orders]

    def obeyed(self):
        """Return the number of the policy it is given; with one further ahead it would be given another."""
        self.here.notice_changes()
        answer = self.ask("GET", f"/orders?number=0&cursor={self.cursor}&wait=0")
        given = msgspec.msgpack.decode(answer.content, type=wire.HoldAnswer).assignment
        return self.laptop.read(given).number

    def say(self, *logins):
        return self.ask("POST", "/status", msgspec.msgpack.encode(wire.Status(logins=logins)))

    def record(self, *kept):
        batch = self.laptop.seal(Stream.VITAL, list(kept))
        return self.ask("POST", "/records", msgspec.msgpack.encode(wire.Upload(batches=(batch,))))

    def order(self, name, *args, by=DEMIR, **values):
        with self.here.db.write() as c:
            given = getattr(lab_orders, name)(c, by, ROOM, *args, now=state.utc_now(), **values)
        self.here.notice_changes()
        return given

    def standing(self, given):
        with self.here.db.read() as c:
            found = lab_orders.get(c, ROOM, given.order)
            return lab_states.standings(c, self.here.live, self.here.is_connected, [found], state.utc_now())[
                0
            ]


@pytest.fixture
def wired(here, enrolled):
    with TestClient(make_app(here), base_url="https://testserver.local") as client:
        yield Wired(client, here, enrolled(room=ROOM))


def test_an_order_is_signed_for_this_laptop_and_confirmed_by_its_sealed_record(wired):
    given = wired.order("begin_attention", minutes=5, words="Look here")
    (word,) = wired.hold()
    wired.record(OrderDone(at=state.utc_now(), order=word.order, outcome="done"))

    assert (given.order, wired.laptop.device) == (word.order, word.device)
    assert (1, 1) == wired.standing(given)[2:]


def test_a_laptop_cut_off_before_it_read_the_answer_is_told_again(wired):
    given = wired.order("begin_attention", minutes=5)
    before = wired.cursor
    wired.hold()

    assert [given.order] == [word.order for word in wired.hold(before)]
    assert [] == wired.hold()


def test_a_laptop_cut_off_over_the_whole_order_learns_that_it_has_ended(wired):
    wired.hold()
    given = wired.order("begin_attention", minutes=5)
    wired.hold()
    wired.order("extend_attention", given.order, minutes=9)
    wired.order("end_attention", given.order, by=REED)

    assert [(given.order, False)] == [(word.order, word.on) for word in wired.hold()]


def test_after_a_restart_the_order_holds_can_be_ended_and_is_never_told_twice_over(wired, tmp_path):
    given = wired.order("begin_attention", minutes=5)
    wired.hold()
    again = state.open_state(wired.here.folder)
    again.start()
    try:
        told = again.media_telling.newer(wired.laptop.device, ROOM, 0, state.utc_now())
        with again.db.write() as c:
            lab_orders.end_attention(c, REED, ROOM, given.order, now=state.utc_now())
        again.notice_changes()
        ended = again.media_telling.newer(wired.laptop.device, ROOM, 0, state.utc_now())
    finally:
        again.close()

    assert [(given.order, True)] == [(word.order, word.on) for word in told]
    assert [(given.order, False)] == [(word.order, word.on) for word in ended]


def test_an_order_given_by_another_process_reaches_a_laptop_that_waits(wired):
    wired.hold()
    other = state.open_state(wired.here.folder)
    with other.db.write() as c:
        given = lab_orders.begin_attention(c, DEMIR, ROOM, minutes=5, now=state.utc_now())
    other.close()
    wired.here.notice_changes()

    assert [given.order] == [word.order for word in wired.hold()]


def test_an_order_for_one_laptop_is_no_good_to_another(wired, enrolled):
    other = enrolled(room=ROOM)
    wired.order("begin_attention", minutes=5)
    wired.here.registry.forget_all()
    target = "/device/v1/orders?number=99&cursor=0&wait=0"
    headers = wired.laptop.headers("GET", as_seen(target), b"")
    answer = wired.client.get(target, headers=headers)
    (signed,) = msgspec.msgpack.decode(answer.content, type=wire.HoldAnswer).orders

    with pytest.raises(Exception, match="another device"):
        orders.read_said(other.policy_key, other.device, signed)


# ---- hostile ----


def test_a_flood_of_statuses_is_refused_and_the_newest_counts_when_it_calms_down(wired):
    at = [0.0]
    wired.here.status_pace = Pace(10.0, 40, clock=lambda: at[0])
    wired.here.live.open_watch(ROOM, "2", "Ms Demir", state.utc_now())
    answers = [wired.say(login(1, app=f"app {number}")).status_code for number in range(60)]

    assert [204] * 40 + [429] * 20 == answers
    at[0] = 1.0
    assert 204 == wired.say(login(1, app="the last")).status_code
    heard = wired.here.live.heard([wired.laptop.device])[wired.laptop.device]
    assert ["the last"] == [each.app for each in heard.status.logins]


LIES = [
    ({"app": "x" * 1_000_000}, 413),
    ({"app": "x" * 201}, 400),
    ({"attention": "x" * 201}, 400),
    ({"state": "hacked"}, 400),
    ({"login": "../../etc"}, 400),
    ({"since_seconds": float("nan")}, 400),
    ({"media": "sealed"}, 400),
]


def test_a_status_that_is_none_is_refused_and_shown_nowhere(wired):
    wired.here.live.open_watch(ROOM, "2", "Ms Demir", state.utc_now())
    answers = []
    for changes, _ in LIES:
        values = {"login": "a" * 32, "os_user": "may", "person": None, "state": "active"} | changes
        body = msgspec.msgpack.encode({"logins": [values]})
        answers.append(wired.ask("POST", "/status", body).status_code)

    assert [expected for _, expected in LIES] == answers
    assert None is wired.here.live.heard([wired.laptop.device])[wired.laptop.device].status


def test_nobody_watching_a_status_is_dropped(wired):
    assert 204 == wired.say(login(1)).status_code
    assert None is wired.here.live.heard([wired.laptop.device])[wired.laptop.device].status


def test_a_laptop_that_says_it_is_covered_by_another_order_confirms_nothing(wired):
    wired.here.live.open_watch(ROOM, "2", "Ms Demir", state.utc_now())
    given = wired.order("begin_attention", minutes=5)
    wired.say(login(1, attention="f" * 16))

    assert (0, 1) == wired.standing(given)[2:]


def test_a_record_about_an_order_nobody_gave_is_kept_and_changes_nothing(wired):
    given = wired.order("begin_attention", minutes=5)
    answer = wired.record(OrderDone(at=state.utc_now(), order="0" * 16, outcome="done"))

    assert 200 == answer.status_code
    assert (0, 1) == wired.standing(given)[2:]


def test_what_laptops_say_never_writes_into_the_list_of_what_was_done(wired):
    given = wired.order("begin_attention", minutes=5)
    wired.record(OrderDone(at=state.utc_now(), order=given.order, outcome="done"))
    with wired.here.db.read() as c:
        found = c.execute(lab_actions.select()).all()

    assert ["attention"] == [each.what for each in found]


def test_a_held_request_is_answered_as_soon_as_the_order_is_given(wired):
    wired.hold()
    number = wired.obeyed()

    async def story():
        held = asyncio.create_task(asyncio.to_thread(_hold_long, wired, number))
        while not wired.here.is_connected(wired.laptop.device):
            await asyncio.sleep(0.01)
        given = await asyncio.to_thread(wired.order, "begin_attention", minutes=5)
        async with asyncio.timeout(LONGEST_HOLD_SECONDS - 15):  # not only when the hold is over
            told = await held
        return given, told

    given, told = loops.run(story())

    assert [given.order] == [word.order for word in told]


def _hold_long(wired, number):
    answer = wired.ask("GET", f"/orders?number={number}&cursor={wired.cursor}&wait={LONGEST_HOLD_SECONDS:g}")
    told = msgspec.msgpack.decode(answer.content, type=wire.HoldAnswer)
    return [wired.laptop.read(signed) for signed in told.orders]
