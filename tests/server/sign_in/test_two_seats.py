"""R15: second seat alerts: one account in use at two laptops is said to its teacher and the technician."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from server import state, two_seats
from server.tables import devices, logins
from tests.support import school


def log_in(db, hostname, number, *, ago=20, **more):
    """Let Cem log in at a laptop, some minutes ago."""
    values = {
        "device": school.LAPTOPS[hostname],
        "login": f"{number:032x}",
        "os_user": "cem",
        "person": "p3",
        "tier": "junior",
        "kind": "x11",
        "granted": "fresh",
        "started_at": state.utc_now() - timedelta(minutes=ago),
        **more,
    }
    db.execute(insert(logins).values(**values))
    # A laptop with a login has just spoken; the school these tests copy may be as old as their whole run.
    db.execute(update(devices).where(devices.c.id == values["device"]).values(last_seen_at=state.utc_now()))


def found(house, rooms=None):
    with house.db.read() as db:
        return two_seats.find(db, state.utc_now(), rooms)


def test_r15_one_account_at_two_seats_is_told_with_both(house):
    with house.db.write() as db:
        log_in(db, "L-001", 901)
        one_seat = two_seats.find(db, state.utc_now())
        log_in(db, "L-002", 902, ago=5)
    (told,) = found(house)

    assert [] == one_seat
    assert ("Cem Aksoy", ["L-001", "L-002"]) == (told.name, [seat.hostname for seat in told.seats])


@pytest.mark.parametrize(
    "second",
    [
        {"ended_at": state.utc_now()},
        {"person": "p4", "os_user": "ece"},
        {"ago": 15 * 60},
        {"tier": "early"},
        {"tier": "visitor"},
    ],
    ids=["ended", "others", "forgotten", "early", "visitor"],
)
def test_ended_others_forgotten_and_shared_accounts_are_no_two_seats(house, second):
    with house.db.write() as db:
        if second.get("tier"):
            log_in(db, "L-001", 901, tier=second["tier"])
        else:
            log_in(db, "L-001", 901)
        log_in(db, "L-002", 902, **second)

    assert [] == found(house)


@pytest.mark.parametrize("change", [{"state": "retired"}, {"last_seen_at": None}])
def test_a_laptop_that_is_gone_or_silent_says_nothing_about_now(house, change):
    with house.db.write() as db:
        log_in(db, "L-001", 901)
        log_in(db, "L-002", 902)
        db.execute(update(devices).where(devices.c.id == school.LAPTOPS["L-002"]).values(**change))

    assert [] == found(house)


def test_two_logins_at_one_laptop_are_one_seat(house):
    with house.db.write() as db:
        log_in(db, "L-001", 901)
        log_in(db, "L-001", 902)

    assert [] == found(house)


@pytest.mark.parametrize(
    ("name", "page", "sees"),
    [
        ("l.demir", "/lab", True),
        ("j.reed", "/lab", False),
        ("t.ashby", "/devices", True),
        ("n.okafor", "/devices", True),
        ("t.ashby", "/media", False),
    ],
)
def test_r15_the_teacher_of_the_room_and_the_technician_are_told(client, house, name, page, sees):
    with house.db.write() as db:
        log_in(db, "L-001", 901)
        log_in(db, "L-002", 902)
    school.signed_in(client, name)
    text = client.get(f"{page}?lang=en").text

    assert sees == ("in use at two seats" in text)
    assert sees == ("Ask whether somebody knows the password" in text)
