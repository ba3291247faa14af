"""Enrolled laptops whose owner is root: what they say harms nobody but themselves."""

import asyncio
import math
import zlib
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from sqlalchemy import func, select

from policies import sealing, wire
from policies.recording import Stream
from server import (
    assigning,
    device_api,
    device_intake,
    device_tables,
    devices,
    ingest,
    media_sheets,
    projections,
    self_tests,
)
from server.app import make_app
from server.db import connect_plain
from server.errors import NotFound
from server.ingest import Upload
from server.tables import logins, records
from server.web import policy_common
from server.web.words import Words
from tests.support import loops

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FAR_BELOW_A_HOLD = device_api.LONGEST_HOLD_SECONDS - 15
AT = "2026-03-02T09:30:00Z"
HUGE = 2**70


def sealed_by_hand(laptop, *said, first_seq=1):
    """Return a batch of records that no agent of ours would seal."""
    place = (laptop.device, Stream.VITAL.value, first_seq, len(said), wire.FIRST_HASH)
    packed = zlib.compress(msgspec.json.encode(said))
    sealed = sealing.seal(laptop.record_key, packed, sealing.bind("batch", *place))
    return msgspec.msgpack.encode(
        wire.Batch(
            device=laptop.device,
            stream=Stream.VITAL,
            first_seq=first_seq,
            count=len(said),
            prev_hash=wire.FIRST_HASH,
            sealed=sealed,
            signature=sealing.sign(laptop.private, sealing.bind("batch-signature", *place, sealed)),
        )
    )


def send(here, laptop, *said, first_seq=1):
    connection = connect_plain(here.folder.database)
    try:
        batch = sealed_by_hand(laptop, *said, first_seq=first_seq)
        upload = Upload(laptop.device, laptop.public, (batch,), NOW)
        return ingest.store(connection, here.keys.record_private, [upload])[0]
    finally:
        connection.close()


@pytest.mark.parametrize(
    "record",
    [
        {"type": "policy-applied", "at": AT, "number": HUGE, "body_hash": "0" * 64},
        {"type": "policy-rejected", "at": AT, "number": HUGE, "problem": ""},
        {"type": "connection-reverted", "at": AT, "number": HUGE, "tried": "", "kept": "",
         "waited_seconds": 1},
        {"type": "agreement-answered", "at": AT, "login": "a" * 32, "os_user": "x", "person": None,
         "tier": "teen", "language": "en", "version": HUGE, "text_hash": "0" * 64, "answer": "accepted",
         "reading_seconds": 1},
    ],
    ids=lambda record: record["type"],
)  # fmt: skip
def test_a_number_beyond_the_databases_is_put_aside_and_passed(here, enrolled, record):
    outcome = send(here, enrolled(), record)
    plain = {name: 5 if value == HUGE else value for name, value in record.items()}
    send(here, enrolled(), plain)

    with here.db.read() as connection:
        stored = connection.execute(select(func.count()).select_from(records)).scalar_one()

    assert 1 == stored  # the possible one
    assert outcome.refusal is None
    assert 2 == outcome.next_seq[Stream.VITAL]


@pytest.mark.parametrize("wait", ["nan", "-nan", "-1e300"])
def test_a_wait_that_is_no_number_ends_at_once_and_turns_nothing_in_circles(here, enrolled, wait):
    laptop, turns = enrolled(), []
    asked = here.registry.find

    async def story():
        here.registry.find = lambda device: (turns.append(device), asked(device))[1]
        query = f"number=1000000&cursor=0&wait={wait}"
        target = f"/device/v1/orders?{query}"
        told = [(k.lower().encode(), v.encode()) for k, v in laptop.headers("GET", target, b"").items()]
        return await asyncio.wait_for(_status(make_app(here), query.encode(), told), FAR_BELOW_A_HOLD)

    status = loops.run(story())

    assert status in (200, 400)
    assert len(turns) < 10


async def _status(app, query, headers):
    said = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "https", "path": "/device/v1/orders", "raw_path": b"/device/v1/orders",
        "query_string": query, "root_path": "", "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 443), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return said[0]["status"]


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, 1e300])
def test_a_status_with_an_impossible_time_breaks_no_page(seconds):
    said = {"login": "a" * 32, "os_user": "x", "person": None, "state": "active", "since_seconds": seconds}
    packed = msgspec.msgpack.encode({"logins": [said]})
    try:
        status = msgspec.msgpack.decode(packed, type=wire.Status)
    except msgspec.ValidationError:
        return

    assert Words("en").span(status.logins[0].since_seconds)


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_end_of_the_calendar_can_be_read_again_in_every_zone(here, enrolled, at):
    laptop = enrolled()
    started = {
        "type": "login-started",
        "at": at,
        "login": "a" * 32,
        "os_user": "may",
        "person": None,
        "tier": "teen",
        "kind": "x11",
        "grant": "fresh",
    }
    tested = {"type": "self-tested", "at": at, "order": "", "results": {"gate": "failed"}, "problems": {},
              "signatures_at": at}  # fmt: skip
    send(here, laptop, started, tested)
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    with here.db.read() as connection:
        (login,) = connection.execute(select(logins.c.started_at)).scalars()
        (result,) = self_tests.history(connection, laptop.device)

    for moment in (login, result.signatures_at):
        assert moment.astimezone(east) == moment.astimezone(west)


