"""Which one chip a seat wears, and what the whole class may see of it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.room_layouts import Layout, Place, usual_layout
from server.web import lab_map, render
from server.web.lab_map import Tile
from server.web.lab_view import Seat

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
STATES = ["help", "silent", "asked", "gate", "locked", "idle", "work", "free", "off"]
EVERYTHING = {
    "media": "asks", "app_asked": "Video call", "app_noticed": "Game", "unsupervised": True, "paused": True,
}  # fmt: skip


def seat(state: str = "work", device: str = "a1", **more) -> Seat:
    made = Seat(f"{device}-1", "L-001", "Ada Yıldız", state, "Writer", 480.0, NOW, False)  # type: ignore[arg-type]
    return made._replace(device=device, login="1", **more)


def tile_of(*seats: Seat, failed: tuple[str, ...] = ()) -> Tile:
    laptops = {each.device: each.laptop for each in seats}
    (tile,) = lab_map.decide_tiles(seats, usual_layout(laptops), dict.fromkeys(failed))
    return tile


def test_of_everything_that_is_so_the_most_urgent_is_said_in_this_order():
    said = []
    for left_out in range(6):
        keys = list(EVERYTHING)[max(0, left_out - 2) :]
        state = "help" if left_out == 0 else "idle"
        more = {key: EVERYTHING[key] for key in keys}
        said.append(lab_map.decide_chip(seat(state, **more), failed=left_out <= 1))

    assert ["help", "failed", "stick-asks", "app-asks", "noticed", "unsupervised"] == said


@pytest.mark.parametrize(("state", "chip"), [
    ("silent", "silent"), ("asked", "asked"), ("gate", "gate"), ("locked", "locked"), ("idle", "idle"),
    ("work", ""), ("free", ""), ("off", ""),
])  # fmt: skip
def test_a_quiet_seat_says_only_its_state(state: str, chip: str):
    assert chip == lab_map.decide_chip(seat(state), failed=False)


@pytest.mark.parametrize("state", ["free", "off"])
def test_an_order_cannot_fail_where_nobody_is(state: str):
    assert "" == lab_map.decide_chip(seat(state), failed=True)


seats = st.builds(
    seat,
    st.sampled_from(STATES),
    media=st.sampled_from(["", "asks", "checking", "open", "shut"]),
    app_asked=st.sampled_from(["", "Video call"]),
    app_noticed=st.sampled_from(["", "Game"]),
    unsupervised=st.booleans(),
    paused=st.booleans(),
)


@given(seats, st.booleans())
def test_a_tile_never_wears_two_chips(each: Seat, failed: bool):
    tile = tile_of(each, failed=("a1",) if failed else ())
    html = render.fragment("en", "lab_parts.html", "tile", tile, "Lab 2", NOW)

    assert html.count('<span class="state ') == (1 if tile.face.chip else 0)


@given(seats)
def test_r38_the_projector_shows_nobody_s_name_app_or_raised_hand(each: Seat):
    beamed = lab_map.decide_beamed(tile_of(each))
    html = render.fragment("en", "lab_parts.html", "beamed", beamed)

    for word in ("Ada", "Writer", "Video", "Game", "L-001", "elp", "asks"):
        assert word not in html


def test_a_laptop_with_two_logins_is_one_tile_with_the_more_urgent_in_front():
    tile = tile_of(seat("idle"), seat("help")._replace(key="a1-2", person="Ben Hollis"))

    assert ("Ben Hollis", ["Ada Yıldız"]) == (
        tile.face.seat.person,
        [face.seat.person for face in tile.others],
    )


def test_a_tile_that_only_grew_older_within_a_minute_is_the_same():
    younger, older = tile_of(seat(since_seconds=481.0)), tile_of(seat(since_seconds=539.0))

    assert lab_map.rounded(younger) == lab_map.rounded(older)
    assert lab_map.rounded(younger) != lab_map.rounded(tile_of(seat(since_seconds=540.0)))


@pytest.mark.parametrize(("words", "found"), [
    ("ada", {"a1"}), ("seat 2", {"a2"}), ("yer 1", {"a1"}),
    ("  YILDIZ ", {"a1"}), ("yildiz", {"a1"}), ("l-2", {"a2"}), ("2", {"a2"}),
    ("", {"a1", "a2"}), ("zz", set()),
])  # fmt: skip
def test_search_finds_names_laptops_and_numbers(words: str, found: set[str]):
    one, two = seat(), seat(device="a2")._replace(laptop="L-2", person="Ben")
    tiles = lab_map.decide_tiles([one, two], usual_layout({"a1": "L-1", "a2": "L-2"}), {})

    assert found == lab_map.find(tiles, words)


def test_tiles_are_read_from_the_front_wherever_it_is():
    here = [seat(device=device)._replace(key=device) for device in ("a1", "a2", "a3", "a4")]
    places = {"a1": Place(1, 1), "a2": Place(1, 2), "a3": Place(2, 1), "a4": Place(2, 2)}
    layout = Layout(2, frozenset(), "left", places)

    assert ["a1", "a3", "a2", "a4"] == [tile.device for tile in lab_map.decide_tiles(here, layout, {})]
