"""Laptops changed from the pages: many at once, places, codes, the school's list, the silent time."""

import re
from datetime import UTC, datetime

import msgspec
import pytest

from policies.tree import Layer
from server import groups, inventory, placing, policy_store, proposing, self_tests
from server.proposing import Author
from server.report_tables import quarantines
from server.state import ServerState
from tests.support.device_pages import L1, L2, L3, L9, Open, listed, send, texts


def test_r41_a_laptop_falls_silent_after_the_time_that_is_set(opened: Open):
    client = opened("t.ashby")
    before = client.get("/devices?state=silent").text
    done = send(client, "/devices/coverage/silent", minutes="1")
    after = client.get("/devices?state=silent").text
    wrong = send(client, "/devices/coverage/silent", minutes="soon")

    assert (303, 400) == (done.status_code, wrong.status_code)
    assert L9 not in listed(before)
    assert L9 in listed(after)


def test_r41_the_school_s_list_is_read_from_the_page(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    rows = "Seri no;Ad\r\nBR13-40217;L-1\r\nZZ-9;L-77\r\n;L-78\r\n".encode("utf-16")
    answer = client.post(
        "/devices/coverage/expected",
        data={"replace": "1"},
        files={"list": ("assets.csv", rows, "text/csv")},
    )
    with laptops_house.db.read() as connection:
        missing = [one.serial for one in inventory.list_missing(connection)]

    assert 200 == answer.status_code
    assert "2 laptops were read" in texts(answer.text)
    assert "Line 4: No serial number." in texts(answer.text)
    assert ["ZZ-9"] == missing


@pytest.mark.parametrize("content", [b"", b"name,room\r\nL-1,Lab\r\n", b"\xff\xfe\x00", b'serial\r\n"open'])
def test_a_file_that_is_no_list_changes_nothing_and_says_why(
    opened: Open, laptops_house: ServerState, content: bytes
):
    client = opened("t.ashby")
    answer = client.post(
        "/devices/coverage/expected",
        files={"list": ("assets.csv", content, "text/csv")},
    )
    with laptops_house.db.read() as connection:
        expected = inventory.count_expected(connection)

    assert (400, 3) == (answer.status_code, expected)
    assert 'role="alert"' in answer.text


def test_many_are_moved_after_one_question(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    asked = send(client, "/devices/change", action="move", which="ticked", device=[L1, L2])
    wrong = send(
        client, "/devices/change", action="move", which="ticked", device=[L1, L2], to="a/b", confirmed="2"
    )
    done = send(
        client, "/devices/change", action="move", which="ticked", device=[L1, L2], to="Lab 9", confirmed="2"
    )
    with laptops_house.db.read() as connection:
        rooms = {one: place.room for one, place in placing.placements(connection, [L1, L2, L3]).items()}

    assert (200, 400, 303) == (asked.status_code, wrong.status_code, done.status_code)
    assert "/devices?did=move&n=2" == done.headers["location"]
    assert {L1: "Lab 9", L2: "Lab 9", L3: "Lab 2"} == rooms
    assert "2 laptops were moved." in texts(client.get(done.headers["location"]).text)


def test_all_that_were_found_are_grouped_not_only_this_page(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    done = send(
        client, "/devices/change", action="group", which="all", room="Lab 2", to="trolley", confirmed="5"
    )
    stale = send(
        client, "/devices/change", action="group", which="all", room="Lab 2", to="other", confirmed="4"
    )
    with laptops_house.db.read() as connection:
        known = {group.name: group.laptops for group in groups.list_groups(connection)}

    assert (303, 200) == (done.status_code, stale.status_code)
    assert {"on-loan": 1, "pilot": 2, "trolley": 5} == known


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"action": "move", "which": "ticked"}, "Tick at least one laptop"),
        ({"action": "explode", "which": "all"}, "Choose what to do"),
        ({"action": "move", "which": "ticked", "device": "f" * 16}, "Tick at least one laptop"),
    ],
)
def test_a_change_of_nobody_or_of_no_kind_is_refused(opened: Open, given: dict[str, str], said: str):
    answer = send(opened("t.ashby"), "/devices/change", **given)

    assert 400 == answer.status_code
    assert said in texts(answer.text)