def test_a_laptop_that_tests_itself_all_day_fills_no_table_and_no_figures(here, enrolled):
    laptop = enrolled()
    tested = {"type": "self-tested", "at": AT, "order": "", "results": {"gate": "passed"}, "problems": {}}
    send(here, laptop, *[tested] * 100)
    last = tested | {"results": {"gate": "failed"}}
    send(here, laptop, last, first_seq=101)
    with here.db.read() as connection:
        count = connection.execute(select(func.count()).select_from(device_tables.self_tests)).scalar_one()
        (newest,) = self_tests.list_newest(connection)

    assert count <= device_intake.MOST_TESTS_A_DAY
    assert ["gate"] == newest.failed


def test_thousands_of_capabilities_are_kept_as_far_as_pages_can_bear(here, enrolled):
    laptop = enrolled()
    able = {f"part-{number}": "works" for number in range(5000)} | {"lock": "broken"}
    send(here, laptop, {"type": "agent-started", "at": AT, "version": "1", "os": "x", "hostname": "x",
                        "capabilities": able, "after_crash": False})  # fmt: skip
    with here.db.read() as connection:
        kept = devices.get_device(connection, laptop.device).capabilities

    assert projections.MOST_CAPABILITIES == len(kept)
    assert "broken" == kept["lock"]


def test_a_laptop_that_claims_ever_higher_numbers_moves_its_own_once_a_minute(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        assigning.refresh(connection, NOW)
        here.in_force.refresh(connection)
    moved = 0
    for turn in range(1, 50):
        here.in_force.heard(laptop.device, 1000 * turn, NOW + timedelta(seconds=turn))
        moved += here.write_confirmed()
        with here.db.read() as connection:
            here.in_force.refresh(connection)
    here.in_force.heard(laptop.device, 900_000, NOW + timedelta(minutes=5))

    assert 1 == moved
    assert here.write_confirmed()  # an honest one asks again


@pytest.mark.parametrize("find", [policy_common.find_laptop, media_sheets._laptop])
def test_a_laptop_that_takes_anothers_name_or_id_is_not_the_one_meant(here, enrolled, find):
    mine, liar = enrolled(), enrolled()

    def called(name):
        send(here, liar, {"type": "inventory-seen", "at": AT, "maker": "", "model": "", "serial": "",
                          "os": "", "hostname": name, "agent_version": "1", "disk_encryption": "on"},
             first_seq=1 if name == "x-1" else 2)  # fmt: skip

    called("x-1")
    with here.db.read() as connection:
        assert mine.device == find(connection, "lab-01")
    called("lab-01")
    with here.db.read() as connection:
        with pytest.raises((NotFound, media_sheets.StandingRefused)):
            find(connection, "lab-01")
        assert mine.device == find(connection, mine.device)


def test_a_laptop_that_is_called_like_anothers_id_keeps_nobody_from_it(here, enrolled):
    mine, liar = enrolled(), enrolled()
    send(here, liar, {"type": "inventory-seen", "at": AT, "maker": "", "model": "", "serial": "", "os": "",
                      "hostname": mine.device, "agent_version": "1", "disk_encryption": "on"})  # fmt: skip
    with here.db.read() as connection:
        found = {find(connection, mine.device) for find in (policy_common.find_laptop, media_sheets._laptop)}

    assert {mine.device} == found


def test_one_laptop_holds_only_so_many_requests(here, enrolled):
    liar, honest = enrolled(), enrolled()
    app = make_app(here)

    async def asked(laptop):
        query = "number=1000000&cursor=0&wait=30"
        target = f"/device/v1/orders?{query}"
        told = [(k.lower().encode(), v.encode()) for k, v in laptop.headers("GET", target, b"").items()]
        return await _status(app, query.encode(), told)

    async def story():
        held = [asyncio.create_task(asked(laptop)) for laptop in [liar] * 40 + [honest]]
        over, waiting = set(), set(held)
        while len(over) < 40 - device_api.MOST_HELD:
            ended, waiting = await asyncio.wait(waiting, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            assert ended
            over |= ended
        here.stopping = True
        here.changes.notify_all()
        return [await each for each in held]

    statuses = loops.run(story())

    assert 40 - device_api.MOST_HELD == statuses.count(429)
    assert 200 == statuses[-1]
