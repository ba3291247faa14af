"""How far an order got, in words: counted, named, said once, and with one thing to try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.lab_answers import Answer
from server.lab_book import Given, Kind
from server.lab_states import Seat as OrderSeat
from server.lab_states import Standing, add_up
from server.room_layouts import usual_layout
from server.web import lab_bar, lab_labels, lab_map, labels, render
from server.web.lab_read import Room, decide_failed
from server.web.lab_view import Seat
from server.web.words import words_in

NOW = datetime(2026, 11, 24, 10, 36, tzinfo=UTC)
LAPTOPS = {"a1": "L-1", "a2": "L-2", "a3": "L-3"}
EN = words_in("en")


def given(
    kind: Kind = "attention", *, ago: float = 1, minutes: float = 5, order: str = "o1", **more
) -> Given:
    at = NOW - timedelta(seconds=ago)
    made = Given(
        order, kind, "Lab 1", True, tuple(LAPTOPS), "", "Ms Demir", 1, "", False, at,
        at + timedelta(minutes=minutes), None, "",
    )  # fmt: skip
    return made._replace(**more)


def standing(made: Given, *states: str, why: str = "") -> Standing:
    seats = {
        device: OrderSeat(state, why if state in ("failed", "silent") else "")  # type: ignore[arg-type]
        for device, state in zip(LAPTOPS, states, strict=True)
    }
    return add_up(made, seats)


def room(*standings: Standing) -> Room:
    layout = usual_layout(LAPTOPS)
    seats = [
        Seat(f"{device}-1", name, f"Pupil {name}", "work", "", 0, NOW, False, device=device, login="1")
        for device, name in LAPTOPS.items()
    ]
    failed = decide_failed(list(standings), NOW)
    return Room("Lab 1", seats, lab_map.decide_tiles(seats, layout, failed), layout, list(standings), NOW)


def lines(*standings: Standing) -> list[lab_bar.Line]:
    return lab_bar.decide_lines(room(*standings), EN, NOW)


def test_who_failed_is_named_with_why_and_one_thing_to_try():
    made = room(standing(given(), "confirmed", "failed", "silent", why="silent"))
    html = render.fragment(
        "en", "lab_bar.html", "orders", lines=lab_bar.decide_lines(made, EN, NOW), address="/lab/x", csrf="c",
        now=NOW,
    )  # fmt: skip

    assert "1 of 3 confirmed" in html
    assert "Seat 2, Pupil L-2: no answer." in " ".join(
        html.replace("<bdi>", "").replace("</bdi>", "").split()
    )
    assert "See whether the laptop is on and has a network" in html
    assert ["", "failed", "failed"] == [tile.face.chip for tile in made.tiles]


@pytest.mark.parametrize("kind", ["message", "thanks"])
def test_a_message_that_did_not_arrive_marks_no_seat(kind: Kind):
    assert {} == decide_failed([standing(given(kind), "failed", "failed", "failed")], NOW)


def test_an_order_that_is_over_marks_no_seat():
    over = standing(given(ago=600), "confirmed", "failed", "failed")

    assert {} == decide_failed([over], NOW)


def test_what_holds_is_shown_before_what_is_newer_and_over():
    old = standing(given(order="holds", ago=200), "confirmed", "confirmed", "confirmed")
    newer = [
        standing(given("lock", order=f"l{n}", minutes=0, ago=n), "confirmed", "sent", "sent")
        for n in range(9)
    ]
    shown = [line.given.order for line in lines(*newer, old)]

    assert ["holds", "l0", "l1", "l2"] == shown


def test_what_was_over_two_minutes_ago_stands_above_the_map_no_longer():
    over = [
        standing(given(order="ended", ago=400, ended_at=NOW - timedelta(minutes=3)), "sent", "sent", "sent"),
        standing(given(order="by itself", ago=600, minutes=5), "failed", "sent", "sent"),
        standing(given("pause", order="just now", ago=400, ended_at=NOW), "sent", "sent", "sent"),
    ]

    assert ["just now"] == [line.given.order for line in lines(*over)]


def test_a_lock_that_was_taken_back_is_not_called_confirmed():
    lock = standing(given("lock", order="lock", minutes=2, ago=60), "confirmed", "confirmed", "confirmed")
    other = standing(
        given("unlock", order="some", minutes=2, ago=20, devices=("a1",), whole_room=False),
        "sent",
        "sent",
        "sent",
    )
    unlock = standing(given("unlock", order="all", minutes=2, ago=10), "sent", "sent", "sent")
    again = standing(given("lock", order="again", minutes=2, ago=5), "sent", "sent", "sent")

    assert ["some", "lock"] == [line.given.order for line in lines(other, lock)]
    assert ["again", "all"] == [line.given.order for line in lines(again, unlock, lock)]


@pytest.mark.parametrize(("devices", "where"), [
    (("a2",), "seat 2"), (("a3", "a1"), "seats 1 and 3"),
])  # fmt: skip
def test_chosen_seats_are_said_by_number(devices: tuple[str, ...], where: str):
    made = given("lock", whole_room=False, devices=devices)

    assert [where] == [line.where for line in lines(standing(made, "sent", "sent", "sent"))]


def test_the_live_region_says_an_order_once_when_it_is_confirmed_and_when_it_is_not():
    label = labels.bind(EN)
    heard: list[str] = []
    known: dict[str, lab_bar.Line] = {}
    for states in (
        ("sent", "sent", "sent"),
        ("confirmed", "sent", "sent"),
        ("confirmed", "silent", "confirmed"),
        ("confirmed", "silent", "confirmed"),
        ("confirmed", "confirmed", "confirmed"),
        ("confirmed", "confirmed", "confirmed"),
    ):
        now = lines(standing(given(), *states, why="silent"))
        heard.append(lab_bar.say_orders(known, now, EN, label))
        known = {line.given.order: line for line in now}

    missing = "Eyes to the front: 2 of 3 confirmed. Not confirmed: seat 2"
    assert ["", "", missing, "", "Eyes to the front: 3 of 3 confirmed.", ""] == heard


def test_answers_stand_by_kind_and_who_needs_help_first():
    message = standing(given("message", words="Save."), "confirmed", "confirmed", "sent")
    answers = [
        Answer("a1", "1", "u", None, "Ada", "ok", NOW),
        Answer("a2", "1", "u", None, "Ben <b>", "help", NOW),
    ]
    line = lab_bar.decide_message(message, answers, {}, EN)
    html = render.fragment("en", "lab_bar.html", "messages", lines=[line], now=NOW)

    assert (("help", ("Ben <b>",)), ("not-yet", ()), ("ok", ("Ada",))) == line.answers
    assert html.index("I need help: 1") < html.index("OK: 1")
    assert "<b>" not in html


def test_every_why_has_one_thing_to_try():
    assert set(lab_labels.LABELS["lab-why"]) == set(lab_labels.LABELS["lab-try"])


def test_a_failure_names_whom_it_is_about_and_not_who_sits_there_now():
    failed = OrderSeat("failed", "problem", NOW, "", frozenset({"1"}))
    gone = OrderSeat("failed", "problem", NOW, "", frozenset({"0"}))
    made = add_up(given("unlock"), {"a1": failed, "a2": gone, "a3": OrderSeat("confirmed")})
    (line,) = lines(made)

    assert [("Pupil L-1", 1), ("", 2)] == [(each.person, each.number) for each in line.failed]
    assert ["failed", "", ""] == [tile.face.chip for tile in room(made).tiles]


@pytest.mark.parametrize(("why", "there", "not_there"), [
    ("no-adult", "Check in, above on this page.", "ask the pupil to look up"),
    ("own-lock", "no adult locked it: its pupil’s own password opens it.</li>", "ask the pupil to look up"),
])  # fmt: skip
def test_an_unlock_where_no_adult_had_locked_says_what_opens_it(why: Any, there: str, not_there: str):
    seat = OrderSeat("failed", why, NOW, "locked by its user or by itself", frozenset({"1"}))
    made = add_up(given("unlock"), {"a1": seat, "a2": OrderSeat("free"), "a3": OrderSeat("free")})
    html = render.fragment(
        "en", "lab_bar.html", "orders", lines=lines(made), address="/lab/x", csrf="c", now=NOW
    )

    assert there in html
    assert not_there not in html
    assert "by itself)" not in html
