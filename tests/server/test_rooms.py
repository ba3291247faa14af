"""People, laptops, the register and who looked: the lists that pages are made of."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from policies.orders import Accepted
from policies.records import AppUsed
from server import agreements, devices, grants, oversight, people, records_kept
from server.errors import Invalid, NotFound
from server.people import Person
from server.tables import answers, from_ms, logins, to_ms
from server.tables import records as records_table

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STARTS = "09-01"
HEADER = "os_user,person,display_name,tier,language,room,year\n"


# -- people ------------------------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(
    st.lists(
        st.builds(
            Person,
            os_user=words,
            person=words,
            display_name=words,
            tier=st.just("teen"),
            language=st.sampled_from(["en", "tr"]),
            room=words,
            year=words,
        ),
        unique_by=lambda p: p.os_user,
    )
)
def test_what_is_exported_can_be_imported(listed):
    assert listed == people.read_csv(people.write_csv(listed))


def test_language_room_and_year_may_be_missing():
    (person,) = people.read_csv("﻿os_user,person,display_name,tier\nmay, p-1 ,May,junior\n")

    assert ("p-1", "en", "") == (person.person, person.language, person.room)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("os_user,person\nmay,1\n", "display_name, tier"),
        (HEADER + "may,p-1,May,giant,en,,\n", "line 2"),
        (HEADER + ",p-1,May,teen,en,,\n", "line 2"),
        (HEADER + "may,p-1,May,teen,en,,\nmay,p-2,May,teen,en,,\n", "twice"),
        (HEADER + "may,p-1,M\x1b[2Jay,teen,en,,\n", "invisible"),
        (HEADER + f"may,p-1,{'x' * 10_000},teen,en,,\n", "line 2"),
        (HEADER + 'may,"p-1,May,teen\n', "line"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(text, reason):
    with pytest.raises(Invalid, match=reason):
        people.read_csv(text)


def test_an_import_replaces_the_list_and_says_who_is_gone(here):
    with here.db.write() as connection:
        counts = people.replace_people(connection, people.read_csv(HEADER + "ali,p-2,Ali,teen,tr,Lab 2,8\n"))

        assert (1, 1) == counts
        assert None is people.find_person(connection, "may")
        assert {"p-1": "May Okafor", "p-2": "Ali"} == people.names_of(connection)


# -- laptops -----------------------------------------------------------------------------------------


def test_rooms_are_where_laptops_stand_and_people_belong(here, enrolled):
    enrolled(room="Lab 9")
    with here.db.read() as connection:
        assert ["Lab 1", "Lab 9"] == devices.list_rooms(connection)


def test_a_laptop_moves_and_retires(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        devices.move(connection, laptop.device, "Lab 2")
        devices.retire(connection, laptop.device, "broken hinge")

        found = devices.get_device(connection, laptop.device)
        assert ("Lab 2", "retired", "broken hinge", 1) == (
            found.room,
            found.state,
            found.state_reason,
            found.assigned_number,
        )
        assert [] == devices.list_devices(connection, active_only=True)


@pytest.mark.parametrize("room", ["", " x", "a/b", "..", "x" * 81, "a\nb"])
def test_a_room_needs_a_name_that_fits_an_address(here, enrolled, room):
    laptop = enrolled()
    with pytest.raises(Invalid), here.db.write() as connection:
        devices.move(connection, laptop.device, room)


def test_a_laptop_nobody_enrolled_is_not_found(here):
    with here.db.read() as connection, pytest.raises(NotFound):
        devices.get_device(connection, "0" * 16)


# -- register ----------------------------------------------------------------------------------------


def answer(
    here, device, seq, *, person="p-1", tier="junior", version=1, said="accepted", at=NOW, received=None
):
    with here.db.write() as connection:
        connection.execute(
            insert(answers).values(
                device=device,
                stream="vital",
                seq=seq,
                at=at,
                received_at=received or at,
                login="a" * 32,
                os_user="may",
                person=person,
                tier=tier,
                language="en",
                version=version,
                text_hash="0" * 64,
                answer=said,
                reading_seconds=5,
            )
        )


def due(here, today=date(2026, 3, 2)):
    with here.db.read() as connection:
        return [d.person for d in agreements.list_due(connection, today, STARTS)]


def test_whoever_never_answered_is_due(here):
    assert ["p-1"] == due(here)


def test_whoever_accepted_this_year_is_not_due(here, enrolled):
    answer(here, enrolled().device, 1)

    assert [] == due(here)


def test_a_new_school_year_asks_again(here, enrolled):
    answer(here, enrolled().device, 1)

    assert [] == due(here, date(2026, 8, 31))
    assert ["p-1"] == due(here, date(2026, 9, 1))


def test_another_tier_asks_again(here, enrolled):
    answer(here, enrolled().device, 1, tier="early")

    assert ["p-1"] == due(here)


def test_a_later_refusal_does_not_undo_an_acceptance(here, enrolled):
    laptop = enrolled()
    answer(here, laptop.device, 1)
    answer(here, laptop.device, 2, said="declined", at=NOW + timedelta(hours=1))

    assert [] == due(here)


def test_the_register_counts_who_refused(here, enrolled):
    answer(here, enrolled().device, 1, said="declined")
    with here.db.read() as connection:
        assert (1, 0, 1, 1) == agreements.tallies(connection, NOW.date(), STARTS)


def test_an_acceptance_from_a_clock_a_year_ahead_counts_from_when_it_came(here, enrolled):
    answer(here, enrolled().device, 1, at=NOW + timedelta(days=365), received=NOW)
    with here.db.read() as connection:
        accepted = agreements.last_accepted(connection, "p-1")

    assert Accepted(tier="junior", version=1, at=NOW) == accepted
    assert ["p-1"] == due(here, date(2026, 9, 1))


def test_answers_are_listed_newest_first_and_narrowed(here, enrolled):
    laptop = enrolled(room="Lab 5")
    for seq, said in enumerate(("declined", "timed-out", "accepted"), 1):
        answer(here, laptop.device, seq, said=said, at=NOW + timedelta(minutes=seq))
    with here.db.read() as connection:

        def listed(**narrow):
            found = agreements.list_answers(connection, **narrow)
            assert agreements.count_answers(
                connection, **{k: v for k, v in narrow.items() if k != "limit"}
            ) >= len(found)
            return [a.answer for a in found]

        assert ["accepted", "timed-out", "declined"] == listed()
        assert ["accepted"] == listed(limit=1)
        assert ["declined"] == listed(answer="declined")
        assert [] == listed(rooms=())
        assert 3 == len(listed(rooms=("Lab 5",)))
        assert 3 == len(listed(rooms=("Lab 1",)))  # the person's own room
        assert [] == listed(rooms=("Lab 6",))
        assert [] == listed(tier="teen")


@given(st.dates(date(1990, 1, 2), date(2100, 1, 1)), st.integers(1, 12), st.integers(1, 31))
def test_a_school_year_began_within_the_last_year(today, month, day):
    began = agreements.year_start(today, f"{month:02}-{day:02}")

    assert 0 <= (today - began).days <= 366


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_kept_to_the_millisecond(at):
    assert timedelta(0) <= at - from_ms(to_ms(at)) < timedelta(milliseconds=1)


# -- grants and own records --------------------------------------------------------------------------


def test_a_listed_person_is_granted_with_their_acceptance(here, enrolled):
    laptop = enrolled()
    answer(here, laptop.device, 1)
    with here.db.read() as connection:
        said = laptop.read(grants.grant(connection, here.keys.policy_private, laptop.device, "may", NOW))

    assert (True, "p-1", "May Okafor", 1) == (
        said.listed,
        said.person,
        said.display_name,
        said.accepted.version,
    )


def test_an_unlisted_account_is_said_to_be_unlisted(here, enrolled):
    laptop = enrolled()
    with here.db.read() as connection:
        said = laptop.read(
            grants.grant(
                connection, here.keys.policy_private, laptop.device, "may'; DROP TABLE people--", NOW
            )
        )

    assert (False, None, None) == (said.listed, said.person, said.accepted)


def test_a_laptop_sees_who_looked_this_week_and_nobody_elses_logins(here, enrolled):
    laptop, other = enrolled(), enrolled()
    with here.db.write() as connection:
        own_room = people.find_person(connection, "may").room
        for what, hours, room, person in (
            ("lab", -8 * 24, "Lab 1", ""),
            ("lab", -1, "Lab 1", ""),
            ("lab", 1, "Lab 1", ""),
            ("lab", 1, "Lab 2", ""),
            ("person", 2, "", "p-1"),
            ("person", 2, "", "p-2"),
            ("agreements", 2, "another room", ""),
            ("agreements-csv", 2, "", ""),
            ("agreements-print", 2, own_room, ""),
            ("oversight", 2, "", ""),
        ):
            oversight.write_look(
                connection,
                at=NOW + timedelta(hours=hours),
                staff=1,
                by="Tom",
                what=what,
                room=room,
                person=person,
            )
        connection.execute(
            insert(logins).values(
                device=laptop.device, login="a" * 32, os_user="may", person="p-1", started_at=NOW
            )
        )
        own = grants.own_records(connection, laptop.device, "Lab 1", "a" * 32, NOW)
        others = grants.own_records(connection, other.device, "Lab 1", "a" * 32, NOW)

    seen = [look.what for look in own.looked_at]
    assert ["agreements-print", "agreements-csv", "person", "lab", "lab"] == seen
    assert 7 == own.looks_days
    assert ((), (), 0) == (others.records, others.looked_at, others.looks_days)


@pytest.mark.parametrize(("os_user", "person"), [("stranger", None), ("stranger", "p-1"), ("may", "p-2")])
def test_a_login_that_is_no_listed_persons_sees_only_the_lab_since_it_began(here, enrolled, os_user, person):
    laptop = enrolled()
    with here.db.write() as connection:
        for what, hours, room, whose in (
            ("lab", -1, "Lab 1", ""),
            ("lab", 1, "Lab 1", ""),
            ("person", 1, "", "p-1"),
            ("agreements", 1, "", ""),
        ):
            at = NOW + timedelta(hours=hours)
            oversight.write_look(connection, at=at, staff=1, by="Tom", what=what, room=room, person=whose)
        login = {"device": laptop.device, "os_user": os_user, "person": person, "started_at": NOW}
        connection.execute(insert(logins).values(login="a" * 32, **login))
        own = grants.own_records(connection, laptop.device, "Lab 1", "a" * 32, NOW)

    assert (["lab"], 0) == ([look.what for look in own.looked_at], own.looks_days)


def test_a_login_is_given_its_persons_earlier_ones_of_that_laptop_and_day_only(here, enrolled):
    laptop, other = enrolled(), enrolled()
    with here.db.write() as connection:
        for seq, (device, login, os_user, person, hours) in enumerate(
            (
                (laptop.device, "a" * 32, "may", "p-1", 0),
                (laptop.device, "b" * 32, "may", "p-1", -2),
                (laptop.device, "c" * 32, "may", "p-1", -30),
                (laptop.device, "d" * 32, "ali", "p-2", -1),
                (other.device, "e" * 32, "may", "p-1", -1),
            )
        ):
            at = NOW + timedelta(hours=hours)
            connection.execute(
                insert(logins).values(
                    device=device, login=login, os_user=os_user, person=person, started_at=at
                )
            )
            used = AppUsed(at=at, login=login, app="x", program="x", focused_seconds=1, active_seconds=1)
            connection.execute(
                insert(records_table).values(
                    device=device,
                    stream="usage",
                    seq=seq,
                    at=at,
                    received_at=at,
                    type="app-used",
                    login=login,
                    body=msgspec.json.encode(used).decode(),
                )
            )
        own = grants.own_records(connection, laptop.device, "Lab 1", "a" * 32, NOW)

    assert {"a" * 32, "b" * 32} == {record.login for record in own.records}


def test_logins_are_found_by_room_person_and_laptop(here, enrolled):
    laptop = enrolled()
    with here.db.write() as connection:
        connection.execute(
            insert(logins).values(
                device=laptop.device, login="a" * 32, os_user="may", person="p-1", started_at=NOW
            )
        )
        (found,) = records_kept.logins_of(
            connection, room="Lab 1", person="p-1", device=laptop.device, since=NOW
        )

        assert ("May Okafor", "") == (found.display_name, found.end_reason)
        assert [] == records_kept.logins_of(connection, room="Lab 2")
