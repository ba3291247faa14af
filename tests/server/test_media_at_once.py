"""Twenty laptops ask at once over real TLS while adults answer: nothing is lost and nothing crosses."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from policies import orders
from policies.recording import Stream
from policies.settings import Settings, UsbSettings
from server import media, media_answers, publishing, state
from server.media_answers import Adult, Yes
from tests.support import media_school
from tests.support.apart import served_apart
from tests.support.laptop import Laptop

LAPTOPS = 20
USB = UsbSettings(mode="approve_then_scan")
BY = Adult("Tom Ashby", frozenset({"technician"}), id=1)


@pytest.fixture
def lab(here, enrolled):
    with here.db.write() as connection:
        now = publishing.current(connection)
        publishing.publish(
            connection,
            school=now.body.school,
            settings=Settings(usb=USB),
            tiers=("junior",),
            profile="p",
            by="t",
            now=state.utc_now(),
        )
    with served_apart(here) as url:
        yield [enrolled(Laptop(url, here.folder.tls / "ca.pem")) for _ in range(LAPTOPS)]


def play(here, laptop, pupil, start):
    """One laptop: plug in, ask, hold until answered."""
    start.wait(90)
    at = state.utc_now()
    plug = media_school.plugged(at, pupil, f"pupil{pupil}", f"p{pupil}")
    ask = media_school.asked(plug, f"{pupil:032x}", f"reason {pupil}")
    laptop.upload(laptop.seal(Stream.VITAL, [plug, ask]))
    # A number further ahead than the one it is given would be answered at once, with another.
    number, cursor, told = laptop.read(laptop.hold(wait=55).assignment).number, 0, []
    while not told:
        answer = laptop.hold(number=number, cursor=cursor, wait=20)
        cursor, told = answer.cursor, [laptop.read(signed) for signed in answer.orders]
    return told, plug


def answer_all(here, until):
    """The technician: every even number yes, every odd one no, as they come."""
    answered = 0
    while answered < LAPTOPS and state.utc_now() < until:
        with here.db.read() as connection:
            waiting = media.list_waiting(connection, state.utc_now())
        for asked in waiting:
            now = state.utc_now()
            with here.db.write() as connection:
                if int(asked.request, 16) % 2:
                    media_answers.deny(connection, USB, asked.device, asked.request, BY, asked.reason, now)
                else:
                    yes = Yes(until=now + timedelta(hours=1))
                    media_answers.approve(connection, USB, asked.device, asked.request, BY, yes, now)
            answered += 1
        threading.Event().wait(0.05)
    return answered


def test_twenty_requests_at_once_get_twenty_own_answers(here, lab):
    start = threading.Barrier(LAPTOPS)
    with ThreadPoolExecutor(LAPTOPS + 1) as pool:
        technician = pool.submit(answer_all, here, state.utc_now() + timedelta(seconds=120))
        plays = [pool.submit(play, here, laptop, number, start) for number, laptop in enumerate(lab, 1)]
        outcomes = [each.result(timeout=150) for each in plays]

    assert LAPTOPS == technician.result()
    for number, (told, plug) in enumerate(outcomes, 1):
        (order,) = told
        assert f"{number:032x}" == order.request
        if number % 2:
            assert (orders.MediaDenied, f"reason {number}") == (type(order), order.reason)
        else:
            assert (f"p{number}", plug.serial) == (order.terms.person, order.terms.stick.serial)
    with here.db.read() as connection:
        plugs = media.list_plugs(connection)
        assert {f"p{number}" for number in range(1, LAPTOPS + 1)} == {plug.person for plug in plugs}
        assert 0 == media.count_waiting(connection, state.utc_now())
