"""A held request brings number and body at once, and the next one confirms them."""

import zlib
from datetime import UTC, datetime

import msgspec
import pytest

from policies import sealing, wire
from policies.orders import Assignment
from server import assigning, devices, proposing
from server.app import make_app
from tests.support import loops
from tests.support.policy_desk import NOW, TESS, Desk, changed, layered, room_layer


@pytest.fixture
def client(here):
    """The real application, asked without a network."""
    return make_app(here)


def hold(client, laptop, number=0, refused=None):
    query = f"number={number}&cursor=0&wait=0" + (f"&refused={refused}" if refused is not None else "")
    headers = laptop.headers("GET", f"/device/v1/orders?{query}", b"")
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status, body = loops.run(_ask(client, "/device/v1/orders", query.encode(), told))
    assert 200 == status, body
    return msgspec.msgpack.decode(body, type=wire.HoldAnswer)


async def _ask(app, path, query, headers):
    said = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "https", "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "headers": [(b"host", b"localhost"), *headers], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 443), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return said[0]["status"], said[1]["body"]


def given(here, laptop):
    with here.db.read() as connection:
        return assigning.get(connection, laptop.device)


def listed(here, laptop):
    with here.db.read() as connection:
        return devices.get_device(connection, laptop.device)


def push(here, **values):
    with here.db.write() as connection:
        desk = Desk(connection, datetime.now(UTC))
        desk.save(changed(desk.tree, **(values or {"lock__idle_after_seconds": 120})))
    here.notice_changes()


def test_an_answer_carries_the_number_and_the_body_it_names(here, client, enrolled):
    laptop = enrolled()
    here.notice_changes()
    answer = hold(client, laptop)
    said = laptop.read(answer.assignment)
    plain = zlib.decompress(answer.body)

    assert Assignment(device=laptop.device, number=1, body_hash=given(here, laptop).body_hash) == said
    assert 300 == wire.read_policy(plain).settings.lock.idle_after_seconds


def test_the_next_hold_confirms_the_number_that_is_in_force(here, client, enrolled):
    laptop = enrolled()
    here.notice_changes()
    hold(client, laptop)
    here.write_confirmed()
    before = listed(here, laptop).applied_number
    hold(client, laptop, number=1)
    here.write_confirmed()

    assert None is before
    assert (1, 1) == (listed(here, laptop).applied_number, listed(here, laptop).assigned_number)


def test_a_number_that_a_laptop_refused_is_not_offered_again_and_confirms_nothing(here, client, enrolled):
    laptop = enrolled()
    push(here)
    offered = hold(client, laptop, number=1).assignment
    again = hold(client, laptop, number=1, refused=2).assignment
    here.write_confirmed()
    push(here, usage__send_after_seconds=60)
    newer = hold(client, laptop, number=1, refused=2).assignment

    assert 2 == laptop.read(offered).number
    assert None is again
    assert None is listed(here, laptop).applied_number
    assert 3 == laptop.read(newer).number


def test_r33_a_laptop_gets_nothing_that_is_older_than_what_it_has(here, client, enrolled):
    laptop = enrolled()
    push(here)

    assert None is hold(client, laptop, number=2).assignment
    assert None is hold(client, laptop, number=3).assignment


def test_r33_after_a_restored_backup_a_laptop_is_given_a_number_it_will_take(here, client, enrolled):
    laptop = enrolled()
    here.notice_changes()
    hold(client, laptop, number=9)
    here.write_confirmed()
    here.notice_changes()

    assert 10 == laptop.read(hold(client, laptop, number=9).assignment).number


def test_r33_a_number_beyond_all_reason_neither_breaks_nor_changes_anything(here, client, enrolled):
    laptop = enrolled()
    here.notice_changes()
    for number in (2**31, 2**63, 10**40):
        hold(client, laptop, number=number)
    here.write_confirmed()

    assert 1 == given(here, laptop).number


def test_r33_an_assignment_for_one_laptop_is_not_believed_by_another(here, client, enrolled):
    first, second = enrolled(), enrolled()
    here.notice_changes()
    answer = hold(client, first)

    with pytest.raises(sealing.BadSignature):
        second.read(answer.assignment)


def test_laptops_of_different_rooms_get_different_bodies_and_equal_ones_the_same_bytes(
    here, client, enrolled
):
    first, second, third = enrolled(room="Lab 1"), enrolled(room="Lab 1"), enrolled(room="Lab 2")
    with here.db.write() as connection:
        desk = Desk(connection)
        desk.save(layered(desk.tree, room_layer("Lab 2", lock__idle_after_seconds=60)))
    here.notice_changes()
    bodies = [hold(client, laptop).body for laptop in (first, second, third)]

    assert bodies[0] == bodies[1] != bodies[2]


def test_a_confirmation_that_cannot_be_written_is_not_lost(here, client, enrolled):
    laptop = enrolled()
    here.notice_changes()
    hold(client, laptop, number=1)
    here.db.close()
    database, here.db = here.db, None
    with pytest.raises(AttributeError):
        here.write_confirmed()
    here.db = database
    here.write_confirmed()

    assert 1 == listed(here, laptop).applied_number


def test_a_weakening_that_waits_reaches_no_laptop(here, client, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        desk = Desk(connection, NOW)
        made = desk.propose(changed(desk.tree, lock__idle_after_seconds=900), risk="never alone")
        with pytest.raises(proposing.ProposalRefused):
            proposing.apply(connection, made.number, by=TESS, now=NOW)
    here.notice_changes()

    assert None is hold(client, laptop, number=1).assignment
