"""Enrolled laptops whose owner is root: what they say harms nobody but themselves."""

import asyncio
import math
import time
import zlib
from datetime import UTC, datetime

import msgspec
import pytest

from policies import sealing, wire
from policies.recording import Stream
from server import ingest
from server.app import make_app
from server.db import connect_plain
from server.ingest import Upload
from server.web.words import Words
from tests.support import loops

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AT = "2026-03-02T09:30:00Z"
HUGE = 2**70


def sealed_by_hand(laptop, *said):
    """Return a batch of records that no agent of ours would seal."""
    place = (laptop.device, Stream.VITAL.value, 1, len(said), wire.FIRST_HASH)
    packed = zlib.compress(msgspec.json.encode(said))
    sealed = sealing.seal(laptop.record_key, packed, sealing.bind("batch", *place))
    return msgspec.msgpack.encode(
        wire.Batch(
            device=laptop.device,
            stream=Stream.VITAL,
            first_seq=1,
            count=len(said),
            prev_hash=wire.FIRST_HASH,
            sealed=sealed,
            signature=sealing.sign(laptop.private, sealing.bind("batch-signature", *place, sealed)),
        )
    )


@pytest.mark.parametrize(
    "record",
    [
        {"type": "policy-applied", "at": AT, "number": HUGE, "body_hash": "0" * 64},
        {"type": "policy-rejected", "at": AT, "number": HUGE, "problem": ""},
        {"type": "connection-reverted", "at": AT, "number": HUGE, "tried": "", "kept": "",
         "waited_seconds": 1},
        {"type": "agreement-answered", "at": AT, "login": "a" * 32, "os_user": "x", "person": None,
         "tier": "upper", "language": "en", "version": HUGE, "text_hash": "0" * 64, "answer": "accepted",
         "reading_seconds": 1},
    ],
    ids=lambda record: record["type"],
)  # fmt: skip
def test_a_number_beyond_the_databases_is_put_aside_and_passed(here, enrolled, record):
    laptop = enrolled()
    connection = connect_plain(here.folder.database)
    try:
        upload = Upload(laptop.device, laptop.public, (sealed_by_hand(laptop, record),), NOW)
        (outcome,) = ingest.store(connection, here.keys.record_private, [upload])
    finally:
        connection.close()

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
        return await asyncio.wait_for(_status(make_app(here), query.encode(), told), 5)

    begun = time.monotonic()
    status = loops.run(story())

    assert status in (200, 400)
    assert len(turns) < 10
    assert time.monotonic() - begun < 5


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