def test_a_room_is_asked_for_self_tests_by_one_order(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    send(client, "/devices/change", action="self-test", which="all", room="Lab 1", confirmed="1")
    send(client, "/devices/change", action="self-test", which="ticked", device=[L1, L2], confirmed="2")
    send(client, f"/devices/{L3}/self-test")
    with laptops_house.db.read() as connection:
        asked = self_tests.list_asked(connection, datetime.now(UTC))

    assert sorted([("", "Lab 1"), ("", "Lab 2"), (L1, ""), (L2, ""), (L3, "")]) == sorted(
        (one.device, one.room) for one in asked
    )


def test_a_laptop_s_room_and_groups_are_set_on_its_page(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    wrong = send(client, f"/devices/{L1}/place", room="", groups="a/b, c")
    send(client, f"/devices/{L1}/place", room="Lab 4", groups=" trolley , pilot,trolley,")
    with laptops_house.db.read() as connection:
        stands = placing.placements(connection, [L1])[L1]

    assert 400 == wrong.status_code
    assert 2 == wrong.text.count('class="error"')
    assert ("Lab 4", frozenset({"pilot", "trolley"})) == (stands.room, stands.groups)


def test_what_a_laptop_has_to_obey_follows_its_room_at_once(opened: Open, laptops_house: ServerState):

    with laptops_house.db.write() as connection:
        tree = policy_store.current_tree(connection).tree
        layer = Layer(scope="room", name="Lab 9", change={"lock.idle_after_seconds": 120})
        made = proposing.propose(
            connection,
            msgspec.structs.replace(tree, layers=(layer,)),
            by=Author(3, "Tom Ashby", frozenset({"technician"})),
            reason="shorter in Lab 9",
            risk="",
            base=policy_store.current_tree(connection).number,
            now=datetime.now(UTC),
        )
        proposing.apply(
            connection,
            made.number,
            by=Author(3, "Tom Ashby", frozenset({"technician"})),
            now=datetime.now(UTC),
        )
        before = dict(connection.exec_driver_sql("SELECT device, body_hash FROM assignments").all())
    send(opened("t.ashby"), f"/devices/{L1}/place", room="Lab 9", groups="")
    with laptops_house.db.read() as connection:
        after = dict(connection.exec_driver_sql("SELECT device, body_hash FROM assignments").all())

    assert {L1} == {device for device in before if before[device] != after[device]}


def test_sites_are_given_to_rooms_from_one_form(opened: Open, laptops_house: ServerState):
    client = opened("t.ashby")
    send(client, "/devices/places", room=["Lab 1", "Lab 2"], site=["Annexe", ""])
    wrong = send(client, "/devices/places", room=["Lab 1", "Lab 2"], site=["a/b", ""])
    with laptops_house.db.read() as connection:
        sites = groups.list_sites(connection)

    assert 400 == wrong.status_code
    assert {"Annexe": ["Lab 1"]} == sites


def test_codes_for_several_rooms_are_one_sheet_with_qr_and_shown_once(opened: Open):
    client = opened("t.ashby")
    answer = send(client, "/devices/enrol", known=["Lab 2"], room="Room 12\nRoom 13\n", uses="30", hours="8")
    codes = re.findall(r"GP-[0-9A-Z-]{20,}", answer.text)

    assert 3 == answer.text.count('class="qr"')
    assert 3 == len(set(codes))
    assert ["Lab 2", "Room 12", "Room 13"] == [
        texts(h).strip() for h in re.findall(r"<h3>(.*?)</h3>", answer.text)
    ]
    assert not re.search(r"style=|onload|javascript:", answer.text)
    assert codes[0] not in client.get("/devices/enrol").text


def test_a_retired_many_are_not_those_kept_for_evidence(opened: Open, laptops_house: ServerState):
    with laptops_house.db.write() as connection:
        connection.execute(
            quarantines.insert().values(
                device=L1, number=1, order_id="1" * 16, is_on=True, case="c" * 32, at=datetime.now(UTC),
                staff=4, by_name="Ruth Carver",
            )
        )  # fmt: skip
    send(
        opened("t.ashby"), "/devices/change", action="retire", which="ticked", device=[L1, L2], confirmed="2"
    )
    with laptops_house.db.read() as connection:
        states = dict(connection.exec_driver_sql("SELECT id, state FROM devices").all())

    assert ("active", "retired") == (states[L1], states[L2])
